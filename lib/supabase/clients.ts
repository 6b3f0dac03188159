import "server-only";
import { type CookieMethodsServer, createServerClient as createCookieClient } from "@supabase/ssr";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { getEnv } from "@/lib/env";
import { log } from "@/lib/log";
import { currentRequestId, REQUEST_ID_HEADER } from "@/lib/request-context";
import type { Database } from "./database.types";
import { getSupabaseConnection, type SupabaseConnection } from "./stack-file";

declare const rights: unique symbol;

/** A client of the data API and the auth server, whatever its rights. */
export type Supabase = SupabaseClient<Database>;

/** The server's own client, with the secret key: row level security does not apply to it. */
export type ServerClient = Supabase & { readonly [rights]: "server" };

/** A client with the rights of one session, or of nobody when nobody is signed in. */
export type CallerClient = Supabase & { readonly [rights]: "caller" };

/** The auth server alone: no data can be read or written through it. */
export type AuthClient = Supabase["auth"];

const stateless = {
  autoRefreshToken: false,
  persistSession: false,
  detectSessionInUrl: false,
} as const;

/** At most one line a minute about a refused key: every request would write one. */
const KEY_LOG_INTERVAL_MS = 60_000;
let keyLoggedAt = Number.NEGATIVE_INFINITY;

/**
 * Turns the answer to a wrong API key into one of an unavailable server: the deployment is wrong, not
 * the person who asks, and nothing that they could do would help.
 */
async function withKeyChecked(response: Response): Promise<Response> {
  if (response.status !== 401 && response.status !== 403) return response;
  const text = await response.clone().text();
  if (!/\b(invalid|unregistered|no|missing|legacy) api ?keys?\b/i.test(text)) return response;
  if (performance.now() - keyLoggedAt > KEY_LOG_INTERVAL_MS) {
    keyLoggedAt = performance.now();
    log().error(
      { status: response.status },
      "the Supabase project refuses our API key: check SUPABASE_PUBLISHABLE_KEY and SUPABASE_SECRET_KEY",
    );
  }
  const refusal = { code: "invalid_api_key", message: "The project refuses our API key." };
  return Response.json(refusal, { status: 503 });
}

/** A request that gets no answer for this long has failed; nothing waits forever. */
const REQUEST_TIMEOUT_MS = 30_000;

const boundedFetch: typeof fetch = async (input, init) => {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  const headers = new Headers(init?.headers);
  const requestId = currentRequestId();
  // The data API hands its request headers on to the database, as the setting request.headers.
  if (requestId !== null) headers.set(REQUEST_ID_HEADER, requestId);
  return withKeyChecked(await fetch(input, { ...init, headers, signal }));
};

/** Only the server speaks to Supabase, so no script ever needs to read the session. */
export const sessionCookieOptions = () => ({
  httpOnly: true,
  secure: getEnv().SITE_URL.startsWith("https://"),
});

/** Where the data API is, and the secret key for it. */
export type ServerConnection = Pick<SupabaseConnection, "url" | "secretKey">;

/** Makes the server's own client. Reads on behalf of a person go through a `CallerClient`. */
export function createServerClient(
  { url, secretKey }: ServerConnection = getSupabaseConnection(),
): ServerClient {
  const client: Supabase = createClient<Database>(url, secretKey, {
    auth: stateless,
    global: { fetch: boundedFetch },
  });
  return client as ServerClient;
}

/** Makes a client with the rights of whoever holds the access token. */
export function createCallerClient(accessToken: string): CallerClient {
  const { url, publishableKey } = getSupabaseConnection();
  const client: Supabase = createClient<Database>(url, publishableKey, {
    auth: stateless,
    global: { fetch: boundedFetch, headers: { Authorization: `Bearer ${accessToken}` } },
  });
  return client as CallerClient;
}

/**
 * The auth server on behalf of one visitor. It carries the secret key, because the auth server
 * takes a forwarded client address from nobody else; its limits then count per visitor, and not
 * per server of ours. The key gives no right over data: only `auth` is handed out.
 *
 * @param address the visitor's IP address, null when it is not known.
 * @param cookies where sessions are kept; without them a session lives for one call.
 */
export function createAuthClient(
  address: string | null,
  cookies?: CookieMethodsServer,
): AuthClient {
  const { url, secretKey } = getSupabaseConnection();
  const global = {
    fetch: boundedFetch,
    ...(address === null ? {} : { headers: { "Sb-Forwarded-For": address } }),
  };
  if (!cookies) return createClient<Database>(url, secretKey, { auth: stateless, global }).auth;
  const withoutVerifiers: CookieMethodsServer = {
    getAll: cookies.getAll,
    // Links of mails work on every device, so no browser keeps half of their secret.
    setAll: (changes, headers) =>
      cookies.setAll?.(
        changes.filter(({ name }) => !name.endsWith("-code-verifier")),
        headers,
      ),
  };
  const options = { cookies: withoutVerifiers, cookieOptions: sessionCookieOptions(), global };
  return createCookieClient<Database>(url, secretKey, options).auth;
}
