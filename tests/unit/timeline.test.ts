import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textsIn } from "@/lib/language/catalogue";
import { friendTimeline } from "@/lib/referrals/timeline";
import { activeFriendFacts, countedFriendFacts, friendFacts } from "@/tests/support/facts";

const ZONE = "Africa/Johannesburg";
const now = new Date("2026-11-30T08:00:00Z");

const steps = (friend = friendFacts(), at = now) =>
  friendTimeline(friend, at, ZONE, textsIn("en", "friends"));
const states = (friend = friendFacts(), at = now) => steps(friend, at).map(({ state }) => state);
const unpaid = { paid_invoices: 0, unpaid_due_on: "2026-12-20" };

describe("a friend's timeline", () => {
  it("begins with the order and waits for the service", () => {
    expect(states()).toEqual(["done", "current", "todo", "todo", "todo"]);
    expect(steps().map(({ key }) => key)).toEqual([
      "ordered",
      "active",
      "counting",
      "paid",
      "counted",
    ]);
    expect(steps()[0]).toMatchObject({ date: "2026-11-10T08:00:00Z" });
    expect(steps()[1]?.label).toBe("Waiting for service");
    expect(steps(friendFacts({ order_status: "installing" }))[1]?.label).toBe("Being installed");
    expect(steps()[2]?.label).toBe("Days until it counts");
  });

  it("has no step for an invoice where the friend's terms ask for none", () => {
    const free = friendFacts({ terms: { paid_invoices_required: 0 } });
    expect(steps(free).map(({ key }) => key)).toEqual(["ordered", "active", "counting", "counted"]);
  });

  it("counts the days in local dates, the day of activation being the first", () => {
    expect(states(activeFriendFacts(unpaid))).toEqual(["done", "done", "current", "todo", "todo"]);
    expect(steps(activeFriendFacts())[2]).toMatchObject({ label: "Day 17 of 30" });
    const dayAt = (at: string) => steps(activeFriendFacts(), new Date(at))[2]?.label;
    expect(dayAt("2026-11-14T08:00:00Z")).toBe("Day 1 of 30");
    expect(dayAt("2026-11-14T21:59:59Z")).toBe("Day 1 of 30");
    expect(dayAt("2026-11-14T22:00:00Z")).toBe("Day 2 of 30");
    expect(dayAt("2026-12-14T07:59:59Z")).toBe("Day 30 of 30");
    expect(dayAt("2026-12-14T08:00:00Z")).toBe("30 of 30 days");
    expect(dayAt("2026-11-01T00:00:00Z")).toBe("Day 1 of 30");
  });

  it("stands still while the service is suspended", () => {
    const suspended = activeFriendFacts({
      suspended_at: "2026-11-24T08:00:00Z",
      grace_ends_at: "2026-12-01T08:00:00Z",
    });
    expect(steps(suspended)[2]).toMatchObject({
      state: "current",
      label: "Paused on day 11 of 30",
    });
    // Two days later the end has moved, and the count goes on where it stopped.
    const resumed = activeFriendFacts({ qualifies_at: "2026-12-16T08:00:00Z" });
    expect(steps(resumed, new Date("2026-11-26T08:00:00Z"))[2]?.label).toBe("Day 11 of 30");
  });

  it("waits for the invoice once the days are over", () => {
    const after = new Date("2026-12-15T08:00:00Z");
    expect(states(activeFriendFacts(unpaid), after)).toEqual([
      "done",
      "done",
      "done",
      "current",
      "todo",
    ]);
    expect(steps(activeFriendFacts(unpaid), after)[3]).toMatchObject({
      label: "First invoice paid",
      date: "2026-12-20",
    });
    const two = activeFriendFacts({ terms: { paid_invoices_required: 2 } });
    expect(steps(two, after)[3]?.label).toBe("1 of 2 invoices paid");
  });

  it("shows an invoice as paid before the days are over", () => {
    expect(states(activeFriendFacts())).toEqual(["done", "done", "current", "done", "todo"]);
  });

  it("is complete when the friend counts", () => {
    expect(states(countedFriendFacts())).toEqual(["done", "done", "done", "done", "done"]);
    expect(steps(countedFriendFacts())[4]?.date).toBe("2026-12-14T09:00:00Z");
  });

  it("stops where the referral ended, on that day", () => {
    const cancelled = friendFacts({ status: "cancelled", cancelled_at: "2026-11-12T08:00:00Z" });
    expect(states(cancelled)).toEqual(["done", "stopped", "todo", "todo", "todo"]);
    expect(steps(cancelled)[1]?.date).toBe("2026-11-12");
    const stopped = activeFriendFacts({
      status: "cancelled",
      cancelled_at: "2026-11-24T08:00:00Z",
    });
    expect(states(stopped)).toEqual(["done", "done", "stopped", "todo", "todo"]);
    expect(steps(stopped)[2]?.label).toBe("Day 11 of 30");
    const counted = countedFriendFacts({
      status: "cancelled",
      cancelled_at: "2026-12-20T08:00:00Z",
    });
    expect(states(counted)).toEqual(["done", "done", "done", "done", "stopped"]);
  });

  it("has exactly one step that is current or stopped, unless the friend counts", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("pending", "active", "qualified", "expired", "cancelled"),
        fc.constantFrom(null, "2026-11-20T08:00:00Z"),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom(now, new Date("2026-12-20T08:00:00Z")),
        (status, suspended_at, paid_invoices, required, at) => {
          const isLive = status === "active" || status === "qualified";
          const make = isLive ? activeFriendFacts : friendFacts;
          const friend = make({
            ...{ status, suspended_at, paid_invoices },
            qualified_at: status === "qualified" ? "2026-12-14T09:00:00Z" : null,
            terms: { paid_invoices_required: required },
          } as Parameters<typeof friendFacts>[0]);
          const open = states(friend, at).filter((s) => s === "current" || s === "stopped");
          expect(open.length).toBe(status === "qualified" ? 0 : 1);
        },
      ),
    );
  });
});
