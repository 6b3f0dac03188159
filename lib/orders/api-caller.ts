import { z } from "zod";
import { AppError, type ErrorCode, isErrorCode } from "@/lib/errors";

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

type Refusal = z.infer<typeof refusalSchema>;

const isRefusal = (result: object): result is Refusal => "refusal" in result;

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
export function answered<T extends object>(result: T | Refusal): Exclude<T, Refusal> {
  if (!isRefusal(result)) return result as Exclude<T, Refusal>;
  const { code, field, retry_after } = result.refusal;
  const isField = code === "invalid_request" && field !== undefined;
  throw new AppError(code, {
    message:
      code === "event_out_of_order"
        ? `The service is ${field}, so this event is out of order.`
        : MESSAGES[code],
    fields: isField ? { [field]: "This lies in the future, or too far back." } : undefined,
    retryAfter: retry_after,
  });
}
