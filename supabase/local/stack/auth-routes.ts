import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { EmailDriver } from "@supabase/lite";
import type { Sql } from "postgres";
import { z } from "zod";
import { renderAuthMail } from "./auth-mail";

/**
 * What the hosted auth server answers and the embedded one lacks or answers otherwise: the admin's
 * routes for users, invitations, another confirmation link, the password of an account that is not
 * confirmed, and second factors, which are switched off. Everything else is left to the embedded
 * server.
 */
export interface AuthRoutesDeps {
  /** Superuser connections to the database of the embedded auth server. */
  sql: Sql;
  publishableKey: string;
  secretKey: string;
  siteUrl: string;
  minimumPasswordLength: number;
  mailer: EmailDriver;
}

/** Seconds between two confirmation links to one address. */
const LINK_EVERY = 60;
/** A password longer than this many bytes is cut by bcrypt, so it is refused. */
const LONGEST_PASSWORD = 72;

/** The answer, or the request that the embedded server shall answer. */
type Routed = { response: Response } | { request: Request };
type Handler = (request: Request, url: URL) => Promise<Routed>;

function refusal(status: number, code: string, msg: string, more: object = {}): Response {
  return Response.json(
    { code: status, error_code: code, msg, ...more },
    { status, headers: { "x-sb-error-code": code } },
  );
}

const INVALID_MAIL = "Unable to validate email address: invalid format";
const MAIL_TAKEN = "A user with this email address has already been registered";
const LONG_PASSWORD = "Password cannot be longer than 72 characters";

function isSame(given: string | null, key: string): boolean {
  const [one, other] = [Buffer.from(given ?? ""), Buffer.from(key)];
  return one.length === other.length && timingSafeEqual(one, other);
}

const isMail = (text: string) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);
const isUuid = (text: string) => z.guid().safeParse(text).success;

const metadata = z.record(z.string(), z.unknown());
const userBody = z.object({
  email: z.string().optional(),
  password: z.string().optional(),
  email_confirm: z.boolean().optional(),
  user_metadata: metadata.optional(),
  app_metadata: metadata.optional(),
});
type UserBody = z.infer<typeof userBody>;

/** As the hosted server sets the `sub`, `email` and verified flags of an e-mail identity. */
const identityData = (id: string, email: string, verified: boolean) => ({
  email,
  email_verified: verified,
  phone_verified: false,
  sub: id,
});

