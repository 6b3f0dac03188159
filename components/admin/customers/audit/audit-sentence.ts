import { codeInWords } from "@/components/ui/wording";
import type { AuditEntry } from "@/lib/admin/customer-schemas";
import { formatDate, formatDateTime } from "@/lib/dates";
import { formatMoney } from "@/lib/money";

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

const SERVICE_VERBS: Readonly<Record<string, string>> = {
  active: "reactivated the service",
  suspended: "suspended the service",
  cancelled: "cancelled the service",
};

const APPROVAL_KINDS: Readonly<Record<string, string>> = {
  billing_run: "a billing run ahead of its month",
  package_change: "a change of package",
  credit_note: "a credit note",
  bulk_job: "a bulk job",
};

const approvalWords = ({ after }: AuditEntry) =>
  APPROVAL_KINDS[text(after?.kind) ?? ""] ?? "an act";

const rowsOf = ({ after }: AuditEntry) =>
  `${Number(after?.rows ?? 0)} ${after?.rows === 1 ? "row" : "rows"}`;

/** What somebody did, e.g. "granted a free month". */
function actionWords(entry: AuditEntry): string {
  const status = text(entry.after?.status) ?? "";
  switch (entry.action) {
    case "reward.granted":
      return "granted a free month";
    case "reward.earned":
      return "granted the free month that was earned";
    case "reward.revoked":
      return "revoked a free month";
    case "reward.extended":
      return "gave a free month more time";
    case "program.withdrawn":
      return "withdrew a scheduled version of the terms";
    case "bulk.planned":
      return `planned a bulk job with ${rowsOf(entry)}`;
    case "bulk.started":
      return "started a bulk job";
    case "bulk.stopped":
      return "stopped a bulk job";
    case "bulk.row_done":
      return `did row ${Number(entry.after?.row ?? 0)} of a bulk job`;
    case "bulk.row_refused":
      return `could not do row ${Number(entry.after?.row ?? 0)} of a bulk job`;
    case "order.activated":
      return "activated the order";
    case "order.installing":
      return "marked the order as being installed";
    case "order.cancelled":
      return "cancelled the order";
    case "service.status_changed":
      return SERVICE_VERBS[status] ?? `changed the service to ${status || "another status"}`;
    case "service.package_changed": {
      const day = text(entry.after?.effective_on);
      const done = "changed the package of the service";
      return day ? `${done}, which takes effect on ${formatDate(day, "UTC")}` : done;
    }
    case "referral.cleared":
      return "cleared a flagged referral";
    case "referral.rejected":
      return "rejected a flagged referral";
    case "referral.decision_undone":
      return "took back a decision on a flagged referral";
    case "referral.appealed":
      return "asked that somebody else looks at a rejected referral";
    case "referral.appeal_upheld":
      return "let the rejected referral count after all";
    case "referral.appeal_dismissed":
      return "kept the referral rejected after a second look";
    case "referral.attached":
      return "attached a referral code afterwards";
    case "referral.reinstated":
      return "let an ended referral go on";
    case "referral.extended":
      return "gave a referral more time";
    case "claim.accepted":
      return "accepted the claim of an invitation";
    case "claim.rejected":
      return "rejected the claim of an invitation";
    case "order.package_changed":
      return "changed the package of the order";
    case "fraud_settings.updated":
      return "changed the fraud rules";
    case "program.updated":
      return "changed the programme's terms";
    case "launch.updated":
      return "changed the launch targets";
    case "switch.changed": {
      const done = entry.after?.is_on === true ? "switched on" : "switched off";
      return `${done} ${entry.entity_id === "mail" ? "mails" : "rewards"}`;
    }
    case "mail_address.suppressed":
      return entry.after?.cause === "complained"
        ? "stopped mails to the address: one was reported as spam"
        : "stopped mails to the address: they bounced";
    case "mail_address.lifted":
      return "let mails go to the address again";
    case "notification.released":
      return "sent mails that had only been kept";
    case "notification.resent":
      return "sent mails again that were given up";
    case "notification.retried":
      return "sent a failed mail again";
    case "billing_run.started":
      return "started a billing run";
    case "billing_run.joined":
      return "asked for a billing run that was already running";
    case "billing_run.completed":
      return "completed a billing run";
    case "billing_run.failed":
      return "ended a billing run with errors";
    case "credit_note.issued":
      return `issued credit note ${text(entry.after?.credit_note_number) ?? ""}`.trimEnd();
    case "profile.changed":
      return "changed the customer's name, billing address or VAT number";
    case "profile.changed_by_customer":
      return "changed their name, billing address or VAT number";
    case "payment.recorded":
      return `recorded a payment for ${text(entry.after?.invoice_number) ?? "an invoice"}`;
    case "payment.reversed":
      return "took a payment back";
    case "customer.asked_erasure":
      return "The customer asked for the erasure of their details";
    case "coverage.imported":
      return "The list of suburbs was replaced";
    case "customer.erased":
      return "erased the customer's personal details";
    case "access.refused":
      return "tried something that was refused";
    case "approval.requested":
      return `asked a second person for ${approvalWords(entry)}`;
    case "approval.approved":
      return `approved ${approvalWords(entry)}`;
    case "approval.declined":
      return `declined ${approvalWords(entry)}`;
    case "approval.withdrawn":
      return `withdrew the request for ${approvalWords(entry)}`;
    case "export.started":
      return `started to export: ${text(entry.entity_id) ?? "data"}`;
    case "export.completed":
      return `exported ${rowsOf(entry)}: ${text(entry.entity_id) ?? "data"}`;
    case "export.cut_short":
      return `broke off an export after ${rowsOf(entry)}`;
    case "sign_in.succeeded":
      return "signed in";
    case "sign_in.failed":
      return "did not get in: a wrong password was given";
    case "admin.added":
      return `invited ${text(entry.after?.name) ?? "somebody"} to the team`;
    case "admin.changed":
      return entry.before?.accepted_at === null
        ? "accepted the invitation to the team"
        : `changed the access of ${text(entry.after?.name) ?? "a colleague"}`;
    case "admin.removed":
      return `removed ${text(entry.before?.name) ?? "a colleague"} from the team`;
    case "api_key.added":
      return `created the API key ${text(entry.after?.name) ?? ""}`.trimEnd();
    case "api_key.changed":
      return `revoked the API key ${text(entry.after?.name) ?? ""}`.trimEnd();
    case "admin_settings.added":
      return "changed the rules for the team";
    case "mail_settings.added":
      return "changed how mails are sent and kept";
    case "billing_settings.added":
      return "changed the billing settings";
    case "package.added":
      return `added the package ${text(entry.after?.name) ?? ""}`.trimEnd();
    case "package.changed":
      return `changed the package ${text(entry.after?.name) ?? ""}`.trimEnd();
    case "package.removed":
      return `removed the package ${text(entry.before?.name) ?? ""}`.trimEnd();
    case "role.added":
      return "gave a role a permission";
    case "role.changed":
      return "changed a permission of a role";
    case "role.removed":
      return "took a permission from a role";
    default:
      return `did: ${codeInWords(entry.action).toLowerCase()}`;
  }
}

