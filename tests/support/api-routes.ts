/**
 * Every route of the API, with who may call it and a request that its form checks take. What it
 * names does not exist: the request gets past the guard and changes nothing. A route file without
 * an entry here fails the tests that go through all of them.
 */
import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LAUNCH_MEASURES, LAUNCH_STAGES } from "@/lib/admin/launch-schemas";
import type { Permission } from "@/lib/permissions";
import { TERMS } from "./facts";
import { orderBody } from "./people";

export interface ApiRoute {
  /** `webhook` wants a signature, `key` an API key, `browser` the session in the cookies, `customer` a customer's, `admin` one whose role carries the permission. */
  access: "public" | "cron" | "webhook" | "key" | "browser" | "customer" | "admin";
  permission?: Permission;
  /** What the answer as a file needs, when that is more. */
  csvPermission?: Permission;
  /** How a refusal is named in the audit log. */
  action?: string;
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: Record<string, unknown>;
  /** Takes an Idempotency-Key. */
  hasKey?: boolean;
}

const LAUNCH_TARGETS = Object.fromEntries(
  LAUNCH_STAGES.map((stage) => [
    stage,
    Object.fromEntries(LAUNCH_MEASURES.map((measure) => [measure, 100])),
  ]),
);

const missing = randomUUID();
const reason = "Goodwill after an outage";
const days = { from: "2026-11-01", to: "2026-11-30" };
const profile = {
  first_name: "Thandi",
  last_name: "Nkosi",
  address: { line1: "1 Loop Street", city: "Cape Town", postal_code: "8001" },
  vat_number: "4123456789",
};
const list = { cursor: "", limit: "5" };
const admin = (permission: Permission, rest: Omit<ApiRoute, "access" | "permission"> = {}) =>
  ({ access: "admin", permission, ...rest }) as const;

