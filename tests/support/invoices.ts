import { randomUUID } from "node:crypto";
import { dateOfDayNumber, dayNumber, formatDateRange } from "@/lib/dates";
import { daysInPeriod, periodFromMonth } from "@/lib/invoicing/period";
import { vatIncluded } from "@/lib/invoicing/vat";
import { ACTOR } from "./builders";
import { one, type Queries } from "./rows";

const ZONE = "Africa/Johannesburg";

export interface BuiltInvoice {
  id: string;
  number: string;
  totalCents: number;
  vatCents: number;
}

/**
 * An issued invoice of a service for a whole month, with the next number of its series, as a
 * billing run leaves it; without a run, so that tests that share a database do not meet in one.
 * Amounts in cents, VAT included.
 */
export async function issuedInvoice(
  sql: Queries,
  given: {
    customerId: string;
    serviceId: string;
    totalCents?: number;
    vatBps?: number;
    /** `YYYY-MM` */
    month?: string;
    /** `YYYY-MM-DD` */
    dueOn?: string;
    /** ISO 8601 */
    issuedAt?: string;
    buyer?: Record<string, string | { line1: string; city: string }>;
  },
): Promise<BuiltInvoice> {
  const { totalCents = 79_900, vatBps = 1500, month = "2026-11" } = given;
  const buyer = given.buyer ?? {
    name: "Thandi Nkosi",
    address: { line1: "1 Loop Street", city: "Cape Town" },
  };
  const { start, end } = periodFromMonth(month, ZONE);
  const vatCents = vatIncluded(totalCents, vatBps);
  const days = daysInPeriod({ start, end });
  const dates = formatDateRange(start, dateOfDayNumber(dayNumber(end) - 1));
  const lines = [
    {
      kind: "service",
      description: `Fibre 100/50 · ${dates}`,
      quantity: 1,
      unit_cents: totalCents,
      amount_cents: totalCents,
      vat_cents: vatCents,
      period_start: start,
      period_end: end,
      days,
      days_in_period: days,
    },
  ];
  const row = one(
    await sql<{ id: string; number: string }[]>`
      with number as (
        insert into public.invoice_series as n (series, year, last_number) values ('INV', 2026, 1)
        on conflict (series, year) do update set last_number = n.last_number + 1
        returning last_number
      )
      insert into public.customer_invoices
        (id, invoice_number, customer_id, service_id, period_start, period_end, vat_bps, price_cents,
         line_items, subtotal_cents, vat_cents, total_cents, amount_due_cents, seller, buyer, due_on,
         issued_at)
      select ${randomUUID()}, 'INV-2026-' || lpad(last_number::text, 6, '0'), ${given.customerId},
        ${given.serviceId}, ${start}, ${end}, ${vatBps}, ${totalCents}, ${sql.json(lines)},
        ${totalCents - vatCents}, ${vatCents}, ${totalCents}, ${totalCents},
        (private.current_billing_settings()).seller,
        ${sql.json(buyer)}, ${given.dueOn ?? "2026-11-15"},
        ${given.issuedAt ?? "2026-11-01T06:00:00Z"}
      from number
      returning id, invoice_number as number`,
  );
  return { ...row, totalCents, vatCents };
}

/** The invoice of the month of `at` (ISO 8601), issued and paid at that moment. */
export async function paidInvoice(
  sql: Queries,
  given: { customerId: string; serviceId: string; at: string },
): Promise<BuiltInvoice> {
  const { customerId, serviceId, at } = given;
  const invoice = await issuedInvoice(sql, {
    customerId,
    serviceId,
    month: at.slice(0, 7),
    dueOn: at.slice(0, 10),
    issuedAt: at,
  });
  await pay(sql, invoice, at);
  return invoice;
}

/** Pays an invoice in full at a moment (ISO 8601). */
async function pay(
  sql: Queries,
  invoice: Pick<BuiltInvoice, "number" | "totalCents">,
  at: string,
): Promise<void> {
  await sql`select public.record_invoice_payment(${invoice.number}, ${invoice.totalCents}, ${at})`;
}

/** Starts the billing run of a month (`YYYY-MM`) as a job does. Returns its id. */
export async function startedRun(sql: Queries, month: string, asOf: string): Promise<string> {
  const { start, end, endsAt } = periodFromMonth(month, ZONE);
  const { id } = one(
    await sql<{ id: string }[]>`
      select public.start_billing_run(${start}, ${end}, ${endsAt.toISOString()}, 'job', true, null,
        ${asOf}) ->> 'run_id' as id`,
  );
  return id;
}

/** A draft as a billing run issues it: a whole month at R799, waived when there is a free month. */
export function invoiceDraft(given: {
  customerId: string;
  serviceId: string;
  /** ISO 8601, as it is stored. */
  activatedAt: string;
  /** `YYYY-MM` */
  month: string;
  rewardId?: string | null;
}) {
  const rewardId = given.rewardId ?? null;
  const period = periodFromMonth(given.month, ZONE);
  const days = daysInPeriod(period);
  const rate = { quantity: 1, vat_bps: 1500, period_start: period.start, period_end: period.end };
  const charge = {
    ...rate,
    kind: "service",
    description: "Fibre",
    amount_cents: 79_900,
    vat_cents: 10_422,
    days,
    days_in_period: days,
  };
  const waived = {
    ...rate,
    kind: "reward",
    description: "Referral reward: free month",
    amount_cents: -79_900,
    vat_cents: -10_422,
  };
  const amounts = rewardId
    ? { subtotal_cents: 0, vat_cents: 0, total_cents: 0, amount_due_cents: 0 }
    : { subtotal_cents: 69_478, vat_cents: 10_422, total_cents: 79_900, amount_due_cents: 79_900 };
  return {
    customer_id: given.customerId,
    service_id: given.serviceId,
    price_cents: 79_900,
    activated_at: given.activatedAt,
    period_start: period.start,
    vat_bps: 1500,
    line_items: rewardId ? [charge, waived] : [charge],
    ...amounts,
    referral_reward_id: rewardId,
    amount_waived_cents: rewardId ? 79_900 : 0,
    reward_treatment: rewardId ? "discount" : null,
    reward_description: rewardId ? waived.description : null,
    buyer: { name: "Thandi Nkosi", address: {} },
  };
}

export interface IssuedCredit {
  credit_note_number: string;
  invoice_number: string;
  total_cents: number;
  vat_cents: number;
  remaining_cents: number;
  issued_at: string;
}

/** Credits an invoice with an injected clock. A null amount asks for all that is left. */
export async function creditInvoice(
  sql: Queries,
  invoiceNumber: string,
  amountCents: number | null,
  given: { reason?: string; key?: string; actor?: string; asOf?: string } = {},
): Promise<IssuedCredit> {
  const row = one(
    await sql<{ answer: IssuedCredit }[]>`
      select private.issue_credit_note(${invoiceNumber}, ${amountCents},
        ${given.reason ?? "A week without service"}, ${given.key ?? null},
        ${given.actor ?? ACTOR}, ${given.asOf ?? "2026-11-20T08:00:00Z"}) as answer`,
  );
  return row.answer;
}
