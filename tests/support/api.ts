/** The site as its callers see it: requests, browsers without pages, and accounts. */
import { createHmac } from "node:crypto";
import { z } from "zod";
import type { Role } from "@/lib/permissions";
import type { CallerClient, ServerClient } from "@/lib/supabase/clients";
import {
  activeService,
  type CustomerChanges,
  newAdmin,
  newCustomer,
  newPackage,
  type TestCustomer,
} from "./builders";
import { clientOfCaller, clientOfServer } from "./clients";
import { type TestStack, testStack } from "./context";
import { enterEnvironment } from "./environment";
import { newEmail, PASSWORD } from "./people";
import type { Queries } from "./rows";

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

/** How a browser names itself. */
export const BROWSER =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

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
        "user-agent": BROWSER,
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
    const { searchParams } = new URL(link, this.site ?? testStack().siteUrl);
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

/** A client with the public key and no session, as any browser could make one. */
export function publicClient(): CallerClient {
  const { apiUrl, publishableKey } = testStack();
  return clientOfCaller(apiUrl, publishableKey);
}

/** The server's own client. */
export function secretClient(url = testStack().apiUrl): ServerClient {
  return clientOfServer(url, testStack().secretKey);
}

/** A client with the rights of a token. */
export function tokenClient(token: string, url = testStack().apiUrl): CallerClient {
  return clientOfCaller(url, testStack().publishableKey, token);
}

/** Where accounts are: the shared stack, unless told otherwise. */
type Project = Pick<TestStack, "apiUrl" | "publishableKey">;

export interface Account {
  userId: string;
  email: string;
  token: string;
}

/** A real account of the auth server, that is neither customer nor admin. */
export async function newAccount(
  email = newEmail("account"),
  project: Project = testStack(),
): Promise<Account> {
  const client = clientOfCaller(project.apiUrl, project.publishableKey);
  const { data, error } = await client.auth.signUp({ email, password: PASSWORD });
  if (error || !data.session) throw new Error(`no account: ${error?.message}`);
  return { userId: data.session.user.id, email, token: data.session.access_token };
}

export type CustomerAccount = Account & { customer: TestCustomer };

/** A customer who can sign in. With an active service, unless told otherwise: they may refer. */
export async function customerAccount(
  sql: Queries,
  given: Omit<CustomerChanges, "authUserId"> & {
    service?: "active" | "suspended" | "none";
    /** Price of the service in cents per month, VAT included. */
    priceCents?: number;
  } = {},
): Promise<CustomerAccount> {
  const { service = "active", priceCents, ...changes } = given;
  const account = await newAccount(given.email ?? newEmail("customer"));
  const { userId: authUserId, email } = account;
  const customer = await newCustomer(sql, { ...changes, authUserId, email });
  if (service !== "none") {
    const { id: packageId } = await newPackage(sql, { priceCents });
    await activeService(sql, customer.id, { packageId, priceCents, status: service });
  }
  return { ...account, customer };
}

/** An admin who can sign in. */
export async function adminAccount(sql: Queries, role: Role, project?: Project): Promise<Account> {
  const account = await newAccount(newEmail(role), project);
  await newAdmin(sql, role, { authUserId: account.userId, email: account.email });
  return account;
}

/** One admin of each role. */
export async function adminAccounts(
  sql: Queries,
  project?: Project,
): Promise<Record<Role, Account>> {
  const [support, reviewer, billing, owner] = await Promise.all([
    adminAccount(sql, "support", project),
    adminAccount(sql, "reviewer", project),
    adminAccount(sql, "billing", project),
    adminAccount(sql, "owner", project),
  ]);
  return { support, reviewer, billing, owner };
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
  return enterEnvironment({
    SUPABASE_URL: apiUrl,
    SUPABASE_PUBLISHABLE_KEY: publishableKey,
    SUPABASE_SECRET_KEY: secretKey,
    CRON_SECRET: cronSecret,
    SITE_URL: siteUrl,
    LOG_LEVEL: "silent",
    ...changes,
  });
}
