import "server-only";
import { z } from "zod";
import { KEY_STANDINGS } from "@/lib/access/api-key-schemas";
import { API_KEY_CSV, TEAM_CSV } from "@/lib/access/team-csv";
import { ACCESS_STATES } from "@/lib/access/team-schemas";
import { APPROVAL_STATUSES } from "@/lib/admin/approval-schemas";
import { BULK_STATUSES } from "@/lib/admin/bulk-schemas";
import {
  ADDRESS_CSV,
  APPROVAL_CSV,
  BULK_CSV,
  CLAIM_CSV,
  CUSTOMER_CSV,
  INVOICE_CSV,
  MAIL_CSV,
  ORDER_CSV,
  PAYMENT_CSV,
  RUN_CSV,
  UNBILLED_CSV,
} from "@/lib/admin/list-csv";
import {
  failureCauseSchema,
  notificationStatusSchema,
  suppressionCauseSchema,
} from "@/lib/admin/mailbox-schemas";
import { invoiceFilterSchema, PAYMENT_FILTERS } from "@/lib/billing/billing-admin-schemas";
import { runStatusSchema } from "@/lib/billing/schemas";
import { columnsCsv } from "@/lib/csv-columns";
import { daySchema, idSchema, monthSchema, searchSchema } from "@/lib/http/common-schemas";
import { type CsvPage, csvPages } from "@/lib/http/csv-response";
import { parseInput } from "@/lib/http/input";
import { orderStatusSchema } from "@/lib/invoicing/service";
import type { Cursor, ListPage } from "@/lib/paging";
import { roleSchema } from "@/lib/permissions";
import { claimStatusSchema } from "@/lib/referrals/schemas";
import type { CallerServices } from "./services";

/** Rows per round trip of an export. */
const EXPORT_PAGE = 1000;

/** A list that leaves as a file: what it is filtered by, and its pages. */
interface ListExport {
  filter: Record<string, unknown>;
  pages(timeZone: string): AsyncGenerator<CsvPage>;
}

type Rows<Row> = { rows: readonly Row[]; next_cursor: Cursor | null };

const sortSchema = z.object({ sort: z.string().max(40).optional() });

/** How a list is exported: the filters that its address may have, its columns, and how it is read. */
function listExport<S extends z.ZodObject, Row>(
  schema: S,
  columns: Parameters<typeof columnsCsv<Row>>[0],
  read: (admin: CallerServices["admin"], filter: z.infer<S>, page: ListPage) => Promise<Rows<Row>>,
) {
  /** @throws AppError `invalid_request` for filters that the list does not have */
  return ({ admin }: CallerServices, query: unknown): ListExport => {
    const filter = parseInput(schema, query);
    const { sort } = parseInput(sortSchema, query);
    return {
      filter: { ...filter, sort },
      pages: (timeZone) =>
        csvPages(
          { csv: (rows, { header }) => columnsCsv(columns, rows, { header, timeZone }) },
          (cursor) => read(admin, filter, { cursor, limit: EXPORT_PAGE, sort }),
        ),
    };
  };
}

const q = searchSchema;
const days = { from: daySchema.optional(), to: daySchema.optional() };
/** A month `YYYY-MM` as its first day. */
const cycle = monthSchema
  .transform((month) => `${month}-01`)
  .pipe(daySchema)
  .optional();

