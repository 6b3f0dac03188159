import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  parseReferralCookie,
  REFERRAL_COOKIE,
  VISITOR_COOKIE,
} from "@/lib/referrals/referral-cookie";
import { SCHEMA_VERSION } from "@/lib/supabase/schema-version";
import {
  Browser,
  type CustomerAccount,
  call,
  customerAccount,
  dataOf,
  errorOf,
  refusalOf,
} from "@/tests/support/api";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { newAddress } from "@/tests/support/people";
import { one } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

let referrer: CustomerAccount;
beforeAll(async () => {
  referrer = await customerAccount(sql, { firstName: "Thandeka" });
});

const validate = (code: string) =>
  call("GET", `/api/referrals/validate?code=${encodeURIComponent(code)}`);

describe("checking a code", () => {
  test("tells whose it is by first name alone", async () => {
    const answer = await validate(referrer.customer.referral_code.toLowerCase());
    expect(dataOf(answer, z.unknown())).toEqual({
      valid: true,
      code: referrer.customer.referral_code,
      referrer_first_name: "Thandeka",
    });
  });

  test("answers alike, to the byte, whatever is wrong with it", async () => {
    const suspended = await customerAccount(sql, { service: "suspended" });
    const without = await customerAccount(sql, { service: "none" });
    const erased = await customerAccount(sql);
    await sql`update customers set erased_at = now() where id = ${erased.customer.id}`;
    const codes = {
      unknown: "REF-ZZZZZZZZ",
      "of somebody suspended": suspended.customer.referral_code,
      "of somebody without a service": without.customer.referral_code,
      "of somebody erased": erased.customer.referral_code,
      "not a code": "%",
      empty: "",
      endless: "A".repeat(2_000),
    };
    for (const [kind, code] of Object.entries(codes)) {
      const answer = await validate(code);
      expect([kind, answer.status, answer.text]).toEqual([
        kind,
        200,
        '{"success":true,"data":{"valid":false}}',
      ]);
    }
  });

  test("needs the code, by GET", async () => {
    const error = errorOf(await call("GET", "/api/referrals/validate"));
    expect(error).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(error.fields)).toEqual(["code"]);
    expect(refusalOf(await call("POST", "/api/referrals/validate", { json: {} }))).toBe(
      "405 method_not_allowed",
    );
    const nul = errorOf(await call("GET", "/api/referrals/validate?code=%00"));
    expect(nul).toMatchObject({ status: 400, code: "invalid_request" });
  });
});

/** The invitation that a browser carries. Frameworks encode the value once more on its way. */
const invitationOf = (browser: Browser) =>
  parseReferralCookie(decodeURIComponent(browser.cookies.get(REFERRAL_COOKIE)?.value ?? ""));

const visits = (customerId: string) =>
  sql<{ visitor_id: string; landing_path: string; address: string | null }[]>`
    select visitor_id, landing_path, host(ip_address) as address from referral_visits
    where referrer_id = ${customerId} order by visited_at`;

describe("a referral link", () => {
  test("is remembered by the server in cookies that scripts cannot read", async () => {
    const mine = await customerAccount(sql, { firstName: "Sipho" });
    const browser = new Browser();
    const page = await browser.get(`/?ref=${mine.customer.referral_code}`);
    expect(page.status).toBe(200);
    for (const name of [REFERRAL_COOKIE, VISITOR_COOKIE]) {
      expect(browser.cookies.get(name)?.attributes).toEqual(
        expect.arrayContaining(["httponly", "samesite=lax", "path=/", `max-age=${90 * 86_400}`]),
      );
    }
    expect(invitationOf(browser)).toEqual({
      code: mine.customer.referral_code,
      firstName: "Sipho",
    });
    expect(page.text).toContain("Sipho");
  });

  test("opened twice is one visit; another friend's link is a second one, by the same visitor", async () => {
    const [mine, other] = [await customerAccount(sql), await customerAccount(sql)];
    const browser = new Browser();
    await browser.get(`/?ref=${mine.customer.referral_code}`);
    await browser.get(`/?ref=${mine.customer.referral_code.toLowerCase()}`);
    const [first, ...more] = await visits(mine.customer.id);
    expect(more).toEqual([]);
    expect(first?.landing_path).toBe("/");
    await browser.get(`/?ref=${other.customer.referral_code}`);
    expect(one(await visits(other.customer.id)).visitor_id).toBe(first?.visitor_id);
    expect(invitationOf(browser)?.code).toBe(other.customer.referral_code);
  });

  test.each([["REF-ZZZZZZZZ"], ["nonsense"], ["%F0%9F%8E%89"], ["%00"]])(
    "with the unusable code %s changes nothing, and shows nothing alarming",
    async (code) => {
      const browser = new Browser();
      await browser.get(`/?ref=${referrer.customer.referral_code}`);
      const before = browser.cookies.get(REFERRAL_COOKIE)?.value;
      const page = await browser.get(`/?ref=${code}`);
      expect(page.status).toBe(200);
      expect(browser.cookies.get(REFERRAL_COOKIE)?.value).toBe(before);
    },
  );

  test("of somebody who may not refer now sets no cookie", async () => {
    const suspended = await customerAccount(sql, { service: "suspended" });
    const browser = new Browser();
    expect((await browser.get(`/?ref=${suspended.customer.referral_code}`)).status).toBe(200);
    expect(browser.cookies.size).toBe(0);
  });

  test("keeps the visitor's address as the trusted proxy saw it", async () => {
    const mine = await customerAccount(sql);
    const address = newAddress();
    const browser = new Browser({ "x-forwarded-for": `203.0.113.7, ${address}` });
    await browser.get(`/?ref=${mine.customer.referral_code}`);
    expect(one(await visits(mine.customer.id)).address).toBe(address);
  });

  test("survives a cookie that somebody wrote by hand", async () => {
    const browser = new Browser();
    browser.cookies.set(REFERRAL_COOKIE, { value: "%7B%22code%22%3A7%7D", attributes: [] });
    browser.cookies.set(VISITOR_COOKIE, { value: "x' or 1=1", attributes: [] });
    const page = await browser.get(`/?ref=${referrer.customer.referral_code}`);
    expect(page.status).toBe(200);
    expect(invitationOf(browser)?.code).toBe(referrer.customer.referral_code);
  });
});

