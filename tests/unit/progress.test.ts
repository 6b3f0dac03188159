import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textsIn } from "@/lib/language/catalogue";
import { describeProgress, nextFreeMonth, type ProgressFacts } from "@/lib/referrals/progress";
import type { TimelineFriend } from "@/lib/referrals/timeline";
import {
  activeFriendFacts,
  countedFriendFacts,
  FROZEN_TERMS,
  friendFacts,
} from "@/tests/support/facts";
import { judge, randomStory, tellStory } from "@/tests/support/stories";

const now = new Date("2026-11-30T08:00:00Z");
const ZONE = "Africa/Johannesburg";

type Changes = Parameters<typeof friendFacts>[0];
const pending = (name: string, changes: Changes = {}) =>
  friendFacts({ referred_name: name, ...changes });
const active = (name: string, day: string, changes: Changes = {}) =>
  activeFriendFacts({ referred_name: name, qualifies_at: `${day}T08:00:00Z`, ...changes });
const counted = (changes: Changes = {}) => countedFriendFacts(changes);

const progress = (friends: TimelineFriend[], changes: Partial<ProgressFacts> = {}) =>
  describeProgress(
    {
      friends,
      terms: FROZEN_TERMS,
      timeZone: ZONE,
      now,
      enabled: true,
      obstacle: null,
      rewards: { waiting: 0, comesOff: false, month: null, lastUntil: null },
      ...changes,
    },
    textsIn("en", "explain"),
  );
const sentence = (friends: TimelineFriend[], changes: Partial<ProgressFacts> = {}) =>
  progress(friends, changes).sentence;
const terms = (changes: Partial<typeof FROZEN_TERMS>) => ({ ...FROZEN_TERMS, ...changes });

