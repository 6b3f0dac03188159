import { z } from "zod";
import type { InvoiceDraft } from "@/lib/invoicing/invoice";
import type { Cents } from "@/lib/money";

/** What a run would do, line by line. Amounts in cents, VAT included. */

const count = z.number().int().min(0);
const money = z.number().int();

/** What the database adds to the drafts of a dry run. */
export const previewFactsOfServicesSchema = z.array(
  z.object({
    service_id: z.guid(),
    customer_name: z.string(),
    package_name: z.string(),
    was_billed: z.boolean(),
    /** What the customer has in the account now. */
    credit_cents: count,
    /** The invoice of the month before. */
    previous: z.object({ price_cents: money, charge_cents: money, total_cents: money }).nullable(),
  }),
);
type ServiceFacts = z.infer<typeof previewFactsOfServicesSchema>[number];

const goneSchema = z.object({
  service_id: z.guid(),
  customer_id: z.guid(),
  customer_name: z.string(),
  package_name: z.string(),
  status: z.string(),
  previous_cents: money,
});

/** What was invoiced for the month before, what is invoiced by now, and what ends. */
export const cycleComparisonSchema = z.object({
  previous: z.object({ period_start: z.string(), invoices: count, total_cents: money }),
  issued: z.object({ invoices: count, total_cents: money, new_cents: money }),
  gone: z.object({ services: count, total_cents: money, first: z.array(goneSchema) }),
});
type CycleComparison = z.infer<typeof cycleComparisonSchema>;

/** What is worth a look about a line; one line may have several of these. */
const LINE_KINDS = [
  "completion",
  "new",
  "back",
  "changed",
  "pro_rated",
  "free",
  "credit",
  "unchanged",
] as const;
export type LineKind = (typeof LINE_KINDS)[number];

/** An invoice that a run would issue. */
export interface PreviewLine {
  customer_id: string;
  customer_name: string;
  service_id: string;
  package_name: string;
  /** First day of the month that it is for. */
  period_start: string;
  description: string;
  kinds: LineKind[];
  /** Before the free month. */
  charge_cents: Cents;
  waived_cents: Cents;
  /** What the account pays of it. */
  credit_cents: Cents;
  /** What is left to pay. */
  payable_cents: Cents;
  /** Charge of the month before; null without an invoice for it. */
  previous_cents: Cents | null;
}

/** The lines of one kind: how many, what they charge, and the first of them. */
export interface LineGroup {
  kind: LineKind;
  lines: number;
  charge_cents: Cents;
  first: PreviewLine[];
}

/** Invoices that an earlier month still gets. */
export interface PreviewCompletion {
  period_start: string;
  invoices: number;
  free_months: number;
  total_cents: Cents;
}

/** The cycle beside the month before. The three parts add up to the difference. */
export interface PreviewComparison {
  previous: CycleComparison["previous"];
  /** Issued already and to be issued. */
  invoices: number;
  total_cents: Cents;
  difference_cents: Cents;
  /** Services without an invoice for the month before. */
  new_cents: Cents;
  /** Services that are no longer invoiced: zero or less. */
  gone_cents: Cents;
  /** Prices, parts of a month, free months and errors. */
  changed_cents: Cents;
  gone: CycleComparison["gone"];
}

/** Lines of one kind that a preview names; of all it knows the number and the sum. */
const NAMED_LINES = 50;

function isPartOfMonth({ line_items }: InvoiceDraft): boolean {
  const services = line_items.filter(({ kind }) => kind === "service");
  const days = services.reduce((sum, line) => sum + line.days, 0);
  return days < (services[0]?.days_in_period ?? 0);
}

/** Collects the drafts of a dry run, batch by batch: sums of all, and the first lines of each kind. */
export class PreviewLines {
  readonly #groups = new Map<LineKind, LineGroup>();
  readonly #completions = new Map<string, PreviewCompletion>();
  /** What is left of the account of each customer who has any. */
  readonly #credit = new Map<string, Cents>();
  #newCents = 0;
  creditCents: Cents = 0;
  /** Free months that completions would use: the cycle cannot use them again. */
  readonly usedRewards = new Set<string>();

  /** @param periodStart first day of the cycle; drafts for other months are completions. */
  constructor(private readonly periodStart: string) {}

