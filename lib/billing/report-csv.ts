import { type CsvCell, csvRows } from "@/lib/csv";
import type {
  CreditNoteExportRow,
  InvoiceExportRow,
  LeftOut,
  OwedReward,
  PaymentExportRow,
  RunReport,
  VatRow,
} from "./report-schemas";

/** A column of an export: its name in the file, what it means, and its cell. */
interface Column<Row> {
  name: string;
  meaning: string;
  cell(row: Row): CsvCell;
}

type Columns<Row> = readonly Column<Row>[];

const column = <Row>(name: string, meaning: string, cell: (row: Row) => CsvCell): Column<Row> => ({
  name,
  meaning,
  cell,
});

/** An amount twice: whole cents for programs, and a decimal number for people. */
const amount = <Row>(
  name: string,
  meaning: string,
  cents: (row: Row) => number | null,
): Columns<Row> => [
  column(`${name}_cents`, `${meaning}, in cents`, cents),
  column(name, `${meaning}, as a decimal number`, (row) => {
    const value = cents(row);
    return value === null ? null : { cents: value };
  }),
];

/** Rows as CSV in these columns, with or without the row that names them. */
function csvOf<Row>(columns: Columns<Row>, rows: readonly Row[], header: boolean): string {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  return csvRows(header ? [columns.map(({ name }) => name), ...cells] : cells);
}

/** A kind of file: its columns, and how rows become text. */
export interface CsvKind<Row> {
  columns: readonly { name: string; meaning: string }[];
  csv(rows: readonly Row[], options: { header: boolean }): string;
}

const kindOf = <Row>(columns: Columns<Row>): CsvKind<Row> => ({
  columns: columns.map(({ name, meaning }) => ({ name, meaning })),
  csv: (rows, { header }) => csvOf(columns, rows, header),
});

const percent = (bps: number): string => String(bps / 100);

export const INVOICES_CSV = kindOf<InvoiceExportRow>([
  column("invoice_number", "Number of the tax invoice", (row) => row.invoice_number),
  column("issued_on", "Day of issue", (row) => row.issued_on),
  column("due_on", "Last day to pay", (row) => row.due_on),
  column("kind", "cycle, or completion of a month that was over", (row) => row.kind),
  column("period_first_day", "First day of the month supplied", (row) => row.period_start),
  column("period_last_day", "Last day of the month supplied", (row) => row.last_day),
  column("customer_id", "Customer", (row) => row.customer_id),
  column("customer", "Buyer on the invoice; empty once erased", (row) => row.customer_name),
  column("customer_vat_number", "The buyer's VAT number", (row) => row.customer_vat_number),
  column("service_id", "Service", (row) => row.service_id),
  column("description", "First line of the invoice", (row) => row.description),
  column("currency", "ISO 4217", (row) => row.currency),
  column("vat_percent", "VAT rate; two when the month straddles a change", (row) =>
    row.vat_bps.map(percent).join(" and "),
  ),
  ...amount<InvoiceExportRow>("net", "Without VAT", (row) => row.net_cents),
  ...amount<InvoiceExportRow>("vat", "VAT", (row) => row.vat_cents),
  ...amount<InvoiceExportRow>("total", "With VAT", (row) => row.total_cents),
  column(
    "free_month",
    "How VAT treats the free month: discount, or consideration",
    (row) => row.treatment,
  ),
  ...amount<InvoiceExportRow>(
    "waived",
    "Waived by the free month, VAT included",
    (row) => row.waived_cents,
  ),
  ...amount<InvoiceExportRow>("due", "To be paid when it was issued", (row) => row.due_cents),
]);

export const CREDIT_NOTES_CSV = kindOf<CreditNoteExportRow>([
  column("credit_note_number", "Number of the credit note", (row) => row.credit_note_number),
  column("issued_on", "Day of issue", (row) => row.issued_on),
  column("invoice_number", "Invoice that it corrects", (row) => row.invoice_number),
  column("period_first_day", "First day of the month supplied", (row) => row.period_start),
  column("period_last_day", "Last day of the month supplied", (row) => row.last_day),
  column("customer_id", "Customer", (row) => row.customer_id),
  column("customer", "Buyer on the invoice; empty once erased", (row) => row.customer_name),
  column("reason", "Why it was issued", (row) => row.reason),
  column("currency", "ISO 4217", (row) => row.currency),
  ...amount<CreditNoteExportRow>("net", "Without VAT", (row) => row.net_cents),
  ...amount<CreditNoteExportRow>("vat", "VAT", (row) => row.vat_cents),
  ...amount<CreditNoteExportRow>("total", "With VAT", (row) => row.total_cents),
]);

