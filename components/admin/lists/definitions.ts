import type { SavedViewList } from "@/lib/admin/list-schemas";

/** A column that may be chosen. The column that names a row and that of the buttons always stay. */
type ListColumn = { id: string; label: string };

/** An order of a list: the column whose heading switches it, and which way it starts. */
type ListSort = { column: string; label: string; key: string; first: "asc" | "desc" };

/** What the kit knows about a list. */
export type ListDefinition = {
  /** Names it in saved views; absent where none are kept. */
  views?: SavedViewList;
  label: string;
  path: string;
  noun: { one: string; many: string };
  columns: readonly ListColumn[];
  /** The first one is the order without a wish. */
  sorts: readonly ListSort[];
};

const newestFirst = (column: string): readonly ListSort[] => [
  { column, label: "date", key: column, first: "desc" },
];

export const CUSTOMER_LIST: ListDefinition = {
  views: "customers",
  label: "Customers",
  path: "/admin/customers",
  noun: { one: "customer", many: "customers" },
  columns: [
    { id: "referral_code", label: "Code" },
    { id: "phone", label: "Phone" },
    { id: "service_status", label: "Service" },
    { id: "referrals", label: "Friends" },
    { id: "pending_rewards", label: "Rewards waiting" },
    { id: "created_at", label: "Customer since" },
  ],
  sorts: [
    ...newestFirst("created_at"),
    { column: "name", label: "name", key: "full_name", first: "asc" },
  ],
};

export const ORDER_LIST: ListDefinition = {
  views: "orders",
  label: "Orders",
  path: "/admin/orders",
  noun: { one: "order", many: "orders" },
  columns: [
    { id: "package_name", label: "Package" },
    { id: "created_at", label: "Ordered" },
    { id: "referrer", label: "Referred by" },
    { id: "status", label: "Status" },
  ],
  sorts: newestFirst("created_at"),
};

const REFERRAL_COLUMNS: readonly ListColumn[] = [
  { id: "status", label: "Status" },
  { id: "referred_at", label: "Ordered" },
  { id: "progress", label: "Progress" },
  { id: "flags", label: "Flags" },
];

export const REFERRAL_LIST: ListDefinition = {
  views: "referrals",
  label: "Referrals",
  path: "/admin/referrals",
  noun: { one: "referral", many: "referrals" },
  columns: [{ id: "referrer", label: "Referred by" }, ...REFERRAL_COLUMNS],
  sorts: newestFirst("referred_at"),
};

export const CLAIM_LIST: ListDefinition = {
  views: "claims",
  label: "Forgotten codes",
  path: "/admin/claims",
  noun: { one: "claim", many: "claims" },
  columns: [
    { id: "referrer", label: "Says they were invited by" },
    { id: "status", label: "Status" },
    { id: "created_at", label: "Said on" },
  ],
  sorts: newestFirst("created_at"),
};

export const APPROVAL_LIST: ListDefinition = {
  views: "approvals",
  label: "Approvals",
  path: "/admin/approvals",
  noun: { one: "request", many: "requests" },
  columns: [],
  sorts: newestFirst("requested_at"),
};

export const BULK_LIST: ListDefinition = {
  views: "bulk_jobs",
  label: "Bulk jobs",
  path: "/admin/bulk",
  noun: { one: "job", many: "jobs" },
  columns: [],
  sorts: newestFirst("created_at"),
};

export const MAIL_LIST: ListDefinition = {
  views: "mailbox",
  label: "Mailbox",
  path: "/admin/mailbox",
  noun: { one: "mail", many: "mails" },
  columns: [
    { id: "recipient", label: "To" },
    { id: "status", label: "Status" },
    { id: "attempts", label: "Tries that count" },
    { id: "created_at", label: "Queued" },
  ],
  sorts: newestFirst("created_at"),
};

export const ADDRESS_LIST: ListDefinition = {
  views: "addresses",
  label: "Addresses without mails",
  path: "/admin/mailbox/addresses",
  noun: { one: "address", many: "addresses" },
  columns: [
    { id: "cause", label: "Why" },
    { id: "created_at", label: "Since" },
  ],
  sorts: newestFirst("created_at"),
};

export const AUDIT_LIST: ListDefinition = {
  views: "audit",
  label: "Audit",
  path: "/admin/audit",
  noun: { one: "entry", many: "entries" },
  columns: [],
  sorts: newestFirst("created_at"),
};