describe("a referral link is remembered, whatever is counted", () => {
  const remembered = (browser: Browser) => invitationOf(browser)?.code;

  test.each([
    ["/?REF=%"],
    ["/packages?utm_source=x&amp;ref=%"],
    ["/?utm_source=x?ref=%"],
    ["/?ref=*%*"],
    ["/?ref=%22%%22"],
    ["/?ref=%+is+my+code"],
    ["/?ref=nothing!&ref=%&ref="],
    ["/?ref%3D%"],
  ])("passed on as %s", async (path) => {
    const mine = await customerAccount(sql, { service: "active" });
    const browser = new Browser();
    await browser.get(path.replace(/%(?!22|3D)/, mine.customer.referral_code));
    expect(remembered(browser)).toBe(mine.customer.referral_code);
    expect(await visits(mine.customer.id)).toHaveLength(1);
  });

  test("by its short form in any case, with a package or without", async () => {
    const code = referrer.customer.referral_code;
    for (const [path, target] of [
      [`/r/${code}`, `/packages?ref=${code}`],
      [`/R/${code.toLowerCase()}`, `/packages?ref=${code}`],
      [`/r/${code}/fibre-100`, `/order/account?package=fibre-100&ref=${code}`],
      [`/R/${code}/Fibre-100`, `/order/account?package=fibre-100&ref=${code}`],
      ["/r/no-code", "/packages"],
    ] as const) {
      const answer = await new Browser().get(path);
      expect([path, answer.status, answer.headers.get("location")]).toEqual([path, 307, target]);
    }
  });

  test("by bots, without a visit; by what is fetched ahead, not at all", async () => {
    const mine = await customerAccount(sql);
    const link = `/?ref=${mine.customer.referral_code}`;
    for (const userAgent of ["WhatsApp/2.23.20.0 A", "Googlebot/2.1", "curl/8.5.0"]) {
      const bot = new Browser({ "user-agent": userAgent });
      await bot.get(link);
      expect(remembered(bot)).toBe(mine.customer.referral_code);
    }
    for (const header of ["sec-purpose", "purpose", "next-router-prefetch"]) {
      const ahead = new Browser({ [header]: header === "next-router-prefetch" ? "1" : "prefetch" });
      await ahead.get(link);
      expect([header, remembered(ahead)]).toEqual([header, undefined]);
    }
    expect(await visits(mine.customer.id)).toEqual([]);
  });

  test("anew each time it is opened, as one visit", async () => {
    const mine = await customerAccount(sql);
    const browser = new Browser();
    const link = `/?ref=${mine.customer.referral_code}`;
    await browser.get(link);
    const again = await browser.get(link);
    expect(again.headers.getSetCookie().join()).toContain(`Max-Age=${90 * 86_400}`);
    expect(await visits(mine.customer.id)).toHaveLength(1);
  });
});

describe("a customer who is signed in", () => {
  const STANDING = z.object({ valid: z.literal(false), standing: z.string() });

  test("is told that the link is their own, which is no visit and no invitation", async () => {
    const mine = await customerAccount(sql, { firstName: "Zodwa" });
    const browser = await new Browser().signIn(mine.email);
    const page = await browser.get(`/?ref=${mine.customer.referral_code}`);
    expect(page.text).toContain("This is your own invitation link.");
    expect(page.text).not.toContain("Invited by");
    expect(browser.cookies.has(REFERRAL_COOKIE)).toBe(false);
    expect(await visits(mine.customer.id)).toEqual([]);
    const checked = await browser.get(
      `/api/referrals/validate?code=${mine.customer.referral_code}`,
    );
    expect(dataOf(checked, STANDING)).toEqual({ valid: false, standing: "own_code" });
    const order = await browser.get(
      `/order/account?package=fibre-100&ref=${mine.customer.referral_code}`,
    );
    expect(order.text).not.toContain("Did a friend invite you?");
  });

  test("is not greeted as somebody's new friend", async () => {
    const mine = await customerAccount(sql);
    const browser = await new Browser().signIn(mine.email);
    const page = await browser.get(`/?ref=${referrer.customer.referral_code}`);
    expect(page.text).toContain("You are a customer already");
    expect(page.text).not.toContain("Invited by");
    const checked = await browser.get(
      `/api/referrals/validate?code=${referrer.customer.referral_code}`,
    );
    expect(dataOf(checked, STANDING)).toEqual({ valid: false, standing: "customer" });
  });

  test("is invited like anybody else when their only order was cancelled before service", async () => {
    const mine = await customerAccount(sql, { service: "none" });
    const browser = await new Browser().signIn(mine.email);
    const page = await browser.get(`/?ref=${referrer.customer.referral_code}`);
    expect(page.text).not.toContain("You are a customer already");
    expect(page.text).toContain("Invited by");
  });
});