const API_ROUTES: Readonly<Record<string, ApiRoute>> = {
  "POST /api/auth/sign-in": {
    access: "public",
    body: { email: "nobody@example.test", password: "wrong password" },
  },
  "POST /api/auth/sign-out": { access: "public" },
  "POST /api/auth/confirmation": { access: "public", body: { email: "nobody@example.test" } },
  "POST /api/auth/password-reset": { access: "public", body: { email: "nobody@example.test" } },
  // Needs the browser's session; a token is refused.
  "POST /api/auth/password": { access: "browser", body: { password: "a new password" } },
  "POST /api/auth/password/confirm": { access: "browser", body: { password: "a new password" } },
  "GET /api/auth/second-factor": { access: "browser" },
  "POST /api/auth/second-factor": { access: "browser", body: { name: "My phone" } },
  "POST /api/auth/second-factor/verify": {
    access: "browser",
    body: { factor_id: missing, code: "123456" },
  },
  "POST /api/auth/second-factor/remove": { access: "browser", body: { factor_id: missing } },
  "GET /api/health": { access: "public" },
  "GET /api/health/live": { access: "public" },
  "GET /api/metrics": { access: "cron" },
  // Without the signature it is refused.
  "POST /api/webhooks/resend": {
    access: "webhook",
    body: { type: "email.delivered", created_at: "2026-11-30T08:00:00Z", data: { email_id: "x" } },
  },
  "POST /api/v1/referrals": {
    access: "key",
    body: {
      referral_code: "REF-ZZZZZZZZ",
      external_id: "ORD-1",
      email: "elsewhere@example.test",
      phone: "082 555 0199",
      name: "Sizwe Dlamini",
      address: { line1: "9 Loop Street", city: "Cape Town", postal_code: "8001" },
    },
  },
  "GET /api/v1/referrals/[external_id]": { access: "key", params: { external_id: "ORD-0" } },
  "POST /api/v1/referrals/[external_id]/events": {
    access: "key",
    params: { external_id: "ORD-0" },
    body: { type: "activated", at: "2026-11-30T08:00:00Z" },
  },
  "GET /api/referrals/validate": { access: "public", query: { code: "REF-ZZZZZZZZ" } },
  "POST /api/referrals/visit": { access: "public", body: { code: "REF-ZZZZZZZZ" } },
  "GET /api/coverage/areas": { access: "public", query: { q: "Gard" } },
  "POST /api/orders/create": {
    access: "public",
    body: orderBody("no-such-package", { referral_code: "REF-ZZZZZZZZ" }),
    hasKey: true,
  },
  "GET /api/mail/unsubscribe": { access: "public", query: { token: "0".repeat(72) } },
  "POST /api/mail/unsubscribe": { access: "public", query: { token: "0".repeat(72) } },
  "POST /api/mail/preferences": {
    access: "public",
    body: { token: "0".repeat(72), programme: true, invoices: true },
  },
  "POST /api/customer/referrals": { access: "customer" },
  "GET /api/customer/referrals": {
    access: "customer",
    query: { ...list, status: "pending" },
  },
  "GET /api/customer/referral-balance": { access: "customer" },
  "GET /api/customer/profile": { access: "customer" },
  "PUT /api/customer/profile": { access: "customer", body: profile },
  "GET /api/customer/mail-choices": { access: "customer" },
  "PUT /api/customer/mail-choices": {
    access: "customer",
    body: { programme: true, invoices: true },
  },
  "GET /api/customer/data": { access: "customer" },
  "GET /api/customer/account": { access: "customer", query: list },
  "GET /api/customer/dashboard": { access: "customer" },
  "POST /api/customer/survey": {
    access: "customer",
    body: { invoice_number: "INV-1999-000001", score: 4 },
  },
  "GET /api/customer/referral-claims": { access: "customer" },
  "POST /api/customer/appeals/[referral_id]": {
    access: "customer",
    params: { referral_id: missing },
    body: { reason },
  },
  "POST /api/customer/referral-claims": {
    access: "customer",
    body: { referral_code: "REF-ZZZZZZZZ" },
  },
  "POST /api/customer/referral-claims/[id]": {
    access: "customer",
    params: { id: missing },
    body: { confirm: true },
  },
  "GET /api/admin/referral-claims": admin("customers:view", { query: { ...list, status: "open" } }),
  "POST /api/admin/referral-claims/[id]": admin("orders:manage", {
    action: "claim.decide",
    params: { id: missing },
    body: { decision: "reject", reason },
  }),
  "POST /api/admin/notifications/release": admin("billing:manage_invoices", {
    action: "notification.release",
    body: { from: "2999-01-01", dry_run: true },
  }),
  "GET /api/admin/mail-suppressions": admin("customers:view", { query: list }),
  "POST /api/admin/mail-suppressions/[id]/lift": admin("billing:manage_invoices", {
    action: "mail_address.lift",
    params: { id: missing },
    body: { reason },
  }),
  "GET /api/admin/customers/[id]/profile": admin("customers:view", { params: { id: missing } }),
  "PUT /api/admin/customers/[id]/profile": admin("orders:manage", {
    action: "profile.change",
    params: { id: missing },
    body: { ...profile, reason },
  }),
  "GET /api/admin/billing/payment-instructions": admin("billing:manage_invoices"),
  "PUT /api/admin/billing/payment-instructions": admin("billing:manage_invoices", {
    action: "payment_instructions.update",
    body: { payment_instructions: "Cash", reason, expected_version: 2_000_000_000 },
  }),
  "POST /api/admin/customers/[id]/referral": admin("orders:manage", {
    action: "referral.attach",
    params: { id: missing },
    body: { referral_code: "REF-ZZZZZZZZ", reason },
  }),
  "POST /api/admin/referrals/[id]/reinstate": admin("orders:manage", {
    action: "referral.reinstate",
    params: { id: missing },
    body: { reason },
  }),
  "POST /api/admin/referrals/[id]/extend": admin("orders:manage", {
    action: "referral.extend",
    params: { id: missing },
    body: { until: "2027-01-31", reason },
  }),
  "GET /api/admin/customers": admin("customers:view", { query: { ...list, q: "Thandi" } }),
  "GET /api/admin/customers/[id]": admin("customers:view", { params: { id: missing } }),
  "GET /api/admin/customers/[id]/record/[section]": admin("customers:view", {
    query: list,
    params: { id: missing, section: "orders" },
  }),
  "GET /api/admin/customers/[id]/referrals": admin("customers:view", { params: { id: missing } }),
  "POST /api/admin/customers/[id]/referrals/grant": admin("billing:manage_invoices", {
    action: "reward.grant",
    params: { id: missing },
    body: { reason, confirm_recent: true },
    hasKey: true,
  }),
  "POST /api/admin/customers/[id]/referrals/revoke": admin("billing:manage_invoices", {
    action: "reward.revoke",
    params: { id: missing },
    body: { reason, reward_id: missing },
  }),
  "POST /api/admin/customers/[id]/erase": admin("admins:manage", {
    action: "customer.erase",
    params: { id: missing },
    body: { reason },
  }),
  "GET /api/admin/referrals": admin("customers:view", {
    query: {
      ...list,
      q: "Thandi",
      status: "active",
      flagged: "true",
      from: "2026-01-01",
      to: "2026-12-31",
      format: "json",
    },
  }),
  "GET /api/admin/metrics": admin("customers:view", {
    query: {
      days: "7",
      from: "2026-01-01",
      to: "2026-01-31",
      compare: "year",
      format: "json",
      table: "bars",
    },
  }),
  "GET /api/admin/search": admin("customers:view", { query: { q: "Thandi", limit: "5" } }),
  "GET /api/admin/work": admin("customers:view"),
  "GET /api/admin/lists/[list]": admin("data:export", { params: { list: "orders" } }),
  "POST /api/admin/views": admin("customers:view", {
    action: "view.save",
    body: { list: "orders", name: "Waiting", query: "status=pending" },
  }),
  "POST /api/admin/views/[id]/delete": admin("customers:view", {
    action: "view.delete",
    params: { id: missing },
  }),
  "GET /api/admin/review": admin("referrals:review", { query: list }),
  "GET /api/admin/fraud-settings": admin("program:manage"),
  "PUT /api/admin/fraud-settings": admin("program:manage", {
    action: "fraud_settings.update",
    body: { settings: {}, reason, expected_version: 9999 },
  }),
  "POST /api/admin/fraud-settings/backtest": admin("program:manage", {
    action: "fraud_settings.backtest",
    body: { settings: {} },
  }),
  "GET /api/admin/review/overview": admin("referrals:review"),
  "GET /api/admin/review/[referral_id]": admin("referrals:review", {
    params: { referral_id: missing },
  }),
  "POST /api/admin/review/[referral_id]/claim": admin("referrals:review", {
    action: "referral.claim",
    params: { referral_id: missing },
  }),
  "POST /api/admin/review/[referral_id]/undo": admin("referrals:review", {
    action: "referral.undo",
    params: { referral_id: missing },
  }),
  "POST /api/admin/review/[referral_id]/appeal": admin("referrals:review", {
    action: "referral.decide_appeal",
    params: { referral_id: missing },
    body: { decision: "dismiss", reason },
  }),
  "POST /api/admin/review/[referral_id]": admin("referrals:review", {
    action: "referral.review",
    params: { referral_id: missing },
    body: { decision: "clear", reason },
  }),
  "POST /api/admin/orders/[id]/activate": admin("orders:manage", {
    action: "order.activate",
    params: { id: missing },
  }),
  "POST /api/admin/orders/[id]/installing": admin("orders:manage", {
    action: "order.install",
    params: { id: missing },
  }),
  "POST /api/admin/orders/[id]/cancel": admin("orders:manage", {
    action: "order.cancel",
    params: { id: missing },
    body: { reason },
  }),
  "POST /api/admin/services/[id]/status": admin("orders:manage", {
    action: "service.set_status",
    params: { id: missing },
    body: { status: "suspended", reason },
  }),
  "POST /api/admin/services/[id]/package": admin("orders:manage", {
    action: "service.change_package",
    params: { id: missing },
    body: { package_slug: "no-such-package", reason },
  }),
  "POST /api/admin/notifications/[id]/retry": admin("billing:manage_invoices", {
    action: "notification.retry",
    params: { id: missing },
  }),
  "POST /api/admin/notifications/resend": admin("billing:manage_invoices", {
    action: "notification.resend",
    body: { cause: "unwritten", dry_run: false, reason },
  }),
  "GET /api/admin/program": admin("program:manage"),
  "PUT /api/admin/program": admin("program:manage", {
    action: "program.update",
    body: {
      ...TERMS,
      reason,
      // No version has this number: never the newest.
      expected_version: 2_000_000_000,
    },
  }),
  "GET /api/admin/mail-settings": admin("program:manage"),
  "PUT /api/admin/mail-settings": admin("program:manage", {
    action: "mail_settings.update",
    body: { retention_days: 400, reason, expected_version: 2_000_000_000 },
  }),
  "GET /api/admin/team": admin("admins:manage"),
  // Nobody can be mailed at an address that the auth server does not take.
  "POST /api/admin/team": admin("admins:manage", {
    action: "team.add",
    body: { email: `${missing}@example.test`, name: "Nobody", role: "support" },
  }),
  "PUT /api/admin/team/[id]": admin("admins:manage", {
    action: "team.update",
    params: { id: missing },
    body: { role: "support", is_active: true, reason },
  }),
  "PUT /api/admin/team/settings": admin("admins:manage", {
    action: "admin_settings.update",
    body: { monthly_grants_per_admin: 20, reason, expected_version: 2_000_000_000 },
  }),
  "GET /api/admin/team/api-keys": admin("admins:manage"),
  // The end has passed, so no key is made.
  "POST /api/admin/team/api-keys": admin("admins:manage", {
    action: "api_key.create",
    body: { name: "Order desk", scopes: ["referrals:write"], expires_at: "2026-01-01T00:00:00Z" },
  }),
  "POST /api/admin/team/api-keys/[id]/revoke": admin("admins:manage", {
    action: "api_key.revoke",
    params: { id: missing },
    body: { reason },
  }),
  "GET /api/admin/audit": admin("audit:view", {
    query: {
      ...list,
      q: "Thandi",
      actor: "system",
      action: "reward.granted",
      from: "2026-01-01",
      to: "2026-12-31",
      format: "json",
    },
  }),
  "GET /api/admin/approvals": admin("orders:manage", { query: { ...list, status: "pending" } }),
  "POST /api/admin/approvals/[id]": admin("orders:manage", {
    action: "approval.decide",
    params: { id: missing },
    body: { decision: "decline", reason },
  }),
  "POST /api/admin/acts/preview": admin("orders:manage", {
    action: "act.preview",
    body: { act: "cancel_order", order_id: missing },
  }),
  "GET /api/admin/bulk": admin("orders:manage", { query: list }),
  // Nothing is planned by a list that is empty.
  "POST /api/admin/bulk": admin("orders:manage", {
    action: "bulk.plan",
    body: { act: "cancel_order", filter: { from: "2199-01-01" }, reason },
  }),
  "GET /api/admin/bulk/[id]": admin("orders:manage", {
    csvPermission: "data:export",
    params: { id: missing },
    query: { after: "0", limit: "5", format: "json" },
  }),
  "POST /api/admin/bulk/[id]/try": admin("orders:manage", {
    action: "bulk.try",
    params: { id: missing },
  }),
  "POST /api/admin/bulk/[id]/start": admin("orders:manage", {
    action: "bulk.start",
    params: { id: missing },
  }),
  "POST /api/admin/bulk/[id]/run": admin("orders:manage", {
    action: "bulk.run",
    params: { id: missing },
  }),
  "POST /api/admin/bulk/[id]/stop": admin("orders:manage", {
    action: "bulk.stop",
    params: { id: missing },
    body: { reason },
  }),
  // No such version is scheduled.
  "POST /api/admin/program/withdraw": admin("program:manage", {
    action: "program.withdraw",
    body: { version: 2_000_000_000, reason },
  }),
  "GET /api/admin/launch": admin("customers:view"),
  "PUT /api/admin/launch": admin("program:manage", {
    action: "launch.update",
    body: { launched_on: null, targets: LAUNCH_TARGETS, reason, expected_version: 2_000_000_000 },
  }),
  // There is no switch of this name.
  "POST /api/admin/switches/[name]": admin("program:manage", {
    action: "switch.change",
    params: { name: "lights" },
    body: { is_on: true, reason },
  }),
  "GET /api/admin/billing/runs": admin("customers:view", { query: list }),
  // A cycle that has not begun is refused without a reason to force it.
  "POST /api/admin/billing/runs": admin("billing:manage_invoices", {
    action: "billing_run.start",
    body: { period: "2199-01" },
    hasKey: true,
  }),
  "GET /api/admin/billing/runs/[id]": admin("customers:view", {
    csvPermission: "data:export",
    params: { id: missing },
    query: { format: "json" },
  }),
  "GET /api/admin/billing/reports/vat": admin("customers:view", {
    csvPermission: "data:export",
    query: { ...days, format: "json" },
  }),
  "GET /api/admin/billing/reports/liability": admin("customers:view", {
    csvPermission: "data:export",
    query: { format: "json" },
  }),
  "GET /api/admin/exports/invoices": admin("data:export", { query: days }),
  "GET /api/admin/exports/credit-notes": admin("data:export", { query: days }),
  "GET /api/admin/exports/payments": admin("data:export", { query: days }),
  "GET /api/admin/billing/unbilled": admin("customers:view", { query: list }),
  "GET /api/admin/billing/preview": admin("billing:manage_invoices", {
    query: { period: "2026-01" },
  }),
  "GET /api/admin/invoices": admin("customers:view", {
    query: { ...list, q: "INV-2026", status: "free_month" },
  }),
  "GET /api/admin/customers/[id]/account": admin("customers:view", {
    params: { id: missing },
    query: list,
  }),
  "POST /api/admin/invoices/[number]/payments": admin("billing:manage_invoices", {
    action: "payment.record",
    params: { number: "INV-1999-000001" },
    body: { amount_cents: 100, paid_on: "2026-11-10", reference: "Salary", method: "cash" },
    hasKey: true,
  }),
  // Takes CSV: JSON is refused for its type.
  "POST /api/admin/payments/import": admin("billing:manage_invoices", {
    action: "payment.import",
    query: { dry_run: "true" },
  }),
  "POST /api/admin/payments/[id]/reverse": admin("billing:manage_invoices", {
    action: "payment.reverse",
    params: { id: missing },
    body: { reason },
  }),
  "POST /api/admin/invoices/[number]/credit-notes": admin("billing:manage_invoices", {
    action: "credit_note.issue",
    params: { number: "INV-1999-000001" },
    body: { amount_cents: 100, reason },
    hasKey: true,
  }),
  ...Object.fromEntries(
    ["billing", "expire", "notify", "qualify", "verify"].flatMap((job) =>
      ["GET", "POST"].map((method) => [`${method} /api/cron/${job}`, { access: "cron" as const }]),
    ),
  ),
};

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

const api = fileURLToPath(new URL("../../app/api", import.meta.url));

/** The addresses of all route files, with their parameters in brackets: `/api/admin/orders/[id]/cancel`. */
export function routePatterns(): string[] {
  return readdirSync(api, { recursive: true, encoding: "utf8" })
    .filter((path) => /(^|[\\/])route\.tsx?$/.test(path))
    .map((path) => `/api/${path.replaceAll("\\", "/").replace(/\/route\.tsx?$/, "")}`)
    .filter((pattern) => !pattern.includes("[[..."))
    .sort();
}

/** Method, address pattern and description of each route. */
export const apiRoutes = (): [method: string, pattern: string, route: ApiRoute][] =>
  Object.entries(API_ROUTES).map(([name, route]) => {
    const [method = "", pattern = ""] = name.split(" ");
    return [method, pattern, route];
  });

/** An address with these parameters, encoded. */
export const addressOf = (
  pattern: string,
  params: Record<string, string> = {},
  query: Record<string, string> = {},
): string => {
  const path = pattern.replaceAll(/\[(\w+)\]/g, (_all, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const search = new URLSearchParams(query).toString();
  return search ? `${path}?${search}` : path;
};
