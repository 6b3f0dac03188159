import type { AuditEntry } from "@/lib/admin/schemas";
import { formatDateTime } from "@/lib/dates";
import { humanise } from "./words";

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

const SERVICE_VERBS: Readonly<Record<string, string>> = {
  active: "reactivated the service",
  suspended: "suspended the service",
  cancelled: "cancelled the service",
};

/** What somebody did, without who: "granted a free month". */
function deed(entry: AuditEntry): string {
  const status = text(entry.after?.status) ?? "";
  switch (entry.action) {
    case "reward.granted":
      return "granted a free month";
    case "reward.earned":
      return "granted the free month that was earned";
    case "reward.revoked":
      return "revoked a free month";
    case "order.activated":
      return "activated the order";
    case "order.cancelled":
      return "cancelled the order";
    case "service.status_changed":
      return SERVICE_VERBS[status] ?? `changed the service to ${status || "another status"}`;
    case "referral.cleared":
      return "cleared a flagged referral";
    case "referral.rejected":
      return "rejected a flagged referral";
    case "program.updated":
      return "changed the programme's terms";
    case "notification.retried":
      return "sent a failed mail again";
    case "billing_run.started":
      return "started a billing run";
    case "billing_run.completed":
      return "completed a billing run";
    case "billing_run.failed":
      return "ended a billing run with errors";
    case "access.refused":
      return "tried something that was refused";
    default:
      return `did: ${humanise(entry.action).toLowerCase()}`;
  }
}

/** One entry as a sentence: "Naledi Dube granted a free month". */
export function auditSentence(entry: AuditEntry): string {
  const who = entry.actor_name ?? (entry.actor_id ? "A former colleague" : "The system");
  return `${who} ${deed(entry)}`;
}

const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})$/;
const PLAIN_WORD = /^[a-z]+(?:_[a-z]+)*$/;

function shown(value: unknown, timeZone: string): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") {
    if (ISO_INSTANT.test(value)) return formatDateTime(value, timeZone);
    return PLAIN_WORD.test(value) ? value.replaceAll("_", " ") : value;
  }
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

export type AuditChange = { field: string; before: string | null; after: string | null };

/** The values that an entry says changed; times in the given IANA zone. */
export function auditChanges(entry: AuditEntry, timeZone: string): AuditChange[] {
  const { before, after } = entry;
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return fields.flatMap((field) => {
    const change = {
      field: humanise(field),
      before: before && field in before ? shown(before[field], timeZone) : null,
      after: after && field in after ? shown(after[field], timeZone) : null,
    };
    return change.before === change.after ? [] : [change];
  });
}
