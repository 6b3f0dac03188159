/** Who may call what: every route and every page, with each kind of caller. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PERMISSIONS, ROLES, type Role } from "@/lib/permissions";
import {
  type Account,
  type Answer,
  adminAccount,
  adminAccounts,
  Browser,
  type CustomerAccount,
  call,
  customerAccount,
  forgedToken,
  newAccount,
  refusalOf,
} from "@/tests/support/api";
import { addressOf, apiRoutes, routePatterns } from "@/tests/support/api-routes";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { activeFriend } from "@/tests/support/orders";
import { newAddress } from "@/tests/support/people";
import { one, refusalsOf } from "@/tests/support/rows";
import { ROOMY, siteEnvironment } from "@/tests/support/site";
import { serveWithoutProxy } from "@/tests/support/unguarded-site";

const sql = sharedDatabase();
let admins: Record<Role, Account>;
let customer: CustomerAccount;
let nobody: Account;
/** A site whose proxy.ts is gone. */
let unguarded: { url: string; stop(): Promise<void> };

beforeAll(async () => {
  admins = await adminAccounts(sql);
  customer = await customerAccount(sql, { lastName: "Unmistakable" });
  await activeFriend(sql, customer.customer, new Date().toISOString());
  nobody = await newAccount();
  unguarded = await serveWithoutProxy(siteEnvironment(testStack(), ROOMY));
});
afterAll(async () => {
  await unguarded?.stop();
  await sql.end();
});

const MAY: Record<(typeof PERMISSIONS)[number], Role[]> = {
  "customers:view": ["support", "reviewer", "billing", "owner"],
  "referrals:review": ["reviewer", "billing", "owner"],
  "orders:manage": ["billing", "owner"],
  "billing:manage_invoices": ["billing", "owner"],
  "program:manage": ["owner"],
  "admins:manage": ["owner"],
  "data:export": ["billing", "owner"],
  "audit:view": ["billing", "owner"],
};

/** Tokens that are none, or no longer, for the person whose id they carry. */
function falseTokens(real: Account): Record<string, string> {
  const claims = { sub: real.userId, email: real.email };
  const [header = "", payload = "", signature = ""] = real.token.split(".");
  const tampered = Buffer.from(
    JSON.stringify({
      ...JSON.parse(Buffer.from(payload, "base64url").toString("utf8")),
      role: "service_role",
    }),
  ).toString("base64url");
  const past = Math.floor(Date.now() / 1000) - 3600;
  return {
    "signed with another secret": forgedToken(claims, "x".repeat(48)),
    "signed with the public key": forgedToken(claims, testStack().publishableKey),
    "alg none": forgedToken(claims, null),
    "without its signature": `${header}.${payload}.`,
    "with other claims under its signature": `${header}.${tampered}.${signature}`,
    expired: forgedToken({ ...claims, iat: past - 60, exp: past }),
    "of another project": forgedToken(
      { ...claims, iss: "https://other.supabase.co/auth/v1", ref: "other" },
      "secret-of-another-project-secret-of-another-project",
    ),
    "for an account that does not exist": forgedToken({
      sub: "00000000-0000-4000-8000-000000000000",
    }),
    "the public key itself": testStack().publishableKey,
    "the secret of the jobs": testStack().cronSecret,
    garbage: "not-a-token",
  };
}

/** Those that a cookie is tried with as well: one for each way in which a token can be false. */
const IN_COOKIES = ["signed with another secret", "alg none", "expired"];

/** A cookie as the site sets it, with another token in it. */
const cookieWith = (token: string) => {
  const session = {
    access_token: token,
    refresh_token: "x",
    token_type: "bearer",
    expires_in: 3600,
  };
  const value = Buffer.from(
    JSON.stringify({ ...session, expires_at: Math.floor(Date.now() / 1000) + 3600 }),
  ).toString("base64url");
  return `sb-127-auth-token=base64-${value}`;
};

const routes = apiRoutes()
  .filter(([, , route]) => route.access !== "public")
  .flatMap(
    ([method, pattern, route]): ReturnType<typeof apiRoutes> =>
      // The same data in two formats; the file may need another permission.
      route.query?.format === "json"
        ? [
            [method, pattern, route],
            [
              method,
              pattern,
              {
                ...route,
                permission: route.csvPermission ?? route.permission,
                query: { ...route.query, format: "csv" },
              },
            ],
          ]
        : [[method, pattern, route]],
  );

const ask = (
  site: string | undefined,
  [method, pattern, route]: (typeof routes)[number],
  given: { token?: string; cookie?: string } = {},
): Promise<Answer> =>
  call(method, addressOf(pattern, route.params, route.query), {
    site,
    token: given.token,
    json: route.body,
    // One caller per request: what is tested is not how many there were.
    headers: { "x-forwarded-for": newAddress(), ...(given.cookie ? { cookie: given.cookie } : {}) },
  });

/** Begins anew to count the refusals that are kept: a person's log takes 30 in ten minutes. */
const forgetRefusals = () => sql`delete from rate_limits where bucket = 'refused'`;

