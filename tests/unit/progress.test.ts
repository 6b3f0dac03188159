import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  describeProgress,
  friendTimeline,
  type ProgressFacts,
  type ProgressFriend,
} from "@/lib/referrals/progress";
import { REFERRAL_STATUSES } from "@/lib/referrals/schemas";
import { timelineReferral } from "@/tests/support/facts";

const now = new Date("2026-11-30T08:00:00Z");
const ZONE = "Africa/Johannesburg";

const pending = (first_name: string): ProgressFriend => ({
  first_name,
  status: "pending",
  qualifies_at: null,
  order_status: "pending",
});
const active = (first_name: string, day: string): ProgressFriend => ({
  first_name,
  status: "active",
  qualifies_at: `${day}T08:00:00Z`,
});
const sentence = (friends: ProgressFriend[], changes: Partial<ProgressFacts> = {}) =>
  describeProgress({
    friends,
    qualifiedUnused: 0,
    required: 2,
    qualifyingDays: 30,
    timeZone: ZONE,
    now,
    ...changes,
  }).sentence;

describe("the sentence says what is missing, and until when", () => {
  it("invites to share when there is nobody yet", () => {
    expect(sentence([])).toBe(
      "Share your link: when two friends stay 30 days, you earn a free month.",
    );
    expect(sentence([], { required: 1, qualifyingDays: 1 })).toBe(
      "Share your link: when one friend stays 1 day, you earn a free month.",
    );
  });

  it("does not count friends who dropped out", () => {
    const gone = { ...pending("Sipho"), status: "cancelled" as const };
    expect(sentence([gone])).toMatch(/^Share your link/);
  });

  it("explains what an order waits for", () => {
    expect(sentence([pending("Lerato")])).toBe(
      "Lerato has ordered; the 30 days start when the service is active.",
    );
    expect(sentence([pending("Lerato"), pending("Sipho")])).toBe(
      "Lerato and Sipho have ordered; the 30 days start when their services are active.",
    );
    expect(sentence([{ ...pending("Lerato"), order_status: "installing" }])).toBe(
      "Lerato is being installed; the 30 days start when the service is active.",
    );
  });

  it("names the friend who is on the way and how many more it takes", () => {
    expect(sentence([active("Lerato", "2026-12-14")])).toBe(
      "One more friend, and Lerato's 30 days end on 14 Dec 2026.",
    );
    const two = [active("Lerato", "2026-12-14"), active("Sipho", "2026-12-20")];
    expect(sentence(two, { required: 4 })).toBe(
      "Two more friends, and Lerato's and Sipho's 30 days end by 20 Dec 2026.",
    );
  });

  it("gives the date when enough friends are active, whichever are first", () => {
    const friends = [
      active("Sipho", "2026-12-14"),
      active("Naledi", "2026-12-30"),
      active("Lerato", "2026-12-10"),
    ];
    expect(sentence(friends)).toBe(
      "Your free month lands when Lerato's and Sipho's 30 days end, on 14 Dec 2026.",
    );
  });

  it("counts those who count already", () => {
    expect(sentence([], { qualifiedUnused: 1 })).toBe(
      "One friend counts. One more, and you earn a free month.",
    );
    expect(sentence([pending("Sipho")], { qualifiedUnused: 1 })).toBe(
      "One friend counts. One more to go: Sipho has ordered; the 30 days start when the service is active.",
    );
    expect(sentence([active("Sipho", "2026-12-14")], { qualifiedUnused: 1 })).toBe(
      "Your free month lands when Sipho's 30 days end, on 14 Dec 2026.",
    );
    expect(sentence([], { qualifiedUnused: 2, required: 3 })).toBe(
      "Two friends count. One more, and you earn a free month.",
    );
  });

  it("does not promise a date that has passed", () => {
    expect(sentence([active("Sipho", "2026-11-30")], { qualifiedUnused: 1 })).toBe(
      "Sipho's 30 days are complete. Your free month is being confirmed.",
    );
    expect(sentence([active("Sipho", "2026-11-29")])).toBe(
      "One more friend, and Sipho's 30 days are complete.",
    );
    expect(sentence([], { qualifiedUnused: 2 })).toBe(
      "Two friends count. Your free month is being confirmed.",
    );
    expect(sentence([], { qualifiedUnused: 1, required: 1 })).toBe(
      "One friend counts. Your free month is being confirmed.",
    );
  });

  it("tells of a free month that is waiting, and then of the next one", () => {
    expect(sentence([], { rewardsWaiting: 1 })).toBe(
      "A free month is waiting and comes off your next invoice.",
    );
    expect(sentence([active("Sipho", "2026-12-14")], { rewardsWaiting: 2 })).toBe(
      "Two free months are waiting; one comes off each invoice. " +
        "One more friend, and Sipho's 30 days end on 14 Dec 2026.",
    );
  });

  it("manages without a name, and shows the local date", () => {
    expect(
      sentence([{ ...active("  ", "2026-12-14"), qualifies_at: "2026-12-14T22:30:00Z" }]),
    ).toBe("One more friend, and your friend's 30 days end on 15 Dec 2026.");
  });

  it("always says something, and never shows more progress than is needed", () => {
    const friend = fc.record({
      first_name: fc.constantFrom("Lerato", "Sipho", ""),
      status: fc.constantFrom(...REFERRAL_STATUSES),
      qualifies_at: fc.constantFrom(null, "2026-12-14T08:00:00Z", "2026-11-01T08:00:00Z"),
    });
    fc.assert(
      fc.property(
        fc.array(friend, { maxLength: 15 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 3 }),
        (friends, qualifiedUnused, required, rewardsWaiting) => {
          const facts = {
            ...{ friends, qualifiedUnused, required, rewardsWaiting },
            qualifyingDays: 30,
            timeZone: ZONE,
            now,
          };
          const progress = describeProgress(facts);
          expect(progress.sentence).toMatch(/^[A-Z\d].*\.$/);
          expect(progress.sentence).not.toMatch(/undefined|null|NaN|!| {2}/);
          expect(progress.qualified).toBe(Math.min(qualifiedUnused, required));
          expect(progress.required).toBe(required);
        },
      ),
    );
  });
});