describe("the sentence says what is missing, and until when", () => {
  it("invites to share when there is nobody yet", () => {
    expect(sentence([])).toBe(
      "Share your link: when two friends stay 30 days and pay the first invoice, you earn a free month.",
    );
    expect(
      sentence([], {
        terms: terms({ referrals_required: 1, qualifying_days: 1, paid_invoices_required: 0 }),
      }),
    ).toBe("Share your link: when one friend stays 1 day, you earn a free month.");
  });

  it("explains what an order waits for", () => {
    expect(sentence([pending("Lerato")])).toBe(
      "Lerato has ordered; the 30 days start when the service is active.",
    );
    expect(sentence([pending("Lerato"), pending("Sipho")])).toBe(
      "Lerato and Sipho have ordered; the 30 days start when their services are active.",
    );
    expect(sentence([pending("Lerato", { order_status: "installing" })])).toBe(
      "Lerato is being installed; the 30 days start when the service is active.",
    );
  });

  it("names the friend who is on the way and how many more it takes", () => {
    expect(sentence([active("Lerato", "2026-12-14")])).toBe(
      "One more friend, and Lerato's 30 days end on 14 Dec 2026.",
    );
    const four = { terms: { referrals_required: 4 } };
    const two = [active("Lerato", "2026-12-14", four), active("Sipho", "2026-12-20", four)];
    expect(sentence(two, { terms: terms({ referrals_required: 4 }) })).toBe(
      "Two more friends, and Lerato's and Sipho's 30 days end by 20 Dec 2026.",
    );
  });

  it("gives the date when enough friends are active, whichever are first", () => {
    const friends = [
      active("Sipho", "2026-12-14"),
      active("Naledi", "2026-12-30"),
      active("Lerato", "2026-12-10"),
    ];
    expect(progress(friends)).toMatchObject({
      sentence: "Your free month lands when Lerato's and Sipho's 30 days end, on 14 Dec 2026.",
      on: "2026-12-14",
    });
  });

  it("says that the invoice has to be paid by then", () => {
    const unpaid = { paid_invoices: 0 };
    expect(sentence([counted(), active("Sipho", "2026-12-14", unpaid)])).toBe(
      "Your free month lands when Sipho's 30 days end, on 14 Dec 2026, if the first invoice is paid by then.",
    );
  });

  it("waits for the invoice of a friend whose days are over, and gives no date", () => {
    const late = active("Sipho", "2026-11-20", { paid_invoices: 0, unpaid_due_on: "2026-12-05" });
    expect(progress([counted(), late])).toMatchObject({
      sentence: "Your free month lands when Sipho's invoice is paid.",
      on: null,
    });
    expect(sentence([active("Lerato", "2026-12-14"), late])).toBe(
      "Your free month lands when Lerato's 30 days end, on 14 Dec 2026, and Sipho's invoice is paid.",
    );
    expect(sentence([late])).toBe(
      "One more friend, and you earn a free month when Sipho's invoice is paid.",
    );
  });

  it("gives no date for a suspended friend", () => {
    const paused = active("Sipho", "2026-12-14", {
      suspended_at: "2026-11-28T08:00:00Z",
      grace_ends_at: "2026-12-05T08:00:00Z",
    });
    expect(progress([counted(), paused])).toMatchObject({
      sentence: "Your free month lands when Sipho's paused days go on and end.",
      on: null,
    });
  });

  it("gives no date while an invoice is missing that nobody can foresee", () => {
    const two = {
      activated_at: "2026-12-04T08:00:00Z",
      paid_invoices: 1,
      terms: { qualifying_days: 10, paid_invoices_required: 2 },
    };
    expect(progress([counted(), active("Sipho", "2026-12-14", two)])).toMatchObject({
      sentence: "Your free month lands when Sipho's two invoices are paid.",
      on: null,
    });
  });

  it("gives the date where each missing invoice comes before the days are over", () => {
    const two = { activated_at: "2026-11-14T08:00:00Z", terms: { paid_invoices_required: 2 } };
    expect(progress([counted(), active("Sipho", "2026-12-14", two)])).toMatchObject({
      sentence:
        "Your free month lands when Sipho's 30 days end, on 14 Dec 2026, if the invoices are paid by then.",
      on: "2026-12-14",
    });
  });

  it("counts those who count already", () => {
    expect(sentence([counted()])).toBe("One friend counts. One more, and you earn a free month.");
    expect(sentence([counted(), pending("Sipho")])).toBe(
      "One friend counts. One more to go: Sipho has ordered; the 30 days start when the service is active.",
    );
    expect(sentence([counted(), active("Sipho", "2026-12-14")])).toBe(
      "Your free month lands when Sipho's 30 days end, on 14 Dec 2026.",
    );
  });

  it("does not promise a date that has passed", () => {
    expect(sentence([counted(), active("Sipho", "2026-11-30")])).toBe(
      "Sipho's 30 days are complete. Your free month is being confirmed.",
    );
    expect(sentence([active("Sipho", "2026-11-29")])).toBe(
      "One more friend, and Sipho's 30 days are complete.",
    );
    expect(sentence([counted(), counted()])).toBe(
      "Two friends count. Your free month is being confirmed.",
    );
  });

  it("promises nothing that the referrer's own account or a pause holds up", () => {
    const complete = [counted(), counted()];
    expect(sentence(complete, { obstacle: "overdue" })).toBe(
      "Two friends count. Your free month comes once your overdue invoice is paid.",
    );
    expect(sentence(complete, { enabled: false })).toBe(
      "Two friends count. Your free month comes when the programme continues.",
    );
    expect(sentence([counted(), active("Sipho", "2026-12-14")], { obstacle: "overdue" })).toBe(
      "Your free month lands when Sipho's 30 days end, on 14 Dec 2026. It is granted once your overdue invoice is paid.",
    );
    expect(sentence([], { obstacle: "inactive" })).toBe(
      "Friends can use your code once your own service is active.",
    );
    expect(sentence([], { obstacle: "overdue" })).toBe(
      "Friends can use your code once your overdue invoice is paid.",
    );
    expect(sentence([], { enabled: false })).toBe(
      "New friends can join when the programme continues.",
    );
  });

  it("tells of a free month that is waiting, and then of the next one", () => {
    const waiting = (count: number, comesOff = true, month: string | null = null) => ({
      rewards: { waiting: count, comesOff, month, lastUntil: "2027-12-01" },
    });
    expect(sentence([], waiting(1))).toBe(
      "A free month is waiting and comes off your next invoice.",
    );
    expect(sentence([active("Sipho", "2026-12-14")], waiting(2))).toBe(
      "Two free months are waiting; one comes off each invoice. " +
        "One more friend, and Sipho's 30 days end on 14 Dec 2026.",
    );
    expect(sentence([], { ...waiting(1, false), obstacle: "inactive" })).toBe(
      "A free month is waiting. It comes off once your service is active, and is yours until 1 Dec 2027.",
    );
    expect(sentence([], { ...waiting(2, false), enabled: false })).toBe(
      "Two free months are waiting. They come off when the programme continues, and are yours until 1 Dec 2027.",
    );
    expect(sentence([], waiting(1, false))).toBe(
      "A free month is waiting. It comes off your next whole month, and is yours until 1 Dec 2027.",
    );
    expect(sentence([], waiting(1, false, "2027-01-01"))).toBe(
      "A free month is waiting. It comes off your next whole month, the one from 1 Jan 2027.",
    );
    expect(sentence([], waiting(3, false, "2027-01-01"))).toBe(
      "Three free months are waiting. One comes off your next whole month, the one from 1 Jan 2027.",
    );
    expect(sentence([], waiting(2, false))).toBe(
      "Two free months are waiting. One comes off your next whole month; they are yours until 1 Dec 2027.",
    );
    expect(sentence([], { ...waiting(2, false), obstacle: "inactive" })).toBe(
      "Two free months are waiting. They come off once your service is active, and are yours until 1 Dec 2027.",
    );
    const unknown = { rewards: { waiting: 1, comesOff: false, month: null, lastUntil: null } };
    expect(sentence([], { ...unknown, enabled: false })).toBe(
      "A free month is waiting. It comes off when the programme continues.",
    );
    expect(sentence([], { rewards: { ...unknown.rewards, waiting: 2 } })).toBe(
      "Two free months are waiting. One comes off your next whole month.",
    );
  });

  it("speaks of one day, and of several friends who are being installed", () => {
    const oneDay = { terms: { qualifying_days: 1 } };
    expect(sentence([pending("Lerato", oneDay)])).toBe(
      "Lerato has ordered; the 1 day starts when the service is active.",
    );
    const installing = { order_status: "installing" as const };
    expect(sentence([pending("Lerato", installing), pending("Sipho", installing)])).toBe(
      "Lerato and Sipho are being installed; the 30 days start when their services are active.",
    );
  });

  it("manages without a name, and shows the local date", () => {
    const late = active("  ", "2026-12-14", { qualifies_at: "2026-12-14T22:30:00Z" });
    expect(sentence([late])).toBe("One more friend, and your friend's 30 days end on 15 Dec 2026.");
  });
});

