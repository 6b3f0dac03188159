import { z } from "zod";
import { AppError, type ErrorCode, isErrorCode } from "@/lib/errors";
import type { ApiScope } from "@/lib/permissions";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

/** Another system that calls with an API key. */
export interface ApiCaller {
  /** SHA-256 of the key, in hexadecimal digits: the database knows no more of it. */
  keyHash: string;
  /** Calls that the key may make in a minute. */
  limit: number;
}

const refusalSchema = z.object({
  refusal: z.object({
    code: z.string().refine(isErrorCode),
    field: z.string().optional(),
    retry_after: z.number().int().optional(),
  }),
});

/** A call with an API key either has its answer, or is refused; a refused call counts as well. */
export const orRefusal = <S extends z.ZodType>(answer: S) => z.union([refusalSchema, answer]);

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  unauthenticated: "This API key is not known, or is no longer valid.",
  forbidden: "This API key does not have the scope that this call needs.",
  not_found: "No order with this external_id was recorded.",
};

/**
 * The answer of a call with an API key.
 *
 * @throws AppError `unauthenticated`, `rate_limited`, `forbidden`, and what the call itself refuses.
 */
export function answered<T extends object>(
  result: T | z.infer<typeof refusalSchema>,
): Exclude<T, z.infer<typeof refusalSchema>> {
  if (!("refusal" in result)) {
    return result as Exclude<T, z.infer<typeof refusalSchema>>;
  }
  const { code, field, retry_after } = (result as z.infer<typeof refusalSchema>).refusal;
  const isField = code === "invalid_request" && field !== undefined;
  throw new AppError(code as ErrorCode, {
    message:
      code === "event_out_of_order"
        ? `The service is ${field}, so this event is out of order.`
        : MESSAGES[code as ErrorCode],
    fields: isField ? { [field]: "This lies in the future, or too far back." } : undefined,
    retryAfter: retry_after,
  });
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
