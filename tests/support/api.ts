import { createHmac, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Role } from "@/lib/access/permissions";
import { resetEnv } from "@/lib/env";
import type { Supabase } from "@/lib/supabase/clients";
import type { Database } from "@/lib/supabase/database.types";
import { testStack } from "./context";
import { nextNumber, one, type Queries, type TestCustomer } from "./database";

/** The password of every account that tests make. */
export const PASSWORD = "correct horse battery";

const envelope = z.union([
  z.object({ success: z.literal(true), data: z.unknown() }),
  z.object({
    success: z.literal(false),
    error: z.object({
      code: z.string(),
      message: z.string().min(1),
      fields: z.record(z.string(), z.string()).optional(),
      request_id: z.string().optional(),
    }),
  }),
]);

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The envelope of a JSON answer. */
  body: unknown;
}

/** `data` of a successful answer, checked against its shape. Fails on any other status. */
export function dataOf<S extends z.ZodType>(answer: Answer, schema: S, status = 200): z.infer<S> {
  const parsed = envelope.safeParse(answer.body);
  if (answer.status !== status || !parsed.success || !parsed.data.success) {
    throw new Error(`expected ${status}, got ${answer.status}: ${answer.text.slice(0, 500)}`);
  }
  return schema.parse(parsed.data.data);
}

/** Code and fields of a refusal in the API's own shape, with the status that it came with. */
export function errorOf(answer: Answer): {
  status: number;
  code: string;
  message: string;
  fields: Record<string, string>;
} {
  const parsed = envelope.safeParse(answer.body);
  if (!parsed.success || parsed.data.success) {
    throw new Error(`expected a refusal, got ${answer.status}: ${answer.text.slice(0, 500)}`);
  }
  const { code, message, fields } = parsed.data.error;
  return { status: answer.status, code, message, fields: fields ?? {} };
}

/** Status and code of a refusal, for comparing both at once. */
export const refusalOf = (answer: Answer): string => `${answer.status} ${errorOf(answer).code}`;

export interface CallOptions {
  token?: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is, with the content type given in `headers`. */
  raw?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  /** Address of the served site, when it is not the shared one. */
  site?: string;
}

/** One request to the site, as a client that is no browser sends it. Redirects are not followed. */
export async function call(
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const headers = new Headers(options.headers);
  if (options.token) headers.set("authorization", `Bearer ${options.token}`);
  if (options.json !== undefined) headers.set("content-type", "application/json");
  const response = await fetch(`${options.site ?? testStack().siteUrl}${path}`, {
    method,
    headers,
    body: options.json !== undefined ? JSON.stringify(options.json) : options.raw,
    redirect: "manual",
  });
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  return { status: response.status, headers: response.headers, text, body };
}

export interface StoredCookie {
  value: string;
  /** Lower case, without the value: `path=/`, `httponly`, `samesite=lax`, `max-age=…`. */
  attributes: string[];
}

/** A browser without pages: keeps cookies, sends them back, and says where requests come from. */
export class Browser {
  readonly cookies = new Map<string, StoredCookie>();

  /** @param site address of the served site, when it is not the shared one. */
  constructor(
    private readonly defaults: Record<string, string> = {},
    private readonly site?: string,
  ) {}

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");
    const answer = await call(method, path, {
      site: this.site,
      ...options,
      headers: {
        origin: this.site ?? testStack().siteUrl,
        "sec-fetch-site": "same-origin",
        ...this.defaults,
        ...(cookie ? { cookie } : {}),
        ...options.headers,
      },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = "", ...rest] = line.split(";");
      const name = pair.slice(0, pair.indexOf("=")).trim();
      const value = pair.slice(pair.indexOf("=") + 1).trim();
      const attributes = rest.map((part) => part.trim().toLowerCase());
      const expired =
        attributes.includes("max-age=0") ||
        attributes.some(
          (part) => part.startsWith("expires=") && Date.parse(part.slice(8)) <= Date.now(),
        );
      if (expired || value === "") this.cookies.delete(name);
      else this.cookies.set(name, { value, attributes });
    }
    return answer;
  }

  get(path: string, options?: CallOptions): Promise<Answer> {
    return this.call("GET", path, options);
  }

  post(path: string, json: unknown = {}, options?: CallOptions): Promise<Answer> {
    return this.call("POST", path, { ...options, json });
  }

  /** Signs in with the common password. */
  async signIn(email: string, password: string = PASSWORD): Promise<this> {
    dataOf(await this.post("/api/auth/sign-in", { email, password }), z.unknown());
    return this;
  }

  /**
   * Presses the button on the page that a mail's link leads to, as a browser without scripts does.
   * Returns the path and query of where it leads.
   */
  async pressLink(link: string): Promise<string> {
    const { searchParams } = new URL(link, testStack().siteUrl);
    const answer = await this.call("POST", "/auth/confirm/open", {
      raw: searchParams.toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
      site: this.site,
    });
    if (answer.status !== 303) throw new Error(`expected 303, got ${answer.status}`);
    const target = new URL(answer.headers.get("location") ?? "");
    return target.pathname + target.search;
  }

  sessionCookies(): string[] {
    return [...this.cookies.keys()].filter((name) => /^sb-.+-auth-token(\.\d+)?$/.test(name));
  }
}

