import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { auditChanges } from "@/components/admin/customers/audit/audit-changes";
import { auditSentence } from "@/components/admin/customers/audit/audit-sentence";
import type { AuditEntry } from "@/lib/admin/customer-schemas";

const schemas = readdirSync("supabase/schemas")
  .filter((name) => name.endsWith(".sql"))
  .map((name) => readFileSync(`supabase/schemas/${name}`, "utf8"))
  .join("\n");

/** Actions that stand as they are in the calls that write the log. */
const written = [...schemas.matchAll(/write_audit\(\s*[^;]*?'([a-z_]+\.[a-z_]*[a-z])'/g)].flatMap(
  ([, action]) => action ?? [],
);
/** Things whose changes a trigger writes. */
const triggered = [...schemas.matchAll(/audit_change\('([a-z_]+)'\)/g)].flatMap(([, noun]) =>
  noun ? ["added", "changed", "removed"].map((verb) => `${noun}.${verb}`) : [],
);
const composed = [
  ...["approved", "declined", "withdrawn"].map((status) => `approval.${status}`),
  ...["completed", "failed"].map((status) => `billing_run.${status}`),
  ...["accepted", "rejected"].map((status) => `claim.${status}`),
  ...["started", "completed", "cut_short"].map((stage) => `export.${stage}`),
  ...["cleared", "rejected", "appeal_upheld", "appeal_dismissed"].map((end) => `referral.${end}`),
  ...["succeeded", "failed"].map((outcome) => `sign_in.${outcome}`),
];

/** The versions of settings are added, never changed; an API key is never deleted. */
const NEVER =
  /^((admin_settings|billing_settings|mail_settings)\.(changed|removed)|api_key\.removed)$/;

const FORMAT = { timeZone: "Africa/Johannesburg", currency: "ZAR" };

const entryOf = (action: string): AuditEntry => ({
  id: 1,
  created_at: "2026-11-30T08:00:00Z",
  actor_id: null,
  actor_name: "Naledi Dube",
  action,
  entity_type: action.split(".")[0] ?? "",
  entity_id: null,
  reason: null,
  before: null,
  after: null,
});

describe("an audit row", () => {
  it("has a sentence of its own, whatever it is about", () => {
    expect(written.length).toBeGreaterThan(20);
    expect(triggered.length).toBeGreaterThan(10);
    const without = [...new Set([...written, ...triggered, ...composed])]
      .filter((action) => !NEVER.test(action))
      .filter((action) => / did: /.test(auditSentence(entryOf(action), FORMAT)));
    expect(without).toEqual([]);
  });

  it("names the list that was exported in words", () => {
    const exported = { ...entryOf("export.completed"), entity_id: "bulk_jobs", after: { rows: 3 } };
    expect(auditSentence(exported, FORMAT)).toBe("Naledi Dube exported 3 rows: bulk jobs");
  });

  const package50 = { package: "Fibre 50", monthly_price_cents: 79_900 };
  const owner = { name: "Zanele Dube", role: "support", is_active: true, accepted_at: "x" };
  it.each([
    [
      "profile.changed",
      { first_name: "Thandi", address: { line1: "1 Long St", city: "Cape Town" } },
      { first_name: "Thandeka", address: { line1: "2 Long St", city: "Cape Town" } },
      "Naledi Dube changed the customer's first name and billing address",
    ],
    [
      "profile.changed_by_customer",
      { vat_number: null },
      { vat_number: "4123456789" },
      "The customer changed their VAT number",
    ],
    [
      "program.updated",
      { version: 1, referrals_required: 2, is_paused: false },
      { version: 2, referrals_required: 3, is_paused: false },
      "Naledi Dube changed the programme's terms: “Friends per free month”",
    ],
    [
      "program.updated",
      { version: 1, is_paused: false },
      { version: 2, is_paused: true },
      "Naledi Dube paused the programme",
    ],
    [
      "fraud_settings.updated",
      { signals: {}, thresholds: { shared_ip_days: 7 } },
      { signals: { velocity: { weight: 10 } }, thresholds: { shared_ip_days: 14 } },
      "Naledi Dube changed the fraud rules: velocity: weight and shared ip days",
    ],
    [
      "service.package_changed",
      package50,
      { package: "Fibre 100", monthly_price_cents: 99_900, effective_on: "2026-12-01" },
      "Naledi Dube changed the package of the service from Fibre 50 to Fibre 100, which takes effect on 1 Dec 2026",
    ],
    [
      "order.package_changed",
      package50,
      { ...package50, monthly_price_cents: 69_900 },
      "Naledi Dube changed the price of the order to R 699.00",
    ],
    [
      "admin.changed",
      owner,
      { ...owner, role: "billing", is_active: false },
      "Naledi Dube changed the role of Zanele Dube from Support to Billing and ended the access of Zanele Dube",
    ],
    [
      "admin_settings.added",
      { version: 1, approval_hours: 72, reason: "First" },
      { version: 2, approval_hours: 24, reason: "Quicker" },
      "Naledi Dube changed the rules for the team: approval hours",
    ],
    [
      "reward.extended",
      { expires_at: "2026-11-30T22:00:00Z" },
      { expires_at: "2027-01-31T22:00:00Z" },
      "Naledi Dube gave a free month more time, until 31 Jan 2027",
    ],
    [
      "payment.reversed",
      { amount_cents: 79_900, paid_on: "2026-11-30" },
      null,
      "Naledi Dube took back a payment of R 799.00 from 30 Nov 2026",
    ],
    [
      "billing_run.started",
      null,
      { period_start: "2026-12-01" },
      "Naledi Dube started a billing run for Dec 2026",
    ],
  ])("of %s says exactly what changed", (action, before, after, sentence) => {
    const words = auditSentence({ ...entryOf(action), before, after }, FORMAT);
    expect(words.replaceAll("\u00a0", " ")).toBe(sentence);
  });

  it("names many changes by their number, and what a customer did as theirs", () => {
    const many = Object.fromEntries("abcdefg".split("").map((name) => [name, 1]));
    const entry = { ...entryOf("mail_settings.added"), before: {}, after: many };
    expect(auditSentence(entry, FORMAT)).toMatch(/: a, b, c, d and 3 more$/);
    const asked = { ...entryOf("customer.asked_erasure"), actor_id: "x", actor_name: null };
    expect(auditSentence(asked, FORMAT)).toBe(
      "The customer asked for the erasure of their details",
    );
  });
});

describe("what an audit row changed", () => {
  it("is shown in words, also the filter of an export", () => {
    const exported = {
      ...entryOf("export.completed"),
      after: { rows: 3, filter: { q: "Nkosi", action: "reward" } },
    };
    expect(auditChanges(exported, FORMAT)).toEqual([
      { field: "Rows", before: null, after: "3" },
      { field: "Filter", before: null, after: "search: Nkosi, action: reward" },
    ]);
  });
});
