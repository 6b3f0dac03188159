import "server-only";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";

/** The kill switch: while it is on, nothing is granted. @throws AppError `program_paused` */
export function requireRewardsEnabled(): void {
  if (!getEnv().ENABLE_REFERRAL_REWARDS) throw new AppError("program_paused");
}
