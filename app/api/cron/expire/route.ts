import { endpoint, route } from "@/lib/http/handler";
import { runExpireJob } from "@/lib/jobs/run-job";

/** Seconds that a host may let this request take. */
export const maxDuration = 300;

const run = route({ access: "cron" }, ({ service, clock }) =>
  runExpireJob({ client: service(), clock }),
);

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({ GET: run, POST: run });
