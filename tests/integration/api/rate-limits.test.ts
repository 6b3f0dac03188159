/** Request limits where several instances of the app serve one database. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RATE_LIMITS, type RateLimit } from "@/lib/http/rate-limit";
import type { Site } from "@/supabase/local/commands/next-server";
import {
  type Answer,
  adminAccount,
  BROWSER,
  type CallOptions,
  call,
  newAccount,
  refusalOf,
} from "@/tests/support/api";
import { newPackage, newReferrer } from "@/tests/support/builders";
import { inOneWindow } from "@/tests/support/one-window";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { newAddress, newEmail, orderBody, PASSWORD } from "@/tests/support/people";
import { one } from "@/tests/support/rows";
import { ownSite } from "@/tests/support/site";

let own: OwnStack;
/** Two instances behind one proxy, and one behind two. */
let sites: Site[];

beforeAll(async () => {
  process.env.LITE_AUTH_BCRYPT_COST ??= "4";
  own = await ownStack();
  sites = await Promise.all(
    ["1", "1", "2"].map((TRUSTED_PROXY_HOPS) => ownSite(own.stack, { TRUSTED_PROXY_HOPS })),
  );
});
afterAll(async () => {
  await Promise.all((sites ?? []).map((site) => site.stop()));
  await own?.stop();
});

const at = (n: number): string => {
  const site = sites[n];
  if (!site) throw new Error("no such site");
  return site.url;
};

const ask = (n: number, method: string, path: string, from: string, options: CallOptions = {}) =>
  call(method, path, {
    site: at(n),
    ...options,
    headers: { "x-forwarded-for": from, "user-agent": BROWSER, ...options.headers },
  });

const hitsOf = async (bucket: string): Promise<number> =>
  one(
    await own.sql<{ n: number }[]>`
      select coalesce(max(hits), 0)::integer as n from rate_limits where bucket = ${bucket}`,
  ).n;

/**
 * Sends requests to both instances until one is refused, then to each once more. Together they let
 * through as many as one instance alone would.
 *
 * @param before requests of the same window that were sent before.
 */
