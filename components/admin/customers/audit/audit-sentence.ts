import { codeInWords } from "@/components/ui/wording";
import { BULK_ACTS } from "@/lib/admin/bulk-schemas";
import { BULK_ACT_WORDS } from "@/lib/admin/bulk-words";
import type { AuditEntry } from "@/lib/admin/customer-schemas";
import { countOf } from "@/lib/words";
import type { AuditFormat } from "./audit-changes";
import { changedNames, day, lastDay, money, month, roleName, text, when } from "./audit-words";

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

const rowsOf = ({ after }: AuditEntry) => countOf(Number(after?.rows ?? 0), "row");

/** The list that left as a file, e.g. `bulk jobs` for `bulk_jobs`. */
const exportedList = ({ entity_id }: AuditEntry): string =>
  (text(entity_id) ?? "data").replaceAll("_", " ");

/** What a bulk job does to each row, e.g. `: grant a free month`. */
function bulkAct({ after }: AuditEntry): string {
  const act = BULK_ACTS.find((known) => known === after?.act);
  return act ? `: ${BULK_ACT_WORDS[act].title.toLowerCase()}` : "";
}

/** What a change of settings named, e.g. `: VAT rate and payment days`. */
const named = (entry: AuditEntry, except?: readonly string[]) =>
  when(": ", changedNames(entry, except));

const mailsOf = ({ before }: AuditEntry) =>
  typeof before?.mails === "number" ? countOf(before.mails, "mail") : "mails";

function packageChange({ before, after }: AuditEntry, of: string, format: AuditFormat): string {
  const effect = when(", which takes effect on ", day(after?.effective_on));
  if (text(before?.package) === text(after?.package)) {
    const price = money(after?.monthly_price_cents, format);
    return price ? `changed the price of ${of} to ${price}${effect}` : `changed ${of}${effect}`;
  }
  return `changed the package of ${of} from ${text(before?.package)} to ${text(after?.package)}${effect}`;
}

/** What became of a colleague's rights. */
function memberChange({ before, after }: AuditEntry): string {
  const name = text(after?.name) ?? "a colleague";
  if (before?.accepted_at === null && after?.accepted_at !== null) {
    return "accepted the invitation to the team";
  }
  const done = [
    before?.role === after?.role
      ? ""
      : `changed the role of ${name} from ${roleName(before?.role)} to ${roleName(after?.role)}`,
    before?.is_active === after?.is_active
      ? ""
      : after?.is_active === true
        ? `let ${name} into the admin area again`
        : `ended the access of ${name}`,
  ].filter(Boolean);
  return done.length > 0 ? done.join(" and ") : `changed the details of ${name}`;
}

function programmeChange(entry: AuditEntry): string {
  const { before, after } = entry;
  const from = text(after?.effective_at) ? ", to take effect later" : "";
  const terms = changedNames(entry, ["is_paused"]);
  if (before && before.is_paused !== after?.is_paused) {
    const done = after?.is_paused === true ? "paused the programme" : "let the programme go on";
    return `${done}${when(" and changed ", terms)}${from}`;
  }
  return `changed the programme's terms${when(": ", terms)}${from}`;
}

/** What became of an API key: it is revoked, or its name, scopes or end change. */
function keyChange(entry: AuditEntry): string {
  const { before, after } = entry;
  const name = when(" ", text(after?.name));
  if (before && !before.revoked_at && after?.revoked_at) return `revoked the API key${name}`;
  return `changed the API key${name}${named(entry, ["last_used_at"])}`;
}

