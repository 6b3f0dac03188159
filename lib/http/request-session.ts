import "server-only";
import type { CookieMethodsServer } from "@supabase/ssr";
import { cookies } from "next/headers";
import { authServerFailure } from "@/lib/access/auth-errors";
import {
  type AuthClient,
  type CallerClient,
  createAuthClient,
  createCallerClient,
} from "@/lib/supabase/clients";
import { freshAccessToken } from "./session-cookies";

/** A verified caller: their auth user id and a client with exactly their rights. */
export interface RequestSession {
  userId: string;
  client: CallerClient;
}

/** The browser's cookies. Routes can write them, pages cannot. */
async function cookieMethods(): Promise<CookieMethodsServer> {
  const store = await cookies();
  return {
    getAll: () => store.getAll(),
    setAll: (changes) => {
      try {
        for (const { name, value, options } of changes) store.set(name, value, options);
      } catch {
        // While a page is rendered, no cookie can be written: proxy.ts wrote it before.
      }
    },
  };
}

/**
 * The auth server on behalf of the visitor whose request this is. Sessions begin and end in the
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
 * @param address the visitor's IP address, null when it is not known.
 * @returns null when there is no valid session.
 * @throws AppError `unavailable` or `rate_limited` when the auth server cannot verify or renew it now.
 */
export async function readRequestSession(
  authorization: string | null,
  address: string | null,
): Promise<RequestSession | null> {
  const bearer = /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
  if (authorization && !bearer) return null;
  const token = bearer ?? (await freshAccessToken(await cookieMethods(), address));
  if (token === null) return null;
  const client = createCallerClient(token);
  const { data, error } = await client.auth.getClaims(token);
  if (error) {
    const failure = authServerFailure(error);
    if (failure) throw failure;
    return null;
  }
  const userId = data?.claims.sub;
  return userId ? { userId, client } : null;
}
