import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { textsIn } from "@/lib/language/catalogue";
import { encodeCursor, type ListPage, listArgs, type Page, pageArgs } from "@/lib/paging";
import { explainRewards } from "@/lib/rewards/explain-reward";
import { isUsable } from "@/lib/rewards/free-month-rules";
import { previewFreeMonth, previewNextInvoice } from "@/lib/rewards/next-invoice";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  type CustomerRecord,
  customerDocumentSchema,
  type RecordPage,
  type RecordSection,
  recordPageSchemas,
} from "./customer-record-schemas";
import { explainReferral } from "./explain-referral";

/**
 * Everything that the team knows about one customer, with the rights of an admin. The database
 * checks the permission.
 *
 * All methods raise AppError `unauthenticated`, `forbidden` and `not_found`.
 */
export class CustomerRecordService {
  constructor(
    private readonly deps: {
      client: CallerClient;
      clock: Clock;
      /** False: the kill switch is on. */
      rewardsEnabled: boolean;
    },
  ) {}

  /** The customer and the first page of each list, in one round trip. Amounts in cents. */
  async getCustomer(customerId: string): Promise<CustomerRecord> {
    const document = await callRpc(
      this.deps.client,
      "admin_get_customer",
      { p_customer_id: customerId },
      customerDocumentSchema,
    );
    const { customer, account, settings, facts, stats, sections } = document;
    const { rewardsEnabled } = this.deps;
    const { time_zone: timeZone } = settings;
    const now = this.deps.clock();
    const nextInvoice = previewNextInvoice(facts, settings, rewardsEnabled, now);
    const pending = document.pending_rewards.filter((reward) => isUsable(reward, now));
    const explanations = explainRewards(
      pending,
      {
        nextInvoice,
        nextFreeMonth: previewFreeMonth(facts, settings, rewardsEnabled, now),
        hasActiveService: customer.services.some(({ status }) => status === "active"),
        rewardsEnabled,
        timeZone,
      },
      textsIn("en", "explain"),
    );
    const explanationOf = new Map(pending.map(({ id }, index) => [id, explanations[index]]));
    const cursor = (section: RecordSection) => encodeCursor(sections[section].next_cursor);
    return {
      customer,
      referred_by: document.referred_by && explainReferral(document.referred_by, now, timeZone),
      orders: sections.orders.rows,
      services: sections.services.rows,
      invoices: sections.invoices.rows,
      balance_cents: account.balance_cents,
      overdue_cents: account.overdue_cents,
      credit_cents: account.credit_cents,
      next_invoice: nextInvoice,
      rewards: sections.rewards.rows.map((reward) => ({
        ...reward,
        explanation: explanationOf.get(reward.id) ?? null,
      })),
      referrals: sections.referrals.rows.map((one) => explainReferral(one, now, timeZone)),
      refused_codes: sections.refused_codes.rows,
      notifications: sections.notifications.rows,
      audit: sections.audit.rows,
      stats,
      currency: settings.currency,
      time_zone: timeZone,
      next_cursors: {
        orders: cursor("orders"),
        services: cursor("services"),
        invoices: cursor("invoices"),
        rewards: cursor("rewards"),
        referrals: cursor("referrals"),
        refused_codes: cursor("refused_codes"),
        notifications: cursor("notifications"),
        audit: cursor("audit"),
      },
    };
  }

  /** A page of one list of a customer, newest first, in either direction. */
  readSection<Section extends RecordSection>(
    customerId: string,
    section: Section,
    page: ListPage,
  ): Promise<RecordPage<Section>> {
    const args = { p_customer_id: customerId, p_section: section, ...listArgs(page) };
    // The schema of the section; the compiler does not follow the key through it.
    return callRpc(
      this.deps.client,
      "admin_list_customer_record",
      args,
      recordPageSchemas[section],
    ) as Promise<RecordPage<Section>>;
  }

  /** A further page of one list of the record, newest first. */
  async listSection(customerId: string, section: RecordSection, page: Page) {
    const { rows, next_cursor, time_zone } = await callRpc(
      this.deps.client,
      "admin_list_customer_record",
      { p_customer_id: customerId, p_section: section, ...pageArgs(page) },
      recordPageSchemas[section].extend({ time_zone: z.string() }),
    );
    const now = this.deps.clock();
    return {
      [section]: rows.map((row) => ("facts" in row ? explainReferral(row, now, time_zone) : row)),
      next_cursor,
    };
  }
}