/** What somebody did, e.g. "granted a free month". */
function actionWords(entry: AuditEntry, format: AuditFormat): string {
  const { before, after } = entry;
  const status = text(after?.status) ?? "";
  switch (entry.action) {
    case "reward.granted":
      return `granted a free month${when(", to be used until ", lastDay(after?.expires_at, format))}`;
    case "reward.earned":
      return "granted the free month that was earned";
    case "reward.revoked":
      return "revoked a free month";
    case "reward.extended":
      return `gave a free month more time${when(", until ", lastDay(after?.expires_at, format))}`;
    case "program.withdrawn":
      return `withdrew version ${entry.entity_id ?? ""} of the terms, which was scheduled`;
    case "bulk.planned":
      return `planned a bulk job with ${rowsOf(entry)}${bulkAct(entry)}`;
    case "bulk.started":
      return `started a bulk job${bulkAct(entry)}`;
    case "bulk.stopped":
      return `stopped a bulk job${bulkAct(entry)}`;
    case "bulk.row_done":
      return `did row ${Number(after?.row ?? 0)} of a bulk job${bulkAct(entry)}`;
    case "bulk.row_refused":
      return `could not do row ${Number(after?.row ?? 0)} of a bulk job${bulkAct(entry)}`;
    case "order.activated":
      return "activated the order";
    case "order.installing":
      return "marked the order as being installed";
    case "order.cancelled":
      return "cancelled the order";
    case "service.status_changed":
      return SERVICE_VERBS[status] ?? `changed the service to ${status || "another status"}`;
    case "service.package_changed":
      return packageChange(entry, "the service", format);
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
      return `gave a referral more time${when(", until ", lastDay(after?.activation_due_at, format))}`;
    case "claim.accepted":
      return "accepted the claim of an invitation";
    case "claim.rejected":
      return "rejected the claim of an invitation";
    case "order.package_changed":
      return packageChange(entry, "the order", format);
    case "fraud_settings.updated":
      return `changed the fraud rules${named(entry)}`;
    case "program.updated":
      return programmeChange(entry);
    case "launch.updated":
      return `changed the launch plan${named(entry)}`;
    case "switch.changed": {
      const done = after?.is_on === true ? "switched on" : "switched off";
      return `${done} ${entry.entity_id === "mail" ? "mails" : "rewards"}`;
    }
    case "mail_address.suppressed":
      return after?.cause === "complained"
        ? "stopped mails to the address: one was reported as spam"
        : "stopped mails to the address: they bounced";
    case "mail_address.lifted":
      return "let mails go to the address again";
    case "notification.released":
      return `sent ${mailsOf(entry)} that had only been kept`;
    case "notification.resent":
      return `sent ${mailsOf(entry)} again that had been given up`;
    case "notification.retried":
      return "sent a failed mail again";
    case "billing_run.started":
      return `started a billing run${when(" for ", month(after?.period_start))}`;
    case "billing_run.joined":
      return `asked for a billing run${when(" for ", month(after?.period_start))} that was already running`;
    case "billing_run.completed":
      return typeof after?.invoices === "number"
        ? `completed a billing run with ${countOf(after.invoices, "invoice")}${when(" of ", money(after.total_cents, format))}`
        : "completed a billing run";
    case "billing_run.failed":
      return typeof after?.errors === "number"
        ? `ended a billing run with ${countOf(after.errors, "error")}`
        : "ended a billing run with errors";
    case "credit_note.issued":
      return `issued credit note${when(" ", text(after?.credit_note_number))}${when(" of ", money(after?.total_cents, format))}${when(" on ", text(after?.invoice_number))}`;
    case "profile.changed":
      return `changed the customer's ${changedNames(entry) ?? "name, billing address or VAT number"}`;
    case "profile.changed_by_customer":
      return `changed their ${changedNames(entry) ?? "name, billing address or VAT number"}`;
    case "payment.recorded":
      return `recorded a payment${when(" of ", money(after?.amount_cents, format))} for ${text(after?.invoice_number) ?? "an invoice"}`;
    case "payment.reversed":
      return `took back a payment${when(" of ", money(before?.amount_cents, format))}${when(" from ", day(before?.paid_on))}`;
    case "customer.asked_erasure":
      return "asked for the erasure of their details";
    case "coverage.imported":
      return typeof after?.areas === "number"
        ? `replaced the list of suburbs: ${countOf(after.areas, "suburb")}, ${Number(after.covered ?? 0)} of them covered`
        : "replaced the list of suburbs";
    case "customer.erased":
      return "erased the customer's personal details";
    case "access.refused":
      return `tried something that was refused${when(": ", text(entry.reason)?.replace(/[._]/g, " ") ?? null)}`;
    case "approval.requested":
      return `asked a second person for ${approvalWords(entry)}${when(" of ", money(after?.amount_cents, format))}`;
    case "approval.approved":
      return `approved ${approvalWords(entry)}`;
    case "approval.declined":
      return `declined ${approvalWords(entry)}`;
    case "approval.withdrawn":
      return `withdrew the request for ${approvalWords(entry)}`;
    case "export.started":
      return `started to export: ${exportedList(entry)}`;
    case "export.completed":
      return `exported ${rowsOf(entry)}: ${exportedList(entry)}`;
    case "export.cut_short":
      return `broke off an export after ${rowsOf(entry)}`;
    case "sign_in.succeeded":
      return "signed in";
    case "sign_in.failed":
      return "did not get in: a wrong password was given";
    case "admin.added":
      return `invited ${text(after?.name) ?? "somebody"} to the team${after ? ` as ${roleName(after.role)}` : ""}`;
    case "admin.changed":
      return memberChange(entry);
    case "admin.removed":
      return `removed ${text(before?.name) ?? "a colleague"} from the team`;
    case "api_key.added":
      return `created the API key ${text(after?.name) ?? ""}`.trimEnd();
    case "api_key.changed":
      return keyChange(entry);
    case "admin_settings.added":
      return `changed the rules for the team${named(entry)}`;
    case "mail_settings.added":
      return `changed how mails are sent and kept${named(entry)}`;
    case "billing_settings.added":
      return `changed the billing settings${named(entry)}`;
    case "package.added":
      return `added the package ${text(after?.name) ?? ""}`.trimEnd();
    case "package.changed":
      return `changed the package${when(" ", text(after?.name))}${named(entry)}`;
    case "package.removed":
      return `removed the package ${text(before?.name) ?? ""}`.trimEnd();
    case "role.added":
      return after
        ? `let the role ${roleName(after.role)} do more: ${text(after.permission)}`
        : "gave a role a permission";
    case "role.changed":
      return "changed a permission of a role";
    case "role.removed":
      return before
        ? `let the role ${roleName(before.role)} do less: ${text(before.permission)}`
        : "took a permission from a role";
    default:
      return `did: ${codeInWords(entry.action).toLowerCase()}`;
  }
}

/** What customers do themselves: their login is nobody's of the team. */
const BY_CUSTOMER = new Set([
  "profile.changed_by_customer",
  "customer.asked_erasure",
  "referral.appealed",
]);

/** One entry as a sentence that says what changed: "Naledi Dube granted a free month". */
export function auditSentence(entry: AuditEntry, format: AuditFormat): string {
  const who = BY_CUSTOMER.has(entry.action)
    ? "The customer"
    : (entry.actor_name ?? (entry.actor_id ? "A former colleague" : "The system"));
  return `${who} ${actionWords(entry, format)}`;
}
