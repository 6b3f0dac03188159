import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  decidedAppealSchema,
  reviewCaseSchema,
  reviewOverviewSchema,
} from "@/lib/admin/review-schemas";
import {
  type Account,
  adminAccount,
  Browser,
  type CustomerAccount,
  call,
  customerAccount,
  dataOf,
  errorOf,
  refusalOf,
} from "@/tests/support/api";
import { newPackage } from "@/tests/support/builders";
import { sharedDatabase } from "@/tests/support/database";
import { orderAnswer, placeOrder } from "@/tests/support/orders";
import { newPhone, nextNumber, orderBody } from "@/tests/support/people";
import { findReferral, one, referralOf, refusalsOf } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

let first: Account;
let second: Account;
let owner: Account;
let billing: Account;
let slug: string;
beforeAll(async () => {
  [first, second] = [await adminAccount(sql, "reviewer"), await adminAccount(sql, "reviewer")];
  [owner, billing] = [await adminAccount(sql, "owner"), await adminAccount(sql, "billing")];
  slug = (await newPackage(sql)).slug;
  await sql`update admin_users set name = 'Anele Mbatha' where auth_user_id = ${first.userId}`;
  await sql`update admin_users set name = 'Bongani Khoza' where auth_user_id = ${second.userId}`;
});

const now = () => new Date().toISOString();
const reason = "Looked at both homes";
const HOLD = [{ signal: "known_phone", severity: "hold" as const, weight: 50 }];

const post = (by: Account, path: string, json: object = {}) =>
  call("POST", path, { token: by.token, json });
const decide = (by: Account, id: string, decision: string) =>
  post(by, `/api/admin/review/${id}`, { decision, reason });
const caseOf = async (id: string) =>
  dataOf(await call("GET", `/api/admin/review/${id}`, { token: first.token }), reviewCaseSchema);

async function heldFriend(referrer: CustomerAccount): Promise<string> {
  const code = referrer.customer.referral_code;
  const { order_id } = await placeOrder(sql, now(), { code, flags: HOLD });
  return (await referralOf(sql, order_id)).id;
}

/** Orders on the site, at the given home or one of their own. */
async function orderAt(line1: string | null, code: string | null = null) {
  const address = line1 === null ? {} : { address: { line1, city: "Paarl", postal_code: "7646" } };
  const body = orderBody(slug, { referral_code: code, account: address });
  const answer = await new Browser().post("/api/orders/create", body, {
    headers: { "idempotency-key": randomUUID() },
  });
  return dataOf(answer, orderAnswer.loose(), 201);
}

/** A customer with an active service at this home, and their code. */
async function referrerAt(line1: string): Promise<{ id: string; code: string }> {
  const { order_id, customer_id } = await orderAt(line1);
  dataOf(await post(billing, `/api/admin/orders/${order_id}/activate`), z.unknown());
  const { code } = one(
    await sql<{ code: string }[]>`
      select referral_code as code from customers where id = ${customer_id}`,
  );
  return { id: customer_id, code };
}

const signalsOf = async (orderId: string) =>
  (
    await sql<{ signal: string }[]>`
      select f.signal from referral_flags as f
      join customer_referrals as r on r.id = f.referral_id where r.order_id = ${orderId}`
  ).map(({ signal }) => signal);

