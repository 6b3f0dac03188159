/** What an own API route answered, or why there was no answer. Never throws. */
export type Answer<T> =
  | { ok: true; data: T }
  | {
      ok: false;
      /** HTTP status; 0 when the request did not get through. */
      status: number;
      code: string;
      /** For people. */
      message: string;
      /** One sentence per invalid field, keyed by its path. */
      fields: Readonly<Record<string, string>>;
    };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readFields(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}

const failed = (
  status: number,
  code: string,
  message: string,
  fields: Readonly<Record<string, string>> = {},
): Answer<never> => ({ ok: false, status, code, message, fields });

async function send<T>(path: string, init: RequestInit): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: "same-origin", cache: "no-store" });
  } catch {
    return failed(
      0,
      "offline",
      "We could not reach the server. Please check your connection and try again.",
    );
  }
  const body: unknown = await response.json().catch(() => null);
  if (isRecord(body) && body.success === true) {
    // The route that answers is typed with the same type.
    return { ok: true, data: body.data as T };
  }
  if (isRecord(body) && isRecord(body.error) && typeof body.error.message === "string") {
    const code = typeof body.error.code === "string" ? body.error.code : "internal";
    return failed(response.status, code, body.error.message, readFields(body.error.fields));
  }
  return failed(
    response.status,
    "internal",
    "Something went wrong on our side. Please try again in a moment.",
  );
}

/** Posts JSON to an own API route. */
export function postJson<T>(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  return send<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** Reads from an own API route. */
export function getJson<T>(path: string): Promise<Answer<T>> {
  return send<T>(path, { method: "GET" });
}
