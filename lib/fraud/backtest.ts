import type { ProgramTerms } from "@/lib/programme/terms";
import { assessReferral, type FraudEvidence } from "./fraud-rules";
import type { FraudSettings } from "./fraud-settings";
import type { FraudSignal } from "./fraud-signals";

/** What other settings would have decided about orders that were judged already. */

export interface PastOrder {
  evidence: FraudEvidence;
  terms: ProgramTerms;
  /** What a reviewer decided; null when nobody did. */
  decision: "clear" | "reject" | null;
  /** The price of the friend's service, in cents, VAT included. */
  monthly_price_cents: number;
}

type Decided = "rejected" | "cleared" | "undecided";

interface Change {
  referrals: number;
  /** The share of a free month that each referral earns, in cents, added up. */
  cents: number;
}

export interface Backtest {
  /** Orders whose evidence is stored and that no rule blocks. */
  judged: number;
  held: { before: number; after: number };
  /** Held with the new settings only, by what reviewers decided. */
  newly_held: Record<Decided, Change>;
  /** Held with the present settings only. */
  no_longer_held: Record<Decided, Change>;
  /** How many orders each signal is raised on. */
  signals: { signal: FraudSignal; before: number; after: number }[];
}

const nothing = (): Record<Decided, Change> => ({
  rejected: { referrals: 0, cents: 0 },
  cleared: { referrals: 0, cents: 0 },
  undecided: { referrals: 0, cents: 0 },
});

const KIND: Readonly<Record<"clear" | "reject", Decided>> = {
  clear: "cleared",
  reject: "rejected",
};

/** Judges past orders twice. The present settings come first. */
export class BacktestCount {
  private readonly result: Backtest = {
    judged: 0,
    held: { before: 0, after: 0 },
    newly_held: nothing(),
    no_longer_held: nothing(),
    signals: [],
  };
  private readonly raised = new Map<FraudSignal, { before: number; after: number }>();

  constructor(
    private readonly present: FraudSettings,
    private readonly proposed: FraudSettings,
  ) {}

  add({ evidence, terms, decision, monthly_price_cents }: PastOrder): void {
    const before = assessReferral(evidence, terms, this.present);
    const after = assessReferral(evidence, terms, this.proposed);
    if (before.verdict === "blocked" || after.verdict === "blocked") return;
    this.result.judged += 1;
    for (const [side, { flags }] of [["before", before] as const, ["after", after] as const]) {
      for (const { signal, shadow } of flags) {
        if (shadow) continue;
        const row = this.raised.get(signal) ?? { before: 0, after: 0 };
        row[side] += 1;
        this.raised.set(signal, row);
      }
    }
    const holds = ({ flags }: typeof before) =>
      flags.some(({ severity, shadow }) => severity === "hold" && !shadow);
    const [was, is] = [holds(before), holds(after)];
    if (was) this.result.held.before += 1;
    if (is) this.result.held.after += 1;
    if (was === is) return;
    const list = is ? this.result.newly_held : this.result.no_longer_held;
    const change = list[decision === null ? "undecided" : KIND[decision]];
    change.referrals += 1;
    change.cents += Math.round(monthly_price_cents / terms.referrals_required);
  }

  /** What was counted up to now. */
  summary(): Backtest {
    const signals = [...this.raised].map(([signal, counts]) => ({ signal, ...counts }));
    return { ...this.result, signals: signals.sort((a, b) => b.after - a.after) };
  }
}