describe("a friend's timeline", () => {
  const steps = (changes: Parameters<typeof timelineReferral>[0], at = now) =>
    friendTimeline(timelineReferral(changes), at, ZONE);
  const states = (changes: Parameters<typeof timelineReferral>[0]) =>
    steps(changes).map(({ state }) => state);
  const activeFacts = {
    status: "active" as const,
    activated_at: "2026-11-14T08:00:00Z",
    qualifies_at: "2026-12-14T08:00:00Z",
  };

  it("begins with the order and waits for the service", () => {
    expect(states({})).toEqual(["done", "current", "todo", "todo"]);
    expect(steps({}).map(({ key }) => key)).toEqual(["ordered", "active", "counting", "counted"]);
    expect(steps({})[0]).toMatchObject({ date: "2026-11-10T08:00:00Z", reason: null });
    expect(steps({})[1]?.label).toBe("Waiting for service");
    expect(steps({ order_status: "installing" })[1]?.label).toBe("Being installed");
    expect(steps({})[2]?.label).toBe("Days until it counts");
  });

  it("counts the days in local dates, the day of activation being the first", () => {
    expect(states(activeFacts)).toEqual(["done", "done", "current", "todo"]);
    expect(steps(activeFacts)[2]).toMatchObject({ label: "Day 17 of 30" });
    expect(steps(activeFacts)[3]?.date).toBe("2026-12-14T08:00:00Z");
    const dayAt = (at: string) => steps(activeFacts, new Date(at))[2]?.label;
    expect(dayAt("2026-11-14T08:00:00Z")).toBe("Day 1 of 30");
    expect(dayAt("2026-11-14T21:59:59Z")).toBe("Day 1 of 30");
    expect(dayAt("2026-11-14T22:00:00Z")).toBe("Day 2 of 30");
    expect(dayAt("2026-12-14T07:59:59Z")).toBe("Day 30 of 30");
    expect(dayAt("2026-12-14T08:00:00Z")).toBe("30 of 30 days");
    expect(dayAt("2026-11-01T00:00:00Z")).toBe("Day 1 of 30");
  });

  it("is complete when the friend counts", () => {
    const counted = {
      ...activeFacts,
      status: "qualified" as const,
      qualified_at: "2026-12-14T09:00:00Z",
    };
    expect(states(counted)).toEqual(["done", "done", "done", "done"]);
    expect(steps(counted)[3]?.date).toBe("2026-12-14T09:00:00Z");
  });

  it("says that the order came to nothing", () => {
    const cancelled = { status: "cancelled" as const, cancelled_at: "2026-11-12T08:00:00Z" };
    expect(states(cancelled)).toEqual(["done", "stopped", "todo", "todo"]);
    expect(steps(cancelled)[1]).toMatchObject({
      date: "2026-11-12T08:00:00Z",
      reason: "The order was cancelled.",
    });
  });

  it("says that the service was not active in time", () => {
    const expired = { status: "expired" as const, expired_at: "2026-12-10T08:00:00Z" };
    expect(states(expired)).toEqual(["done", "stopped", "todo", "todo"]);
    expect(steps(expired)[1]?.reason).toBe("The service was not active by 10 Dec 2026.");
    expect(steps({ ...expired, activation_due_at: null })[1]?.reason).toBe(
      "The service was not active in time.",
    );
  });

  it("says on which day the service was stopped", () => {
    const stopped = {
      ...activeFacts,
      status: "cancelled" as const,
      cancelled_at: "2026-11-24T08:00:00Z",
    };
    expect(states(stopped)).toEqual(["done", "done", "stopped", "todo"]);
    expect(steps(stopped)[2]).toMatchObject({
      label: "Day 11 of 30",
      reason: "The service was stopped after 10 of 30 days.",
    });
    expect(steps({ ...stopped, cancelled_at: null })[2]?.reason).toBe(
      "The service was stopped before it counted.",
    );
  });

  it("says that a review decided, without saying why", () => {
    const rejected = { status: "rejected" as const, rejected_at: "2026-11-20T08:00:00Z" };
    expect(steps(rejected)[1]?.reason).toBe("This referral does not count after a review.");
    expect(states({ ...activeFacts, ...rejected })).toEqual(["done", "done", "stopped", "todo"]);
    const counted = { ...activeFacts, ...rejected, qualified_at: "2026-12-14T09:00:00Z" };
    expect(states(counted)).toEqual(["done", "done", "done", "stopped"]);
  });

  it("has exactly one step that is current or stopped, unless the friend counts", () => {
    const moment = fc.constantFrom(null, "2026-11-20T08:00:00Z");
    fc.assert(
      fc.property(
        fc.constantFrom(...REFERRAL_STATUSES),
        fc.boolean(),
        moment,
        (status, wasActive, ended) => {
          const isLive = status === "active" || status === "qualified";
          const all = states({
            ...(wasActive || isLive ? activeFacts : {}),
            status: status,
            qualified_at: status === "qualified" ? "2026-12-14T09:00:00Z" : null,
            cancelled_at: ended,
          });
          const open = all.filter((state) => state === "current" || state === "stopped");
          expect(open.length).toBe(status === "qualified" ? 0 : 1);
        },
      ),
    );
  });
});
