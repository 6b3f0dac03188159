import type { Tone } from "@/components/ui/tone";
import { formatCount } from "@/components/ui/wording";
import type { Metrics, ProgramFigures } from "@/lib/admin/programme-schemas";
import { DAY_MS, dateOfDayNumber, dayNumber, localDate } from "@/lib/dates";
import { formatMoney } from "@/lib/money";

export const PERIODS = [30, 90, 365] as const;
export type PeriodDays = (typeof PERIODS)[number];

const DAYS_PER_WEEK = 7;
/** 1970-01-01 was a Thursday; three days earlier was a Monday. */
const MONDAY_OFFSET = 3;

/** The half-open period of so many days that ends at `now`. */
export function periodUntil(now: Date, days: PeriodDays): { from: Date; to: Date } {
  return { from: new Date(now.getTime() - days * DAY_MS), to: now };
}

export type Figure = {
  id: string;
  label: string;
  value: string;
  change?: { text: string; against?: string; tone?: Tone };
  /** How the figure is calculated. */
  explanation: string;
};

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
const percent = (value: number | null) =>
  value === null ? "–" : `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)}\u00a0%`;

/** The change against the period before, in words; a rise is good, bad or neither. */
function changeOf(
  current: number | null,
  previous: number | null,
  rise: "good" | "bad" | "neutral",
): Figure["change"] {
  if (current === null || previous === null) return { text: "No earlier figure" };
  if (previous === 0) {
    return { text: current === 0 ? "Also none before" : "None before" };
  }
  const change = Math.round((current / previous - 1) * 100);
  if (change === 0) return { text: "As before" };
  const isGood = change > 0 === (rise === "good");
  return {
    text: `${change > 0 ? "+" : "−"}${Math.abs(change)}\u00a0%`,
    against: "on the period before",
    tone: rise === "neutral" ? "neutral" : isGood ? "positive" : "negative",
  };
}

const flagRate = (figures: ProgramFigures) => ratio(figures.flagged, figures.orders);
const costPerQualified = (figures: ProgramFigures) =>
  ratio(figures.waived_cents, figures.qualified);
const kFactor = (figures: ProgramFigures) => ratio(figures.orders_active, figures.referrers);

/** The key figures against the period before. Amounts in cents of `currency` (ISO 4217). */
export function keyFigures(
  { current, previous }: Pick<Metrics, "current" | "previous">,
  currency: string,
): Figure[] {
  const plain = (
    id: keyof ProgramFigures,
    label: string,
    explanation: string,
    rise: "good" | "neutral" = "good",
  ): Figure => ({
    id,
    label,
    value: formatCount(current[id]),
    change: changeOf(current[id], previous[id], rise),
    explanation,
  });
  const cost = costPerQualified(current);
  const k = kFactor(current);
  return [
    plain("visits", "Visits", "Times that an invitation link was opened in this period."),
    plain("orders", "Referred orders", "Orders in this period that recorded a referral."),
    plain(
      "active",
      "Active",
      "Friends whose service became active in this period, including those who left since.",
    ),
    plain(
      "qualified",
      "Qualified",
      "Friends who reached the required days in this period, whenever they ordered.",
    ),
    plain(
      "rewards_granted",
      "Rewards granted",
      "Free months earned or granted by hand in this period.",
    ),
    plain(
      "rewards_pending",
      "Rewards pending",
      "Free months that were waiting to be used at the end of the period.",
      "neutral",
    ),
    plain(
      "rewards_applied",
      "Rewards applied",
      "Free months used on an invoice in this period.",
      "neutral",
    ),
    {
      id: "waived",
      label: "Amount waived",
      value: formatMoney(current.waived_cents, currency),
      change: changeOf(current.waived_cents, previous.waived_cents, "neutral"),
      explanation: "What free months took off invoices in this period, VAT included.",
    },
    {
      id: "cost",
      label: "Cost per qualified customer",
      value: cost === null ? "–" : formatMoney(Math.round(cost), currency),
      change: changeOf(cost, costPerQualified(previous), "bad"),
      explanation: "Amount waived in this period, divided by the friends who qualified.",
    },
    {
      id: "flags",
      label: "Flag rate",
      value: percent(flagRate(current)),
      change: changeOf(flagRate(current), flagRate(previous), "bad"),
      explanation: "Share of the referred orders that raised at least one fraud signal.",
    },
    {
      id: "referrers",
      label: "Referring customers",
      value: formatCount(current.referrers),
      change: changeOf(current.referrers, previous.referrers, "good"),
      explanation: "Customers who brought at least one friend in this period.",
    },
    {
      id: "k",
      label: "K-factor",
      value: k === null ? "–" : k.toFixed(2),
      change: changeOf(k, kFactor(previous), "good"),
      explanation:
        "New active customers per referring customer: invitations opened per referrer, times " +
        "the share of them that became an active customer.",
    },
  ];
}

export type FunnelStep = {
  id: string;
  label: string;
  count: number;
  /** Of the first step, 0 to 1; for the length of the bar. */
  share: number;
  /** Of the step before, in words; null for the first. */
  conversion: string | null;
};

/** The steps from an opened link to a friend who counts. */
export function funnel(figures: ProgramFigures): FunnelStep[] {
  const steps = [
    { id: "visits", label: "Opened an invitation", count: figures.visits },
    { id: "orders", label: "Ordered", count: figures.orders },
    { id: "active", label: "Service became active", count: figures.orders_active },
    { id: "qualified", label: "Qualified", count: figures.orders_qualified },
  ];
  // A typed code has no visit, so a later step can be larger than the first one.
  const largest = Math.max(1, ...steps.map((step) => step.count));
  return steps.map((step, index) => {
    const before = steps[index - 1];
    return {
      ...step,
      share: step.count / largest,
      conversion: before ? `${percent(ratio(step.count, before.count))} of the step before` : null,
    };
  });
}

export type Week = { week_start: string; referrals: number; qualified: number };

/** Every week (from Monday, in the billing zone) that the period touches, quiet ones included. */
export function everyWeek(metrics: Metrics, timeZone: string): Week[] {
  const known = new Map(metrics.weekly.map((week) => [week.week_start, week]));
  const monday = (day: number) => day - ((day + MONDAY_OFFSET) % DAYS_PER_WEEK);
  const first = monday(dayNumber(localDate(new Date(metrics.from), timeZone)));
  const last = monday(dayNumber(localDate(new Date(Date.parse(metrics.to) - 1), timeZone)));
  const weeks: Week[] = [];
  for (let day = first; day <= last; day += DAYS_PER_WEEK) {
    const week_start = dateOfDayNumber(day);
    weeks.push(known.get(week_start) ?? { week_start, referrals: 0, qualified: 0 });
  }
  return weeks;
}
