import "server-only";
import { createHash } from "node:crypto";
import { z } from "zod";
import { AppError } from "@/lib/errors";
import { type ApiCaller, answered, orRefusal } from "@/lib/orders/api-caller";
import type { ApiScope } from "@/lib/permissions";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { limitOf, RATE_LIMITS } from "./rate-limit";

/** The most that a call may claim: the database can hold no more. */
const MOST_CALLS = 1_000_000_000;

/**
 * Who calls with an API key. Whether the key is valid, the database says in the call itself.
 *
 * @throws AppError `unauthenticated` without an `Authorization: Bearer` header.
 */
export function readApiCaller(request: Request): ApiCaller {
  const [, key] = /^Bearer (\S{1,500})$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  if (key === undefined) {
    throw new AppError("unauthenticated", {
      message: "Send an API key in the header “Authorization: Bearer …”.",
    });
  }
  return {
    keyHash: createHash("sha256").update(key).digest("hex"),
    limit: Math.min(limitOf(RATE_LIMITS.apiKey), MOST_CALLS),
  };
}

/**
 * Whether the caller may make a call whose form is wrong: who may not is told that first.
 *
 * @throws AppError `unauthenticated`, `rate_limited`, `forbidden`, `unavailable`
 */
export async function checkApiCaller(
  client: ServerClient,
  { keyHash, limit }: ApiCaller,
  scope: ApiScope,
): Promise<void> {
  answered(
    await callRpc(
      client,
      "check_api_key",
      { p_key_hash: keyHash, p_scope: scope, p_limit: limit },
      orRefusal(z.object({})),
    ),
  );
}