describe("an invitation that only the page still remembers", () => {
  test("is restored, once it is checked", async () => {
    const browser = new Browser();
    const data = dataOf(
      await browser.post("/api/referrals/visit", { code: referrer.customer.referral_code }),
      z.unknown(),
    );
    expect(data).toEqual({
      valid: true,
      code: referrer.customer.referral_code,
      referrer_first_name: "Thandeka",
    });
    expect(browser.cookies.has(REFERRAL_COOKIE)).toBe(true);
  });

  test("is not restored when it cannot be used", async () => {
    const browser = new Browser();
    const data = dataOf(
      await browser.post("/api/referrals/visit", { code: "REF-ZZZZZZZZ" }),
      z.unknown(),
    );
    expect(data).toEqual({ valid: false });
    expect(browser.cookies.size).toBe(0);
  });

  test("is not restored for another site", async () => {
    const answer = await call("POST", "/api/referrals/visit", {
      json: { code: referrer.customer.referral_code },
      headers: { origin: "null" },
    });
    expect(refusalOf(answer)).toBe("403 cross_site");
  });
});

describe("pages", () => {
  test("carry a script policy with a nonce of their own, and forbid framing", async () => {
    const [first, second] = [await call("GET", "/"), await call("GET", "/")];
    const nonce = (header: string | null) => /'nonce-([0-9a-f]{32})'/.exec(header ?? "")?.[1];
    const policy = first.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*'unsafe-inline'/);
    const used = nonce(policy);
    expect(used).toBeDefined();
    expect(first.text).toContain(`nonce="${used}"`);
    expect(nonce(second.headers.get("content-security-policy"))).not.toBe(used);
    expect(first.headers.get("x-content-type-options")).toBe("nosniff");
    expect(first.headers.get("x-powered-by")).toBeNull();
  });

  test.each([
    "/nothing",
    "/x.png",
    "/a/b.svg",
    "/x.txt",
    "/favicon.ico/x",
    "/icon.svg/x",
    "/icons/none.png",
    "/share-picture/a/b.png",
    "/_next/x",
  ])("that are not there carry the policy as well: %s", async (path) => {
    const answer = await call("GET", path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toContain("text/html");
    expect(answer.headers.get("content-security-policy")).toMatch(/'nonce-[0-9a-f]{32}'/);
  });

  test("that a browser fetches ahead carry the policy as well", async () => {
    const answer = await call("GET", "/packages", { headers: { "next-router-prefetch": "1" } });
    expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  });

  test("give a visitor who has no session no customer's and no admin's data", async () => {
    for (const path of [
      "/dashboard",
      "/admin",
      `/admin/customers/${referrer.customer.id}/referrals`,
    ]) {
      const answer = await call("GET", path);
      expect(answer.text).not.toContain(referrer.email);
      expect(answer.text).not.toContain(referrer.customer.referral_code);
    }
  });
});

describe("health", () => {
  test("says that application and database are well", async () => {
    const answer = await call("GET", "/api/health");
    expect(answer.status).toBe(200);
    expect(dataOf(answer, z.unknown())).toMatchObject({
      status: "ok",
      database: "ok",
      migration: SCHEMA_VERSION,
      rewards: "on",
    });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect((await call("GET", "/api/health/live")).status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });
});

describe("an address that the API does not have", () => {
  test.each([
    ["GET", "/api"],
    ["GET", "/api/nothing"],
    ["POST", "/api/customer"],
    ["DELETE", "/api/admin/customers/x/y/z"],
    ["PUT", "/api/cron/nothing"],
  ])("%s %s answers 404 in the API's own shape", async (method, path) => {
    expect(refusalOf(await call(method, path))).toBe("404 not_found");
  });

  test("answers alike with and without a session, and shows nothing of the data API", async () => {
    const answer = await call("GET", "/api/nothing", { token: referrer.token });
    expect(answer.text).not.toContain(testStack().apiUrl);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });
});

test("no answer of the API lets another origin read it", async () => {
  const answer = await call("GET", "/api/referrals/validate?code=x", {
    headers: { origin: "https://evil.example" },
  });
  expect(answer.headers.get("access-control-allow-origin")).toBeNull();
});
