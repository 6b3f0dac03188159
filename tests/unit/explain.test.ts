import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textsIn } from "@/lib/language/catalogue";
import { countingDay, explainFriend, replyText } from "@/lib/referrals/explain";
import { EXPLANATION_CODES, type Explanation } from "@/lib/referrals/explanation";
import type { TimelineFriend } from "@/lib/referrals/timeline";
import { activeFriendFacts, countedFriendFacts, friendFacts } from "@/tests/support/facts";

const ZONE = "Africa/Johannesburg";
const now = new Date("2026-11-30T08:00:00Z");
const later = new Date("2026-12-20T08:00:00Z");

const explain = (friend: TimelineFriend, at = now): Explanation =>
  explainFriend(friend, at, ZONE, textsIn("en", "explain"));

describe("why a friend has not counted yet", () => {
  it("waits for the service until a day, and says who can give more time", () => {
    expect(explain(friendFacts())).toEqual({
      code: "ordered",
      text: "Lerato has ordered; the 30 days start when the service is active.",
      on: "2026-12-10",
      remedy:
        "The service must be active by 10 Dec 2026. If the installation takes longer, our support can give it more time.",
    });
    expect(explain(friendFacts({ order_status: "installing" }))).toMatchObject({
      code: "being_installed",
      text: "Lerato is being installed; the 30 days start when the service is active.",
    });
  });

  it("names the day before midnight as the last one, where the time ends at midnight", () => {
    const extended = friendFacts({ activation_due_at: "2026-12-31T22:00:00Z" });
    expect(explain(extended).on).toBe("2026-12-31");
  });

  it("gives the day on which the friend counts, and what it depends on", () => {
    expect(explain(activeFriendFacts())).toEqual({
      code: "days_running",
      text: "Lerato counts on 14 Dec 2026, if the service stays active.",
      on: "2026-12-14",
      remedy: null,
    });
    expect(
      explain(activeFriendFacts({ paid_invoices: 0, unpaid_due_on: "2026-12-03" })),
    ).toMatchObject({
      text: "Lerato counts on 14 Dec 2026, if the service stays active and the first invoice is paid by then.",
      remedy: "The first invoice is due on 3 Dec 2026.",
    });
  });

  it("names the invoice that is not paid once the days are over", () => {
    const unpaid = activeFriendFacts({ paid_invoices: 0, unpaid_due_on: "2027-01-03" });
    expect(explain(unpaid, later)).toEqual({
      code: "invoice_unpaid",
      text: "Lerato's first invoice, due 3 Jan 2027, is not paid yet.",
      on: "2027-01-03",
      remedy: "Lerato counts as soon as it is paid.",
    });
    const second = activeFriendFacts({
      paid_invoices: 1,
      unpaid_due_on: "2027-02-03",
      terms: { paid_invoices_required: 2 },
    });
    expect(explain(second, later).text).toBe(
      "Lerato's second invoice, due 3 Feb 2027, is not paid yet.",
    );
  });

  it("says that the invoice is still to come", () => {
    expect(explain(activeFriendFacts({ paid_invoices: 0 }), later)).toMatchObject({
      code: "invoice_to_come",
      text: "Lerato's 30 days are over. The first invoice has not been sent yet.",
      on: null,
    });
  });

  it("asks for no invoice where the terms of the friend do not", () => {
    const free = activeFriendFacts({ paid_invoices: 0, terms: { paid_invoices_required: 0 } });
    expect(explain(free).text).toBe("Lerato counts on 14 Dec 2026, if the service stays active.");
    expect(explain(free, later)).toMatchObject({
      code: "counting_soon",
      text: "Everything is complete. Lerato counts within the hour.",
      on: "2026-12-20",
    });
  });

  it("says that the days stand still while the service is suspended, and until when that may last", () => {
    const suspended = activeFriendFacts({
      suspended_at: "2026-11-28T08:00:00Z",
      grace_ends_at: "2026-12-05T08:00:00Z",
    });
    const expected = {
      code: "suspended",
      text: "Lerato's service is paused, so the days stand still.",
      on: "2026-12-05",
      remedy: "They go on when the service is active again, by 5 Dec 2026 at the latest.",
    };
    expect(explain(suspended)).toEqual(expected);
    // The day on which the days would have ended has passed, and the clock still stands.
    expect(explain(suspended, later)).toEqual(expected);
  });

  it("names the unpaid invoice rather than the suspension when the days were over before", () => {
    const both = activeFriendFacts({
      paid_invoices: 0,
      unpaid_due_on: "2026-12-10",
      suspended_at: "2026-12-16T08:00:00Z",
      grace_ends_at: "2026-12-23T08:00:00Z",
    });
    expect(explain(both, later)).toMatchObject({
      code: "invoice_unpaid",
      remedy:
        "Lerato counts as soon as it is paid. The service must be active again by 23 Dec 2026.",
    });
  });

  it("says that a friend counts, and that they counted", () => {
    expect(explain(countedFriendFacts())).toEqual({
      code: "counted",
      text: "Lerato counts towards your next free month.",
      on: "2026-12-14",
      remedy: null,
    });
    const rewarded = countedFriendFacts({ reward_id: "00000000-0000-4000-8000-000000000001" });
    expect(explain(rewarded)).toMatchObject({
      code: "rewarded",
      text: "Lerato counted towards a free month.",
    });
  });

  it("says why a referral ended, and what would help", () => {
    const end = (changes: Parameters<typeof friendFacts>[0]) =>
      explain(friendFacts(changes), later);
    expect(end({ status: "expired", expired_at: "2026-12-10T09:00:00Z" })).toEqual({
      code: "not_active_in_time",
      text: "The service was not active by 10 Dec 2026.",
      on: "2026-12-10",
      remedy: "If Lerato still waits for the installation, our support can give the referral back.",
    });
    const cancelled = { status: "cancelled" as const, cancelled_at: "2026-12-11T09:00:00Z" };
    expect(end({ ...cancelled, status_reason: "order_cancelled" })).toMatchObject({
      code: "order_cancelled",
      text: "The order was cancelled before the service was active.",
      remedy: "If Lerato orders again with your code, it counts.",
    });
    const served = { ...cancelled, activated_at: "2026-11-14T08:00:00Z" };
    expect(end({ ...served, status_reason: "service_cancelled" })).toMatchObject({
      code: "service_cancelled",
      text: "The service ended before Lerato counted.",
    });
    expect(
      end({ ...served, status_reason: "suspended_too_long", terms: { suspension_grace_days: 3 } }),
    ).toMatchObject({
      code: "suspended_too_long",
      text: "The service was paused for longer than 3 days before Lerato counted.",
    });
    for (const before of [cancelled, served]) {
      expect(end({ ...before, status_reason: "not_eligible" })).toMatchObject({
        code: "not_eligible",
        text: "This referral does not meet the terms, so it does not count.",
        remedy: null,
      });
    }
  });

  it("manages without a name", () => {
    expect(explain(activeFriendFacts({ referred_name: " " })).text).toMatch(/^Your friend counts/);
  });

  it("gives an agent the same words to send", () => {
    expect(replyText(explain(activeFriendFacts()))).toBe(
      "Lerato counts on 14 Dec 2026, if the service stays active.",
    );
    expect(
      replyText(
        explain(activeFriendFacts({ paid_invoices: 0, unpaid_due_on: "2027-01-03" }), later),
      ),
    ).toBe(
      "Lerato's first invoice, due 3 Jan 2027, is not paid yet. Lerato counts as soon as it is paid.",
    );
  });

  it("has a code, a whole sentence and no gap for every friend at every moment", () => {
    const moment = fc.constantFrom(
      null,
      "2026-11-20T08:00:00Z",
      "2026-12-01T08:00:00Z",
      "2026-12-18T08:00:00Z",
    );
    const friend = fc.record({
      status: fc.constantFrom("pending", "active", "qualified", "expired", "cancelled"),
      status_reason: fc.constantFrom(
        null,
        "service_cancelled",
        "suspended_too_long",
        "not_eligible",
      ),
      activated_at: fc.constantFrom(null, "2026-11-14T08:00:00Z"),
      qualifies_at: moment,
      suspended_at: moment,
      grace_ends_at: moment,
      paid_invoices: fc.integer({ min: 0, max: 5 }),
      unpaid_due_on: fc.constantFrom(null, "2026-12-15"),
      required: fc.integer({ min: 0, max: 12 }),
    });
    fc.assert(
      fc.property(friend, fc.constantFrom(now, later), ({ required, ...facts }, at) => {
        const answer = explain(
          friendFacts({ ...facts, terms: { paid_invoices_required: required } } as never),
          at,
        );
        expect(EXPLANATION_CODES).toContain(answer.code);
        for (const sentence of [answer.text, answer.remedy ?? "None."]) {
          expect(sentence).toMatch(/^[A-Z].*\.$/);
          expect(sentence).not.toMatch(/undefined|null|NaN| {2}/);
        }
        expect(answer.on ?? "2026-01-01").toMatch(/^\d{4}-\d\d-\d\d$/);
      }),
    );
  });
});

describe("the day on which a friend counts", () => {
  it("is that of the next full hour, because the job runs each hour", () => {
    expect(countingDay("2026-12-14T08:00:00Z", ZONE)).toBe("2026-12-14");
    expect(countingDay("2026-12-14T20:59:00Z", ZONE)).toBe("2026-12-14");
    expect(countingDay("2026-12-14T21:00:01Z", ZONE)).toBe("2026-12-15");
  });
});
