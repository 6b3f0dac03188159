import "server-only";
import type { Clock } from "@/lib/clock";
import type { Jobs } from "@/lib/jobs/jobs";
import type { ServerClient } from "@/lib/supabase/clients";
import {
  forgetErasedAccounts,
  pruneOperationalRows,
  sealAuditLog,
  verifyInvariants,
} from "@/lib/supabase/maintenance";
import { serverServices } from "./services";

/** The periodic work of this deployment, as of the given clock. */
export function jobsOf(server: ServerClient, clock: Clock): Jobs {
  const { billing, freeMonths, referrals } = serverServices(server, clock);
  return {
    billing: (options) => billing.billAll(options),
    qualify: () => referrals.qualifyDueReferrals(),
    async expire() {
      const summary = await freeMonths.expireOldRewards();
      await billing.alertUnbilled();
      await pruneOperationalRows(server, clock());
      await forgetErasedAccounts(server);
      return summary;
    },
    async notify(options) {
      // This is the job that runs most often.
      await sealAuditLog(server);
      // The templates of the mails take longest to load, and no other job needs them.
      const { notificationService } = await import("./notifications");
      return notificationService(server, clock).deliverDue(options);
    },
    async verify() {
      await sealAuditLog(server);
      return verifyInvariants(server);
    },
  };
}
