import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { DAY_MS } from "@/lib/dates";
import { type Backtest, BacktestCount } from "@/lib/fraud/backtest";
import { fraudEvidenceSchema } from "@/lib/fraud/fraud-rules";
import {
  type FraudChanges,
  fraudSettingsOf,
  fraudSettingsVersionSchema,
} from "@/lib/fraud/fraud-settings";
import { programTermsSchema } from "@/lib/programme/terms";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

/** How far back stored evidence reaches. */
const BACKTEST_DAYS = 90;
const PAGE = 500;

const settingsSchema = z.object({
  current: fraudSettingsVersionSchema,
  versions: z.array(
    z.object({
      version: z.number().int(),
      reason: z.string(),
      created_at: z.string(),
      created_by_name: z.string().nullable(),
    }),
  ),
});
export type FraudSettingsPage = z.infer<typeof settingsSchema>;

const assessmentsSchema = z.array(
  z.object({
    order_id: z.guid(),
    evidence: fraudEvidenceSchema,
    terms: programTermsSchema,
    decision: z.enum(["clear", "reject"]).nullable(),
    monthly_price_cents: z.number().int().min(0),
  }),
);

/**
 * Weights and thresholds of the fraud rules, and what a change of them would have done. The server
 * reads, because stored evidence names people; the database checks the admin's permission.
 */
export class FraudSettingsService {
  constructor(private readonly deps: { server: ServerClient; clock: Clock }) {}

  /** The settings in force, and earlier versions. @throws AppError `forbidden`. */
  get(actor: string): Promise<FraudSettingsPage> {
    return callRpc(this.deps.server, "get_fraud_settings", { p_actor: actor }, settingsSchema);
  }

  /** Judges the orders of the last 90 days with the proposed settings. @throws AppError `forbidden`. */
  async backtest(actor: string, proposed: FraudChanges): Promise<Backtest> {
    const { server, clock } = this.deps;
    const { current } = await this.get(actor);
    const count = new BacktestCount(current, fraudSettingsOf(proposed));
    const since = new Date(clock().getTime() - BACKTEST_DAYS * DAY_MS).toISOString();
    let after: string | undefined;
    do {
      const page = await callRpc(
        server,
        "list_assessments",
        { p_actor: actor, p_since: since, p_after: after, p_limit: PAGE },
        assessmentsSchema,
      );
      for (const order of page) count.add(order);
      after = page.length === PAGE ? page.at(-1)?.order_id : undefined;
    } while (after !== undefined);
    return count.summary();
  }

  /**
   * Makes a new version of the settings. It counts for orders from now on.
   *
   * @throws AppError `forbidden`, `version_conflict` when somebody else was faster.
   */
  save(actor: string, changes: FraudChanges, reason: string, expectedVersion: number) {
    return callRpc(
      this.deps.server,
      "save_fraud_settings",
      {
        p_actor: actor,
        p_settings: changes as never,
        p_reason: reason,
        p_expected_version: expectedVersion,
        p_as_of: this.deps.clock().toISOString(),
      },
      fraudSettingsVersionSchema,
    );
  }
}