export const PAYMENTS_CSV = kindOf<PaymentExportRow>([
  column("entry_id", "The payment, or its reversal", (row) => row.id),
  column("kind", "payment, or reversal of one", (row) => row.kind),
  column("recorded_on", "Day on which it was recorded here", (row) => row.recorded_on),
  column("paid_on", "Day of the payment", (row) => row.paid_on),
  column("payment_id", "The payment; for a reversal the one taken back", (row) => row.payment_id),
  column("invoice_number", "Invoice that the payment names", (row) => row.invoice_number),
  column("customer_id", "Customer", (row) => row.customer_id),
  column("customer", "Buyer on the invoice; empty once erased", (row) => row.customer_name),
  column("method", "How it was paid", (row) => row.method),
  column("reference", "Reference of the bank", (row) => row.reference),
  column("reason", "Why it was taken back", (row) => row.reason),
  column("currency", "ISO 4217", (row) => row.currency),
  ...amount<PaymentExportRow>(
    "amount",
    "Paid; below zero for a reversal",
    (row) => row.amount_cents,
  ),
]);

export const VAT_CSV = kindOf<VatRow>([
  column("period", "First day of the month supplied", (row) => row.period_start),
  column("vat_percent", "VAT rate", (row) => percent(row.vat_bps)),
  column("currency", "ISO 4217", (row) => row.currency),
  column("invoices", "Invoices with a line at this rate", (row) => row.invoices),
  ...amount<VatRow>("invoiced_net", "Invoiced without VAT", (row) => row.invoiced_net_cents),
  ...amount<VatRow>("invoiced_vat", "VAT invoiced", (row) => row.invoiced_vat_cents),
  ...amount<VatRow>("invoiced_total", "Invoiced with VAT", (row) => row.invoiced_total_cents),
  column("credit_notes", "Credit notes on these invoices", (row) => row.credit_notes),
  ...amount<VatRow>("credited_net", "Credited without VAT", (row) => row.credited_net_cents),
  ...amount<VatRow>("credited_vat", "VAT credited", (row) => row.credited_vat_cents),
  ...amount<VatRow>("credited_total", "Credited with VAT", (row) => row.credited_total_cents),
  ...amount<VatRow>("net", "Invoices less credit notes, without VAT", (row) => row.net_cents),
  ...amount<VatRow>("vat", "VAT of invoices less credit notes", (row) => row.vat_cents),
  ...amount<VatRow>("total", "Invoices less credit notes, with VAT", (row) => row.total_cents),
  ...amount<VatRow>(
    "late_vat",
    "VAT of documents issued after the month",
    (row) => row.late_vat_cents,
  ),
]);

type OwedRewardRow = OwedReward & { currency: string };

export const LIABILITY_CSV = kindOf<OwedRewardRow>([
  column("reward_id", "The free month", (row) => row.id),
  column("customer_id", "Customer", (row) => row.customer_id),
  column("customer", "Name of the customer", (row) => row.customer_name),
  column("source", "earned by referrals, or granted by hand (manual)", (row) => row.source),
  column("vat_treatment", "discount, or consideration", (row) => row.vat_treatment),
  column("granted_on", "Day of the grant", (row) => row.granted_on),
  column("last_day", "Last day on which it can be used", (row) => row.last_day),
  column("currency", "ISO 4217", (row) => row.currency),
  ...amount<OwedRewardRow>("cap", "Ceiling, VAT included; empty for none", (row) => row.cap_cents),
  ...amount<OwedRewardRow>("value", "Worth now, VAT included", (row) => row.value_cents),
]);

/** A line of a run's file: the run's sums, an invoice, or a service without one. */
export type RunCsvRow =
  | { row: "run"; report: RunReport; link: string }
  | { row: "invoice"; invoice: InvoiceExportRow; link: string }
  | { row: "left_out"; leftOut: LeftOut; report: RunReport; link: string };

