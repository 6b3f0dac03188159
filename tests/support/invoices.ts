import { randomUUID } from "node:crypto";
import { dateOfDayNumber, dayNumber, formatDateRange } from "@/lib/dates";
import { vatIncluded } from "@/lib/invoicing/invoice";
import { daysInPeriod, periodFromMonth } from "@/lib/invoicing/period";
import { ACTOR } from "./builders";
import { one, type Queries } from "./rows";

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
  },
): Promise<BuiltInvoice> {
  const { totalCents = 79_900, vatBps = 1500, month = "2026-11" } = given;
  const { start, end } = periodFromMonth(month, "Africa/Johannesburg");
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
        '{"name": "Thandi Nkosi", "address": {"line1": "1 Loop Street", "city": "Cape Town"}}',
        ${given.dueOn ?? "2026-11-15"}, '2026-11-01T06:00:00Z'
      from number
      returning id, invoice_number as number`,
  );
  return { ...row, totalCents, vatCents };
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
