import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AccountService } from "@/lib/account/account-service";
import { fixedClock, systemClock } from "@/lib/clock";
import { AppError } from "@/lib/errors";
import { FraudDetection } from "@/lib/fraud/fraud-detection";
import type { OrderFacts } from "@/lib/fraud/schemas";
import { identityOf } from "@/lib/identity/identity";
import { decodeCursor, encodeCursor } from "@/lib/paging";
import { ReferralService } from "@/lib/referrals/referral-service";
import type { CallerClient, ServerClient } from "@/lib/supabase/clients";
import {
  adminAccount,
  type CustomerAccount,
  customerAccount,
  newAccount,
  secretClient,
  tokenClient,
} from "@/tests/support/api";
import { newPackage } from "@/tests/support/builders";
import { asServer } from "@/tests/support/clients";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { type CountingProxy, countingProxy } from "@/tests/support/faulty-proxy";
import { activeFriend, placeOrder } from "@/tests/support/orders";
import { newEmail, newPhone } from "@/tests/support/people";
import { referralOf } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

const SITE = "https://fibre.example/";
const depsOf = <C>(client: C, changes: { rewardsEnabled?: boolean; at?: string }) => ({
  client,
  clock: changes.at ? fixedClock(changes.at) : systemClock,
  siteUrl: SITE,
  rewardsEnabled: changes.rewardsEnabled ?? true,
});

const service = <C extends CallerClient | ServerClient>(
  client: C,
  changes: { rewardsEnabled?: boolean; at?: string } = {},
) => new ReferralService(depsOf(client, changes));

const account = (client: CallerClient, changes: { rewardsEnabled?: boolean; at?: string } = {}) =>
  new AccountService(depsOf(client, changes));

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "went through",
    (error: unknown) => {
      if (error instanceof AppError) return error.code;
      throw error;
    },
  );

const days = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString();

let referrer: CustomerAccount;
beforeAll(async () => {
  referrer = await customerAccount(sql, { firstName: "Naledi" });
});

