import "server-only";
import {
  type CookieMethodsServer,
  combineChunks,
  createChunks,
  DEFAULT_COOKIE_OPTIONS,
  isChunkLike,
  stringFromBase64URL,
  stringToBase64URL,
} from "@supabase/ssr";
import { z } from "zod";
import { systemClock } from "@/lib/clock";
import { AppError } from "@/lib/errors";
import { sessionCookieOptions } from "@/lib/supabase/clients";
import { getSupabaseConnection } from "@/lib/supabase/stack-file";

/** A token is renewed when it has less than this left, so that it does not end on the way. */
const RENEW_BEFORE_MS = 60_000;
/** A page does not wait longer than this for the auth server to renew its session. */
const PATIENCE_MS = 5_000;

/** How the Supabase libraries mark a cookie that they encoded. */
const ENCODED = "base64-";

const storedSchema = z.looseObject({
  access_token: z.string(),
  refresh_token: z.string(),
  /** Seconds since 1970. */
  expires_at: z.number(),
});
type StoredSession = z.infer<typeof storedSchema>;

/** The name under which the Supabase libraries keep the session of a project. */
const cookieName = (projectUrl: string): string =>
  `sb-${new URL(projectUrl).hostname.split(".")[0]}-auth-token`;

async function readStored(
  cookies: readonly { name: string; value: string }[],
  name: string,
): Promise<StoredSession | null> {
  const text = await combineChunks(
    name,
    (chunk) => cookies.find((cookie) => cookie.name === chunk)?.value ?? null,
  );
  if (text === null) return null;
  try {
    const json = text.startsWith(ENCODED) ? stringFromBase64URL(text.slice(ENCODED.length)) : text;
    return storedSchema.parse(JSON.parse(json));
  } catch {
    return null;
  }
}

/** What the auth server made of a refresh token. */
type Renewal = { session: StoredSession } | "ended" | AppError;

async function renew(refreshToken: string, address: string | null): Promise<Renewal> {
  const { url, secretKey } = getSupabaseConnection();
  try {
    const response = await fetch(`${url}/auth/v1/token?grant_type=refresh_token`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        apikey: secretKey,
        ...(address === null ? {} : { "Sb-Forwarded-For": address }),
      },
      body: JSON.stringify({ refresh_token: refreshToken }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.ok) return { session: storedSchema.parse(await response.json()) };
    const cause = new Error(`the auth server renews no session: ${await response.text()}`);
    if (response.status === 429) return new AppError("rate_limited", { retryAfter: 60, cause });
    return response.status >= 500 ? new AppError("unavailable", { cause }) : "ended";
  } catch (cause) {
    return new AppError("unavailable", { cause });
  }
}

/** The changes that replace the cookies of one session by those of another one, or of none. */
function cookiesFor(
  present: readonly { name: string }[],
  name: string,
  session: StoredSession | null,
) {
  const text = session ? ENCODED + stringToBase64URL(JSON.stringify(session)) : "";
  const chunks = session ? createChunks(name, text) : [];
  const written = new Set(chunks.map((chunk) => chunk.name));
  const options = { ...DEFAULT_COOKIE_OPTIONS, ...sessionCookieOptions() };
  return [
    ...present
      .filter((cookie) => isChunkLike(cookie.name, name) && !written.has(cookie.name))
      .map((cookie) => ({ name: cookie.name, value: "", options: { ...options, maxAge: 0 } })),
    ...chunks.map((chunk) => ({ ...chunk, options })),
  ];
}

/**
 * The access token of the session in the cookies, renewed when it is about to end. It is not
 * verified here.
 *
 * Only an answer that the session has ended takes the cookies away. When the auth server is busy
 * or away they stay, and the next request tries again.
 *
 * @param address the visitor's IP address, null when it is not known.
 * @returns null when there is no session.
 * @throws AppError `rate_limited`, `unavailable` when the token has ended and cannot be renewed now.
 */
export async function freshAccessToken(
  cookies: CookieMethodsServer,
  address: string | null,
): Promise<string | null> {
  const present = (await cookies.getAll()) ?? [];
  const name = cookieName(getSupabaseConnection().url);
  const stored = await readStored(present, name);
  if (!stored) return null;
  const left = stored.expires_at * 1000 - systemClock().getTime();
  if (left > RENEW_BEFORE_MS) return stored.access_token;

  const renewal = await renew(stored.refresh_token, address);
  if (renewal instanceof AppError) {
    if (left > 0) return stored.access_token;
    throw renewal;
  }
  const session = renewal === "ended" ? null : renewal.session;
  await cookies.setAll?.(cookiesFor(present, name, session), {});
  return session?.access_token ?? null;
}
