import { TERMS_LABELS } from "@/components/admin/programme/terms-form-fields";
import type { AuditEntry } from "@/lib/admin/customer-schemas";
import { formatDate, lastDayBefore } from "@/lib/dates";
import { formatMoney } from "@/lib/money";
import { ROLE_LABELS, roleSchema } from "@/lib/permissions";
import { listed } from "@/lib/words";
import { type AuditFormat, changedPaths } from "./audit-changes";

/** Small parts of the sentences of the audit log. */

export const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

export const money = (value: unknown, { currency }: AuditFormat): string | null =>
  typeof value === "number" ? formatMoney(value, currency) : null;

/** A calendar date, e.g. `14 Dec 2026`. */
export const day = (value: unknown): string | null => {
  const date = text(value);
  return date ? formatDate(date, "UTC") : null;
};

/** The last day before the instant at which something ends. */
export const lastDay = (value: unknown, { timeZone }: AuditFormat): string | null => {
  const end = text(value);
  return end ? formatDate(lastDayBefore(end, timeZone), "UTC") : null;
};

/** The month of a cycle by its first day, e.g. `Dec 2026`. */
export const month = (value: unknown): string | null => day(value)?.replace(/^\d+ /, "") ?? null;

export const roleName = (value: unknown): string => {
  const role = roleSchema.safeParse(value).data;
  return role ? ROLE_LABELS[role] : "another role";
};

/** What is joined to a sentence when it is known, e.g. ` until 14 Dec 2026`. */
export const when = (lead: string, value: string | null, trail = ""): string =>
  value === null ? "" : `${lead}${value}${trail}`;

const NAMES: Readonly<Record<string, string>> = {
  first_name: "first name",
  last_name: "last name",
  phone: "phone number",
  address: "billing address",
  vat_number: "VAT number",
  vat_bps: "VAT rate",
  monthly_price_cents: "monthly price",
  is_active: "whether it is on offer",
  is_paused: "whether it is paused",
  sort_order: "place in the list",
  launched_on: "day of the launch",
};

/** A field as a sentence names it: small letters, no unit. */
function fieldName(path: readonly string[]): string {
  const [first = "", ...rest] = path;
  const own = NAMES[path.join(".")] ?? NAMES[first];
  if (own) return own;
  const term = [...TERMS_LABELS].find(([name]) => name === first)?.[1];
  if (term) return `“${term}”`;
  const inner = first === "signals" || first === "thresholds" || first === "targets" ? rest : path;
  return inner.map((part) => part.replace(/_cents$/, "").replaceAll("_", " ")).join(": ");
}

/** Fields that a version or a change carries without being one. */
const BESIDE = new Set(["version", "reason", "created_by", "effective_at", "updated_at"]);

/** More than so many are counted; the list below the sentence has all of them. */
const MOST_NAMED = 5;

/** The names of the fields that an entry changed; null when it does not say what was before. */
export function changedNames(entry: AuditEntry, except: readonly string[] = []): string | null {
  const names = [
    ...new Set(
      changedPaths(entry)
        .filter(([first = ""]) => !BESIDE.has(first) && !except.includes(first))
        .map(fieldName),
    ),
  ];
  if (names.length === 0) return null;
  if (names.length <= MOST_NAMED) return listed(names);
  return listed([...names.slice(0, MOST_NAMED - 1), `${names.length - MOST_NAMED + 1} more`]);
}
