import { type ListPage, listArgs } from "@/lib/paging";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { readBulkFile } from "./bulk-file";
import { bulkResult } from "./bulk-results";
import {
  type BulkJob,
  type BulkJobWithRows,
  type BulkPlan,
  type BulkStatus,
  bulkJobSchema,
  bulkJobWithRowsSchema,
  bulkPageSchema,
  bulkStepSchema,
} from "./bulk-schemas";

/** Rows that one call tries. */
const TRIED_AT_ONCE = 25;
/** Milliseconds after which a call that runs a job answers, so that its progress is seen. */
const RUN_FOR_MS = 2_000;

/**
 * One act for many, with the rights of an admin. A job goes on from where it stopped, whoever
 * continues it: each row is a transaction of its own.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class BulkService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /**
   * One page of the jobs, newest first. `q` is a part of their reason.
   * @throws AppError `invalid_request`
   */
  list({ q, status, ...page }: { q?: string; status?: BulkStatus } & ListPage) {
    return callRpc(
      this.deps.client,
      "list_bulk_jobs",
      { p_q: q, p_status: status, ...listArgs(page) },
      bulkPageSchema,
    );
  }

  /**
   * A job and its rows after a number. As a file it needs `data:export`.
   * @throws AppError `not_found`
   */
  async get(
    id: string,
    page: { after?: number; limit?: number; isExport?: boolean } = {},
  ): Promise<BulkJobWithRows> {
    const { rows, ...job } = await callRpc(
      this.deps.client,
      "get_bulk_job",
      { p_id: id, p_after: page.after, p_limit: page.limit, p_is_export: page.isExport },
      bulkJobWithRowsSchema,
    );
    return { ...job, rows: rows.map((row) => ({ ...row, result: bulkResult(job.act, row) })) };
  }

  /**
   * Makes a job from the rows of a file or from a filter. Nothing is done yet.
   *
   * @throws AppError `invalid_request`; `bulk_empty` when the filter finds nothing; `bulk_too_large`.
   */
  plan({ act, text, filter, until, confirm_recent, reason }: BulkPlan): Promise<BulkJob> {
    return callRpc(
      this.deps.client,
      "plan_bulk_job",
      {
        p_act: act,
        // Null: the filter names the rows. The generated types know no null.
        p_lines: (text === undefined ? null : readBulkFile(text)) as string[],
        p_filter: filter ?? {},
        p_until: (until ?? null) as string,
        p_confirm_recent: confirm_recent ?? false,
        p_reason: reason,
      },
      bulkJobSchema,
    );
  }

  /** Tries the next rows of a planned job: each is done and taken back. @throws AppError `not_found` */
  tryRows(id: string): Promise<BulkJob> {
    return callRpc(
      this.deps.client,
      "try_bulk_items",
      { p_id: id, p_limit: TRIED_AT_ONCE },
      bulkJobSchema,
    );
  }

  /**
   * Starts a job that the caller planned, or asks a second person when it has many rows.
   *
   * @throws AppError `not_found`, `password_needed`.
   */
  start(id: string): Promise<BulkJob> {
    return callRpc(this.deps.client, "start_bulk_job", { p_id: id }, bulkJobSchema);
  }

  /**
   * Does rows of a started job one after the other for about two seconds, and says where the job is.
   *
   * @throws AppError `not_found`; `bulk_not_running` when it has not begun or was stopped;
   *   `bulk_asker_left` when the person who planned it may no longer do this.
   */
  async run(id: string): Promise<BulkJob> {
    const until = performance.now() + RUN_FOR_MS;
    while (performance.now() < until) {
      const step = await callRpc(this.deps.client, "run_bulk_item", { p_id: id }, bulkStepSchema);
      if (step.number === null) break;
    }
    return this.get(id, { limit: 1 });
  }

  /** No further row is done. @throws AppError `not_found`, `bulk_not_running` */
  stop(id: string, reason: string): Promise<BulkJob> {
    return callRpc(
      this.deps.client,
      "stop_bulk_job",
      { p_id: id, p_reason: reason },
      bulkJobSchema,
    );
  }
}