  add(drafts: readonly InvoiceDraft[], facts: readonly ServiceFacts[]): void {
    const known = new Map(facts.map((fact) => [fact.service_id, fact]));
    for (const draft of drafts) {
      const fact = known.get(draft.service_id);
      if (fact) this.#addLine(draft, fact);
    }
  }

  /** The kinds that occur, in a fixed order. */
  get groups(): LineGroup[] {
    return LINE_KINDS.flatMap((kind) => this.#groups.get(kind) ?? []);
  }

  /** The earlier months, oldest first. */
  get completions(): PreviewCompletion[] {
    return [...this.#completions.values()].sort((a, b) =>
      a.period_start < b.period_start ? -1 : 1,
    );
  }

  /** The cycle beside the month before, when so much is still to be issued for it. */
  compare(
    { previous, issued, gone }: CycleComparison,
    toIssue: { invoices: number; total_cents: Cents },
  ): PreviewComparison {
    const total_cents = issued.total_cents + toIssue.total_cents;
    const difference_cents = total_cents - previous.total_cents;
    const new_cents = issued.new_cents + this.#newCents;
    const gone_cents = gone.total_cents === 0 ? 0 : -gone.total_cents;
    return {
      previous,
      invoices: issued.invoices + toIssue.invoices,
      total_cents,
      difference_cents,
      new_cents,
      gone_cents,
      changed_cents: difference_cents - new_cents - gone_cents,
      gone,
    };
  }

  #addLine(draft: InvoiceDraft, fact: ServiceFacts): void {
    const isCompletion = draft.period_start !== this.periodStart;
    const credit = this.#takeCredit(draft, fact.credit_cents);
    const kinds: LineKind[] = [];
    if (isCompletion) kinds.push("completion");
    else if (!fact.previous) kinds.push(fact.was_billed ? "back" : "new");
    if (fact.previous && fact.previous.price_cents !== draft.price_cents) kinds.push("changed");
    if (isPartOfMonth(draft)) kinds.push("pro_rated");
    if (draft.is_free_month) kinds.push("free");
    if (credit > 0) kinds.push("credit");
    if (kinds.length === 0) kinds.push("unchanged");
    if (isCompletion) this.#addCompletion(draft);
    else if (!fact.previous) this.#newCents += draft.total_cents;
    const line: PreviewLine = {
      customer_id: draft.customer_id,
      customer_name: fact.customer_name,
      service_id: draft.service_id,
      package_name: fact.package_name,
      period_start: draft.period_start,
      description: draft.line_items[0]?.description ?? fact.package_name,
      kinds,
      charge_cents: draft.charge_cents,
      waived_cents: draft.amount_waived_cents,
      credit_cents: credit,
      payable_cents: draft.amount_due_cents - credit,
      previous_cents: fact.previous?.charge_cents ?? null,
    };
    for (const kind of kinds) this.#group(kind, line);
  }

  /** An invoice is paid from the account as far as that goes. */
  #takeCredit({ customer_id, amount_due_cents }: InvoiceDraft, inAccount: Cents): Cents {
    if (inAccount === 0) return 0;
    const left = this.#credit.get(customer_id) ?? inAccount;
    const taken = Math.min(left, amount_due_cents);
    this.#credit.set(customer_id, left - taken);
    this.creditCents += taken;
    return taken;
  }

  #addCompletion({
    period_start,
    is_free_month,
    total_cents,
    referral_reward_id,
  }: InvoiceDraft): void {
    if (referral_reward_id) this.usedRewards.add(referral_reward_id);
    const known = this.#completions.get(period_start) ?? {
      period_start,
      invoices: 0,
      free_months: 0,
      total_cents: 0,
    };
    known.invoices += 1;
    known.free_months += is_free_month ? 1 : 0;
    known.total_cents += total_cents;
    this.#completions.set(period_start, known);
  }

  #group(kind: LineKind, line: PreviewLine): void {
    const group = this.#groups.get(kind) ?? { kind, lines: 0, charge_cents: 0, first: [] };
    group.lines += 1;
    group.charge_cents += line.charge_cents;
    if (group.first.length < NAMED_LINES) group.first.push(line);
    this.#groups.set(kind, group);
  }
}