const keptMail = z.object({ to: z.string(), link: z.string().nullable(), sentAt: z.string() });

/** Links of the account mails to one address, oldest first. */
export function linksTo(email: string, dataDir = testStack().dataDir): string[] {
  const folder = join(dataDir, "auth-mails");
  return readdirSync(folder)
    .sort()
    .map((name) => keptMail.parse(JSON.parse(readFileSync(join(folder, name), "utf8"))))
    .flatMap(({ to, link }) => (to === email && link ? [link] : []));
}

/** The link of the newest account mail to an address; waits for it. */
export function linkTo(email: string, dataDir?: string): Promise<string> {
  return eventually(async () => linksTo(email, dataDir).at(-1));
}

const run = randomBytes(4).toString("hex");

/** An address that no other test uses. */
export const newEmail = (label = "person"): string =>
  `${label}-${run}-${nextNumber()}@example.test`;

const runDigits = String(Number.parseInt(run, 16) % 10_000).padStart(4, "0");

/** A mobile number in E.164 that no other test uses. */
export const newPhone = (): string => `+2771${runDigits}${String(nextNumber()).padStart(3, "0")}`;

/**
 * A client address that no other test uses, from the range for documentation. Each is in a network
 * of its own: limits count a whole /64 as one client.
 */
export const newAddress = (): string =>
  `2001:db8:1${run.slice(1, 4)}:${nextNumber().toString(16)}::1${run.slice(5)}`;

/** A stateless client with the public key, as any browser could make one. */
export function publicClient(): Supabase {
  const { apiUrl, publishableKey } = testStack();
  return createClient<Database>(apiUrl, publishableKey, {
    auth: { autoRefreshToken: false, persistSession: false, detectSessionInUrl: false },
  });
}

/** The server's own client. */
export function secretClient(url = testStack().apiUrl): Supabase {
  return createClient<Database>(url, testStack().secretKey, {
    auth: { autoRefreshToken: false, persistSession: false, detectSessionInUrl: false },
  });
}

/** A client with the rights of a token. */
export function tokenClient(token: string, url = testStack().apiUrl): Supabase {
  return createClient<Database>(url, testStack().publishableKey, {
    auth: { autoRefreshToken: false, persistSession: false, detectSessionInUrl: false },
    global: { headers: { Authorization: `Bearer ${token}` } },
  });
}

export interface Account {
  userId: string;
  email: string;
  token: string;
}

/** A real account of the auth server, that is neither customer nor admin. */
export async function newAccount(email = newEmail("account")): Promise<Account> {
  const { data, error } = await publicClient().auth.signUp({ email, password: PASSWORD });
  if (error || !data.session) throw new Error(`no account: ${error?.message}`);
  return { userId: data.session.user.id, email, token: data.session.access_token };
}

export type CustomerAccount = Account & { customer: TestCustomer };

