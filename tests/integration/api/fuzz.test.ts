/**
 * Every route and page with input that nobody should send: whatever it is, the answer is a clear
 * refusal and nothing is written. A failure prints the seed: FUZZ_SEED repeats it.
 */
import { randomInt, randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Site } from "@/supabase/local/commands/next-server";
import { type Account, call, newAccount } from "@/tests/support/api";
import { newApiKey } from "@/tests/support/api-keys";
import {
  type ApiRoute,
  addressOf,
  apiRoutes,
  METHODS,
  routePatterns,
} from "@/tests/support/api-routes";
import {
  activeService,
  newAdmin,
  newCustomer,
  newPackage,
  newReferrer,
  pendingReward,
} from "@/tests/support/builders";
import { eventually } from "@/tests/support/eventually";
import { activeFriend, placeOrder } from "@/tests/support/orders";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { newEmail, PASSWORD } from "@/tests/support/people";
import { one, referralOf, verify } from "@/tests/support/rows";
import { ownSite } from "@/tests/support/site";

const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
/** Batches of requests per route; more by hand for a longer search. */
const BATCHES = Number(process.env.FUZZ_BATCHES ?? 3);
const settings = { seed, numRuns: BATCHES, endOnFailure: process.env.FUZZ_SHRINK !== "true" };

let own: OwnStack;
let site: Site;
/** What the server reports as its own failure. */
const troubles: string[] = [];
const tokens: Record<"customer" | "owner" | "key", string> = { customer: "", owner: "", key: "" };
const cookies: Record<"customer" | "owner" | "user", string> = {
  customer: "",
  owner: "",
  user: "",
};
/** Rows that exist, by the name of the parameter or field that names them. */
const known: Record<string, string[]> = {};

async function account(): Promise<Account & { cookie: string }> {
  const made = await newAccount(newEmail("fuzz"), own.stack);
  const answer = await call("POST", "/api/auth/sign-in", {
    site: site.url,
    json: { email: made.email, password: PASSWORD },
  });
  const cookie = answer.headers.getSetCookie().map((line) => line.split(";")[0]);
  return { ...made, cookie: cookie.join("; ") };
}

beforeAll(async () => {
  process.env.LITE_AUTH_BCRYPT_COST ??= "4";
  own = await ownStack();
  const { sql } = own;
  site = await ownSite(
    own.stack,
    { RATE_LIMIT_FACTOR: "1000000", TRUSTED_PROXY_HOPS: "1", LOG_LEVEL: "error" },
    (line) => troubles.push(line),
  );
  const [customer, owner, user] = [await account(), await account(), await account()];
  tokens.customer = customer.token;
  tokens.owner = owner.token;
  Object.assign(cookies, { customer: customer.cookie, owner: owner.cookie, user: user.cookie });
  await newAdmin(sql, "owner", { authUserId: owner.userId, email: owner.email });

  const key = await newApiKey(sql);
  tokens.key = key.secret;
  // The hour of its use is not noted again.
  await sql`update api_keys set last_used_at = now() + interval '1 day' where id = ${key.id}`;

  const now = new Date().toISOString();
  const referrer = await newReferrer(sql, { authUserId: customer.userId, email: customer.email });
  const flags = [{ signal: "shared_ip", severity: "hold" as const }];
  const friend = await activeFriend(sql, referrer, now, { flags });
  const open = await placeOrder(sql, now, { code: referrer.referral_code });
  const former = await newCustomer(sql);
  const other = await newReferrer(sql);
  const service = await activeService(sql, other.id);
  const reward = await pendingReward(sql, other.id, { createdAt: now });
  const { mail } = one(
    await sql<{ mail: string }[]>`
      update notifications set status = 'failed' where customer_id = ${other.id} returning id as mail`,
  );
  expect((await runJob("billing")).status).toBe(200);
  const invoices = await sql<{ invoice_number: string; run_id: string }[]>`
    select invoice_number, run_id from customer_invoices order by invoice_number`;
  known.id = [referrer.id, other.id, former.id, friend.order, open.order_id, friend.service];
  known.id.push(service, mail, invoices[0]?.run_id ?? "");
  known.referral_id = [friend.referral, (await referralOf(sql, open.order_id)).id];
  known.reward_id = [reward];
  known.number = invoices.map((row) => row.invoice_number);
  known.package_slug = [(await newPackage(sql)).slug];
  known.code = [referrer.referral_code];
});
afterAll(async () => {
  await site?.stop();
  await own?.stop();
});

