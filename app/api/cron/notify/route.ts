import { endpoint, route } from "@/lib/http/handler";
import { runNotifyJob } from "@/lib/jobs/run-job";

/** Seconds that a host may let this request take. */
export const maxDuration = 300;

const run = route({ access: "cron" }, ({ service, clock }) =>
  runNotifyJob({ client: service(), clock }),
);

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({ GET: run, POST: run });