/** The lists of the admin area that leave as files, by the name in the address. */
export const LIST_EXPORTS = {
  customers: listExport(z.object({ q, ...days }), CUSTOMER_CSV, async (admin, filter, page) => {
    const { customers: rows, next_cursor } = await admin.customers.listCustomers({
      ...filter,
      ...page,
    });
    return { rows, next_cursor };
  }),
  orders: listExport(
    z.object({ q, status: orderStatusSchema.optional(), ...days }),
    ORDER_CSV,
    async (admin, filter, page) => {
      const { orders: rows, next_cursor } = await admin.orders.listOrders({ ...filter, ...page });
      return { rows, next_cursor };
    },
  ),
  claims: listExport(
    z.object({ q, status: claimStatusSchema.optional(), ...days }),
    CLAIM_CSV,
    async (admin, filter, page) => {
      const { claims: rows, next_cursor } = await admin.referrals.listClaims({
        ...filter,
        ...page,
      });
      return { rows, next_cursor };
    },
  ),
  approvals: listExport(
    z.object({ status: z.enum(["for_me", ...APPROVAL_STATUSES]).optional() }),
    APPROVAL_CSV,
    async (admin, filter, page) => {
      const { approvals: rows, next_cursor } = await admin.approvals.list({ ...filter, ...page });
      return { rows, next_cursor };
    },
  ),
  bulk_jobs: listExport(
    z.object({ q, status: z.enum(BULK_STATUSES).optional() }),
    BULK_CSV,
    async (admin, filter, page) => {
      const { jobs: rows, next_cursor } = await admin.bulk.list({ ...filter, ...page });
      return { rows, next_cursor };
    },
  ),
  mailbox: listExport(
    z.object({
      q,
      status: notificationStatusSchema.optional(),
      cause: failureCauseSchema.optional(),
      template: z.string().max(60).optional(),
      ...days,
    }),
    MAIL_CSV,
    async (admin, filter, page) => {
      const { notifications: rows, next_cursor } = await admin.mailbox.listNotifications({
        ...filter,
        ...page,
      });
      return { rows, next_cursor };
    },
  ),
  addresses: listExport(
    z.object({ q, cause: suppressionCauseSchema.optional() }),
    ADDRESS_CSV,
    async (admin, filter, page) => {
      const { suppressions: rows, next_cursor } = await admin.mailbox.listSuppressions({
        ...filter,
        ...page,
      });
      return { rows, next_cursor };
    },
  ),
  invoices: listExport(
    z.object({
      q,
      status: invoiceFilterSchema.optional(),
      cycle,
      customer: idSchema.optional(),
      run: idSchema.optional(),
      ...days,
    }),
    INVOICE_CSV,
    async (admin, { customer, run, ...filter }, page) => {
      const { invoices: rows, next_cursor } = await admin.billing.listInvoices({
        ...filter,
        customerId: customer,
        runId: run,
        ...page,
      });
      return { rows, next_cursor };
    },
  ),
  payments: listExport(
    z.object({ q, status: z.enum(PAYMENT_FILTERS).optional(), ...days }),
    PAYMENT_CSV,
    async (admin, filter, page) => {
      const { payments: rows, next_cursor } = await admin.billing.listPayments({
        ...filter,
        ...page,
      });
      return { rows, next_cursor };
    },
  ),
  runs: listExport(
    z.object({
      status: runStatusSchema.optional(),
      cycle,
      kind: z.enum(["cycle", "completion"]).optional(),
    }),
    RUN_CSV,
    async (admin, { kind, ...filter }, page) => {
      const { runs, currency, next_cursor } = await admin.billing.listRuns({
        ...filter,
        isCompletion: kind && kind === "completion",
        ...page,
      });
      return { rows: runs.map((run) => ({ ...run, currency })), next_cursor };
    },
  ),
  unbilled: listExport(z.object({ cycle }), UNBILLED_CSV, async (admin, filter, page) => {
    const { cursor, limit } = page;
    const { items: rows, next_cursor } = await admin.billing.listUnbilled({
      ...filter,
      cursor,
      limit,
    });
    return { rows, next_cursor };
  }),
  team: listExport(
    z.object({ q, role: roleSchema.optional(), access: z.enum(ACCESS_STATES).optional() }),
    TEAM_CSV,
    async (admin, filter, page) => {
      const { members: rows, next_cursor } = await admin.team.getTeam({ ...filter, ...page });
      return { rows, next_cursor };
    },
  ),
  api_keys: listExport(
    z.object({ q, standing: z.enum(KEY_STANDINGS).optional() }),
    API_KEY_CSV,
    async (admin, filter, page) => {
      const { api_keys: rows, next_cursor } = await admin.apiKeys.list({ ...filter, ...page });
      return { rows, next_cursor };
    },
  ),
};

export const listNameSchema = z.enum(
  Object.keys(LIST_EXPORTS) as [keyof typeof LIST_EXPORTS, ...(keyof typeof LIST_EXPORTS)[]],
);