/** Text that breaks what reads it carelessly. */
const NASTY = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "x\udfff",
  "\ufeff",
  "\u202eevil",
  "\r\nX-Injected: 1",
  "%",
  "%00",
  "%_\\",
  ",().:*",
  "'; drop table customers; --",
  "\\u0000",
  "{{7*7}}#{7*7}",
  "<img src=x onerror=alert(1)>",
  "../../../etc/passwd",
  "..%2f..%2f",
  "//evil.example",
  "/\\evil.example",
  "javascript:alert(1)",
  "__proto__",
  "constructor",
  "null",
  "undefined",
  "NaN",
  "Infinity",
  "-0",
  "1e309",
  "0x10",
  "9007199254740993",
  "-1",
  "1.5",
  "١٢٣",
  "İstanbul",
  "ﬃ",
  "👨‍👩‍👧‍👦",
  "e\u0301".repeat(60),
  "{}",
  "[]",
  "0000-00",
  "2026-13",
  "9999-12",
  "2026-02-30",
  "infinity",
  "x".repeat(300),
  "INV-2026-999999999999",
  "00000000-0000-0000-0000-000000000000",
] as const;

const nastyText = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ maxLength: 40 }).map((text) => text.repeat(20)),
);

const forgedCursor = fc
  .oneof(
    fc.json({ maxDepth: 2 }),
    fc
      .tuple(
        fc.constantFrom(
          "2026-02-30T00:00:00Z",
          "infinity",
          "now",
          "294277-01-01T00:00:00Z",
          "2026-01-01T00:00:00Z",
          "2199-12-31T23:59:59.999999999-15:59",
          "2026-01-01T24:00:60Z",
        ),
        fc.constantFrom(randomUUID(), "x", "", "00000000-0000-0000-0000-000000000000"),
      )
      .map((pair) => JSON.stringify(pair)),
  )
  .map((text) => Buffer.from(text).toString("base64url"));

const deep = (levels: number): unknown =>
  Array.from({ length: levels }).reduce<unknown>((inner) => ({ a: [inner] }), 1);

const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, -(2 ** 63), [], {}, [[]]),
  fc.constant("x".repeat(70_000)),
  fc.constant(Array.from({ length: 2_000 }, () => 1)),
  fc.constantFrom(5, 9, 40).map(deep),
  fc.integer(),
  fc.double(),
  fc.array(nastyText, { maxLength: 3 }),
  fc.dictionary(fc.oneof(nastyText, fc.constant("__proto__")), nastyText, { maxKeys: 3 }),
);

/** What a header can carry at all: bytes without control characters. */
const headerText = nastyText.map((text) =>
  Buffer.from(text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, "é").slice(0, 2_000), "latin1").toString(
    "latin1",
  ),
);

const someHeaders = (names: string[]): fc.Arbitrary<Record<string, string>> =>
  fc
    .array(fc.tuple(fc.constantFrom(...names), headerText), { maxLength: 2 })
    .map((pairs) => Object.fromEntries(pairs));

const asText = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "");

/** A path segment, encoded as far as it can be; what cannot is sent as bytes. */
const encodeSegment = (text: string): string =>
  text.isWellFormed() ? encodeURIComponent(text) : "%ED%A0%80";

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: Uint8Array<ArrayBuffer>;
}

