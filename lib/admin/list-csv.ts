import type {
  BillingRun,
  InvoiceRow,
  PaymentRow,
  Unbilled,
} from "@/lib/billing/billing-admin-schemas";
import { cents, plain, time } from "@/lib/csv-columns";
import type { Approval } from "./approval-schemas";
import type { BulkJob } from "./bulk-schemas";
import type { CustomerRow } from "./customer-schemas";
import type { NotificationRow, Suppression } from "./mailbox-schemas";
import type { OrderRow } from "./order-schemas";
import type { AdminClaim } from "./referral-schemas";

/** The columns of the lists that leave as files. */

export const CUSTOMER_CSV = [
  plain<CustomerRow>("customer_id", (row) => row.id),
  plain<CustomerRow>("customer", (row) => row.name),
  plain<CustomerRow>("email", (row) => row.email),
  plain<CustomerRow>("phone", (row) => row.phone),
  plain<CustomerRow>("referral_code", (row) => row.referral_code),
  plain<CustomerRow>("service", (row) => row.service_status),
  plain<CustomerRow>("friends", (row) => row.referrals),
  plain<CustomerRow>("rewards_waiting", (row) => row.pending_rewards),
  time<CustomerRow>("customer_since", (row) => row.created_at),
];

export const ORDER_CSV = [
  plain<OrderRow>("order_number", (row) => row.order_number),
  plain<OrderRow>("status", (row) => row.status),
  time<OrderRow>("ordered_at", (row) => row.created_at),
  time<OrderRow>("activated_at", (row) => row.activated_at),
  time<OrderRow>("cancelled_at", (row) => row.cancelled_at),
  plain<OrderRow>("cancel_reason", (row) => row.cancel_reason),
  plain<OrderRow>("customer_id", (row) => row.customer.id),
  plain<OrderRow>("customer", (row) => row.customer.name),
  plain<OrderRow>("customer_email", (row) => row.customer.email),
  plain<OrderRow>("package", (row) => row.service?.package_name ?? row.package_name),
  ...cents<OrderRow>("monthly_price", (row) => row.service?.monthly_price_cents ?? null),
  plain<OrderRow>("service", (row) => row.service?.status),
  plain<OrderRow>("referrer", (row) => row.referrer?.name),
  plain<OrderRow>("referral_code", (row) => row.referral_code),
  plain<OrderRow>("referral_outcome", (row) => row.referral_outcome),
];

export const CLAIM_CSV = [
  plain<AdminClaim>("claim_id", (row) => row.id),
  plain<AdminClaim>("status", (row) => row.status),
  time<AdminClaim>("said_at", (row) => row.created_at),
  plain<AdminClaim>("customer", (row) => row.customer.name),
  plain<AdminClaim>("customer_email", (row) => row.customer.email),
  plain<AdminClaim>("referrer", (row) => row.referrer.name),
  plain<AdminClaim>("referrer_email", (row) => row.referrer.email),
  plain<AdminClaim>("referral_code", (row) => row.referral_code),
  time<AdminClaim>("answered_at", (row) => row.answered_at),
  time<AdminClaim>("decided_at", (row) => row.decided_at),
  plain<AdminClaim>("decided_by", (row) => row.decided_by),
  plain<AdminClaim>("decision_reason", (row) => row.decision_reason),
];

export const APPROVAL_CSV = [
  plain<Approval>("request_id", (row) => row.id),
  plain<Approval>("kind", (row) => row.kind),
  plain<Approval>("status", (row) => row.status),
  plain<Approval>("customer", (row) => row.customer_name),
  ...cents<Approval>("amount", (row) => row.amount_cents),
  plain<Approval>("reason", (row) => row.reason),
  plain<Approval>("requested_by", (row) => row.requested_by_name),
  time<Approval>("requested_at", (row) => row.requested_at),
  time<Approval>("expires_at", (row) => row.expires_at),
  plain<Approval>("decided_by", (row) => row.decided_by_name),
  time<Approval>("decided_at", (row) => row.decided_at),
  plain<Approval>("decision_reason", (row) => row.decision_reason),
];

export const MAIL_CSV = [
  plain<NotificationRow>("mail_id", (row) => row.id),
  plain<NotificationRow>("template", (row) => row.template),
  plain<NotificationRow>("recipient", (row) => row.recipient),
  plain<NotificationRow>("customer_id", (row) => row.customer_id),
  plain<NotificationRow>("subject", (row) => row.subject),
  plain<NotificationRow>("status", (row) => row.status),
  plain<NotificationRow>("delivery", (row) => row.delivery_state),
  plain<NotificationRow>("tries", (row) => row.attempts),
  plain<NotificationRow>("last_error", (row) => row.last_error),
  time<NotificationRow>("queued_at", (row) => row.created_at),
  time<NotificationRow>("sent_at", (row) => row.sent_at),
];

