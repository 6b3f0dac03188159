import { describe, expect, test } from "vitest";
import { BacktestCount, type PastOrder } from "@/lib/fraud/backtest";
import { assessReferral, type FraudEvidence } from "@/lib/fraud/fraud-rules";
import {
  DEFAULT_FRAUD_SETTINGS,
  fraudSettingsOf,
  fraudSettingsVersionSchema,
} from "@/lib/fraud/fraud-settings";
import { DEFAULT_TERMS, fraudEvidence, id } from "@/tests/support/facts";

const order = (evidence: FraudEvidence, changes: Partial<PastOrder> = {}): PastOrder => ({
  evidence,
  terms: DEFAULT_TERMS,
  decision: null,
  monthly_price_cents: 79_900,
  ...changes,
});

/** Ordered a minute after the visit: a flag, by the settings of a new installation. */
const fast = fraudEvidence({ visit: { visited_at: "2026-12-01T09:59:00Z" } });
/** The same phone as another friend: a hold. */
const samePhone = fraudEvidence({ matches: { same_phone_referral_ids: [id(9)] } });
const blocked = fraudEvidence({ referred: { phone: "+27821110001" } });

const count = (
  orders: readonly PastOrder[],
  changes: Parameters<typeof fraudSettingsOf>[0],
  present = DEFAULT_FRAUD_SETTINGS,
) => {
  const backtest = new BacktestCount(present, fraudSettingsOf(changes));
  for (const one of orders) backtest.add(one);
  return backtest.summary();
};

describe("what other settings would have decided", () => {
  test("is the same when nothing is changed", () => {
    const same = count([order(fast), order(samePhone), order(fraudEvidence())], {
      signals: {},
      thresholds: {},
    });
    expect(same.judged).toBe(3);
    expect(same.held).toEqual({ before: 1, after: 1 });
    expect(same.newly_held).toEqual(same.no_longer_held);
    expect(same.signals).toContainEqual({ signal: "fast_order", before: 1, after: 1 });
    expect(same.signals).toContainEqual({
      signal: "same_phone_as_referral",
      before: 1,
      after: 1,
    });
  });

  test("leaves out orders that a rule blocks, whatever the settings", () => {
    expect(assessReferral(blocked, DEFAULT_TERMS).verdict).toBe("blocked");
    expect(count([order(blocked)], { signals: {}, thresholds: {} })).toMatchObject({
      judged: 0,
      signals: [],
    });
  });

  test("is counted by what reviewers decided, in the share of a free month per friend", () => {
    const stricter = {
      signals: { fast_order: { severity: "hold" as const } },
      thresholds: {},
    };
    const summary = count(
      [
        order(fast),
        order(fast, { decision: "clear", monthly_price_cents: 59_901 }),
        order(fast, { decision: "reject" }),
        order(fast, { decision: "reject", terms: { ...DEFAULT_TERMS, referrals_required: 1 } }),
      ],
      stricter,
    );
    expect(summary.held).toEqual({ before: 0, after: 4 });
    expect(summary.newly_held).toEqual({
      undecided: { referrals: 1, cents: 39_950 },
      cleared: { referrals: 1, cents: 29_951 },
      rejected: { referrals: 2, cents: 39_950 + 79_900 },
    });
    expect(summary.no_longer_held.undecided).toEqual({ referrals: 0, cents: 0 });
  });

  test("says what would no longer be held, and by which signals", () => {
    const summary = count(
      [order(samePhone, { decision: "clear" }), order(samePhone), order(fast)],
      {
        signals: { same_phone_as_referral: { mode: "off" } },
        thresholds: {},
      },
    );
    expect(summary.held).toEqual({ before: 2, after: 0 });
    expect(summary.no_longer_held).toMatchObject({
      cleared: { referrals: 1, cents: 39_950 },
      undecided: { referrals: 1, cents: 39_950 },
    });
    // Those that stay come first.
    expect(summary.signals).toEqual([
      { signal: "fast_order", before: 1, after: 1 },
      { signal: "same_phone_as_referral", before: 2, after: 0 },
    ]);
  });

  test("takes no notice of a signal in shadow: it holds nothing and is not counted", () => {
    const shadow = {
      signals: { same_phone_as_referral: { mode: "shadow" as const } },
      thresholds: {},
    };
    expect(count([order(samePhone)], shadow)).toMatchObject({
      held: { before: 1, after: 0 },
      signals: [{ signal: "same_phone_as_referral", before: 1, after: 0 }],
    });
    const verdict = assessReferral(samePhone, DEFAULT_TERMS, fraudSettingsOf(shadow));
    expect(verdict).toMatchObject({
      verdict: "accepted",
      flags: [{ signal: "same_phone_as_referral", shadow: true }],
    });
  });

  test("follows the thresholds", () => {
    const wide = { signals: {}, thresholds: { fast_order_seconds: 30 } };
    expect(count([order(fast)], wide).signals).toEqual([
      { signal: "fast_order", before: 1, after: 0 },
    ]);
  });
});

describe("a stored version of the settings", () => {
  test("is read over the defaults; what this release does not know is left out", () => {
    const read = fraudSettingsVersionSchema.parse({
      version: 4,
      settings: {
        signals: {
          velocity: { weight: 45 },
          moon_phase: { weight: 3 },
          shared_ip: { weight: 999 },
        },
        thresholds: { fast_order_seconds: 60, tides: 2, steady_referrals: 1 },
      },
    });
    expect(read.version).toBe(4);
    expect(read.changes).toEqual({
      signals: { velocity: { weight: 45 } },
      thresholds: { fast_order_seconds: 60 },
    });
    expect(read.signals.velocity).toEqual({
      ...DEFAULT_FRAUD_SETTINGS.signals.velocity,
      weight: 45,
    });
    expect(read.signals.shared_ip).toEqual(DEFAULT_FRAUD_SETTINGS.signals.shared_ip);
    expect(read.thresholds).toEqual({
      ...DEFAULT_FRAUD_SETTINGS.thresholds,
      fast_order_seconds: 60,
    });
  });
});

describe("what a reviewer cleared for a referrer", () => {
  const signalsOf = (cleared: FraudEvidence["cleared"], evidence = samePhone) => {
    const verdict = assessReferral({ ...evidence, cleared }, DEFAULT_TERMS);
    return verdict.verdict === "accepted" ? verdict.flags.map(({ signal }) => signal) : [];
  };

  test("is not flagged again for the same reason; another phone is", () => {
    const signal = "same_phone_as_referral" as const;
    expect(signalsOf([{ signal, subject: "phone +27821110002" }])).toEqual([]);
    expect(signalsOf([{ signal, subject: "phone +27821119999" }])).toEqual([signal]);
    // The same number, cleared for another reason.
    expect(signalsOf([{ signal: "known_phone", subject: "phone +27821110002" }])).toEqual([signal]);
  });

  test("covers a household for every signal about it", () => {
    const home = fraudEvidence({
      matches: { same_address_referral_ids: [id(9)] },
      referred: { address_key: "8001|2|long street|" },
    });
    expect(signalsOf(undefined, home)).toEqual(["same_address_as_referral"]);
    expect(
      signalsOf(
        [{ signal: "same_address_as_referrer", subject: "home 8001|2|long street|" }],
        home,
      ),
    ).toEqual([]);
  });
});
