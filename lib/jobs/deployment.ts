import "server-only";
import { getEnv } from "@/lib/env";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { getSupabaseConnection } from "@/lib/supabase/stack-file";
import { switchesSchema } from "@/lib/switches";

/**
 * One line for people who run a command: the database that it works with, and the state of the
 * switches.
 *
 * @throws EnvironmentError when no database is configured or running.
 * @throws AppError `unavailable` or `internal` when the database does not tell.
 */
export async function describeDeployment(server: ServerClient): Promise<string> {
  const { embedded, ENABLE_REFERRAL_REWARDS } = getEnv();
  const { url } = getSupabaseConnection();
  const switches = await callRpc(server, "get_switches", {}, switchesSchema);
  const rewards = !ENABLE_REFERRAL_REWARDS
    ? "off (ENABLE_REFERRAL_REWARDS)"
    : switches.rewards
      ? "on"
      : "off (switched off by the team)";
  const mail = switches.mail ? "" : "; mails are held";
  return `Database: ${embedded ? "embedded, " : ""}${url}; rewards are ${rewards}${mail}`;
}
