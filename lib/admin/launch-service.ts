import type { CallerClient, ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type LaunchReport, type LaunchTargets, launchReportSchema } from "./launch-schemas";

/**
 * The launch targets, with the rights of an admin. Raises AppError `unauthenticated` and
 * `forbidden`.
 */
export class LaunchService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** The targets, and how far they are. */
  getReport(): Promise<LaunchReport> {
    return callRpc(this.deps.client, "get_launch", {}, launchReportSchema);
  }

  /**
   * Sets the day of the launch (`YYYY-MM-DD`, null for none yet) and the targets.
   * @throws AppError `forbidden` without `program:manage`, `version_conflict` when somebody else was
   * faster.
   */
  update(plan: {
    launchedOn: string | null;
    targets: LaunchTargets;
    reason: string;
    expectedVersion: number;
  }): Promise<LaunchReport> {
    const args = {
      // The generated type does not know that a date may be null.
      p_launched_on: plan.launchedOn as string,
      p_targets: plan.targets,
      p_reason: plan.reason,
      p_expected_version: plan.expectedVersion,
    };
    return callRpc(this.deps.client, "update_launch_plan", args, launchReportSchema);
  }
}

/** The launch targets at an instant, for the command line. @throws AppError `unavailable`, `internal` */
export function readLaunchReport(server: ServerClient, asOf: Date): Promise<LaunchReport> {
  return callRpc(server, "report_launch", { p_as_of: asOf.toISOString() }, launchReportSchema);
}