/** A customer who can sign in. With an active service, unless told otherwise: they may refer. */
export async function customerAccount(
  sql: Queries,
  given: {
    firstName?: string;
    lastName?: string;
    phone?: string;
    email?: string;
    service?: "active" | "suspended" | "none";
    cents?: number;
  } = {},
): Promise<CustomerAccount> {
  const account = await newAccount(given.email ?? newEmail("customer"));
  const customer = one(
    await sql<TestCustomer[]>`
      insert into customers (auth_user_id, email, first_name, last_name, phone)
      values (${account.userId}, ${account.email}, ${given.firstName ?? "Thandi"},
        ${given.lastName ?? "Nkosi"}, ${given.phone ?? newPhone()})
      returning id, auth_user_id, email, phone, referral_code`,
  );
  if (given.service !== "none") {
    const sold = await packageOnSale(sql, given.cents);
    const status = given.service ?? "active";
    await sql`
      insert into customer_services
        (customer_id, package_id, status, monthly_price_cents, activated_at, suspended_at)
      values (${customer.id}, ${sold.id}, ${status}, ${sold.cents}, '2026-01-05T08:00:00Z',
        ${status === "suspended" ? "2026-02-05T08:00:00Z" : null})`;
  }
  return { ...account, customer };
}

/** An admin who can sign in. */
export async function adminAccount(sql: Queries, role: Role): Promise<Account> {
  const account = await newAccount(newEmail(role));
  await sql`
    insert into admin_users (auth_user_id, email, name, role)
    values (${account.userId}, ${account.email}, ${`Admin ${role}`}, ${role})`;
  return account;
}

/** A package on sale; the price is in cents per month. */
export async function packageOnSale(
  sql: Queries,
  cents = 79_900,
): Promise<{ id: string; slug: string; cents: number }> {
  const slug = `api-${run}-${nextNumber()}`;
  const row = one(
    await sql<{ id: string }[]>`
      insert into service_packages (slug, name, monthly_price_cents)
      values (${slug}, ${`Fibre ${slug}`}, ${cents}) returning id`,
  );
  return { id: row.id, slug, cents };
}

/** What somebody new sends to order. */
export function orderBody(
  slug: string,
  changes: { account?: object; [field: string]: unknown } = {},
) {
  const { account, ...rest } = changes;
  return {
    package_slug: slug,
    account: {
      email: newEmail("friend"),
      password: PASSWORD,
      first_name: "Lerato",
      last_name: "Mokoena",
      phone: newPhone(),
      address: {
        line1: `${nextNumber()} Long Street ${run}`,
        city: "Cape Town",
        postal_code: "8001",
      },
      ...account,
    },
    ...rest,
  };
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token made by hand: signed with the given secret, or not at all. */
export function forgedToken(
  claims: Record<string, unknown>,
  secret: string | null = testStack().jwtSecret,
): string {
  const now = Math.floor(Date.now() / 1000);
  const unsigned = [
    encode({ alg: secret === null ? "none" : "HS256", typ: "JWT" }),
    encode({ aud: "authenticated", role: "authenticated", iat: now, exp: now + 600, ...claims }),
  ].join(".");
  const signature =
    secret === null ? "" : createHmac("sha256", secret).update(unsigned).digest("base64url");
  return `${unsigned}.${signature}`;
}

/** Points this process at the shared stack, for tests that call handlers and services in it. */
export function enterStackEnvironment(changes: Record<string, string> = {}): () => void {
  const { apiUrl, publishableKey, secretKey, cronSecret, siteUrl } = testStack();
  const wanted: Record<string, string> = {
    SUPABASE_URL: apiUrl,
    SUPABASE_PUBLISHABLE_KEY: publishableKey,
    SUPABASE_SECRET_KEY: secretKey,
    CRON_SECRET: cronSecret,
    SITE_URL: siteUrl,
    LOG_LEVEL: "silent",
    ...changes,
  };
  const before = Object.fromEntries(
    Object.keys(wanted).map((name) => [name, process.env[name]] as const),
  );
  Object.assign(process.env, wanted);
  resetEnv();
  return () => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    resetEnv();
  };
}

export interface CountingProxy {
  url: string;
  /** Paths of the requests since the last call. */
  taken(): string[];
  stop(): Promise<void>;
}

/** Passes requests on to the data API and remembers each: what a page or route costs. */
export async function countingProxy(target = testStack().apiUrl): Promise<CountingProxy> {
  let seen: string[] = [];
  const upstream = new URL(target);
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const forwarded = httpRequest(
      {
        host: upstream.hostname,
        port: upstream.port,
        path: request.url,
        method: request.method,
        headers: request.headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    forwarded.on("error", () => response.destroy());
    request.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    taken() {
      const paths = seen;
      seen = [];
      return paths;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Looks until the answer is there; for what the server does after it has answered. */
export async function eventually<T>(
  look: () => Promise<T | undefined>,
  timeoutMs = 10_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error("it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
