import { jobsOf } from "@/lib/composition/jobs";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Seconds that a host may let this request take. */
export const maxDuration = 300;

const run = route({ access: "cron" }, ({ server, clock }) => jobsOf(server(), clock).verify());

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({ GET: run, POST: run });