test("every route file is described for these tests", () => {
  expect([...new Set(apiRoutes().map(([, pattern]) => pattern))].sort()).toEqual(routePatterns());
});

test.each(routes)("%s %s is for those who may, and for nobody else", async (...row) => {
  const [method, pattern, route] = row;
  expect(refusalOf(await ask(undefined, row))).toBe("401 unauthenticated");
  const callers: [string, Account][] = [
    ["customer", customer],
    ["nobody", nobody],
    ...ROLES.map((role): [string, Account] => [role, admins[role]]),
  ];
  const action = route.action ?? "";
  for (const [who, { token, userId }] of callers) {
    await forgetRefusals();
    const before = await refusalsOf(sql, userId, action);
    const answer = await ask(undefined, row, { token });
    // A token has no session with which a password could be changed; jobs know no sessions.
    const isNeverEnough = ["browser", "cron", "webhook", "key"].includes(route.access);
    const may =
      route.access === "customer"
        ? who === "customer"
        : route.permission !== undefined && MAY[route.permission].some((role) => role === who);
    const seen = answer.status === 401 ? 401 : answer.status === 403 ? 403 : "past the guard";
    const expected = isNeverEnough ? 401 : may ? "past the guard" : 403;
    expect([method, pattern, who, seen]).toEqual([method, pattern, who, expected]);
    expect(answer.status).toBeLessThan(500);
    // Only admins may add to a log that is never pruned: anybody can become a customer.
    const isKept = who in admins && route.access === "admin" && !may && method !== "GET";
    const kept = (await refusalsOf(sql, userId, action)) - before;
    expect([method, pattern, who, kept]).toEqual([method, pattern, who, isKept ? 1 : 0]);
  }
  const real = route.access === "customer" ? customer : admins.owner;
  for (const [kind, token] of Object.entries(falseTokens(real))) {
    // That one is true for the jobs.
    if (route.access === "cron" && token === testStack().cronSecret) continue;
    const answers = [await ask(undefined, row, { token })];
    if (IN_COOKIES.includes(kind)) {
      answers.push(await ask(undefined, row, { cookie: cookieWith(token) }));
    }
    for (const answer of answers) {
      expect([kind, refusalOf(answer)]).toEqual([kind, "401 unauthenticated"]);
    }
  }
});

test("a token beside somebody else's cookies moves no limit to its own person", async () => {
  const browser = await new Browser().signIn(customer.email);
  const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");
  const ofBrowsers = routes.filter(([, , route]) => route.access === "browser");
  expect(ofBrowsers.length).toBeGreaterThan(4);
  for (const row of ofBrowsers) {
    const answer = await ask(undefined, row, { token: nobody.token, cookie });
    expect([row[1], refusalOf(answer)]).toEqual([row[1], "401 unauthenticated"]);
  }
});

describe("an admin who is no longer one", () => {
  test.each([
    ["demoted", "update admin_users set role = 'support' where auth_user_id = $1"],
    ["deactivated", "update admin_users set is_active = false where auth_user_id = $1"],
    ["removed", "delete from admin_users where auth_user_id = $1"],
  ])("%s: the token, still valid, opens nothing more on any route", async (how, statement) => {
    const admin = await adminAccount(sql, "owner");
    const browser = await new Browser().signIn(admin.email);
    const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");
    const adminRoutes = routes.filter(([, , route]) => route.access === "admin");
    const before = await call("GET", "/api/admin/program", { token: admin.token });
    expect(before.status).toBe(200);
    await sql.unsafe(statement, [admin.userId]);
    for (const row of adminRoutes) {
      const [method, pattern, route] = row;
      const may = how === "demoted" && route.permission === "customers:view";
      await forgetRefusals();
      for (const given of [{ token: admin.token }, { cookie }]) {
        const { status } = await ask(undefined, row, given);
        expect([method, pattern, status === 403]).toEqual([method, pattern, !may]);
      }
      // Attempts of people who were admins are kept.
      if (!may && method !== "GET" && how !== "removed") {
        expect([pattern, await refusalsOf(sql, admin.userId, route.action ?? "")]).toEqual([
          pattern,
          2,
        ]);
      }
    }
  });
});

const appFolder = fileURLToPath(new URL("../../../app", import.meta.url));

/** Addresses of all pages with whose they are. */
function pages(): [pattern: string, whose: "customer" | "admin" | "public"][] {
  return readdirSync(appFolder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith("page.tsx"))
    .sort()
    .map((path) => {
      const folders = path.split("/").slice(0, -1);
      const whose = folders.includes("(admin)")
        ? "admin"
        : folders.includes("(customer)")
          ? "customer"
          : "public";
      return [`/${folders.filter((name) => !name.startsWith("(")).join("/")}`, whose];
    });
}

