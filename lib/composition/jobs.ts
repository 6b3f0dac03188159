import "server-only";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import type { Jobs } from "@/lib/jobs/jobs";
import { log } from "@/lib/log";
import type { ServerClient } from "@/lib/supabase/clients";
import {
  forgetErasedAccounts,
  pruneMails,
  pruneOperationalRows,
  refreshProgramDays,
  remindOverdueInvoices,
  sealAuditLog,
  verifyInvariants,
} from "@/lib/supabase/maintenance";
import { recordJobRun } from "@/lib/supabase/monitoring";
import { serverServices } from "./services";
import { verdictService } from "./verdicts";

/** Does the work of a job, and keeps when and how it ended. What the job did does not depend on that. */
async function recorded<T>(
  server: ServerClient,
  job: keyof Jobs,
  work: () => Promise<T>,
): Promise<T> {
  const began = performance.now();
  let ok = false;
  try {
    const result = await work();
    ok = true;
    return result;
  } finally {
    await recordJobRun(server, { job, ok, durationMs: performance.now() - began }).catch(
      (error: unknown) => log().warn({ job, err: error }, "the end of a job was not recorded"),
    );
  }
}

/** The periodic work of this deployment, as of the given clock. */
export function jobsOf(server: ServerClient, clock: Clock): Jobs {
  const { billing, freeMonths, referrals } = serverServices(server, clock);
  return {
    // A dry run is no run of the job.
    billing: (options) =>
      options?.dryRun
        ? billing.billAll(options)
        : recorded(server, "billing", () => billing.billAll(options)),
    qualify: () =>
      recorded(server, "qualify", async () => {
        // What no server judged after its answer.
        await verdictService(server, clock).judgeDue();
        return referrals.qualifyDueReferrals();
      }),
    expire: () =>
      recorded(server, "expire", async () => {
        const summary = await freeMonths.expireOldRewards();
        await billing.alertUnbilled();
        await remindOverdueInvoices(server, clock());
        await pruneOperationalRows(server, clock());
        await pruneMails(server);
        await forgetErasedAccounts(server);
        await refreshProgramDays(server, clock());
        return summary;
      }),
    notify: (options) =>
      recorded(server, "notify", async () => {
        // This is the job that runs most often.
        await sealAuditLog(server);
        // The templates of the mails take longest to load, and no other job needs them.
        const { notificationService } = await import("./notifications");
        // Nothing else ran meanwhile: connections that the other side closed are noticed first.
        await setImmediate();
        const summary = await notificationService(server, clock).deliverDue(options);
        await refreshProgramDays(server, clock());
        return summary;
      }),
    verify: () =>
      recorded(server, "verify", async () => {
        await sealAuditLog(server);
        return verifyInvariants(server, { alertEmail: getEnv().ALERT_EMAIL, asOf: clock() });
      }),
  };
}
