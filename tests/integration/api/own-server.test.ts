/**
 * What needs a server of its own: real request limits without a proxy in front, the jobs, the
 * switches, and a database that goes away.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { InvoiceService } from "@/lib/billing/invoice-service";
import { RATE_LIMITS, type RateLimit } from "@/lib/http/rate-limit";
import type { Site } from "@/supabase/local/commands/next-server";
import {
  type Answer,
  adminAccount,
  BROWSER,
  type CallOptions,
  call,
  dataOf,
  forgedToken,
  newAccount,
  refusalOf,
} from "@/tests/support/api";
import { newPackage, newReferrer, newTerms, type TestCustomer } from "@/tests/support/builders";
import { clientOfCaller } from "@/tests/support/clients";
import { eventually } from "@/tests/support/eventually";
import { inOneWindow } from "@/tests/support/one-window";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { newAddress, newEmail, orderBody, PASSWORD } from "@/tests/support/people";
import { countOf, one } from "@/tests/support/rows";
import { ownSite } from "@/tests/support/site";

let own: OwnStack;
let site: Site;
let referrer: TestCustomer;
let slug: string;

beforeAll(async () => {
  process.env.LITE_AUTH_BCRYPT_COST ??= "4";
  own = await ownStack();
  site = await ownSite(own.stack);
  referrer = await newReferrer(own.sql);
  slug = (await newPackage(own.sql)).slug;
});
afterAll(async () => {
  await site?.stop();
  await own?.stop();
});

const ask = (method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  call(method, path, { site: site.url, ...options });

/** Claims another address with each request, as somebody who wants to escape a limit would. */
const spoofed = () => ({
  "x-forwarded-for": `203.0.113.${Math.floor(Math.random() * 250) + 1}`,
  "x-real-ip": "203.0.113.1",
  forwarded: "for=203.0.113.2",
});

