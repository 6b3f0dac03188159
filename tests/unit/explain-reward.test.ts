import { describe, expect, it } from "vitest";
import { textsIn } from "@/lib/language/catalogue";
import { explainRewards, type RewardContext } from "@/lib/rewards/explain-reward";
import { id } from "@/tests/support/facts";

const reward = (n: number) => ({
  id: id(n),
  reward_type: "free_month" as const,
  status: "pending" as const,
  source: "earned" as const,
  created_at: "2026-11-01T08:00:00Z",
  expires_at: "2027-11-01T22:00:00Z",
});

const invoice = (period_start: string, waived_cents: number) => ({
  period_start,
  period_end: "2027-01-01",
  charge_cents: 79_900,
  waived_cents,
  waived_as: null,
  amount_due_cents: 79_900 - waived_cents,
});

const explain = (count: number, changes: Partial<RewardContext>) =>
  explainRewards(
    Array.from({ length: count }, (_, n) => reward(n + 1)),
    {
      nextInvoice: invoice("2026-12-01", 79_900),
      nextFreeMonth: "2026-12-01",
      hasActiveService: true,
      rewardsEnabled: true,
      timeZone: "Africa/Johannesburg",
      ...changes,
    },
    textsIn("en", "explain"),
  );

describe("where a free month is", () => {
  it("is the next invoice, and the others follow, one each", () => {
    expect(explain(2, {})).toEqual([
      {
        code: "next_invoice",
        text: "It comes off your next invoice.",
        on: "2026-12-01",
        remedy: null,
      },
      {
        code: "after_others",
        text: "One free month comes off each invoice; this one follows.",
        on: null,
        remedy: null,
      },
    ]);
  });

  it("is the whole month that the preview names, where the next invoice is a part of one", () => {
    const changes = { nextInvoice: invoice("2026-11-15", 0), nextFreeMonth: "2026-12-01" };
    expect(explain(1, changes)).toMatchObject([
      {
        code: "whole_month",
        text: "It comes off your next whole month, the one from 1 Dec 2026.",
        on: "2026-12-01",
      },
    ]);
  });

  it("waits for a service, and says until when", () => {
    const changes = { nextInvoice: null, nextFreeMonth: null, hasActiveService: false };
    expect(explain(1, changes)).toMatchObject([
      {
        code: "no_service",
        text: "It waits for an active service, until 1 Nov 2027.",
        on: null,
        remedy: "It comes off the first whole month once your service is active.",
      },
    ]);
  });

  it("promises no month while the programme is switched off", () => {
    expect(explain(1, { rewardsEnabled: false })).toMatchObject([{ code: "paused", on: null }]);
  });
});
