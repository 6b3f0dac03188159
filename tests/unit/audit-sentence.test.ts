import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { auditChanges, auditSentence } from "@/components/admin/customers/audit/audit-sentence";
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
      .filter((action) => / did: /.test(auditSentence(entryOf(action))));
    expect(without).toEqual([]);
  });
});

describe("what an audit row changed", () => {
  it("is shown in words, also the filter of an export", () => {
    const format = { timeZone: "Africa/Johannesburg", currency: "ZAR" };
    const exported = {
      ...entryOf("export.completed"),
      after: { rows: 3, filter: { q: "Nkosi", action: "reward" } },
    };
    expect(auditChanges(exported, format)).toEqual([
      { field: "Rows", before: null, after: "3" },
      { field: "Filter", before: null, after: "search: Nkosi, action: reward" },
    ]);
  });
});