export const ADDRESS_CSV = [
  plain<Suppression>("address", (row) => row.address),
  plain<Suppression>("cause", (row) => row.cause),
  time<Suppression>("since", (row) => row.created_at),
  plain<Suppression>("customer_id", (row) => row.customer_id),
];

export const INVOICE_CSV = [
  plain<InvoiceRow>("invoice_number", (row) => row.invoice_number),
  time<InvoiceRow>("issued_at", (row) => row.issued_at),
  plain<InvoiceRow>("due_on", (row) => row.due_on),
  plain<InvoiceRow>("kind", (row) => (row.is_completion ? "completion" : "cycle")),
  plain<InvoiceRow>("period_start", (row) => row.period_start),
  plain<InvoiceRow>("customer_id", (row) => row.customer.id),
  plain<InvoiceRow>("customer", (row) => row.customer.name),
  plain<InvoiceRow>("description", (row) => row.description),
  plain<InvoiceRow>("currency", (row) => row.currency),
  ...cents<InvoiceRow>("total", (row) => row.total_cents),
  ...cents<InvoiceRow>("due", (row) => row.amount_due_cents),
  ...cents<InvoiceRow>("waived", (row) => row.amount_waived_cents),
  ...cents<InvoiceRow>("credited", (row) => row.credited_cents),
  ...cents<InvoiceRow>("outstanding", (row) => row.outstanding_cents),
];

export const PAYMENT_CSV = [
  plain<PaymentRow>("payment_id", (row) => row.id),
  plain<PaymentRow>("paid_on", (row) => row.paid_on),
  time<PaymentRow>("recorded_at", (row) => row.created_at),
  plain<PaymentRow>("recorded_by", (row) => row.recorded_by),
  plain<PaymentRow>("invoice_number", (row) => row.invoice_number),
  plain<PaymentRow>("customer_id", (row) => row.customer.id),
  plain<PaymentRow>("customer", (row) => row.customer.name),
  plain<PaymentRow>("method", (row) => row.method),
  plain<PaymentRow>("reference", (row) => row.reference),
  plain<PaymentRow>("currency", (row) => row.currency),
  ...cents<PaymentRow>("amount", (row) => row.amount_cents),
  time<PaymentRow>("taken_back_at", (row) => row.reversed_at),
  plain<PaymentRow>("taken_back_because", (row) => row.reversal_reason),
];

export const UNBILLED_CSV = [
  plain<Unbilled>("customer_id", (row) => row.customer_id),
  plain<Unbilled>("customer", (row) => row.customer_name),
  plain<Unbilled>("service_id", (row) => row.service_id),
  plain<Unbilled>("package", (row) => row.package_name),
  plain<Unbilled>("month", (row) => row.period_start),
  plain<Unbilled>("active_from", (row) => row.from),
  plain<Unbilled>("active_to", (row) => row.to),
  plain<Unbilled>("reason", (row) => row.reason),
];

type RunRow = BillingRun & { currency: string };

export const RUN_CSV = [
  plain<RunRow>("run_id", (row) => row.id),
  plain<RunRow>("kind", (row) => (row.is_completion ? "completion" : "cycle")),
  plain<RunRow>("period_start", (row) => row.period_start),
  plain<RunRow>("status", (row) => (row.is_interrupted ? "interrupted" : row.status)),
  time<RunRow>("started_at", (row) => row.started_at),
  time<RunRow>("finished_at", (row) => row.finished_at),
  plain<RunRow>("trigger", (row) => row.trigger),
  plain<RunRow>("started_by", (row) => row.started_by),
  plain<RunRow>("services", (row) => row.services_total),
  plain<RunRow>("skipped", (row) => row.skipped),
  plain<RunRow>("invoices", (row) => row.invoices),
  plain<RunRow>("free_months", (row) => row.free_months),
  plain<RunRow>("errors", (row) => row.error_count),
  plain<RunRow>("currency", (row) => row.currency),
  ...cents<RunRow>("total", (row) => row.total_cents),
  ...cents<RunRow>("waived", (row) => row.waived_cents),
];

export const BULK_CSV = [
  plain<BulkJob>("job_id", (row) => row.id),
  plain<BulkJob>("act", (row) => row.act),
  plain<BulkJob>("until", (row) => row.until),
  plain<BulkJob>("status", (row) => row.status),
  plain<BulkJob>("reason", (row) => row.reason),
  time<BulkJob>("planned_at", (row) => row.created_at),
  plain<BulkJob>("planned_by", (row) => row.created_by_name),
  time<BulkJob>("started_at", (row) => row.started_at),
  plain<BulkJob>("rows", (row) => row.counts.items),
  plain<BulkJob>("done", (row) => row.counts.done),
  plain<BulkJob>("refused", (row) => row.counts.refused),
  plain<BulkJob>("waiting", (row) => row.counts.pending),
  time<BulkJob>("stopped_at", (row) => row.stopped_at),
  plain<BulkJob>("stopped_by", (row) => row.stopped_by_name),
  plain<BulkJob>("stop_reason", (row) => row.stop_reason),
];