async function exhaust(
  { limit }: RateLimit,
  send: (site: number) => Promise<Answer>,
  before = 0,
): Promise<void> {
  let passed = before;
  for (let refused = false; !refused && passed <= 2 * limit; ) {
    const answers = await Promise.all([send(0), send(1)]);
    const allowed = answers.filter((answer) => answer.status !== 429).length;
    passed += allowed;
    refused = allowed < 2;
  }
  expect(passed).toBe(limit);
  for (const site of [0, 1]) {
    const refused = await send(site);
    expect([site, refusalOf(refused)]).toEqual([site, "429 rate_limited"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  }
}

describe("two instances count together", () => {
  test("checks of codes", () =>
    inOneWindow(RATE_LIMITS.validate, async () => {
      const from = newAddress();
      await exhaust(RATE_LIMITS.validate, (site) =>
        ask(site, "GET", "/api/referrals/validate?code=REF-ZZZZZZZZ", from),
      );
      const other = await ask(0, "GET", "/api/referrals/validate?code=x", newAddress());
      expect(other.status).toBe(200);
    }));

  test("visits, by the link's page and by the route that restores them", () =>
    inOneWindow(RATE_LIMITS.visit, async () => {
      const from = newAddress();
      const referrer = await newReferrer(own.sql);
      const codes = [referrer.referral_code, "REF-ZZZZZZZZ"];
      const half = RATE_LIMITS.visit.limit / 2;
      for (let n = 0; n < half; n += 1) {
        const page = await ask(n % 2, "GET", `/terms?ref=${codes[n % 2]}`, from);
        expect(page.status).toBe(200);
      }
      await exhaust(
        RATE_LIMITS.visit,
        (site) =>
          ask(site, "POST", "/api/referrals/visit", from, { json: { code: "REF-ZZZZZZZZ" } }),
        half,
      );
      // The page is shown and the invitation is remembered all the same; only the visit is not counted.
      const visits = () =>
        own.sql`select id from referral_visits where referrer_id = ${referrer.id}`;
      const before = (await visits()).length;
      const page = await ask(0, "GET", `/terms?ref=${referrer.referral_code}`, from);
      expect(page.status).toBe(200);
      expect(page.headers.getSetCookie().join()).toContain(referrer.referral_code);
      expect(await visits()).toHaveLength(before);
      // So is a code that does not exist: opening pages is no way to find one that does.
      const guess = await ask(0, "GET", "/terms?ref=REF-ZZZZZZZZ", from);
      expect(guess.headers.getSetCookie().join()).toContain("REF-ZZZZZZZZ");
    }));

  test("orders, whether they are in order or not", () =>
    inOneWindow(RATE_LIMITS.order, async () => {
      const from = newAddress();
      const slug = (await newPackage(own.sql)).slug;
      const count = async () => (await own.sql`select id from orders`).length;
      const before = await count();
      let placed = 0;
      let sent = 0;
      const send = async (site: number, valid: boolean) => {
        const answer = await ask(site, "POST", "/api/orders/create", from, {
          json: valid ? orderBody(slug) : { package_slug: 7 },
          headers: { "idempotency-key": randomUUID() },
        });
        if (answer.status === 201) placed += 1;
        return answer;
      };
      await exhaust(RATE_LIMITS.order, (site) => {
        sent += 1;
        return send(site, sent % 10 === 0);
      });
      expect(placed).toBeGreaterThan(4);
      expect((await send(0, true)).status).toBe(429);
      expect(await count()).toBe(before + placed);
    }));

  test("tries of one account's password", () =>
    inOneWindow(RATE_LIMITS.signInAccountAddress, async () => {
      const email = newEmail("guessed");
      await newAccount(email, own.stack);
      const from = newAddress();
      await exhaust(RATE_LIMITS.signInAccountAddress, (site) =>
        ask(site, "POST", "/api/auth/sign-in", from, { json: { email, password: "a guess" } }),
      );
      const right = await ask(1, "POST", "/api/auth/sign-in", newAddress(), {
        json: { email, password: PASSWORD },
      });
      expect(right.status).toBe(200);
    }));

  test("starts of billing runs, of each admin apart", () =>
    inOneWindow(RATE_LIMITS.billingRun, async () => {
      const { token: busy } = await adminAccount(own.sql, "billing", own.stack);
      const { token: colleague } = await adminAccount(own.sql, "billing", own.stack);
      // Too far ahead to be billed: what is counted is that somebody asks.
      const start = (site: number, token: string) =>
        ask(site, "POST", "/api/admin/billing/runs", newAddress(), {
          token,
          json: { period: "2199-01" },
        });
      await exhaust(RATE_LIMITS.billingRun, (site) => start(site, busy));
      expect(refusalOf(await start(0, colleague))).toBe("409 billing_period_invalid");
    }));
});

describe("the address that counts", () => {
  test("is the one that the outermost trusted proxy saw, whatever stands left of it", () =>
    inOneWindow(RATE_LIMITS.validate, async () => {
      const client = newAddress();
      const validate = (chain: string) =>
        ask(2, "GET", "/api/referrals/validate?code=REF-ZZZZZZZZ", chain);
      const chain = () => `${newAddress()}, 203.0.113.9, ${client}, ${newAddress()}`;
      for (let n = 0; n < RATE_LIMITS.validate.limit; n += 1) {
        if ((await validate(chain())).status === 429) break;
      }
      expect(refusalOf(await validate(chain()))).toBe("429 rate_limited");
      // Somebody else behind the same two proxies, who claims to be the first one.
      expect((await validate(`${client}, ${newAddress()}, 203.0.113.9`)).status).toBe(200);
    }));
});

describe("a count", () => {
  test("is kept for a request that is refused: who goes on stays refused", () =>
    inOneWindow(RATE_LIMITS.passwordReset, async () => {
      const email = newEmail("reset");
      const from = newAddress();
      const send = () => ask(0, "POST", "/api/auth/password-reset", from, { json: { email } });
      for (let n = 0; n < RATE_LIMITS.passwordReset.limit; n += 1) {
        if ((await send()).status === 429) break;
      }
      const before = await hitsOf(RATE_LIMITS.passwordReset.bucket);
      for (let n = 0; n < 3; n += 1) expect((await send()).status).toBe(429);
      expect(await hitsOf(RATE_LIMITS.passwordReset.bucket)).toBe(before + 3);
    }));

  test("writes one row by its key, and reads nothing else", async () => {
    const { reads } = await own.sql.begin(async (transaction) => {
      const consume = () => transaction`
        select public.consume_rate_limit('cost', 'somebody', 10, 60, '2026-01-01Z')`;
      await consume();
      const seen = () => transaction<{ tables: string; n: number; scans: number }[]>`
        select string_agg(relname, ',') as tables, sum(n_tup_ins + n_tup_upd)::integer as n,
          sum(seq_scan)::integer as scans
        from pg_catalog.pg_stat_xact_user_tables
        where n_tup_ins + n_tup_upd + seq_scan + coalesce(idx_scan, 0) > 0`;
      const before = one(await seen());
      await consume();
      const after = one(await seen());
      return { reads: [after.tables, after.n - before.n, after.scans - before.scans] };
    });
    expect(reads).toEqual(["rate_limits", 1, 0]);
  });
});