/** Sends as many requests as a limit lets through, and one more. Nobody else may be counted by it. */
function hammer(limit: RateLimit, send: () => Promise<Answer>): Promise<void> {
  return inOneWindow(limit, async () => {
    await own.sql`delete from rate_limits`;
    for (let n = 0; n < limit.limit; n += 1) expect((await send()).status).not.toBe(429);
    const refused = await send();
    expect(refusalOf(refused)).toBe("429 rate_limited");
    const wait = Number(refused.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(limit.windowSeconds);
  });
}

const jobs = [
  ["billing", ["invoices", "free_months", "waived_cents", "total_cents", "skipped"]],
  ["qualify", ["qualified", "rewards_granted"]],
  ["expire", ["referrals_expired", "referrals_ended", "rewards_expired", "reminders"]],
  ["notify", ["sent", "captured", "retried", "failed"]],
  ["verify", ["violations"]],
] as const;

describe("the jobs' routes", () => {
  test.each(jobs)(
    "%s runs by GET and POST with the secret, and says what it did",
    async (name, keys) => {
      const headers = { authorization: `Bearer ${own.stack.cronSecret}` };
      const counts = z.looseObject(Object.fromEntries(keys.map((key) => [key, z.number().int()])));
      for (const method of ["GET", "POST"]) {
        dataOf(await ask(method, `/api/cron/${name}`, { headers }), counts);
      }
      expect(refusalOf(await ask("DELETE", `/api/cron/${name}`, { headers }))).toBe(
        "405 method_not_allowed",
      );
    },
  );

  test.each(jobs)(
    "%s does not run with no secret, a wrong one, or one in the address",
    async (name) => {
      const { cronSecret, secretKey } = own.stack;
      const attempts: [string, Record<string, string>][] = [
        ["", {}],
        ["", { authorization: "Bearer wrong-secret-wrong-secret" }],
        ["", { authorization: cronSecret }],
        ["", { authorization: `Bearer ${secretKey}` }],
        ["", { "x-cron-secret": cronSecret }],
        [`?secret=${cronSecret}&token=${cronSecret}&CRON_SECRET=${cronSecret}`, {}],
      ];
      const before = await countOf(
        own.sql<{ n: number }[]>`select count(*)::integer as n from billing_runs`,
      );
      for (const [query, headers] of attempts) {
        for (const method of ["GET", "POST"]) {
          const answer = await ask(method, `/api/cron/${name}${query}`, { headers });
          expect(refusalOf(answer)).toBe("401 unauthenticated");
        }
      }
      expect(
        await countOf(own.sql<{ n: number }[]>`select count(*)::integer as n from billing_runs`),
      ).toBe(before);
    },
  );

  test("billing has invoiced the active service once; the invoice is its owner's alone", async () => {
    const { invoice_number } = one(
      await own.sql<{ invoice_number: string }[]>`
        select invoice_number from customer_invoices where customer_id = ${referrer.id}`,
    );
    const invoicesOf = (userId: string) =>
      new InvoiceService({
        client: clientOfCaller(
          own.stack.apiUrl,
          own.stack.publishableKey,
          forgedToken({ sub: userId }, own.stack.jwtSecret),
        ),
      });
    const mine = await invoicesOf(referrer.auth_user_id).getInvoice(invoice_number);
    expect(mine).toMatchObject({ invoice_number, amount_due_cents: 79_900, is_paid: false });
    const other = await newReferrer(own.sql);
    for (const [userId, number] of [
      [other.auth_user_id, invoice_number],
      [referrer.auth_user_id, "INV-1999-000001"],
    ] as const) {
      await expect(invoicesOf(userId).getInvoice(number)).rejects.toMatchObject({
        code: "not_found",
      });
    }
  });
});

describe("the metrics", () => {
  const read = (authorization: string, at = site) =>
    ask("GET", "/api/metrics", { site: at.url, headers: { authorization } });

  test("are read with the secret of the jobs while they have none of their own", async () => {
    await ask("GET", "/packages");
    const answer = await read(`Bearer ${own.stack.cronSecret}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    for (const line of [
      /^referral_database_up 1$/m,
      /^referral_job_last_success_timestamp_seconds\{name="verify"\} [1-9]\d{9}/m,
      /^referral_invariant_violations 0$/m,
      /^http_request_duration_seconds_count\{method="GET",route="\/packages",status="200"\} 1$/m,
      /^http_request_duration_seconds_count\{method="GET",route="\/api\/cron\/notify",status="200"\} 1$/m,
    ]) {
      expect(answer.text).toMatch(line);
    }
    for (const secret of ["", "Bearer wrong-secret-wrong-secret", own.stack.cronSecret]) {
      expect(refusalOf(await read(secret))).toBe("401 unauthenticated");
    }
  });

  test("with a secret of their own are closed to that of the jobs, and the jobs to theirs", async () => {
    const secret = "metrics-metrics-metrics";
    const separate = await ownSite(own.stack, { METRICS_SECRET: secret });
    try {
      expect((await read(`Bearer ${secret}`, separate)).status).toBe(200);
      expect(refusalOf(await read(`Bearer ${own.stack.cronSecret}`, separate))).toBe(
        "401 unauthenticated",
      );
      const job = await ask("POST", "/api/cron/qualify", {
        site: separate.url,
        headers: { authorization: `Bearer ${secret}` },
      });
      expect(refusalOf(job)).toBe("401 unauthenticated");
    } finally {
      await separate.stop();
    }
  });
});

describe("without a proxy in front, whatever addresses a client pretends", () => {
  test("the code check is limited", async () => {
    await hammer(RATE_LIMITS.validate, () =>
      ask("GET", `/api/referrals/validate?code=${randomUUID().slice(0, 8)}`, {
        headers: spoofed(),
      }),
    );
  });

  test("orders are limited", async () => {
    await hammer(RATE_LIMITS.order, () =>
      ask("POST", "/api/orders/create", { json: {}, headers: spoofed() }),
    );
  });

  test("password resets are limited", async () => {
    await hammer(RATE_LIMITS.passwordReset, () =>
      ask("POST", "/api/auth/password-reset", {
        json: { email: newEmail("reset") },
        headers: spoofed(),
      }),
    );
  });

  test("guesses at one account's password are limited, even the right one", async () => {
    const email = newEmail("guessed");
    await newAccount(email, own.stack);
    let guesses = 0;
    await hammer(RATE_LIMITS.signInAccountAddress, () => {
      guesses += 1;
      return ask("POST", "/api/auth/sign-in", {
        json: { email: guesses % 2 ? email : email.toUpperCase(), password: `guess ${guesses}` },
        headers: spoofed(),
      });
    });
    const right = await ask("POST", "/api/auth/sign-in", { json: { email, password: PASSWORD } });
    expect(refusalOf(right)).toBe("429 rate_limited");
  });

  describe("behind a proxy", () => {
    let proxied: Site;
    beforeAll(async () => {
      proxied = await ownSite(own.stack, { TRUSTED_PROXY_HOPS: "1" });
    });
    afterAll(() => proxied?.stop());

    const person = async () => (await newAccount(newEmail("guessed"), own.stack)).email;
    const signIn = (email: string, password: string, from: string) =>
      ask("POST", "/api/auth/sign-in", {
        site: proxied.url,
        json: { email, password },
        headers: { "x-forwarded-for": from },
      });
    const order = (email: string, password: string, from: string) =>
      ask("POST", "/api/orders/create", {
        site: proxied.url,
        json: orderBody(slug, { account: { email, password } }),
        headers: { "x-forwarded-for": from, "idempotency-key": randomUUID() },
      });

    test("guesses from one address, at the sign-in and at the order form, count together", async () => {
      const email = await person();
      const from = newAddress();
      for (let n = 0; n < 10; n += 1) {
        const guess = n % 3 === 0 ? order : signIn;
        expect([401, 409]).toContain((await guess(email, `guess number ${n}`, from)).status);
      }
      expect(refusalOf(await order(email, PASSWORD, from))).toBe("429 rate_limited");
      expect(refusalOf(await signIn(email, PASSWORD, from))).toBe("429 rate_limited");
      // Whoever guesses does not lock the owner out.
      expect((await signIn(email, PASSWORD, newAddress())).status).toBe(200);
    });

    // A hundred passwords are hashed one after the other.
    test("what a client writes in front of the proxy's entry changes nothing", async () => {
      const email = await person();
      const real = newAddress();
      for (let n = 0; n < 10; n += 1) {
        const answer = await signIn(email, `guess number ${n}`, `${newAddress()}, ${real}`);
        expect(answer.status).toBe(401);
      }
      const last = await signIn(email, PASSWORD, `${newAddress()}, ${real}`);
      expect(refusalOf(last)).toBe("429 rate_limited");
      expect((await signIn(email, PASSWORD, newAddress())).status).toBe(200);
    });

    test("of two proxies the outer one's entry counts, and the inner one's changes nothing", async () => {
      const twice = await ownSite(own.stack, { TRUSTED_PROXY_HOPS: "2" });
      try {
        const email = await person();
        const real = newAddress();
        const guess = (password: string, client: string) =>
          ask("POST", "/api/auth/sign-in", {
            site: twice.url,
            json: { email, password },
            headers: { "x-forwarded-for": `${newAddress()}, ${client}, ${newAddress()}` },
          });
        for (let n = 0; n < 10; n += 1) {
          expect((await guess(`guess number ${n}`, real)).status).toBe(401);
        }
        expect(refusalOf(await guess(PASSWORD, real))).toBe("429 rate_limited");
        expect((await guess(PASSWORD, newAddress())).status).toBe(200);
      } finally {
        await twice.stop();
      }
    });

    test("guesses from many addresses count together", { timeout: 120_000 }, async () => {
      const email = await person();
      for (let start = 0; start < 100; start += 10) {
        const guesses = Array.from({ length: 10 }, (_, n) => {
          const guess = start + n < 3 ? order : signIn;
          return guess(email, `guess number ${start + n}`, newAddress());
        });
        for (const { status } of await Promise.all(guesses)) expect([401, 409]).toContain(status);
      }
      expect(refusalOf(await order(email, PASSWORD, newAddress()))).toBe("429 rate_limited");
      expect(refusalOf(await signIn(email, PASSWORD, newAddress()))).toBe("429 rate_limited");
    });

    test("households behind one address of a carrier do not stand in each other's way", async () => {
      const from = newAddress();
      const statuses = await Promise.all(
        Array.from({ length: 25 }, async () => (await order(newEmail(), PASSWORD, from)).status),
      );
      expect(new Set(statuses)).toEqual(new Set([201]));
    });

    test("one person's orders are limited, from wherever and with whatever tag", async () => {
      const [name, domain] = newEmail("often").split("@");
      const statuses: number[] = [];
      for (let n = 0; n < 6; n += 1) {
        const email = n % 2 ? `${name}+${n}@${domain}` : `${name}@${domain}`;
        statuses.push((await order(email, PASSWORD, newAddress())).status);
      }
      expect(statuses.slice(0, 5)).not.toContain(429);
      expect(statuses[5]).toBe(429);
    });
  });

  test("the recorded address is the peer's", async () => {
    await ask("GET", `/?ref=${referrer.referral_code}`, {
      headers: { ...spoofed(), "user-agent": BROWSER },
    });
    const row = one(
      await own.sql`
        select host(ip_address) as address from referral_visits
        where referrer_id = ${referrer.id}`,
    );
    expect(row.address).toBe("127.0.0.1");
  });
});

describe("with the kill switch on", () => {
  let off: Site;
  beforeAll(async () => {
    off = await ownSite(own.stack, {
      ENABLE_REFERRAL_REWARDS: "false",
      RATE_LIMIT_FACTOR: "1000",
    });
  });
  afterAll(() => off?.stop());

  test("no code is valid, no invitation kept, no referral recorded; the order goes through", async () => {
    const check = await ask("GET", `/api/referrals/validate?code=${referrer.referral_code}`, {
      site: off.url,
    });
    expect(check.text).toBe('{"success":true,"data":{"valid":false}}');
    const page = await ask("GET", `/?ref=${referrer.referral_code}`, { site: off.url });
    expect(page.status).toBe(200);
    expect(page.headers.getSetCookie()).toEqual([]);
    const placed = dataOf(
      await ask("POST", "/api/orders/create", {
        site: off.url,
        json: orderBody(slug, { referral_code: referrer.referral_code }),
        headers: { "idempotency-key": randomUUID() },
      }),
      z.object({ referral: z.unknown() }),
      201,
    );
    expect(placed.referral).toEqual({ status: "not_applied", reason: "program_paused" });
  });

  test("nothing is granted by hand or by the job, and existing data stays visible", async () => {
    const { token } = await adminAccount(own.sql, "owner", own.stack);
    const granted = await ask("POST", `/api/admin/customers/${referrer.id}/referrals/grant`, {
      site: off.url,
      token,
      json: { reason: "Goodwill" },
    });
    expect(refusalOf(granted)).toBe("409 program_paused");
    const seen = await ask("GET", `/api/admin/customers/${referrer.id}/referrals`, {
      site: off.url,
      token,
    });
    expect(seen.status).toBe(200);
    const qualified = dataOf(
      await ask("POST", "/api/cron/qualify", {
        site: off.url,
        headers: { authorization: `Bearer ${own.stack.cronSecret}` },
      }),
      z.object({ rewards_granted: z.number() }),
    );
    expect(qualified.rewards_granted).toBe(0);
  });

  test("a paused programme looks the same as an unknown code", async () => {
    await newTerms(own.sql, { is_paused: true });
    const roomy = await ownSite(own.stack, { RATE_LIMIT_FACTOR: "1000" });
    try {
      const validate = (code: string) =>
        ask("GET", `/api/referrals/validate?code=${code}`, { site: roomy.url });
      const paused = await validate(referrer.referral_code);
      const unknown = await validate("REF-ZZZZZZZZ");
      expect([paused.status, paused.text]).toEqual([unknown.status, unknown.text]);
      const placed = dataOf(
        await ask("POST", "/api/orders/create", {
          site: roomy.url,
          json: orderBody(slug, { referral_code: referrer.referral_code }),
          headers: { "idempotency-key": randomUUID() },
        }),
        z.object({ referral: z.unknown() }),
        201,
      );
      expect(placed.referral).toEqual({ status: "not_applied", reason: "program_paused" });
    } finally {
      await roomy.stop();
      await newTerms(own.sql, { is_paused: false });
    }
  });
});

test("while the database is away the API says so, and it recovers by itself", async () => {
  expect((await ask("GET", "/api/health")).status).toBe(200);
  await own.stack.stopDatabase();
  try {
    for (const path of ["/api/health", "/api/customer/dashboard"]) {
      const answer = await ask("GET", path, {
        token: path.includes("customer") ? "x.y.z" : undefined,
      });
      expect([401, 503]).toContain(answer.status);
    }
    expect(refusalOf(await ask("GET", "/api/health"))).toBe("503 unavailable");
    const ordered = await ask("POST", "/api/orders/create", {
      json: orderBody(slug),
      headers: { "idempotency-key": randomUUID() },
    });
    expect(refusalOf(ordered)).toBe("503 unavailable");
    const page = await ask("GET", `/?ref=${referrer.referral_code}`);
    expect(page.text).not.toMatch(/ECONNREFUSED|postgres|at async/);
    // Remembered all the same, without a name, and checked once the database is back.
    expect(page.headers.getSetCookie().join()).toContain(referrer.referral_code);
  } finally {
    await own.stack.startDatabase();
  }
  await eventually(
    async () => ((await ask("GET", "/api/health")).status === 200 ? true : undefined),
    20_000,
  );
});
