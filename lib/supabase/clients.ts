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

/** A client of the session that the cookies hold; writes refreshed or cleared sessions back to them. */
export function createSessionClient(cookies: CookieMethodsServer): Supabase {
  const { url, publishableKey } = getSupabaseConnection();
  return createServerClient<Database>(url, publishableKey, {
    cookies,
    // Only the server speaks to Supabase, so no script ever needs to read the session.
    cookieOptions: { httpOnly: true, secure: getEnv().SITE_URL.startsWith("https://") },
  });
}
