import { type ListPage, listArgs } from "@/lib/paging";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type AuditFilter, auditFacetsSchema, auditRowsSchema } from "./audit-schemas";

/** Which page of the log is asked for; a place is the id of an entry. */
interface AuditPage extends Omit<ListPage, "cursor"> {
  placeId?: number;
}

/**
 * The audit log with the rights of an admin with `audit:view`.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class AuditAdminService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** Entries, newest first, after the one with the id `placeId` in the list. At most 1,000. */
  list(filter: AuditFilter, page: AuditPage = {}) {
    return callRpc(
      this.deps.client,
      "list_audit",
      {
        p_q: filter.q,
        p_actor: filter.actor,
        p_action: filter.action,
        p_from: filter.from,
        p_to: filter.to,
        p_before_id: page.placeId,
        p_limit: page.limit,
        ...listArgs({ backward: page.backward, sort: page.sort, count: page.count }),
      },
      auditRowsSchema,
    );
  }

  /** Whom the log can be filtered by, and its newest seal. */
  facets() {
    return callRpc(this.deps.client, "get_audit_facets", {}, auditFacetsSchema);
  }
}
