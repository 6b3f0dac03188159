import "server-only";
import { cookies } from "next/headers";
import { authServerFailure } from "@/lib/supabase/auth-failure";
import { type CallerClient, createCallerClient } from "@/lib/supabase/clients";

/** A verified caller: their auth user id and a client with exactly their rights. */
export interface RequestSession {
  userId: string;
  client: CallerClient;
}

/** The client of the browser's session cookies. Routes can write cookies, pages cannot. */
export async function cookieClient(): Promise<CallerClient> {
  const store = await cookies();
  return createCallerClient({
    cookies: {
      getAll: () => store.getAll(),
      setAll: (changes) => {
        try {
          for (const { name, value, options } of changes) store.set(name, value, options);
        } catch {
          // While a page is rendered, no cookie can be written: proxy.ts wrote it before.
        }
      },
    },
  });
}

/**
 * The caller of a request, by bearer token or by session cookie. The token is verified, never
 * just decoded.
 *
 * @returns null when there is no valid session.
 * @throws AppError `unavailable` or `rate_limited` when the auth server cannot verify it now.
 */
export async function readRequestSession(
  authorization: string | null,
): Promise<RequestSession | null> {
  const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
  if (authorization && !token) return null;
  const client = token ? createCallerClient({ accessToken: token }) : await cookieClient();
  const { data, error } = await client.auth.getClaims(token);
  if (error) {
    const failure = authServerFailure(error);
    if (failure) throw failure;
    return null;
  }
  const userId = data?.claims.sub;
  return userId ? { userId, client } : null;
}