const INVOICE_COLUMNS: readonly ListColumn[] = [
  { id: "customer", label: "Customer" },
  { id: "description", label: "For" },
  { id: "status", label: "Status" },
  { id: "total_cents", label: "Total" },
];

export const INVOICE_LIST: ListDefinition = {
  views: "invoices",
  label: "Invoices",
  path: "/admin/billing/invoices",
  noun: { one: "invoice", many: "invoices" },
  columns: INVOICE_COLUMNS,
  sorts: [{ column: "invoice_number", label: "date of issue", key: "issued_at", first: "desc" }],
};

export const PAYMENT_LIST: ListDefinition = {
  views: "payments",
  label: "Payments",
  path: "/admin/billing/payments",
  noun: { one: "payment", many: "payments" },
  columns: [
    { id: "customer", label: "Customer" },
    { id: "invoice_number", label: "Invoice" },
    { id: "method", label: "How" },
    { id: "created_at", label: "Recorded" },
    { id: "amount_cents", label: "Amount" },
  ],
  sorts: newestFirst("created_at"),
};

export const RUN_LIST: ListDefinition = {
  views: "runs",
  label: "Billing runs",
  path: "/admin/billing",
  noun: { one: "run", many: "runs" },
  columns: [
    { id: "started_at", label: "Started" },
    { id: "status", label: "Status" },
    { id: "invoices", label: "Invoices" },
    { id: "total_cents", label: "Invoiced" },
    { id: "duration", label: "Took" },
  ],
  sorts: newestFirst("started_at"),
};

export const UNBILLED_LIST: ListDefinition = {
  views: "unbilled",
  label: "Unbilled months",
  path: "/admin/billing/unbilled",
  noun: { one: "month", many: "months" },
  columns: [
    { id: "from", label: "Active days" },
    { id: "reason", label: "Why there is no invoice" },
  ],
  sorts: [],
};

const BY_NAME: ListSort = { column: "name", label: "name", key: "name", first: "asc" };

export const TEAM_LIST: ListDefinition = {
  views: "team",
  label: "Team",
  path: "/admin/team",
  noun: { one: "person", many: "people" },
  columns: [
    { id: "role", label: "Role" },
    { id: "is_active", label: "Access" },
    { id: "created_at", label: "Added" },
    { id: "last_seen_at", label: "Last seen" },
  ],
  sorts: [BY_NAME, ...newestFirst("created_at")],
};

export const API_KEY_LIST: ListDefinition = {
  views: "api_keys",
  label: "API keys",
  path: "/admin/team/api-keys",
  noun: { one: "key", many: "keys" },
  columns: [
    { id: "scopes", label: "May" },
    { id: "standing", label: "Standing" },
    { id: "created_at", label: "Created" },
    { id: "last_used_at", label: "Last used" },
  ],
  sorts: [...newestFirst("created_at"), BY_NAME],
};

/** The invoices of one run. */
export const runInvoiceList = (runId: string): ListDefinition => ({
  label: "Invoices of this run",
  path: `/admin/billing/runs/${runId}`,
  noun: { one: "invoice", many: "invoices" },
  columns: INVOICE_COLUMNS,
  sorts: [],
});

export const REVIEW_LIST: ListDefinition = {
  label: "Review queue",
  path: "/admin/review",
  noun: { one: "referral", many: "referrals" },
  columns: [],
  sorts: [],
};

/** The lists on the tabs of one customer; `path` is that of the customer. */
export const customerLists = (path: string) =>
  ({
    referrals: {
      label: "Referrals",
      path: `${path}/referrals`,
      noun: { one: "referral", many: "referrals" },
      columns: REFERRAL_COLUMNS,
      sorts: newestFirst("referred_at"),
    },
    rewards: {
      label: "Free months",
      path: `${path}/rewards`,
      noun: { one: "free month", many: "free months" },
      columns: [],
      sorts: [],
    },
    account: {
      label: "Invoices, payments and credits",
      path: `${path}/account`,
      noun: { one: "entry", many: "entries" },
      columns: [],
      sorts: [],
    },
    mails: {
      label: "Mails",
      path: `${path}/mails`,
      noun: { one: "mail", many: "mails" },
      columns: MAIL_LIST.columns,
      sorts: newestFirst("created_at"),
    },
    audit: {
      label: "Audit log",
      path: `${path}/audit`,
      noun: { one: "entry", many: "entries" },
      columns: [],
      sorts: [],
    },
  }) as const satisfies Record<string, ListDefinition>;