describe("ReferralService", () => {
  test("gives a customer one code for ever, and a link without a doubled slash", async () => {
    const own = service(tokenClient(referrer.token));
    const first = await own.getOrCreateReferralCode();
    expect(first.referral_code).toBe(referrer.customer.referral_code);
    expect(first.referral_link).toBe(`https://fibre.example/?ref=${first.referral_code}`);
    expect(await own.getOrCreateReferralCode()).toEqual(first);
  });

  test("finds no customer without a session, or behind an admin's", async () => {
    const admin = await adminAccount(sql, "owner");
    expect(await codeOf(service(tokenClient(admin.token)).getOrCreateReferralCode())).toBe(
      "forbidden",
    );
    expect(await codeOf(service(tokenClient("made-up")).getReferralStats())).toBe(
      "unauthenticated",
    );
    expect(await codeOf(account(tokenClient("made-up")).getDashboard())).toBe("unauthenticated");
  });

  test("validates a code in any notation, for the server alone", async () => {
    const code = referrer.customer.referral_code;
    expect(await service(secretClient()).validateReferralCode(code.toLowerCase())).toEqual({
      valid: true,
      code,
      referrer_first_name: "Naledi",
    });
    expect(
      await codeOf(service(asServer(tokenClient(referrer.token))).validateReferralCode(code)),
    ).toBe("forbidden");
  });

  test("finds no code valid while the kill switch is on, without asking the database", async () => {
    const proxy = await countingProxy(testStack().apiUrl);
    try {
      const off = service(secretClient(proxy.url), { rewardsEnabled: false });
      expect(await off.validateReferralCode(referrer.customer.referral_code)).toEqual({
        valid: false,
      });
      expect(proxy.taken()).toEqual([]);
    } finally {
      await proxy.stop();
    }
  });

  test("activates an order for an admin who may, and for nobody else", async () => {
    const placed = await placeOrder(sql, new Date().toISOString(), {
      code: referrer.customer.referral_code,
    });
    const support = await adminAccount(sql, "support");
    for (const token of [support.token, referrer.token]) {
      expect(await codeOf(service(tokenClient(token)).activateReferral(placed.order_id))).toBe(
        "forbidden",
      );
    }
    const billing = await adminAccount(sql, "billing");
    const activated = await service(tokenClient(billing.token)).activateReferral(placed.order_id);
    expect(activated).toMatchObject({ order_id: placed.order_id, status: "active" });
    expect((await referralOf(sql, placed.order_id)).status).toBe("active");
  });

  test("turns two counted friends into one month, once, and none while the switch is on", async () => {
    const mine = await customerAccount(sql);
    for (let n = 0; n < 3; n += 1) {
      const friend = await activeFriend(sql, mine.customer, days(0));
      await sql`
        update customer_referrals set status = 'qualified', qualified_at = now(),
          activated_at = now() - interval '31 days', qualifies_at = now() - interval '1 day',
          referred_at = now() - interval '32 days'
        where id = ${friend.referral}`;
    }
    const { id } = mine.customer;
    expect(await service(secretClient(), { rewardsEnabled: false }).checkAndGrantReward(id)).toBe(
      0,
    );
    const granted = await Promise.all(
      Array.from({ length: 4 }, () => service(secretClient()).checkAndGrantReward(id)),
    );
    expect(granted.reduce((sum, n) => sum + n, 0)).toBe(1);
    expect(await service(secretClient()).checkAndGrantReward(id)).toBe(0);
    const own = service(tokenClient(mine.token));
    expect(await own.getOrCreateReferralCode()).toMatchObject({
      reward_balance: 1,
      next_reward_progress: "1/2 referrals",
    });
    expect(await own.getReferralStats()).toMatchObject({
      total: 3,
      qualified: 3,
      qualified_unused: 1,
    });
    expect(await codeOf(service(asServer(tokenClient(mine.token))).checkAndGrantReward(id))).toBe(
      "forbidden",
    );
  });

  test("lists friends by pages, with a cursor that survives the trip to the browser", async () => {
    const mine = await customerAccount(sql);
    for (let n = 0; n < 3; n += 1) {
      await placeOrder(sql, days(-n), { code: mine.customer.referral_code });
    }
    const own = service(tokenClient(mine.token));
    const first = await own.getCustomerReferrals({ limit: 2 });
    const cursor = decodeCursor(encodeCursor(first.next_cursor) ?? undefined);
    const second = await own.getCustomerReferrals({ limit: 2, cursor });
    const ids = [...first.referrals, ...second.referrals].map((friend) => friend.id);
    expect(new Set(ids).size).toBe(3);
    expect(second.next_cursor).toBeNull();
    expect((await own.getCustomerReferrals({ limit: 5, status: "active" })).referrals).toEqual([]);
  });

  test("shows on the dashboard what the balance shows, and says when it is switched off", async () => {
    const mine = await customerAccount(sql, { priceCents: 59_900 });
    await sql`
      select private.grant_reward(${mine.customer.id}, 'Goodwill', null,
        'aaaaaaaa-0000-4000-8000-000000000001', now())`;
    const own = account(tokenClient(mine.token));
    const [dashboard, balance] = [await own.getDashboard(), await own.getBalance()];
    expect(dashboard.widget.next_invoice).toEqual(balance.next_invoice);
    expect(dashboard.widget.pending_rewards).toEqual(
      balance.pending_rewards.map((reward) => ({
        ...reward,
        explanation: expect.objectContaining({
          code: "next_invoice",
          on: balance.next_invoice?.period_start,
        }),
      })),
    );
    expect(balance.next_invoice).toMatchObject({
      charge_cents: 59_900,
      waived_cents: 59_900,
      amount_due_cents: 0,
    });
    expect(dashboard).toMatchObject({
      customer: { id: mine.customer.id },
      widget: { enabled: true, referral_link: expect.stringContaining("?ref=") },
    });
    const off = account(tokenClient(mine.token), { rewardsEnabled: false });
    expect((await off.getDashboard()).widget.enabled).toBe(false);
    expect((await off.getBalance()).next_invoice).toMatchObject({
      waived_cents: 0,
      amount_due_cents: 59_900,
    });
  });

  test("promises no free month that expires before the present moment", async () => {
    const mine = await customerAccount(sql);
    await sql`
      select private.grant_reward(${mine.customer.id}, 'Goodwill', null,
        'aaaaaaaa-0000-4000-8000-000000000001', now())`;
    const later = account(tokenClient(mine.token), { at: days(400) });
    expect(await later.getBalance()).toMatchObject({ available_rewards: 0, pending_rewards: [] });
    expect((await later.getDashboard()).widget.pending_rewards).toEqual([]);
  });
});

