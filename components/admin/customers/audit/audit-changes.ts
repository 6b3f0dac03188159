import { codeInWords } from "@/components/ui/wording";
import type { AuditEntry } from "@/lib/admin/customer-schemas";
import { formatDate, formatDateTime } from "@/lib/dates";
import { formatMoney } from "@/lib/money";

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
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    return value.length === 0 ? "nothing" : value.join(", ");
  }
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

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The paths of the values that differ between two values, e.g. `thresholds.shared_ip_days`. */
function differences(before: unknown, after: unknown, path: readonly string[]): string[][] {
  if (isPlainObject(before) || isPlainObject(after)) {
    const [a, b] = [isPlainObject(before) ? before : {}, isPlainObject(after) ? after : {}];
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) =>
      differences(a[name], b[name], [...path, name]),
    );
  }
  return JSON.stringify(before ?? null) === JSON.stringify(after ?? null) ? [] : [[...path]];
}

/**
 * The paths of what an entry changed. Empty when it does not say what was before, as for something
 * that was added.
 */
export const changedPaths = ({ before, after }: AuditEntry): string[][] =>
  before && after ? differences(before, after, []) : [];