/** One entry as a sentence: "Naledi Dube granted a free month". */
export function auditSentence(entry: AuditEntry): string {
  const who =
    entry.action === "profile.changed_by_customer"
      ? "The customer"
      : (entry.actor_name ?? (entry.actor_id ? "A former colleague" : "The system"));
  return `${who} ${actionWords(entry)}`;
}

const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})$/;
const CALENDAR_DATE = /^\d{4}-\d{2}-\d{2}$/;
const AMOUNT_FIELD = /_cents$/;
const PLAIN_WORD = /^[a-z]+(?:_[a-z]+)*$/;

/** How values of an entry are written. `timeZone` is an IANA zone, `currency` is ISO 4217. */
export type AuditFormat = { timeZone: string; currency: string };

/** The parts of a value that has several, such as the filter of an export. */
function shownParts(value: object, format: AuditFormat): string {
  const parts = Object.entries(value).map(([name, part]) => {
    const label = name === "q" ? "search" : name.replace(AMOUNT_FIELD, "").replaceAll("_", " ");
    return `${label}: ${shown(name, part, format)}`;
  });
  return parts.length === 0 ? "nothing" : parts.join(", ");
}

function shown(field: string, value: unknown, format: AuditFormat): string {
  const { timeZone, currency } = format;
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") {
    if (ISO_INSTANT.test(value)) return formatDateTime(value, timeZone);
    if (CALENDAR_DATE.test(value)) return formatDate(value, timeZone);
    return PLAIN_WORD.test(value) ? value.replaceAll("_", " ") : value;
  }
  if (field === "address" && typeof value === "object") return Object.values(value).join(", ");
  if (typeof value === "object" && !Array.isArray(value)) return shownParts(value, format);
  if (typeof value !== "number") return JSON.stringify(value);
  return AMOUNT_FIELD.test(field) ? formatMoney(value, currency) : String(value);
}

export type AuditChange = { field: string; before: string | null; after: string | null };

/** The values that changed, before and after. */
export function auditChanges(entry: AuditEntry, format: AuditFormat): AuditChange[] {
  const { before, after } = entry;
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return fields.flatMap((field) => {
    const change = {
      field: codeInWords(field.replace(AMOUNT_FIELD, "")),
      before: before && field in before ? shown(field, before[field], format) : null,
      after: after && field in after ? shown(field, after[field], format) : null,
    };
    return change.before === change.after ? [] : [change];
  });
}
