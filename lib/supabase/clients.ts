import "server-only";
import { type CookieMethodsServer, createServerClient } from "@supabase/ssr";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { getEnv } from "@/lib/env";
import type { Database } from "./database.types";
import { getSupabaseConnection } from "./stack-file";

/** A client of the data API and auth; whose rights it has depends on the factory that made it. */
export type Supabase = SupabaseClient<Database>;

const stateless = {
  autoRefreshToken: false,
  persistSession: false,
  detectSessionInUrl: false,
} as const;

/** A request that gets no answer for this long has failed; nothing waits forever. */
const REQUEST_TIMEOUT_MS = 30_000;

const boundedFetch: typeof fetch = (input, init) => {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  return fetch(input, { ...init, signal });
};

/** Only the server speaks to Supabase, so no script ever needs to read the session. */
const cookieOptions = () => ({
  httpOnly: true,
  secure: getEnv().SITE_URL.startsWith("https://"),
});

/** The server's own client: the secret key, past row level security. Never for a request's own rights. */
export function createServiceClient(): Supabase {
  const { url, secretKey } = getSupabaseConnection();
  return createClient<Database>(url, secretKey, {
    auth: stateless,
    global: { fetch: boundedFetch },
  });
}

/** A client with the rights of whoever holds the access token. */
export function createTokenClient(accessToken: string): Supabase {
  const { url, publishableKey } = getSupabaseConnection();
  return createClient<Database>(url, publishableKey, {
    auth: stateless,
    global: { fetch: boundedFetch, headers: { Authorization: `Bearer ${accessToken}` } },
  });
}

/** The auth server alone: no data can be read or written through it. */
export type AuthClient = Supabase["auth"];

/**
 * The auth server on behalf of one visitor. It carries the secret key, because the auth server
 * takes a forwarded client address from nobody else; its limits then count per visitor and not per
 * server of ours. The key gives no right over data here: only `auth` is handed out.
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
  return createServerClient<Database>(url, secretKey, {
    cookies,
    cookieOptions: cookieOptions(),
    global,
  }).auth;
}

/** A client of the session that the cookies hold; writes refreshed or cleared sessions back to them. */
export function createSessionClient(cookies: CookieMethodsServer): Supabase {
  const { url, publishableKey } = getSupabaseConnection();
  return createServerClient<Database>(url, publishableKey, {
    cookies,
    cookieOptions: cookieOptions(),
    global: { fetch: boundedFetch },
  });
}