/** What a row says, by the kind of row. */
const either =
  <T>(cases: {
    run?: (report: RunReport) => T;
    invoice?: (invoice: InvoiceExportRow) => T;
    leftOut?: (leftOut: LeftOut, report: RunReport) => T;
  }) =>
  (row: RunCsvRow): T | null => {
    if (row.row === "run") return cases.run?.(row.report) ?? null;
    if (row.row === "invoice") return cases.invoice?.(row.invoice) ?? null;
    return cases.leftOut?.(row.leftOut, row.report) ?? null;
  };

/** Waived by a free month of this treatment; nothing on an invoice with another one or none. */
const waivedAs = (treatment: "discount" | "consideration") =>
  either<number>({
    run: (report) => report[`${treatment}_cents`],
    invoice: (invoice) => (invoice.treatment === treatment ? invoice.waived_cents : 0),
  });

export const RUN_CSV = kindOf<RunCsvRow>([
  column(
    "row",
    "run: the sums; invoice: one that it issued; left_out: a service without one",
    (row) => row.row,
  ),
  column(
    "kind",
    "cycle, or completion of a month that was over",
    either({
      run: (report) => (report.is_completion ? "completion" : "cycle"),
      invoice: ({ kind }) => kind,
    }),
  ),
  column(
    "number",
    "Invoice number; for the run the first one",
    either({
      run: ({ first_number }) => first_number,
      invoice: ({ invoice_number }) => invoice_number,
    }),
  ),
  column(
    "last_number",
    "Last invoice number of the run",
    either({ run: (report) => report.last_number }),
  ),
  column(
    "invoices",
    "How many invoices the run issued",
    either({ run: ({ invoices }) => invoices }),
  ),
  column("issued_on", "Day of issue", either({ invoice: ({ issued_on }) => issued_on })),
  column(
    "period_first_day",
    "First day of the month supplied",
    either({
      run: ({ period_start }) => period_start,
      invoice: ({ period_start }) => period_start,
      leftOut: (_leftOut, { period_start }) => period_start,
    }),
  ),
  column(
    "period_last_day",
    "Last day of the month supplied",
    either({
      run: ({ last_day }) => last_day,
      invoice: ({ last_day }) => last_day,
      leftOut: (_leftOut, { last_day }) => last_day,
    }),
  ),
  column(
    "customer_id",
    "Customer",
    either({
      invoice: ({ customer_id }) => customer_id,
      leftOut: ({ customer_id }) => customer_id,
    }),
  ),
  column(
    "customer",
    "Name of the customer; empty once erased",
    either({
      invoice: ({ customer_name }) => customer_name,
      leftOut: ({ customer_name }) => customer_name,
    }),
  ),
  column(
    "service_id",
    "Service",
    either({
      invoice: ({ service_id }) => service_id,
      leftOut: ({ service_id }) => service_id,
    }),
  ),
  column(
    "description",
    "First line of the invoice, or the package",
    either({
      invoice: ({ description }) => description,
      leftOut: ({ package_name }) => package_name,
    }),
  ),
  column(
    "currency",
    "ISO 4217",
    either({
      run: ({ currency }) => currency,
      invoice: ({ currency }) => currency,
    }),
  ),
  ...amount<RunCsvRow>(
    "net",
    "Without VAT",
    either({
      run: ({ net_cents }) => net_cents,
      invoice: ({ net_cents }) => net_cents,
    }),
  ),
  ...amount<RunCsvRow>(
    "vat",
    "VAT",
    either({
      run: ({ vat_cents }) => vat_cents,
      invoice: ({ vat_cents }) => vat_cents,
    }),
  ),
  ...amount<RunCsvRow>(
    "total",
    "With VAT",
    either({
      run: ({ total_cents }) => total_cents,
      invoice: ({ total_cents }) => total_cents,
    }),
  ),
  ...amount<RunCsvRow>(
    "waived_discount",
    "Waived by free months that are a discount",
    waivedAs("discount"),
  ),
  ...amount<RunCsvRow>(
    "waived_consideration",
    "Waived by free months that are a credit against the total",
    waivedAs("consideration"),
  ),
  ...amount<RunCsvRow>(
    "due",
    "To be paid when it was issued",
    either({
      run: ({ due_cents }) => due_cents,
      invoice: ({ due_cents }) => due_cents,
    }),
  ),
  column("reason", "Why a service has no invoice", either({ leftOut: ({ reason }) => reason })),
  column("link", "Where to read it", (row) => row.link),
]);
