import "server-only";
import { z } from "zod";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import type { Permission } from "@/lib/permissions";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { enforceRateLimit, RATE_LIMITS } from "./rate-limit";
import type { RequestSession } from "./request-session";

/**
 * Writes a refused admin action to the audit log; the answer is the same when that fails. Nothing
 * can be deleted from the audit log, so no text of the caller gets into it, and the rows per person
 * are limited.
 *
 * @param entityId the id in the path; anything that is no id is left out.
 */
export async function recordRefusal(
  options: { action: string; entity?: string },
  session: RequestSession,
  server: ServerClient,
  entityId: unknown,
): Promise<void> {
  try {
    await enforceRateLimit(server, RATE_LIMITS.refused, session.userId);
    await callRpc(
      server,
      "record_refusal",
      {
        p_actor: session.userId,
        p_action: options.action,
        p_entity_type: options.entity ?? "request",
        p_entity_id: z.guid().safeParse(entityId).data ?? "",
      },
      z.unknown(),
    );
  } catch (error) {
    if (error instanceof AppError && error.code === "rate_limited") {
      log().warn(
        { actor: session.userId, action: options.action },
        "a refused action was not audited: there were too many",
      );
      return;
    }
    log().error({ err: error }, "a refused action could not be audited");
  }
}

/**
 * The error that a malformed request to an admin route is answered with: `forbidden` to those who may
 * not call the route, so that they learn nothing about its input.
 */
export async function permissionFirst(
  error: unknown,
  permission: Permission,
  session: RequestSession,
): Promise<unknown> {
  if (!(error instanceof AppError) || error.status >= 500) return error;
  const allowed = await callRpc(
    session.client,
    "has_permission",
    { p_permission: permission },
    z.boolean(),
  );
  return allowed ? error : new AppError("forbidden");
}