describe("every customer read", () => {
  let proxy: CountingProxy;
  beforeAll(async () => {
    proxy = await countingProxy(testStack().apiUrl);
  });
  afterAll(() => proxy.stop());

  test.each([
    ["the code", (client: CallerClient) => service(client).getOrCreateReferralCode()],
    ["the friends", (client: CallerClient) => service(client).getCustomerReferrals({ limit: 20 })],
    ["the counts", (client: CallerClient) => service(client).getReferralStats()],
    ["the balance", (client: CallerClient) => account(client).getBalance()],
    ["the dashboard", (client: CallerClient) => account(client).getDashboard()],
  ])("of %s is one round trip", async (_what, read) => {
    await read(tokenClient(referrer.token, proxy.url));
    expect(proxy.taken()).toHaveLength(1);
  });
});

describe("FraudDetection", () => {
  const fraud = new FraudDetection({ client: secretClient(), clock: systemClock });
  const facts = (changes: Partial<OrderFacts> = {}): OrderFacts => ({
    idempotency_key: randomUUID(),
    package_slug: "none",
    email: newEmail("friend"),
    phone: newPhone(),
    mailbox: null,
    address: {
      line1: "7 Nowhere Lane",
      line2: undefined,
      suburb: undefined,
      city: "Cape Town",
      postal_code: "8001",
    },
    address_key: randomUUID(),
    address_near_keys: [],
    referral_code: referrer.customer.referral_code,
    visitor_id: null,
    ip_address: "198.51.100.200",
    user_agent: "Mozilla/5.0",
    ...changes,
  });
  const judged = async (changes: Partial<OrderFacts> = {}) => {
    const prepared = await fraud.gather(facts(changes));
    if (!prepared.evidence) throw new Error("no evidence");
    return { evidence: prepared.evidence, terms: prepared.terms, prepared };
  };

  test("accepts a friend of whom nothing is known", async () => {
    const { evidence, terms } = await judged();
    expect(fraud.assess(evidence, terms)).toMatchObject({ verdict: "accepted" });
    expect(fraud.isSelfReferral(evidence)).toBe(false);
    expect(fraud.isDuplicateReferral(evidence)).toBe(false);
    expect(fraud.isRateLimited(evidence, terms)).toBe(false);
    expect(fraud.isEligibleReferrer(evidence)).toBe(true);
    expect(fraud.isSuspiciousIP(evidence)).toBe(false);
  });

  test("gathers no evidence for an unknown code, or without a code", async () => {
    const unknown = await fraud.gather(facts({ referral_code: "REF-ZZZZZZZZ" }));
    expect(unknown).toMatchObject({ evidence: null, referrer_found: false, package: null });
    expect((await fraud.gather(facts({ referral_code: null }))).evidence).toBeNull();
  });

  test("finds the package on sale, and an earlier answer to the same key", async () => {
    const sold = await newPackage(sql);
    const key = randomUUID();
    const response = {
      order_id: randomUUID(),
      order_number: "7K2-M9Q",
      customer_id: randomUUID(),
      referral: { status: "not_applied" as const, reason: "invalid_code" as const },
    };
    await sql`
      insert into idempotency_keys (scope, key, request_hash, response)
      values ('order', ${key}, 'hash', ${sql.json(response)})`;
    const prepared = await fraud.gather(facts({ package_slug: sold.slug, idempotency_key: key }));
    expect(prepared.package?.slug).toBe(sold.slug);
    expect(prepared.replay).toEqual({ request_hash: "hash", response });
  });

  test.each([
    [
      "the referrer's own address with a tag",
      (m: CustomerAccount) => ({
        email: m.email.toUpperCase().replace("@", "+x@"),
      }),
    ],
    ["the referrer's own phone", (m: CustomerAccount) => ({ phone: m.customer.phone })],
  ])("blocks %s as a self-referral", async (_what, changes) => {
    const { evidence, terms } = await judged(changes(referrer));
    expect(fraud.isSelfReferral(evidence)).toBe(true);
    expect(fraud.assess(evidence, terms)).toMatchObject({
      verdict: "blocked",
      reason: "self_referral",
    });
    expect(() => fraud.flagForReview(evidence, terms)).toThrow(/self_referral/);
  });

  test("blocks somebody who is a customer, or was referred before by anyone", async () => {
    const known = await customerAccount(sql);
    const asCustomer = await judged({ email: known.email });
    expect(fraud.isDuplicateReferral(asCustomer.evidence)).toBe(true);
    const other = await customerAccount(sql);
    const email = newEmail("referred");
    await placeOrder(sql, days(0), { code: other.customer.referral_code, email });
    const again = await judged({ email: email.replace("@", "+again@") });
    expect(fraud.isDuplicateReferral(again.evidence)).toBe(true);
    expect(again.evidence.referred.was_referred).toBe(true);
  });

  test("blocks the code of a referrer without a running service", async () => {
    const suspended = await customerAccount(sql, { service: "suspended" });
    const { evidence, terms } = await judged({ referral_code: suspended.customer.referral_code });
    expect(fraud.isEligibleReferrer(evidence)).toBe(false);
    expect(fraud.assess(evidence, terms)).toMatchObject({ reason: "referrer_not_eligible" });
  });

  test("blocks the eleventh friend of a month, and counts afresh in the next", async () => {
    const mine = await customerAccount(sql);
    const now = new Date("2026-05-20T10:00:00Z");
    for (let n = 0; n < 10; n += 1) {
      await placeOrder(sql, now.toISOString(), { code: mine.customer.referral_code });
    }
    const at = async (instant: string) => {
      const detection = new FraudDetection({ client: secretClient(), clock: fixedClock(instant) });
      const prepared = await detection.gather(
        facts({ referral_code: mine.customer.referral_code }),
      );
      if (!prepared.evidence) throw new Error("no evidence");
      return detection.isRateLimited(prepared.evidence, prepared.terms);
    };
    expect(await at("2026-05-31T21:59:59Z")).toBe(true);
    // Midnight of 1 June in Johannesburg.
    expect(await at("2026-05-31T22:00:00Z")).toBe(false);
  });

  test("holds a friend at the referrer's address, strongest signal first, and blocks nothing", async () => {
    const mine = await customerAccount(sql);
    const home = { line1: "12 Kloof Street", city: "Cape Town", postal_code: "8001" };
    await sql`update customers set address = ${sql.json(home)} where id = ${mine.customer.id}`;
    const address = { ...facts().address, line1: "Kloofstraat 12" };
    const { evidence, terms } = await judged({
      referral_code: mine.customer.referral_code,
      address,
      ...identityOf({ email: "someone@example.test", address }),
      email: `someone-${randomUUID()}@mailinator.com`,
    });
    const flags = fraud.flagForReview(evidence, terms);
    expect(flags.map((flag) => flag.signal)).toEqual(
      expect.arrayContaining(["same_address_as_referrer", "disposable_email"]),
    );
    expect(flags[0]).toMatchObject({ severity: "hold" });
    const weights = flags.map((flag) => flag.weight);
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
  });

  test("only flags an address that many honest friends share", async () => {
    const mine = await customerAccount(sql);
    for (let n = 0; n < 4; n += 1) {
      await placeOrder(sql, new Date(Date.now() - 3_600_000 * 30 * (n + 1)).toISOString(), {
        code: mine.customer.referral_code,
        // Phones far from each other: those in a row are a signal of their own.
        phone: `+2782${n + 2}${String(Date.now()).slice(-6)}`,
      });
    }
    // The address from which those friends ordered.
    const { evidence, terms } = await judged({
      referral_code: mine.customer.referral_code,
      ip_address: "198.51.100.7",
      user_agent: "Another browser",
    });
    expect(fraud.isSuspiciousIP(evidence)).toBe(true);
    const flags = fraud.flagForReview(evidence, terms);
    expect(flags.every((flag) => flag.severity === "flag")).toBe(true);
    expect(fraud.assess(evidence, terms)).toMatchObject({ verdict: "accepted" });
  });

  test("is for the server: a session cannot ask who matches whom", async () => {
    const account = await newAccount();
    for (const client of [tokenClient(account.token), tokenClient(referrer.token)]) {
      const asked = new FraudDetection({ client: asServer(client), clock: systemClock }).gather(
        facts(),
      );
      expect(await codeOf(asked)).toBe("forbidden");
    }
  });
});
