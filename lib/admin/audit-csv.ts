import { type CsvLook, columnsCsv, plain, time } from "@/lib/csv-columns";
import type { AuditRow } from "./audit-schemas";

const COLUMNS = [
  plain<AuditRow>("id", (row) => row.id),
  time<AuditRow>("created_at", (row) => row.created_at),
  plain<AuditRow>("actor_id", (row) => row.actor_id),
  plain<AuditRow>("actor", (row) => row.actor_name),
  plain<AuditRow>("action", (row) => row.action),
  plain<AuditRow>("entity_type", (row) => row.entity_type),
  plain<AuditRow>("entity_id", (row) => row.entity_id),
  plain<AuditRow>("customer_id", (row) => row.customer_id),
  plain<AuditRow>("reason", (row) => row.reason),
  plain<AuditRow>("before", (row) => row.before && JSON.stringify(row.before)),
  plain<AuditRow>("after", (row) => row.after && JSON.stringify(row.after)),
  plain<AuditRow>("hash", (row) => row.hash),
];

/** Entries of the audit log as CSV; what changed is JSON, times are local. */
export const auditCsv = (entries: readonly AuditRow[], look: CsvLook): string =>
  columnsCsv(COLUMNS, entries, look);