describe("an appeal", () => {
  const ask = (by: Account, id: string, json: object) =>
    post(by, `/api/customer/appeals/${id}`, json);

  test("is asked by the referrer once, and decided by a second reviewer, who is named", async () => {
    const [referrer, stranger] = [await customerAccount(sql), await customerAccount(sql)];
    const id = await heldFriend(referrer);
    expect(refusalOf(await ask(referrer, id, { reason: "They live next door" }))).toBe(
      "409 appeal_not_possible",
    );
    dataOf(await decide(first, id, "reject"), z.unknown());
    expect(Object.keys(errorOf(await ask(referrer, id, { reason: "x" })).fields)).toEqual([
      "reason",
    ]);
    expect(refusalOf(await ask(stranger, id, { reason: "Let me see" }))).toBe("404 not_found");

    const asked = dataOf(
      await ask(referrer, id, { reason: "They live next door" }),
      z.object({ status: z.literal("open"), due_at: z.string() }),
    );
    const days = (Date.parse(asked.due_at) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThan(7.1);
    expect(refusalOf(await ask(referrer, id, { reason: "And again" }))).toBe(
      "409 appeal_not_possible",
    );
    expect((await caseOf(id)).appeal).toMatchObject({
      status: "open",
      reason: "They live next door",
    });

    const answer = (by: Account, decision: string) =>
      post(by, `/api/admin/review/${id}/appeal`, { decision, reason });
    expect(refusalOf(await answer(first, "uphold"))).toBe("403 second_reviewer_needed");
    expect(dataOf(await answer(second, "uphold"), decidedAppealSchema)).toEqual({
      referral_id: id,
      appeal: "upheld",
    });
    const late = errorOf(await answer(owner, "dismiss"));
    expect(late.code).toBe("referral_not_reviewable");
    expect(late.message).toMatch(/^Bongani Khoza decided the appeal on \d/);
    expect(await caseOf(id)).toMatchObject({ status: "pending", appeal: { status: "upheld" } });
  });

  test("that is dismissed leaves the friend rejected, and there is no second one", async () => {
    const referrer = await customerAccount(sql);
    const id = await heldFriend(referrer);
    dataOf(await decide(first, id, "reject"), z.unknown());
    dataOf(await ask(referrer, id, { reason: "They live next door" }), z.unknown());
    const path = `/api/admin/review/${id}/appeal`;
    dataOf(await post(second, path, { decision: "dismiss", reason }), decidedAppealSchema);
    expect((await caseOf(id)).status).toBe("rejected");
    expect(refusalOf(await ask(referrer, id, { reason: "Once more" }))).toBe(
      "409 appeal_not_possible",
    );
  });
});

describe("two reviewers", () => {
  test("at one case: the second reads who has it, and who decided what and when", async () => {
    const id = await heldFriend(await customerAccount(sql));
    const claim = z.object({ is_own: z.boolean(), reviewer_name: z.string() });
    const take = async (by: Account, of = id) =>
      dataOf(await post(by, `/api/admin/review/${of}/claim`), claim);
    expect(await take(first)).toEqual({ is_own: true, reviewer_name: "Anele Mbatha" });
    expect(await take(second)).toEqual({ is_own: false, reviewer_name: "Anele Mbatha" });

    const early = errorOf(await decide(second, id, "clear"));
    expect(early.code).toBe("review_claimed");
    expect(early.message).toMatch(/^Anele Mbatha is looking at this case, until \d/);
    dataOf(await decide(first, id, "reject"), z.unknown());
    const late = errorOf(await decide(second, id, "clear"));
    expect(late.code).toBe("referral_not_reviewable");
    expect(late.message).toMatch(/^Anele Mbatha rejected this referral on \d/);
  });

  test("have one case each: whoever goes on leaves the last one", async () => {
    const referrer = await customerAccount(sql);
    const [one, other] = [await heldFriend(referrer), await heldFriend(referrer)];
    await post(first, `/api/admin/review/${one}/claim`);
    await post(first, `/api/admin/review/${other}/claim`);
    dataOf(await decide(second, one, "clear"), z.unknown());
    expect(refusalOf(await decide(second, other, "clear"))).toBe("409 review_claimed");
  });
});

describe("an admin's own referrals under another login", () => {
  test.each([
    [
      "phone",
      (alias: string, mine: string) => sql`
      update customers set phone = (select phone from customers where id = ${mine}) where id = ${alias}`,
    ],
    [
      "e-mail",
      (alias: string) => sql`
      update customers set email = 'thandi.reviews+second@gmail.com' where id = ${alias}`,
    ],
    [
      "address",
      (alias: string, mine: string) => sql`
      update customers set address_key = (select address_key from customers where id = ${mine}) where id = ${alias}`,
    ],
  ])("are known by the %s, on both sides of the referral", async (_, becomeOne) => {
    const reviewer = await adminAccount(sql, "reviewer");
    const mine = await customerAccount(sql, { phone: newPhone() });
    await sql`
      update customers set auth_user_id = null, address_key = ${randomUUID()}, email = ${`thandireviews${nextNumber()}@gmail.com`}
      where id = ${mine.customer.id}`;
    await sql`update customers set auth_user_id = ${reviewer.userId} where id = ${mine.customer.id}`;
    await sql`update admin_users set email = 'ThandiReviews@googlemail.com' where auth_user_id = ${reviewer.userId}`;
    for (const side of ["referrer_id", "referred_customer_id"] as const) {
      const id = await heldFriend(await customerAccount(sql));
      const { alias } = one(
        await sql<{ alias: string }[]>`
          select ${sql(side)} as alias from customer_referrals where id = ${id}`,
      );
      await becomeOne(alias, mine.customer.id);
      expect(refusalOf(await decide(reviewer, id, "clear"))).toBe("403 own_account");
      expect(await refusalsOf(sql, reviewer.userId, "referral.review")).toBeGreaterThan(0);
      dataOf(await decide(second, id, "clear"), z.unknown());
      await sql`update customers set phone = null, email = ${`gone${nextNumber()}@example.test`} where id = ${alias}`;
    }
  });
});

describe("a household", () => {
  test("that was cleared once is not flagged again for the same reason", async () => {
    const number = nextNumber();
    const { code } = await referrerAt(`${number} Vygie Street`);
    const friend = await orderAt(`Vygiestraat ${number}`, code);
    expect(await signalsOf(friend.order_id)).toContain("same_address_as_referrer");
    dataOf(await decide(first, (await referralOf(sql, friend.order_id)).id, "clear"), z.unknown());
    const next = await orderAt(`No. ${number} Vygie Str, Paarl 7646`, code);
    expect(await signalsOf(next.order_id)).not.toContain("same_address_as_referrer");
    expect(await signalsOf(next.order_id)).not.toContain("same_address_as_referral");
    // Another household is.
    const other = await orderAt(`Flat 2, ${number} Vygie Street`, code);
    expect(await signalsOf(other.order_id)).toContain("near_address_as_referrer");
  });
});

describe("a refused use of a code", () => {
  test("is recorded with its reason, and shown beside the referrer's cases", async () => {
    const referrer = await customerAccount(sql, { phone: newPhone() });
    const { phone } = one(
      await sql<
        { phone: string }[]
      >`select phone from customers where id = ${referrer.customer.id}`,
    );
    const body = orderBody(slug, {
      referral_code: referrer.customer.referral_code,
      account: { phone },
    });
    const answer = await new Browser().post("/api/orders/create", body, {
      headers: { "idempotency-key": randomUUID() },
    });
    const { order_id } = dataOf(answer, orderAnswer.loose(), 201);
    expect(await findReferral(sql, order_id)).toBeNull();
    const { record } = await caseOf(await heldFriend(referrer));
    expect(record.attempts).toContainEqual(
      expect.objectContaining({ order_id, reason: "self_referral" }),
    );
  });
});

describe("the settings of the rules", () => {
  const PATH = "/api/admin/fraud-settings";
  const page = z.object({ current: z.object({ version: z.number(), changes: z.unknown() }) });
  const read = async () => dataOf(await call("GET", PATH, { token: owner.token }), page).current;
  /** A home of a customer is served, so that both signals are raised on it. */
  const bothIn = (mode: "off" | "shadow") => ({
    signals: { same_address_as_referrer: { mode }, address_recently_served: { mode } },
    thresholds: {},
  });
  const off = bothIn("off");
  const side = z.object({ referrals: z.number(), cents: z.number() });
  const backtest = z.object({
    judged: z.number(),
    held: z.object({ before: z.number(), after: z.number() }),
    no_longer_held: z.object({ undecided: side, cleared: side, rejected: side }),
  });
  const test90 = async (settings: object) =>
    dataOf(await post(owner, `${PATH}/backtest`, { settings }), backtest);

  test("show before they are saved what they would have changed, by decision and in cents", async () => {
    const before = await test90(off);
    const number = nextNumber();
    const { code } = await referrerAt(`${number} Suikerbos Road`);
    const waiting = await orderAt(`${number} Suikerbos Road`, code);
    expect(await signalsOf(waiting.order_id)).toContain("same_address_as_referrer");
    const version = (await read()).version;
    const after = await test90(off);
    expect(after.judged).toBeGreaterThan(before.judged);
    const [was, is] = [before.no_longer_held.undecided, after.no_longer_held.undecided];
    expect(is.referrals).toBe(was.referrals + 1);
    expect(is.cents).toBeGreaterThan(was.cents);

    dataOf(
      await decide(first, (await referralOf(sql, waiting.order_id)).id, "reject"),
      z.unknown(),
    );
    const decided = await test90(off);
    expect(decided.no_longer_held.rejected.referrals).toBe(
      before.no_longer_held.rejected.referrals + 1,
    );
    expect((await test90({ signals: {}, thresholds: {} })).no_longer_held.rejected.referrals).toBe(
      0,
    );
    expect((await read()).version).toBe(version);
  });

  test("are an owner's, checked, versioned and audited; a signal in shadow acts no more", async () => {
    for (const json of [{ settings: off }, { settings: {} }]) {
      expect(refusalOf(await post(first, `${PATH}/backtest`, json))).toBe("403 forbidden");
    }
    const { version, changes } = await read();
    const put = (settings: object, expected_version = version) =>
      call("PUT", PATH, { token: owner.token, json: { settings, reason, expected_version } });
    const wrong = { signals: { velocity: { weight: 101 } }, thresholds: {} };
    expect(refusalOf(await put(wrong))).toBe("400 invalid_request");
    expect(refusalOf(await put({ signals: { no_such: { weight: 1 } }, thresholds: {} }))).toBe(
      "400 invalid_request",
    );
    const shadow = bothIn("shadow");
    dataOf(await put(shadow), z.object({ version: z.literal(version + 1) }));
    expect(refusalOf(await put(shadow))).toBe("409 version_conflict");

    const number = nextNumber();
    const { code } = await referrerAt(`${number} Disa Road`);
    const { order_id } = await orderAt(`${number} Disa Road`, code);
    const flags = await sql<{ signal: string; severity: string; status: string }[]>`
      select f.signal, f.severity, f.status from referral_flags as f
      join customer_referrals as r on r.id = f.referral_id where r.order_id = ${order_id}`;
    const inShadow = flags.filter(({ status }) => status === "shadow").map(({ signal }) => signal);
    expect(inShadow.sort()).toEqual(["address_recently_served", "same_address_as_referrer"]);
    // What else is raised on the order, on the test's own device, is for information.
    expect(
      flags.filter(({ status, severity }) => status === "open" && severity === "hold"),
    ).toEqual([]);
    const overview = dataOf(
      await call("GET", "/api/admin/review/overview", { token: first.token }),
      reviewOverviewSchema,
    );
    expect(overview.signals).toContainEqual(
      expect.objectContaining({ signal: "same_address_as_referrer", is_shadow: true }),
    );
    dataOf(await put(changes as object, version + 1), z.unknown());
  });
});
