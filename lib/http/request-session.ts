import "server-only";
import type { CookieMethodsServer } from "@supabase/ssr";
import { cookies } from "next/headers";
import { AppError } from "@/lib/errors";
import {
  type AuthClient,
  createAuthClient,
  createSessionClient,
  createTokenClient,
  type Supabase,
} from "@/lib/supabase/clients";

/** A verified caller: their auth user id and a client with exactly their rights. */
export interface RequestSession {
  userId: string;
  client: Supabase;
}

/** The browser's cookies; pages cannot write them, routes can. */
async function cookieMethods(): Promise<CookieMethodsServer> {
  const store = await cookies();
  return {
    getAll: () => store.getAll(),
    setAll: (changes) => {
      try {
        for (const { name, value, options } of changes) store.set(name, value, options);
      } catch {
        // Rendering a page: the refreshed session was written by proxy.ts already.
      }
    },
  };
}

/** The Supabase client of the browser's session cookies. */
async function cookieClient(): Promise<Supabase> {
  return createSessionClient(await cookieMethods());
}

/**
 * The auth server on behalf of the visitor whose request this is; sessions begin and end in the
 * visitor's cookies.
 *
 * @param address the visitor's IP address, null when it is not known.
 */
export async function visitorAuth(address: string | null): Promise<AuthClient> {
  return createAuthClient(address, await cookieMethods());
}

/**
 * The caller of a request, by bearer token or by session cookie. The token is verified, never
 * just decoded.
 *
 * @returns null when there is no valid session.
 * @throws AppError `unavailable` when it cannot be verified now.
 */
export async function readRequestSession(
  authorization: string | null,
): Promise<RequestSession | null> {
  const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
  if (authorization && !token) return null;
  const client = token ? createTokenClient(token) : await cookieClient();
  const { data, error } = await client.auth.getClaims(token);
  if (error) {
    if (error.name === "AuthRetryableFetchError" || (error.status ?? 400) >= 500) {
      throw new AppError("unavailable", { cause: error });
    }
    return null;
  }
  const userId = data?.claims.sub;
  return userId ? { userId, client } : null;
}
