import { endpoint, route } from "@/lib/http/handler";
import { runBillingJob } from "@/lib/jobs/run-job";

/** Seconds that a host may let this request take. */
export const maxDuration = 300;

const run = route({ access: "cron" }, ({ service, clock }) =>
  runBillingJob({ client: service(), clock }, { trigger: "cron" }),
);

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({ GET: run, POST: run });