describe("each friend counts by the terms of the day on which they ordered", () => {
  const after = terms({ referrals_required: 3, qualifying_days: 60 });

  it("keeps what was promised when the terms change", () => {
    const friends = [counted(), active("Sipho", "2026-12-14")];
    expect(progress(friends, { terms: after })).toMatchObject({
      sentence: "Your free month lands when Sipho's 30 days end, on 14 Dec 2026.",
      qualified: 1,
      required: 2,
      on: "2026-12-14",
    });
  });

  it("asks for as many as the terms of the friends to come do", () => {
    expect(
      nextFreeMonth({ friends: [counted()], terms: after, now, timeZone: "Africa/Johannesburg" }),
    ).toEqual({
      qualified: 1,
      required: 3,
    });
    expect(sentence([counted()], { terms: after })).toBe(
      "One friend counts. Two more, and you earn a free month.",
    );
  });

  it("names the days of each friend where they differ", () => {
    const slow = { terms: { qualifying_days: 60 } };
    expect(sentence([active("Lerato", "2026-12-14"), active("Sipho", "2027-01-10", slow)])).toBe(
      "Your free month lands when Lerato's 30 days and Sipho's 60 days end, on 10 Jan 2027.",
    );
  });

  it("always says something, and never shows more progress than is needed", () => {
    const friend = fc
      .record({
        make: fc.constantFrom(friendFacts, activeFriendFacts, countedFriendFacts),
        referred_name: fc.constantFrom("Lerato", "Sipho", ""),
        paid_invoices: fc.integer({ min: 0, max: 2 }),
        required: fc.integer({ min: 1, max: 6 }),
        days: fc.integer({ min: 1, max: 90 }),
      })
      .map(({ make, required, days, ...changes }) =>
        make({ ...changes, terms: { referrals_required: required, qualifying_days: days } }),
      );
    fc.assert(
      fc.property(
        fc.array(friend, { maxLength: 15 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        fc.constantFrom(null, "inactive" as const, "overdue" as const),
        (friends, required, waiting, enabled, obstacle) => {
          const said = progress(friends, {
            terms: terms({ referrals_required: required }),
            rewards: { waiting, comesOff: waiting > 1, month: null, lastUntil: "2027-12-01" },
            enabled,
            obstacle,
          });
          expect(said.sentence).toMatch(/^[A-Z\d].*\.$/);
          expect(said.sentence).not.toMatch(/undefined|null|NaN|!| {2}/);
          expect(said.qualified).toBeLessThanOrEqual(said.required);
          if (said.on !== null) expect(said.sentence).toMatch(/lands when|are complete/);
        },
      ),
    );
  });
});

describe("what is shown is what happens, in random histories", () => {
  const SEEDS = fc.integer({ min: 1, max: 1_000_000 });

  it("moves a day that was shown only after a later event", () => {
    fc.assert(
      fc.property(SEEDS, fc.boolean(), (seed, calm) => {
        expect(judge(tellStory(randomStory(seed, { calm }))).unexplained).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("asks for as many friends as the free month then takes", () => {
    fc.assert(
      fc.property(SEEDS, (seed) => {
        const { months, shown } = tellStory(randomStory(seed));
        months.forEach((month, index) => {
          const before = shown.findLast((view) => view.months === index && view.at < month.at);
          // Whoever counted in the hour of the grant was under way in the view before.
          if (before?.progress.on === month.day) {
            expect(before.progress.required).toBe(month.friends);
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it("tells each friend's day from the activation on: it is the day, or something came between", () => {
    fc.assert(
      fc.property(SEEDS, (seed) => {
        const { story, friends } = tellStory(randomStory(seed, { calm: true }));
        for (const { qualified, firstShown, plan } of friends) {
          const isSimple = plan.terms.paid_invoices_required < 2;
          if (qualified === null || firstShown === null || !isSimple) continue;
          const day = new Intl.DateTimeFormat("sv", { timeZone: story.timeZone }).format(qualified);
          expect(day).toBe(firstShown);
        }
      }),
      { numRuns: 150 },
    );
  });
});
