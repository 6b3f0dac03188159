import { z } from "zod";

const envelope = z.discriminatedUnion("success", [
  z.object({ success: z.literal(true), data: z.unknown() }),
  z.object({
    success: z.literal(false),
    error: z.object({
      code: z.string(),
      message: z.string(),
      fields: z.record(z.string(), z.string()).optional(),
    }),
  }),
]);

export type ApiResult =
  | { ok: true; data: unknown }
  | {
      ok: false;
      /** The API's own code; `unreachable` when no readable answer came. */
      code: string;
      message: string;
      fields: Record<string, string>;
      /** The request may have been carried out all the same. */
      uncertain: boolean;
    };

const UNREACHABLE: ApiResult = {
  ok: false,
  code: "unreachable",
  message: "We could not reach the server. Please check your connection and try again.",
  fields: {},
  uncertain: true,
};

/** The sentence to show: the first field's problem says more than the general message. */
const messageOf = (error: { message: string; fields?: Record<string, string> }) =>
  Object.values(error.fields ?? {})[0] ?? error.message;

/** Calls a route handler of this site with a JSON body. Never throws: failures are values. */
export async function callApi(
  path: string,
  {
    method = "POST",
    body = {},
    headers = {},
  }: { method?: "POST" | "PUT"; body?: object; headers?: Record<string, string> } = {},
): Promise<ApiResult> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  } catch {
    return UNREACHABLE;
  }
  const parsed = envelope.safeParse(await response.json().catch(() => null));
  if (!parsed.success) return UNREACHABLE;
  if (parsed.data.success) return { ok: true, data: parsed.data.data };
  const { error } = parsed.data;
  return {
    ok: false,
    code: error.code,
    message: messageOf(error),
    fields: error.fields ?? {},
    uncertain: response.status >= 500,
  };
}
