import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACTOR, activeService, newCustomer, newTerms } from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";
import { issuedInvoice } from "@/tests/support/invoices";
import { activateOrder, placeOrder, qualify } from "@/tests/support/orders";
import { one, referralOf } from "@/tests/support/rows";
import { randomStory, type Story, tellStory } from "@/tests/support/stories";

const HOUR_MS = 3_600_000;
const STORIES = 30;

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

/** Stories in the billing zone of a new installation, of a referrer without debts and reviews. */
function stories(): Story[] {
  const found: Story[] = [];
  for (let seed = 1; found.length < STORIES; seed += 1) {
    const story = randomStory(seed);
    const isPlain = story.overdue === null && story.friends.every((one) => one.heldUntil === null);
    if (story.timeZone === "Africa/Johannesburg" && isPlain) found.push(story);
  }
  return found;
}

const iso = (at: number): string => new Date(at).toISOString();

/** Carries a story out in the database, and returns what became of it in the ledger's terms. */
async function live(story: Story, hours: readonly number[], end: number) {
  const { sql } = db;
  const referrer = await newCustomer(sql);
  await activeService(sql, referrer.id, { activatedAt: "2026-01-01T08:00:00Z" });
  const setStatus = (service: string, status: string, at: number) =>
    sql`select private.set_service_status(${service}, ${status}, 'on request', ${ACTOR}, ${iso(at)})`;
  const events: { at: number; act: () => Promise<unknown> }[] = [];
  const plan = (at: number, act: () => Promise<unknown>) => events.push({ at, act });
  for (const { from, terms } of story.versions) {
    plan(from, () => newTerms(sql, { ...terms }));
  }
  const orders: string[] = [];
  story.friends.forEach((friend, index) => {
    let order = "";
    let customer = "";
    let service = "";
    plan(friend.ordered, async () => {
      const placed = await placeOrder(sql, iso(friend.ordered), { code: referrer.referral_code });
      order = placed.order_id;
      customer = placed.customer_id;
      orders[index] = order;
    });
    plan(friend.activated, async () => {
      service = await activateOrder(sql, order, iso(friend.activated));
    });
    friend.invoices.forEach(({ issued, paid }, n) => {
      let number = "";
      let cents = 0;
      plan(issued, async () => {
        const invoice = await issuedInvoice(sql, {
          customerId: customer,
          serviceId: service,
          month: `2026-0${n + 1}`,
          dueOn: "2027-12-31",
          issuedAt: iso(issued),
        });
        number = invoice.number;
        cents = invoice.totalCents;
      });
      if (paid !== null) {
        plan(
          paid,
          () => sql`select public.record_invoice_payment(${number}, ${cents}, ${iso(paid)})`,
        );
      }
    });
    for (const { from, until } of friend.suspensions) {
      plan(from, () => setStatus(service, "suspended", from));
      // A service that was cancelled meanwhile does not go on.
      if (friend.cancelled === null || friend.cancelled > until) {
        plan(until, () => setStatus(service, "active", until));
      }
    }
    const { cancelled } = friend;
    if (cancelled !== null) plan(cancelled, () => setStatus(service, "cancelled", cancelled));
  });
  for (const at of hours) {
    plan(at, async () => {
      await qualify(sql, iso(at));
      await sql`select public.expire_due(${iso(at)})`;
    });
  }
  for (const { at, act } of events.sort((a, b) => a.at - b.at)) {
    if (at <= end) await act();
  }
  const friends = [];
  for (const order of orders) {
    const { status, qualified_at } = await referralOf(sql, order);
    friends.push({ status, qualified: qualified_at?.getTime() ?? null });
  }
  const months = await sql<{ at: Date; friends: number }[]>`
    select created_at as at, referrals_required as friends
    from referral_rewards where customer_id = ${referrer.id} order by created_at, id`;
  return {
    friends,
    months: months.map(({ at, friends: n }) => ({ at: at.getTime(), friends: n })),
  };
}

describe("the ledger of random histories in pure code", () => {
  it.each(stories().map((story) => [story.seed, story] as const))(
    "is that of the database, in story %i",
    async (_seed, story) => {
      const told = tellStory(story);
      const moments = told.shown.map(({ at }) => at).filter((at) => at % HOUR_MS === 0);
      // The hour before each job would show a friend who counts too early.
      const hours = [...new Set(moments.flatMap((at) => [at - HOUR_MS, at]))];
      const end = Math.max(...told.shown.map(({ at }) => at));
      const lived = await live(story, hours, end);
      expect(lived).toEqual({
        friends: told.friends.map(({ status, qualified }) => ({ status, qualified })),
        months: told.months.map(({ at, friends }) => ({ at, friends })),
      });
    },
  );

  it("has free months and friends of every end in it", () => {
    const told = stories().map(tellStory);
    const ends = new Set(told.flatMap(({ friends }) => friends.map(({ status }) => status)));
    expect(ends).toContain("qualified");
    expect(ends).toContain("cancelled");
    expect(told.flatMap(({ months }) => months).length).toBeGreaterThan(STORIES / 2);
    expect(one([told.length])).toBe(STORIES);
  });
});