describe("a page without proxy.ts", () => {
  /** What only the customer and the team may see. */
  const secrets = async () => {
    const { friend } = one(
      await sql<{ friend: string }[]>`
        select c.email as friend from customer_referrals as r join customers as c on c.id = r.referred_customer_id
        where r.referrer_id = ${customer.customer.id}`,
    );
    return [customer.email, "Unmistakable", customer.customer.phone, friend];
  };
  const open = async (path: string, browser: Browser) => {
    const answer = await browser.get(path, { site: unguarded.url });
    return { ...answer, location: answer.headers.get("location") ?? "" };
  };
  const addressFor = (pattern: string) =>
    pattern
      .replace("[referral_id]", customer.customer.id)
      .replace("[...path]", "x")
      .replace("[id]", customer.customer.id)
      .replace("[number]", "INV-2026-000001");

  test("is really served without it", async () => {
    const guarded = await call("GET", "/packages");
    expect(guarded.headers.get("content-security-policy")).toContain("nonce-");
    const bare = await call("GET", `/packages?ref=${customer.customer.referral_code}`, {
      site: unguarded.url,
    });
    expect([bare.status, bare.headers.get("content-security-policy")]).toEqual([200, null]);
    expect(bare.headers.getSetCookie()).toEqual([]);
  });

  test("leaves the routes closed", async () => {
    for (const row of routes) {
      const [method, pattern, route] = row;
      expect(refusalOf(await ask(unguarded.url, row))).toBe("401 unauthenticated");
      if (route.access !== "admin") continue;
      const { status } = await ask(unguarded.url, row, { token: customer.token });
      expect([method, pattern, status]).toEqual([method, pattern, 403]);
    }
  });

  test.each(pages().filter(([, whose]) => whose !== "public"))(
    "%s of the %s shows nobody else anything",
    async (pattern, whose) => {
      const path = addressFor(pattern);
      const hidden = await secrets();
      const strangers: [string, Browser][] = [
        ["nobody", new Browser()],
        ["somebody without an account here", await new Browser().signIn(nobody.email)],
      ];
      for (const [kind, token] of Object.entries(falseTokens(admins.owner))) {
        if (!IN_COOKIES.includes(kind)) continue;
        const browser = new Browser();
        const [name = "", value = ""] = cookieWith(token).split("=");
        browser.cookies.set(name, { value, attributes: [] });
        strangers.push([kind, browser]);
      }
      if (whose === "admin") {
        strangers.push(["a customer", await new Browser().signIn(customer.email)]);
      } else {
        const other = await customerAccount(sql);
        strangers.push(["another customer", await new Browser().signIn(other.email)]);
      }
      await Promise.all(
        strangers.map(async ([who, browser]) => {
          const { text, status } = await open(path, browser);
          const leaked = hidden.filter((secret) => text.includes(secret));
          expect([path, who, leaked, status < 500]).toEqual([path, who, [], true]);
        }),
      );
      const { status, location } = await open(path, new Browser());
      expect([path, status]).toEqual([path, 307]);
      expect(location).toMatch(/^\/sign-in\?next=/);
    },
  );

  test.each(["/admin/programme", "/admin/review"])(
    "%s is closed to a colleague without the permission",
    async (path) => {
      const support = await new Browser().signIn(admins.support.email);
      const answer = await open(path, support);
      expect([answer.status, answer.location]).toEqual([403, ""]);
      expect(answer.text).toContain("Your role may not open this page");
    },
  );

  const nobodysId = "00000000-0000-4000-8000-000000000000";
  test.each([
    `/admin/customers/${nobodysId}/summary`,
    `/admin/customers/${nobodysId}/referrals`,
    "/admin/customers/no-id/account",
    `/admin/mailbox/${nobodysId}`,
    `/admin/billing/runs/${nobodysId}`,
    `/admin/review/${nobodysId}`,
    "/invoices/INV-2020-999999",
    "/admin/nowhere",
  ])("%s is not found", async (path) => {
    const owner = await new Browser().signIn(admins.owner.email);
    expect([path, (await open(path, owner)).status]).toEqual([path, 404]);
  });

  test("still works for the people it is meant for", async () => {
    const mine = await open("/dashboard", await new Browser().signIn(customer.email));
    expect([mine.status, mine.text.includes(customer.customer.referral_code)]).toEqual([200, true]);
    const admin = await new Browser().signIn(admins.support.email);
    const seen = await open(`/admin/customers/${customer.customer.id}/referrals`, admin);
    expect([seen.status, seen.text.includes(customer.email)]).toEqual([200, true]);
  });

  test.each<Record<string, string>>([
    { "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy" },
    { "x-middleware-subrequest": "middleware:middleware:middleware:middleware:middleware" },
    { "x-middleware-next": "1", "x-middleware-rewrite": "/admin/customers" },
    { "x-nextjs-data": "1", "x-matched-path": "/admin/customers" },
    { "next-router-prefetch": "1", rsc: "1" },
    { "x-original-url": "/admin/customers", "x-rewrite-url": "/admin/customers" },
  ])("nothing is shown to nobody by headers that skip it: %j", async (headers) => {
    for (const site of [undefined, unguarded.url]) {
      for (const path of ["/dashboard", "/admin/customers", "/admin"]) {
        const answer = await call("GET", path, { site, headers });
        const hidden = await secrets();
        expect(hidden.filter((secret) => answer.text.includes(secret))).toEqual([]);
        expect([path, answer.status < 500]).toEqual([path, true]);
      }
    }
  });
});