export function authRoutes(deps: AuthRoutesDeps): Handler {
  const { sql, siteUrl, mailer } = deps;
  const cost = Number(process.env.LITE_AUTH_BCRYPT_COST ?? "10");

  /** The user as the hosted server's admin routes show it. */
  async function readUser(id: string): Promise<object | null> {
    const [row] = await sql<{ user: object }[]>`
      select jsonb_strip_nulls(jsonb_build_object(
        'id', u.id, 'aud', u.aud, 'role', u.role, 'email', coalesce(u.email, ''),
        'phone', coalesce(u.phone, ''), 'email_confirmed_at', u.email_confirmed_at,
        'confirmed_at', u.email_confirmed_at, 'confirmation_sent_at', u.confirmation_sent_at,
        'recovery_sent_at', u.recovery_sent_at, 'invited_at', u.invited_at,
        'last_sign_in_at', u.last_sign_in_at, 'banned_until', u.banned_until,
        'app_metadata', coalesce(u.raw_app_meta_data, '{}'),
        'user_metadata', coalesce(u.raw_user_meta_data, '{}'),
        'identities', coalesce((
          select jsonb_agg(jsonb_build_object(
            'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id,
            'identity_data', i.identity_data, 'provider', i.provider, 'email', u.email,
            'last_sign_in_at', i.last_sign_in_at, 'created_at', i.created_at,
            'updated_at', i.updated_at) order by i.created_at)
          from auth.identities as i where i.user_id = u.id), '[]'),
        'created_at', u.created_at, 'updated_at', u.updated_at,
        'is_anonymous', coalesce(u.is_anonymous, false))) as "user"
      from auth.users as u where u.id = ${id}`;
    return row?.user ?? null;
  }

  const answerUser = async (id: string) => Response.json(await readUser(id));

  /** The new user's id; null when the address has one, which may have come this moment. */
  async function insertUser(
    body: UserBody & { email: string },
    invited: boolean,
  ): Promise<string | null> {
    const id = randomUUID();
    const password = body.password || randomBytes(48).toString("base64url");
    const app = { ...body.app_metadata, provider: "email", providers: ["email"] };
    return sql.begin(async (tx) => {
      const made = await tx`
        insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at,
          invited_at, raw_app_meta_data, raw_user_meta_data, is_sso_user, is_anonymous,
          created_at, updated_at)
        values (${id}, 'authenticated', 'authenticated', ${body.email},
          extensions.crypt(${password}, extensions.gen_salt('bf', ${cost})),
          ${body.email_confirm ? tx`now()` : null}, ${invited ? tx`now()` : null},
          ${JSON.stringify(app)}::jsonb, ${JSON.stringify(body.user_metadata ?? {})}::jsonb,
          false, false, now(), now())
        on conflict do nothing
        returning id`;
      if (made.length === 0) return null;
      await tx`
        insert into auth.identities
          (id, provider, provider_id, user_id, identity_data, last_sign_in_at, created_at, updated_at)
        values (${randomUUID()}, 'email', ${id}, ${id},
          ${JSON.stringify(identityData(id, body.email, false))}::jsonb, now(), now(), now())`;
      return id;
    });
  }

  async function idOf(email: string): Promise<string | null> {
    const [row] = await sql<{ id: string }[]>`select id from auth.users where email = ${email}`;
    return row?.id ?? null;
  }

  const tooLong = (password: string | undefined) =>
    Buffer.byteLength(password ?? "") > LONGEST_PASSWORD;

  async function createUser(body: UserBody): Promise<Response> {
    const email = body.email?.trim().toLowerCase() ?? "";
    if (email === "") {
      return refusal(
        400,
        "validation_failed",
        "Cannot create a user without either an email or phone",
      );
    }
    if (!isMail(email)) {
      return refusal(400, "validation_failed", INVALID_MAIL);
    }
    if (tooLong(body.password)) {
      return refusal(400, "validation_failed", LONG_PASSWORD);
    }
    if (await idOf(email)) {
      return refusal(422, "email_exists", MAIL_TAKEN);
    }
    const id = await insertUser({ ...body, email }, false);
    return id === null ? refusal(422, "email_exists", MAIL_TAKEN) : answerUser(id);
  }

  async function updateUser(id: string, body: UserBody): Promise<Response> {
    const { password } = body;
    const email = body.email?.trim().toLowerCase();
    if (email !== undefined && !isMail(email)) {
      return refusal(400, "validation_failed", INVALID_MAIL);
    }
    if (password !== undefined && password.length < deps.minimumPasswordLength) {
      return refusal(
        422,
        "weak_password",
        `Password should be at least ${deps.minimumPasswordLength} characters.`,
        { weak_password: { reasons: ["length"] } },
      );
    }
    if (tooLong(password)) {
      return refusal(400, "validation_failed", LONG_PASSWORD);
    }
    const other = email === undefined ? null : await idOf(email);
    if (other !== null && other !== id) {
      return refusal(422, "email_exists", MAIL_TAKEN);
    }
    await sql.begin(async (tx) => {
      if (body.email_confirm) {
        await tx`
          update auth.users set email_confirmed_at = coalesce(email_confirmed_at, now()),
            confirmation_token = null where id = ${id}`;
      }
      if (password !== undefined) {
        await tx`
          update auth.users set confirmation_token = null, recovery_token = null,
            encrypted_password = extensions.crypt(${password}, extensions.gen_salt('bf', ${cost}))
          where id = ${id}`;
        // Every session ends, as on the hosted server.
        await tx`delete from auth.refresh_tokens where user_id = ${id}`;
        await tx`delete from auth.sessions where user_id = ${id}`;
      }
      if (email !== undefined) {
        const data = identityData(id, email, body.email_confirm === true);
        await tx`update auth.users set email = ${email} where id = ${id}`;
        await tx`
          update auth.identities set identity_data = ${JSON.stringify(data)}::jsonb, updated_at = now()
          where user_id = ${id} and provider = 'email'`;
      }
      // A key that is set to null is taken out, as the hosted server does.
      for (const [column, given] of [
        ["raw_app_meta_data", body.app_metadata],
        ["raw_user_meta_data", body.user_metadata],
      ] as const) {
        if (given === undefined) continue;
        await tx`
          update auth.users
          set ${tx(column)} = jsonb_strip_nulls(
            coalesce(${tx(column)}, '{}') || ${JSON.stringify(given)}::jsonb)
          where id = ${id}`;
      }
      await tx`update auth.users set updated_at = now() where id = ${id}`;
    });
    return answerUser(id);
  }

  async function adminUsers(request: Request, id: string | null): Promise<Response> {
    const read = async () => userBody.safeParse(await request.json().catch(() => null));
    if (id === null) {
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const body = await read();
      if (!body.success) return refusal(400, "bad_json", "Could not parse request body as JSON");
      return createUser(body.data);
    }
    if (!isUuid(id)) return refusal(404, "validation_failed", "user_id must be an UUID");
    const found = await readUser(id);
    if (!found) return refusal(404, "user_not_found", "User not found");
    if (request.method === "GET") return Response.json(found);
    if (request.method === "DELETE") {
      await sql`delete from auth.users where id = ${id}`;
      return Response.json({});
    }
    if (request.method !== "PUT") return new Response(null, { status: 405 });
    const body = await read();
    if (!body.success) return refusal(400, "bad_json", "Could not parse request body as JSON");
    return updateUser(id, body.data);
  }

  const newToken = () => randomBytes(28).toString("hex");

  async function sendLink(mail: "confirmation" | "invite", id: string, email: string) {
    const token = newToken();
    await sql`
      update auth.users set confirmation_token = ${token}, confirmation_sent_at = now()
      where id = ${id}`;
    const values = { SiteURL: siteUrl, TokenHash: token };
    await mailer.send(renderAuthMail(mail, email, values));
  }

  async function invite(request: Request): Promise<Response> {
    const body = z
      .object({ email: z.string(), data: metadata.optional() })
      .safeParse(await request.json().catch(() => null));
    const email = body.success ? body.data.email.trim().toLowerCase() : "";
    if (!body.success || !isMail(email)) {
      return refusal(400, "validation_failed", INVALID_MAIL);
    }
    const [known] = await sql<{ id: string; confirmed: boolean }[]>`
      select id, email_confirmed_at is not null as confirmed from auth.users where email = ${email}`;
    if (known?.confirmed) {
      return refusal(422, "email_exists", MAIL_TAKEN);
    }
    const id =
      known?.id ??
      (await insertUser({ email, user_metadata: body.data.data }, true)) ??
      (await idOf(email));
    if (id === null) return refusal(422, "email_exists", MAIL_TAKEN);
    await sendLink("invite", id, email);
    return answerUser(id);
  }

  /** Null leaves the request to the embedded server, which then refuses or ignores it. */
  async function resend(request: Request): Promise<Response | null> {
    const body = z.object({ type: z.literal("signup"), email: z.string() }).safeParse(
      await request
        .clone()
        .json()
        .catch(() => null),
    );
    if (!body.success || !isMail(body.data.email.trim())) return null;
    const email = body.data.email.trim().toLowerCase();
    const [user] = await sql<{ id: string; wait: number }[]>`
      select id, coalesce(ceil(${LINK_EVERY} - extract(epoch from now() - confirmation_sent_at)), 0)
        ::integer as wait
      from auth.users where email = ${email} and email_confirmed_at is null`;
    if (!user) return Response.json({});
    if (user.wait > 0) {
      return refusal(
        429,
        "over_email_send_rate_limit",
        `For security purposes, you can only request this after ${user.wait} seconds.`,
      );
    }
    await sendLink("confirmation", user.id, email);
    return Response.json({});
  }

  /** The hosted server checks the password first, and only then says that the address waits. */
  async function unconfirmedPassword(request: Request): Promise<Response | null> {
    const body = z.object({ email: z.string(), password: z.string() }).safeParse(
      await request
        .clone()
        .json()
        .catch(() => null),
    );
    if (!body.success) return null;
    const { email, password } = body.data;
    // The embedded server names its hashes $2b$, the database the same ones $2a$.
    const [user] = await sql<{ right: boolean }[]>`
      select coalesce(h.hash = extensions.crypt(${password}, h.hash), false) as "right"
      from auth.users as u, replace(u.encrypted_password, '$2b$', '$2a$') as h (hash)
      where u.email = ${email.toLowerCase()} and u.email_confirmed_at is null`;
    if (!user || user.right) return null;
    return refusal(400, "invalid_credentials", "Invalid login credentials");
  }

  /** An invitation is confirmed as a sign-up is. */
  async function verify(request: Request): Promise<Request> {
    const body: unknown = await request
      .clone()
      .json()
      .catch(() => null);
    const link = z.object({ type: z.literal("invite"), token_hash: z.string() }).safeParse(body);
    if (!link.success) return request;
    const { token_hash } = link.data;
    return new Request(request.url, {
      method: "POST",
      headers: request.headers,
      body: JSON.stringify({ type: "signup", token_hash }),
    });
  }

  /** As a hosted project answers in which the second factor is switched off. */
  const noSecondFactor = (method: string, path: string): Response =>
    method === "DELETE"
      ? refusal(404, "mfa_factor_not_found", "Factor not found")
      : path === "/factors"
        ? refusal(422, "mfa_totp_enroll_not_enabled", "MFA enroll is disabled for TOTP")
        : refusal(422, "mfa_totp_verify_not_enabled", "MFA verify is disabled for TOTP");

  const noSession = () =>
    refusal(401, "no_authorization", "This endpoint requires a valid Bearer token");

  return async (request, url) => {
    const path = url.pathname.replace(/^\/auth\/v1/, "");
    const key = request.headers.get("apikey") ?? url.searchParams.get("apikey");
    const isSecret = isSame(key, deps.secretKey);
    // Whoever has no key is refused by the embedded server.
    if (!isSecret && !isSame(key, deps.publishableKey)) return { request };
    const user = /^\/admin\/users(?:\/([^/]+))?$/.exec(path);
    if (user || (path === "/invite" && request.method === "POST")) {
      if (!isSecret) return { response: refusal(403, "not_admin", "User not allowed") };
      return {
        response: await (user ? adminUsers(request, user[1] ?? null) : invite(request)),
      };
    }
    if (/^\/factors(\/|$)/.test(path)) {
      const token = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? key;
      const hasSession = !isSame(token, deps.publishableKey);
      return { response: hasSession ? noSecondFactor(request.method, path) : noSession() };
    }
    if (request.method !== "POST") return { request };
    if (path === "/verify") return { request: await verify(request) };
    const isSignIn = path === "/token" && url.searchParams.get("grant_type") === "password";
    const response =
      path === "/resend"
        ? await resend(request)
        : isSignIn
          ? await unconfirmedPassword(request)
          : null;
    return response ? { response } : { request };
  };
}
