import { csvRows } from "@/lib/csv";
import type { AuditRow } from "./audit-schemas";

const COLUMNS = [
  "id",
  "created_at",
  "actor_id",
  "actor",
  "action",
  "entity_type",
  "entity_id",
  "customer_id",
  "reason",
  "before",
  "after",
  "hash",
] as const;

/** Entries of the audit log as CSV; what changed is JSON. */
export function auditCsv(entries: readonly AuditRow[], options: { header: boolean }): string {
  const rows = entries.map((entry) => [
    entry.id,
    entry.created_at,
    entry.actor_id,
    entry.actor_name,
    entry.action,
    entry.entity_type,
    entry.entity_id,
    entry.customer_id,
    entry.reason,
    entry.before && JSON.stringify(entry.before),
    entry.after && JSON.stringify(entry.after),
    entry.hash,
  ]);
  return csvRows(options.header ? [[...COLUMNS], ...rows] : rows);
}
