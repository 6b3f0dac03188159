import type { Tone } from "@/components/ui/tone";
import type { CHANNELS, Figures, Metrics } from "@/lib/admin/metrics-schemas";
import { formatMoney } from "@/lib/money";
import { countOf, formatCount } from "@/lib/words";

export const PERIODS = [7, 30, 90, 365] as const;

/** Fewer than this are shown as counts, because a percentage would say too much. */
export const LEAST_FOR_PERCENT = 20;

export type Figure = {
  id: string;
  label: string;
  value: string;
  change?: { text: string; against?: string; tone?: Tone };
  /** What the figure consists of. */
  hint?: string;
  /** The list of exactly what is counted. */
  href?: string;
  /** How the figure is calculated. */
  explanation: string;
};

const percent = (part: number, whole: number): string => {
  const share = part / whole;
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}\u00a0%`;
};

/** A share as a percentage, or as counts where there are few: "3 of 12". */
export const shareText = (part: number, whole: number): string => {
  if (whole === 0) return "–";
  return whole < LEAST_FOR_PERCENT
    ? `${formatCount(part)} of ${formatCount(whole)}`
    : percent(part, whole);
};

/** What a figure is compared with. */
const BEFORE = { previous: "before", year: "a year before", none: "" } as const;

type Rise = "good" | "bad" | "neutral";

/**
 * The change against the compared days: in percent where both counts allow it, else the earlier
 * figure itself.
 *
 * @param counts how many things each of the two figures counts.
 */
function changeOf(
  [current, earlier]: [number | null, number | null | undefined],
  counts: [number, number],
  rise: Rise,
  words: { compare: Metrics["compare"]; format: (value: number) => string },
): Figure["change"] {
  const before = BEFORE[words.compare];
  if (before === "" || earlier === undefined) return undefined;
  if (earlier === null) return { text: `None ${before}` };
  if (current === earlier) return { text: `As ${before}` };
  if (current === null || earlier === 0 || Math.min(...counts) < LEAST_FOR_PERCENT) {
    return { text: `${words.format(earlier)} ${before}` };
  }
  const change = Math.round((current / earlier - 1) * 100);
  if (change === 0) return { text: `About as ${before}` };
  const isGood = change > 0 === (rise === "good");
  return {
    text: `${change > 0 ? "+" : "−"}${Math.abs(change)}\u00a0%`,
    against: `on ${before === "before" ? "the days before" : "the same days a year before"}`,
    tone: rise === "neutral" ? "neutral" : isGood ? "positive" : "negative",
  };
}

/** The address of the referrals of these days, in the list. */
function referralsHref(
  { first_day, last_day }: Pick<Metrics, "first_day" | "last_day">,
  status?: string,
): string {
  const query = new URLSearchParams({ from: first_day, to: last_day });
  if (status) query.set("status", status);
  return `/admin/referrals?${query}`;
}

type CountName = {
  [Name in keyof Figures]: Figures[Name] extends number ? Name : never;
}[keyof Figures];

/** The key figures against the compared days. */
export function keyFigures(metrics: Metrics): Figure[] {
  const { current, previous, compare, currency } = metrics;
  const money = (cents: number) => formatMoney(cents, currency);
  const plain = (
    id: CountName,
    label: string,
    explanation: string,
    more: { rise?: Rise; hint?: string; href?: string } = {},
  ): Figure => ({
    id,
    label,
    value: formatCount(current[id]),
    change: changeOf(
      [current[id], previous?.[id]],
      [current[id], previous?.[id] ?? 0],
      more.rise ?? "good",
      { compare, format: formatCount },
    ),
    explanation,
    hint: more.hint,
    href: more.href,
  });
  const unused = current.cohort_unused;
  const { liability } = metrics;
  return [
    plain(
      "visits",
      "Visits",
      "Times that an invitation link was opened on these days, without the customer's own visits and without programs.",
    ),
    plain("orders", "Referred orders", "Orders of these days that recorded a referral.", {
      href: referralsHref(metrics),
    }),
    plain(
      "active",
      "Became active",
      "Friends whose service became active on these days, whenever they ordered, also when they have left since.",
    ),
    plain(
      "qualified",
      "Qualified",
      "Friends who reached the required days on these days, whenever they ordered.",
    ),
    plain(
      "rewards_earned",
      "Free months earned",
      "Free months that friends earned on these days.",
      {
        hint:
          current.rewards_given > 0
            ? `and ${formatCount(current.rewards_given)} given by hand`
            : "none given by hand",
      },
    ),
    plain(
      "rewards_pending",
      "Free months waiting",
      "Free months that were not used, revoked or expired at the end of the last day.",
      { rise: "neutral" },
    ),
    plain(
      "rewards_applied",
      "Free months used",
      "Free months used on an invoice on these days, earned or given by hand.",
      { rise: "neutral" },
    ),
    {
      id: "waived",
      label: "Amount waived",
      value: money(current.waived_cents),
      change: changeOf(
        [current.waived_cents, previous?.waived_cents],
        [current.rewards_applied, previous?.rewards_applied ?? 0],
        "neutral",
        { compare, format: money },
      ),
      hint:
        current.given_waived_cents > 0
          ? `of it ${money(current.given_waived_cents)} given by hand`
          : undefined,
      explanation: "What free months took off invoices on these days, VAT included.",
    },
    {
      id: "cost",
      label: "Cost per qualified customer",
      value:
        current.cost_per_qualified_cents === null ? "–" : money(current.cost_per_qualified_cents),
      change: changeOf(
        [current.cost_per_qualified_cents, previous?.cost_per_qualified_cents],
        [current.orders_qualified, previous?.orders_qualified ?? 0],
        "bad",
        { compare, format: money },
      ),
      hint:
        current.orders_qualified === 0
          ? "no order of these days qualified yet"
          : `${countOf(current.orders_qualified, "friend")}, ${unused === 0 ? "all free months used" : `${formatCount(unused)} not used yet`}`,
      explanation:
        "Of the friends who ordered on these days and qualified since: what the free months that they earned took off invoices until now, divided by these friends. Free months given by hand do not count.",
    },
    {
      id: "flags",
      label: "Flag rate",
      value: shareText(current.flagged, current.orders),
      change: changeOf(
        [current.flag_bps, previous?.flag_bps],
        [current.orders, previous?.orders ?? 0],
        "bad",
        { compare, format: () => shareText(previous?.flagged ?? 0, previous?.orders ?? 0) },
      ),
      hint:
        current.orders >= LEAST_FOR_PERCENT
          ? `${formatCount(current.flagged)} of ${countOf(current.orders, "order")}`
          : undefined,
      explanation: "Share of the referred orders of these days that raised a fraud signal.",
    },
    {
      id: "k",
      label: "K-factor",
      value: current.k_factor === null ? "–" : current.k_factor.toFixed(2),
      change: changeOf(
        [current.k_factor, previous?.k_factor],
        [current.active, previous?.active ?? 0],
        "good",
        { compare, format: (value) => value.toFixed(2) },
      ),
      hint: `${countOf(current.active, "friend")}, ${countOf(current.active_customers, "active customer")}`,
      explanation:
        "Friends whose service became active on these days, per customer with an active service at the end of the last day.",
    },
    {
      id: "liability",
      label: "Owed in free months",
      value: money(liability.value_cents),
      hint: `${countOf(liability.rewards, "free month")} now`,
      href: "/admin/billing/reports",
      explanation:
        "What the unused free months are worth now: the price of the customer's dearest service, up to the ceiling of the free month; nothing without a service. VAT included.",
    },
  ];
}

export type FunnelStep = {
  id: string;
  label: string;
  count: number;
  /** Of the largest step, 0 to 1; for the length of the bar. */
  share: number;
  /** How many of the step before got here, and how long it took. */
  notes: string[];
};

const medianText = (step: { friends: number; median_days: number } | undefined): string[] =>
  step
    ? [
        step.median_days === 0
          ? "on these days: half on the same day"
          : `on these days: half within ${countOf(step.median_days, "day")}`,
      ]
    : [];

/** The steps from an opened link to a friend who counts, of the orders of the period. */
export function funnel({ current, steps }: Pick<Metrics, "current" | "steps">): FunnelStep[] {
  const { visits, orders, orders_active, orders_paid, orders_qualified, orders_under_way } =
    current;
  const decided = orders - orders_under_way;
  const largest = Math.max(1, visits, orders);
  const of = (part: number, whole: number, name: string) =>
    whole === 0
      ? []
      : [`${shareText(part, whole)}${whole < LEAST_FOR_PERCENT ? ` ${name}` : ` of ${name}`}`];
  return [
    { id: "visits", label: "Opened an invitation", count: visits, notes: [] },
    { id: "orders", label: "Ordered", count: orders, notes: medianText(steps.ordered) },
    {
      id: "active",
      label: "Service became active",
      count: orders_active,
      notes: [...of(orders_active, orders, "orders"), ...medianText(steps.activated)],
    },
    {
      id: "paid",
      label: "Paid an invoice",
      count: orders_paid,
      notes: of(orders_paid, orders, "orders"),
    },
    {
      id: "qualified",
      label: "Qualified",
      count: orders_qualified,
      notes: [...of(orders_qualified, decided, "decided orders"), ...medianText(steps.qualified)],
    },
  ].map((step) => ({ ...step, share: step.count / largest }));
}

export const CHANNEL_WORDS: Record<(typeof CHANNELS)[number], string> = {
  whatsapp: "WhatsApp",
  link: "Copied link",
  qr: "QR code",
  typed: "Typed code",
  email: "E-mail",
  sms: "SMS",
  share: "Share sheet",
  admin: "Attached by the team",
};
