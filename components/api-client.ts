/** Why a request to our own API gave no data. */
export type ApiFailure = {
  ok: false;
  /** HTTP status; 0 when no answer came. */
  status: number;
  /** The API's own code; `unreachable` when no answer came, `internal` for one that is not ours. */
  code: string;
  /** For people. */
  message: string;
  /** One sentence per invalid field, keyed by its path. */
  fields: Readonly<Record<string, string>>;
  /** True when the request may have been carried out although it failed. */
  isUncertain: boolean;
};

/** What a route of our own API answered. `T` is the type that the route answers with. */
export type ApiResult<T> = { ok: true; data: T } | ApiFailure;

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

/** What is said when the server said nothing, in the language of the page. */
let sentences = { unreachable: "", internal: "" };

/** The page's own sentences for no answer, and for one that is not ours. */
export function setFailureSentences(given: typeof sentences): void {
  sentences = given;
}

const unreachable = (): ApiFailure => ({
  ok: false,
  status: 0,
  code: "unreachable",
  message: sentences.unreachable,
  fields: {},
  isUncertain: true,
});

function failureOf(status: number, error: unknown): ApiFailure {
  if (!isRecord(error) || typeof error.message !== "string") {
    const message = sentences.internal;
    return { ok: false, status, code: "internal", message, fields: {}, isUncertain: true };
  }
  return {
    ok: false,
    status,
    code: typeof error.code === "string" ? error.code : "internal",
    message: error.message,
    fields: readFields(error.fields),
    isUncertain: status >= 500,
  };
}

/** Asks for the password once more. False when the person does not give it. */
type PasswordPrompt = () => Promise<boolean>;

let askForPassword: PasswordPrompt | null = null;

/** What asks when a dangerous act needs the password; null when the page cannot ask. */
export function setPasswordPrompt(prompt: PasswordPrompt | null): void {
  askForPassword = prompt;
}

async function send<T>(
  path: string,
  init: RequestInit,
  look: (response: Response) => void = () => {},
): Promise<ApiResult<T>> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: "same-origin", cache: "no-store" });
  } catch {
    return unreachable();
  }
  look(response);
  const body: unknown = await response.json().catch(() => null);
  if (!isRecord(body)) return failureOf(response.status, null);
  if (body.success === true) return { ok: true, data: body.data as T };
  return failureOf(response.status, body.error);
}

export type ApiRequest = {
  method?: "POST" | "PUT";
  /** Sent as JSON. */
  body?: object;
  headers?: Readonly<Record<string, string>>;
};

/**
 * Sends JSON to a route of our own API, as POST by default. Never throws. Where the act needs the
 * password once more, it is asked for, and the request is sent again.
 */
export async function sendJson<T = unknown>(
  path: string,
  { method = "POST", body = {}, headers = {} }: ApiRequest = {},
): Promise<ApiResult<T>> {
  const request = {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
  const result = await send<T>(path, request);
  if (result.ok || result.code !== "password_needed" || !askForPassword) return result;
  return (await askForPassword()) ? send<T>(path, request) : result;
}

/** Sends a text, a CSV file for example, to a route of our own API. Never throws. */
export function sendText<T = unknown>(
  path: string,
  { type, text }: { type: string; text: string },
): Promise<ApiResult<T>> {
  return send<T>(path, { method: "POST", headers: { "content-type": type }, body: text });
}

/** Reads from a route of our own API. Never throws. */
export function getJson<T>(path: string): Promise<ApiResult<T>> {
  return send<T>(path, { method: "GET" });
}

/** A failed read as an error, for code that expects one. */
export class ApiError extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;

  constructor({ status, message }: Pick<ApiFailure, "status" | "message">) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/**
 * Reads from a route of our own API; the fetcher for `useSWR`.
 * @throws ApiError when the read failed
 */
export async function fetchJson<T>(path: string): Promise<T> {
  const result = await getJson<T>(path);
  if (!result.ok) throw new ApiError(result);
  return result.data;
}

/** What a route answered, and the version of it by which it says later that nothing changed. */
export type Versioned<T> = { data: T; etag: string | null };

/**
 * Reads from a route of our own API; while its answer is still `last`, returns that.
 * @throws ApiError when the read failed
 */
export async function fetchIfChanged<T>(path: string, last: Versioned<T>): Promise<Versioned<T>> {
  const headers = last.etag === null ? undefined : { "if-none-match": last.etag };
  let etag: string | null = null;
  const result = await send<T>(path, { method: "GET", headers }, (response) => {
    etag = response.headers.get("etag");
  });
  if (result.ok) return { data: result.data, etag };
  if (result.status === 304) return last;
  throw new ApiError(result);
}

/** The sentence to show where there are no fields: the first field's problem, else the message. */
export const sentenceOf = ({ fields, message }: Pick<ApiFailure, "fields" | "message">): string =>
  Object.values(fields)[0] ?? message;