/** Where a request can be changed: a field of its body, a parameter, a name in the query, a header. */
interface Place {
  part: "body" | "params" | "query" | "headers";
  path: string[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const fieldsOf = (value: Record<string, unknown>, path: string[] = []): string[][] =>
  Object.entries(value).flatMap(([name, inner]) => [
    [...path, name],
    ...(isObject(inner) ? fieldsOf(inner, [...path, name]) : []),
  ]);

const placesOf = (route: ApiRoute): Place[] => [
  ...fieldsOf(route.body ?? {}).map((path) => ({ part: "body" as const, path })),
  ...Object.keys(route.params ?? {}).map((name) => ({ part: "params" as const, path: [name] })),
  ...Object.keys(route.query ?? {}).map((name) => ({ part: "query" as const, path: [name] })),
  ...(route.hasKey ? [{ part: "headers" as const, path: ["idempotency-key"] }] : []),
];

/** The same object with another value in one place; without the place for `undefined`. */
function withValue(
  object: Record<string, unknown>,
  [name = "", ...rest]: string[],
  value: unknown,
): Record<string, unknown> {
  const inner = object[name];
  if (rest.length > 0) {
    return { ...object, [name]: withValue(isObject(inner) ? inner : {}, rest, value) };
  }
  const { [name]: _old, ...others } = object;
  return value === undefined ? others : { ...others, [name]: value };
}

/** The same object, naming rows that exist wherever a field names a row. */
const withKnown = (object: Record<string, unknown>, n: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(object).map(([name, value]) => {
      const rows = known[name] ?? [];
      return [name, isObject(value) ? withKnown(value, n) : (rows[n % rows.length] ?? value)];
    }),
  );

interface Recipe {
  /** Names rows that exist: the n-th of each kind. Otherwise none does, and all is refused. */
  existing: number | null;
  changes: [Place, unknown][];
  headers?: Record<string, string>;
  /** Added to the query as it is. */
  query?: string;
  /** What becomes of the body on its way. */
  spoil?: (json: string) => Uint8Array<ArrayBuffer>;
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));

/** What a header can carry of a value. */
const asHeader = (value: unknown): string =>
  asText(value)
    .replaceAll(/[^\x20-\x7e\x80-\xff]/g, "\xe9")
    .slice(0, 2_000);

function compose(method: string, pattern: string, route: ApiRoute, recipe: Recipe): Sent {
  const parts: Record<Place["part"], Record<string, unknown>> = {
    body: route.body ?? {},
    params: route.params ?? {},
    query: route.query ?? {},
    headers: route.hasKey ? { "idempotency-key": randomUUID() } : {},
  };
  if (recipe.existing !== null) {
    parts.body = withKnown(parts.body, recipe.existing);
    parts.params = withKnown(parts.params, recipe.existing);
  }
  for (const [{ part, path }, value] of recipe.changes) {
    parts[part] = withValue(parts[part], path, value);
  }
  const path = pattern.replaceAll(/\[(\w+)\]/g, (_all, name: string) =>
    encodeSegment(asText(parts.params[name] ?? "x").slice(0, 300)),
  );
  const query = Object.entries(parts.query)
    .map(([name, value]) => `${name}=${encodeSegment(asText(value))}`)
    .concat(recipe.query ?? [])
    .join("&")
    // More than fits into a request's head is for the tests of what is no proper request.
    .slice(0, 4_000);
  const session: Record<string, string> =
    route.access === "admin"
      ? { authorization: `Bearer ${tokens.owner}` }
      : route.access === "customer" || route.access === "key"
        ? { authorization: `Bearer ${tokens[route.access]}` }
        : route.access === "browser"
          ? { cookie: cookies.user }
          : {};
  const json = JSON.stringify(parts.body);
  return {
    method,
    path: query ? `${path}?${query}` : path,
    headers: {
      ...session,
      ...(route.body ? { "content-type": "application/json" } : {}),
      ...Object.fromEntries(
        Object.entries(parts.headers).map(([name, value]) => [name, asHeader(value)]),
      ),
      ...recipe.headers,
    },
    ...(route.body ? { body: recipe.spoil ? recipe.spoil(json) : utf8(json) } : {}),
  };
}

const cursorOf = (...pair: unknown[]) => Buffer.from(JSON.stringify(pair)).toString("base64url");

/** What every single place of every route is given, with all else as it should be. */
const EVERYWHERE: unknown[] = [
  "",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "%_\\'\"",
  "🎉\u202e",
  "x".repeat(300),
  "2026-02-30",
  "2026-13",
  "-1",
  "1e309",
  "99999999999999999999",
  cursorOf("2026-02-30T00:00:00Z", randomUUID()),
  cursorOf("2026-01-01T00:00:00Z", "x"),
  null,
  true,
  -1,
  1.5,
  2 ** 53,
  [],
  ["x"],
  {},
  undefined,
];

const SPOILERS: ((json: string) => Uint8Array<ArrayBuffer>)[] = [
  (json) => utf8(json.slice(0, json.length / 2)),
  (json) => utf8(`\ufeff${json}`),
  (json) => utf8(`${json}${json}`),
  (json) => utf8(`${json.slice(0, -1)},${json.slice(1)}`),
  (json) => new Uint8Array(Buffer.from(json, "utf16le")),
  (json) => new Uint8Array(Buffer.from(json.replace('":', '\xff\xfe":'), "latin1")),
  (json) => utf8(json.replace(/^\{/, '{"__proto__":{"reason":1},"constructor":null,')),
  (json) => utf8(json.replace(/^\{/, `{"x":${"[".repeat(20_000)}${"]".repeat(20_000)},`)),
  (json) => utf8(json.replace(/^\{/, `{"x":${'{"a":'.repeat(60)}1${"}".repeat(60)},`)),
  (json) => utf8(json.replace(/^\{/, `{"x":"${"x".repeat(70_000)}",`)),
  (json) => utf8(json.replace(/^\{/, '{"x":1e999,"y":-1E400,"z":0.1e-999,')),
  () => utf8(""),
  () => utf8("null"),
  () => utf8("[".repeat(60_000)),
  () => new Uint8Array(Buffer.from("1f8b0800000000000003", "hex")),
];

const TYPES = [
  "text/plain",
  "application/json; charset=utf-16",
  "multipart/form-data",
  "",
  "a/b/c",
];

const STRAY_QUERIES = [
  "q=%E0%A4%A",
  "q=%ff",
  "limit=5&limit=x",
  "q[]=1&q[a]=2",
  "&&==&",
  "cursor",
  "__proto__=1&constructor=2",
  Array.from({ length: 400 }, (_, n) => `p${n}=${n}`).join("&"),
];

const READ_HEADERS = [
  "x-forwarded-for",
  "user-agent",
  "cookie",
  "accept",
  "forwarded",
  "next-action",
];

const recipes = (route: ApiRoute): fc.Arbitrary<Recipe> => {
  const places = placesOf(route);
  const change: fc.Arbitrary<[Place, unknown]>[] = places.map((place) =>
    fc.tuple(fc.constant(place), place.path[0] === "cursor" ? forgedCursor : nastyValue),
  );
  return fc.record({
    existing: fc.option(fc.nat(20), { freq: 2 }),
    changes: change.length > 0 ? fc.array(fc.oneof(...change), { maxLength: 2 }) : fc.constant([]),
    headers: fc
      .tuple(
        fc.option(someHeaders(READ_HEADERS), { freq: 2 }),
        fc.option(fc.constantFrom(...TYPES), { freq: 12 }),
        fc.option(headerText, { freq: route.access === "cron" ? 1 : 12 }),
      )
      .map(([some, type, authorization]) => ({
        ...some,
        ...(type !== null && route.body ? { "content-type": type } : {}),
        ...(authorization !== null ? { authorization } : {}),
      })),
    query: fc.option(
      fc.oneof(
        fc.constantFrom(...STRAY_QUERIES),
        fc.tuple(nastyText, nastyText).map((pair) => pair.map(encodeSegment).join("=")),
      ),
      { freq: 4, nil: undefined },
    ),
    spoil: fc.option(fc.constantFrom(...SPOILERS), { freq: 6, nil: undefined }),
  });
};

const failureSchema = z.strictObject({
  success: z.literal(false),
  error: z.strictObject({
    code: z.string().regex(/^[a-z]+(_[a-z]+)*$/),
    message: z.string().min(5),
    fields: z.record(z.string(), z.string()).optional(),
  }),
});

async function send({
  method,
  path,
  headers,
  body,
}: Sent): Promise<{ status: number; text: string; answer: Response }> {
  const answer = await fetch(`${site.url}${path}`, {
    method,
    headers,
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
  }).catch((cause: unknown) => {
    throw new Error(`no answer: ${method} ${path.slice(0, 300)} ${JSON.stringify(headers)}`, {
      cause,
    });
  });
  return { status: answer.status, text: await answer.text(), answer };
}

/** Fails unless the answer is the contract's: never the server's own failure, always its shape. */
async function checkAnswer(sent: Sent): Promise<boolean> {
  const { status, text, answer } = await send(sent);
  const what = `${sent.method} ${sent.path.slice(0, 300)} → ${status} ${text.slice(0, 300)}`;
  if (status >= 500) throw new Error(what);
  if (status >= 400) {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      throw new Error(`not JSON: ${what}`);
    }
    if (!failureSchema.safeParse(parsed).success) throw new Error(`another shape: ${what}`);
    return false;
  }
  if (status >= 300) {
    const { host } = new URL(answer.headers.get("location") ?? "", site.url);
    if (host !== new URL(site.url).host) throw new Error(`leads away: ${what}`);
  }
  return true;
}

/** A digest of every row of every table, but for counters, and refusals and exports, which are meant to be kept. */
async function digest(): Promise<Record<string, string>> {
  const { sql } = own;
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_catalog.pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r'
      and relname not in ('rate_limits', 'request_durations', 'audit_unsealed', 'audit_chain')
    order by 1`;
  const parts = tables.map(
    ({ name }) =>
      `select '${name}' as name, md5(coalesce(string_agg(t::text, ',' order by t::text), '')) as sum
       from public.${name} as t ${name === "audit_log" ? "where action <> 'access.refused' and action not like 'export.%'" : ""}`,
  );
  parts.push(
    "select 'auth.users', md5(string_agg(id::text || encrypted_password, ',' order by id)) from auth.users",
  );
  const rows = await sql.unsafe<{ name: string; sum: string }[]>(parts.join(" union all "));
  return Object.fromEntries(rows.map(({ name, sum }) => [name, sum]));
}

const runJob = (name: string) =>
  fetch(`${site.url}/api/cron/${name}`, {
    headers: { authorization: `Bearer ${own.stack.cronSecret}` },
  });

/** Waits for what goes on after an answer: mails, and a billing run that was started. */
const quiet = () =>
  eventually(async () => {
    expect((await runJob("notify")).status).toBe(200);
    const busy = await own.sql`
      select 1 from notifications where status in ('queued', 'sending') and next_attempt_at <= now()
      union all select 1 from billing_runs where status = 'running'`;
    return busy.length === 0 ? true : undefined;
  }, 20_000);

describe("every route", () => {
  test("is described for these tests, with each of its methods", async () => {
    const described = new Set(apiRoutes().map(([, pattern]) => pattern));
    expect([...described].sort()).toEqual(routePatterns());
    for (const pattern of described) {
      const methods = apiRoutes().filter(([, other]) => other === pattern);
      const path = addressOf(pattern, methods[0]?.[2].params);
      for (const method of METHODS) {
        if (methods.some(([name]) => name === method)) continue;
        const { status } = await send({ method, path, headers: {} });
        expect([method, pattern, status]).toEqual([method, pattern, 405]);
      }
    }
  });

  /** Sends some requests; if all are refused, nothing may have been written. */
  async function sendAll(method: string, sent: Sent[], before: Record<string, string>) {
    const accepted = await Promise.all(sent.map(checkAnswer));
    if (method !== "GET" && accepted.some((one) => one)) {
      await quiet();
      return digest();
    }
    // A session notes when an admin last used it, whatever they asked for.
    const lasting = ({ account_sessions: _used, ...rest }: typeof before) => rest;
    const after = await digest();
    expect(lasting(after)).toEqual(lasting(before));
    return after;
  }

  test.each(apiRoutes())(
    "%s %s",
    async (method, pattern, route) => {
      await quiet();
      let before = await digest();
      const single = placesOf(route).flatMap((place) =>
        EVERYWHERE.map((value) => ({ existing: null, changes: [[place, value]] }) satisfies Recipe),
      );
      const spoilt = route.body ? SPOILERS : [];
      const strays = STRAY_QUERIES.map((query) => ({ existing: null, changes: [], query }));
      const sweep: Recipe[] = [
        ...single,
        ...spoilt.map((spoil) => ({ existing: null, changes: [], spoil })),
        ...strays,
      ];
      for (let n = 0; n < sweep.length; n += 16) {
        const some = sweep.slice(n, n + 16);
        const sent = some.map((recipe) => compose(method, pattern, route, recipe));
        before = await sendAll(method, sent, before);
      }
      await fc.assert(
        fc.asyncProperty(fc.array(recipes(route), { minLength: 8, maxLength: 8 }), async (some) => {
          const sent = some.map((recipe) => compose(method, pattern, route, recipe));
          before = await sendAll(method, sent, before);
        }),
        settings,
      );
    },
    90_000,
  );
});

const appFolder = fileURLToPath(new URL("../../../app", import.meta.url));

/** Address patterns of all pages with whose they are, and the addresses outside the API that are no page. */
function pages(): [pattern: string, whose: "customer" | "owner" | ""][] {
  const found = readdirSync(appFolder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /(^|\/)(page\.tsx|route\.ts)$/.test(path) && !path.startsWith("api/"));
  return found.sort().map((path) => {
    const folders = path.split("/").slice(0, -1);
    const whose = folders.includes("(admin)")
      ? "owner"
      : folders.includes("(customer)")
        ? "customer"
        : "";
    return [`/${folders.filter((name) => !name.startsWith("(")).join("/")}`, whose];
  });
}

describe("every page", () => {
  /** Whatever any page reads from its address. */
  const QUERY = {
    q: "Thandi",
    cursor: "",
    status: "active",
    flagged: "true",
    page: "2",
    days: "30",
    period: "2026-01",
    ref: "REF-ZZZZZZZZ",
    next: "/dashboard",
    package: "fibre",
    order: randomUUID(),
    expired: "1",
    referral: "recorded",
  };
  const pageQuery = fc
    .tuple(
      fc.record(
        Object.fromEntries(
          Object.keys(QUERY).map((name) => [
            name,
            name === "cursor" ? fc.oneof(forgedCursor, nastyText) : nastyText,
          ]),
        ),
        { requiredKeys: [] },
      ),
      fc.option(fc.constantFrom(...STRAY_QUERIES), { freq: 4 }),
    )
    .map(([given, stray]) =>
      Object.entries({ ...(stray === null ? QUERY : {}), ...given })
        .map(([name, value]) => `${name}=${encodeSegment(value)}`)
        .concat(stray ?? [])
        .join("&")
        .slice(0, 4_000),
    );
  const segment = fc.oneof(
    nastyText.map(encodeSegment),
    fc.constantFrom("%2e%2e", "%2f%2fevil.example", "%5Cevil.example", "a%20b", "%25"),
  );

  test.each(pages())("%s of %s", async (pattern, whose) => {
    const names = [...pattern.matchAll(/\[(?:\.\.\.)?(\w+)\]/g)].map((match) => match[1] ?? "");
    const address = fc
      .tuple(
        fc.record(
          Object.fromEntries(
            names.map((name) => [
              name,
              fc.oneof(segment, fc.constantFrom(...(known[name] ?? ["x"]))),
            ]),
          ),
        ),
        pageQuery,
        someHeaders(["cookie", "user-agent", "x-forwarded-for", "accept-language", "rsc"]),
      )
      .map(([params, query, headers]) => {
        const path = pattern.replaceAll(
          /\[(?:\.\.\.)?(\w+)\]/g,
          (_all, name: string) => (params as Record<string, string>)[name] ?? "",
        );
        const cookie = whose ? cookies[whose] : (headers.cookie ?? "");
        return { method: "GET", path: `${path}?${query}`, headers: { ...headers, cookie } };
      });
    const before = await digest();
    await fc.assert(
      fc.asyncProperty(fc.array(address, { minLength: 3, maxLength: 3 }), async (sent) => {
        await Promise.all(
          sent.map(async (request) => {
            const { status, text, answer } = await send(request);
            const what = `GET ${request.path.slice(0, 300)} → ${status} ${text.slice(0, 200)}`;
            if (status >= 500) throw new Error(what);
            // A failure below a boundary is answered with 200, and marked in the page.
            const digests = [...text.matchAll(/data-dgst="([^"]*)"/g)].map(
              (match) => match[1] ?? "",
            );
            if (digests.some((found) => !found.startsWith("NEXT_"))) {
              throw new Error(`failed: ${what} ${digests}`);
            }
            const { host } = new URL(answer.headers.get("location") ?? "/", site.url);
            if (host !== new URL(site.url).host) throw new Error(`leads away: ${what}`);
          }),
        );
      }),
      { ...settings, numRuns: Math.ceil(BATCHES / 2) },
    );
    // A visit by a link is counted; an admin's session notes when it was last used.
    const stays = ({ referral_visits: _visits, account_sessions: _used, ...rest }: typeof before) =>
      rest;
    const [kept, expected] = [stays(await digest()), stays(before)];
    expect(kept).toEqual(expected);
  });
});

describe("malformed HTTP", () => {
  const lines = (...text: string[]) => `${text.join("\r\n")}\r\n\r\n`;
  const json = (length: number | string, ...rest: string[]) =>
    lines(
      "POST /api/referrals/visit HTTP/1.1",
      "Host: x",
      "Connection: close",
      "Content-Type: application/json",
      `Content-Length: ${length}`,
      ...rest,
    );
  const get = (...rest: string[]) =>
    lines("GET /api/referrals/validate?code=x HTTP/1.1", "Host: x", "Connection: close", ...rest);
  const CASES: [string, string][] = [
    ["a NUL in a header", get("X-Forwarded-For: 1\u0000")],
    ["a broken line in a header", get("Idempotency-Key: a\nb c")],
    ["a folded header", get("Cookie: a=b", " folded")],
    [
      "bytes beyond ASCII in every header",
      get("Cookie: \xff\xfe=\xff", "User-Agent: \xff", "Accept: \xff"),
    ],
    ["two hosts", get("Host: evil.example")],
    ["no host", lines("GET /api/health HTTP/1.1", "Connection: close")],
    ["a header of 20 KB", get(`X-Big: ${"x".repeat(20_000)}`)],
    ["a cookie of 10 KB", get(`Cookie: sb-x-auth-token=${"x".repeat(10_000)}`)],
    [
      "a cookie that claims to be a session",
      get("Cookie: sb-127-auth-token=base64-%%%; sb-127-auth-token.0=x"),
    ],
    ["two lengths", json(2, "Content-Length: 5")],
    ["a length and chunks", `${json(2, "Transfer-Encoding: chunked")}0\r\n\r\n`],
    ["a length that is none", json("x")],
    ["a negative length", json(-1)],
    [
      "chunks that are none",
      `${lines(
        "POST /api/referrals/visit HTTP/1.1",
        "Host: x",
        "Connection: close",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
      )}zz\r\n`,
    ],
    ["a compressed body", `${json(4, "Content-Encoding: gzip")}\x1f\x8b\x00\x00`],
    [
      "a method that does not exist",
      lines("BREW /api/health HTTP/1.1", "Host: x", "Connection: close"),
    ],
    [
      "an address of another host",
      lines("GET http://evil.example/api/health HTTP/1.1", "Host: x", "Connection: close"),
    ],
    ["an address that is an asterisk", lines("OPTIONS * HTTP/1.1", "Host: x", "Connection: close")],
    [
      "an address without a slash",
      lines("GET api/health HTTP/1.1", "Host: x", "Connection: close"),
    ],
    [
      "an address with bytes beyond ASCII",
      lines("GET /api/\xff\xfe?q=\xff HTTP/1.1", "Host: x", "Connection: close"),
    ],
    [
      "an address of 12 KB",
      lines(`GET /api/${"x".repeat(12_000)} HTTP/1.1`, "Host: x", "Connection: close"),
    ],
    [
      "an address that begins with two slashes",
      lines("GET //evil.example/%2e%2e HTTP/1.1", "Host: x", "Connection: close"),
    ],
    ["a wrong version", lines("GET /api/health HTTP/9.9", "Host: x", "Connection: close")],
    ["no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
  ];

  test.each(CASES)("%s is refused or ignored", async (_what, bytes) => {
    const { port } = new URL(site.url);
    const first = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), "127.0.0.1", () =>
        socket.end(Buffer.from(bytes, "latin1")),
      );
      let text = "";
      socket.setEncoding("latin1").on("data", (chunk: string) => {
        text += chunk;
      });
      socket.on("close", () => resolve(text.split("\r\n", 1)[0] ?? ""));
      socket.on("error", reject);
    });
    if (first !== "") expect(first).toMatch(/^HTTP\/1\.1 [234]\d\d /);
    expect((await send({ method: "GET", path: "/api/health", headers: {} })).status).toBe(200);
  });

  test("a body that ends half way writes nothing, and delays nobody", async () => {
    const before = await digest();
    const { port } = new URL(site.url);
    const sockets = Array.from({ length: 20 }, () => {
      const socket = connect(Number(port), "127.0.0.1", () =>
        socket.write(`${json(500)}{"code":"R`),
      );
      socket.on("error", () => {});
      return socket;
    });
    expect((await send({ method: "GET", path: "/api/health", headers: {} })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    expect((await send({ method: "GET", path: "/api/health", headers: {} })).status).toBe(200);
    expect(await digest()).toEqual(before);
  });
});

test("after all of it no invariant is broken, and the server reported no failure of its own", async () => {
  await quiet();
  expect((await verify(own.sql)).details).toEqual([]);
  expect(troubles).toEqual([]);
});
