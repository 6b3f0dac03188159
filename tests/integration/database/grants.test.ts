import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { snapshotGrants } from "@/supabase/local/stack/grants";
import { type OwnDatabase, ownDatabase, sharedDatabase } from "@/tests/support/database";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

/** Public functions by who may execute them; each by nobody else. */
const FUNCTIONS: Record<"authenticated" | "service_role", string[]> = {
  authenticated: [
    "activate_order(uuid)",
    "add_team_member(text, text, text)",
    "admin_compare_cycle(date)",
    "admin_count_unbilled()",
    "admin_export_credit_notes(date, date, timestamp with time zone, uuid, integer)",
    "admin_export_invoices(date, date, timestamp with time zone, uuid, integer)",
    "admin_export_left_out(uuid, uuid, integer)",
    "admin_export_owed_rewards(timestamp with time zone, uuid, integer)",
    "admin_export_payments(date, date, timestamp with time zone, uuid, integer)",
    "admin_export_run_invoices(uuid, timestamp with time zone, uuid, integer)",
    "admin_get_account(uuid, timestamp with time zone, uuid, integer, boolean)",
    "admin_get_billing_run(uuid)",
    "admin_get_customer(uuid, integer)",
    "admin_get_customer_head(uuid)",
    "admin_get_customer_referrals(uuid)",
    "admin_get_notification(uuid)",
    "admin_get_preview_facts(uuid[], date)",
    "admin_get_profile(uuid)",
    "admin_get_reward_liability()",
    "admin_get_run_report(uuid, boolean)",
    "admin_get_vat_report(date, date, boolean)",
    "admin_list_billing_runs(timestamp with time zone, uuid, integer, text, date, text, boolean, boolean, boolean)",
    "admin_list_claims(text, timestamp with time zone, uuid, integer, text, date, date, text, boolean, boolean)",
    "admin_list_customer_record(uuid, text, timestamp with time zone, uuid, integer, boolean, boolean)",
    "admin_list_customers(text, timestamp with time zone, uuid, integer, date, date, text, boolean, boolean)",
    "admin_list_invoices(text, text, timestamp with time zone, uuid, integer, uuid, date, uuid, date, date, text, boolean, boolean)",
    "admin_list_mail_suppressions(timestamp with time zone, uuid, integer, text, text, text, boolean)",
    "admin_list_notifications(text, timestamp with time zone, uuid, integer, text, text, text, date, date, text, boolean, boolean, uuid)",
    "admin_list_orders(text, text, timestamp with time zone, uuid, integer, date, date, text, boolean, boolean)",
    "admin_list_payments(text, text, timestamp with time zone, uuid, integer, date, date, text, boolean, boolean)",
    "admin_list_referrals(text, boolean, text, timestamp with time zone, uuid, integer, boolean, date, date, text, boolean, boolean, uuid)",
    "admin_list_run_invoices(uuid, timestamp with time zone, uuid, integer, boolean)",
    "admin_list_unbilled(timestamp with time zone, uuid, integer, date, boolean)",
    "admin_name_billing_errors(uuid[], uuid[])",
    "admin_search(text, integer)",
    "answer_claim(uuid, boolean)",
    "answer_survey(text, integer)",
    "appeal_review(uuid, text)",
    "cancel_order(uuid, text)",
    "choose_my_mails(jsonb)",
    "change_service_package(uuid, text, text)",
    "claim_referral(text)",
    "claim_review(uuid)",
    "create_api_key(text, text[], timestamp with time zone)",
    "count_failed_notifications()",
    "decide_approval(uuid, text, text)",
    "delete_view(uuid)",
    "erase_customer(uuid, text)",
    "export_my_data()",
    "extend_referral(uuid, date, text)",
    "get_attention()",
    "get_audit_facets()",
    "get_bulk_job(uuid, integer, integer, boolean)",
    "get_credit_note(text)",
    "get_invoice(text)",
    "get_launch()",
    "get_mail_settings()",
    "get_my_account(timestamp with time zone, uuid, integer)",
    "get_my_appeal(uuid)",
    "get_my_balance()",
    "get_my_dashboard()",
    "get_my_invitation(text)",
    "get_my_mail_choices()",
    "get_my_order(uuid)",
    "get_my_profile()",
    "get_my_referral_overview()",
    "get_my_session()",
    "get_my_survey(text)",
    "get_payment_instructions()",
    "get_program()",
    "get_program_metrics(integer, date, date, text)",
    "get_review_case(uuid)",
    "get_review_conflict(uuid)",
    "get_review_overview(timestamp with time zone)",
    "get_review_queue(timestamp with time zone, uuid, integer, boolean)",
    "get_team(text, text, text, timestamp with time zone, uuid, integer, text, boolean, boolean)",
    "get_terms_effect()",
    "get_top_referrers(integer, date, date)",
    "get_work_counts()",
    "grant_reward(uuid, text, text, boolean)",
    "has_permission(text)",
    "import_payments(jsonb, boolean)",
    "issue_credit_note(text, bigint, text, text)",
    "lift_mail_suppression(uuid, text)",
    "list_api_keys(text, text, timestamp with time zone, uuid, integer, text, boolean, boolean)",
    "list_approvals(text, timestamp with time zone, uuid, integer, text, boolean, boolean)",
    "list_audit(text, text, text, text, text, bigint, integer, text, boolean, boolean)",
    "list_bulk_jobs(text, text, timestamp with time zone, uuid, integer, text, boolean, boolean)",
    "list_my_referrals(text, integer, timestamp with time zone, uuid)",
    "list_saved_views(text)",
    "list_waiting_approvals(uuid)",
    "plan_bulk_job(text, text[], jsonb, date, boolean, text)",
    "preview_act(text, jsonb)",
    "record_payment(text, bigint, date, text, text, text)",
    "reinstate_referral(uuid, text)",
    "release_captured_notifications(date, text, boolean)",
    "request_forced_run(date, text)",
    "require_recent_password(text)",
    "resend_failed_notifications(text, text, boolean)",
    "retry_notification(uuid)",
    "reverse_payment(uuid, text)",
    "revoke_api_key(uuid, text)",
    "revoke_reward(uuid, uuid, text)",
    "run_bulk_item(uuid)",
    "save_view(text, text, text)",
    "set_service_status(uuid, text, text)",
    "set_switch(text, boolean, text)",
    "start_bulk_job(uuid)",
    "start_installation(uuid)",
    "stop_bulk_job(uuid, text)",
    "try_bulk_items(uuid, integer)",
    "update_admin_settings(jsonb, text, integer)",
    "update_customer_profile(uuid, jsonb, text)",
    "update_launch_plan(date, jsonb, text, integer)",
    "update_mail_settings(jsonb, text, integer)",
    "update_my_profile(jsonb)",
    "update_payment_instructions(text, text, integer)",
    "update_program(jsonb, text, integer, date)",
    "update_team_member(uuid, text, boolean, text)",
    "withdraw_scheduled_terms(integer, text)",
  ],
  service_role: [
    "accept_team_invitation(uuid, uuid, timestamp with time zone)",
    "alert_unbilled(text, timestamp with time zone)",
    "apply_external_event(text, integer, text, text, timestamp with time zone, timestamp with time zone)",
    "ask_for_erasure(uuid, text, timestamp with time zone)",
    "attach_referral(uuid, uuid, text, text, jsonb, bigint, text, timestamp with time zone)",
    "check_api_key(text, text, integer, timestamp with time zone)",
    "check_coverage(text, text)",
    "check_health()",
    "choose_mails(text, jsonb, text)",
    "claim_billing_batch(uuid, timestamp with time zone, integer, uuid, jsonb)",
    "claim_notifications(integer, integer, boolean, integer, timestamp with time zone)",
    "consume_rate_limit(text, text, integer, integer, timestamp with time zone)",
    "consume_rate_limits(jsonb)",
    "decide_appeal(uuid, uuid, text, text, boolean, timestamp with time zone)",
    "decide_claim(uuid, uuid, boolean, text, jsonb, bigint, text, timestamp with time zone)",
    "decide_review(uuid, uuid, text, text, boolean, timestamp with time zone)",
    "expire_due(timestamp with time zone, integer, boolean)",
    "find_auth_user(text)",
    "find_coverage_areas(text, integer)",
    "finish_billing_run(uuid, jsonb, text, timestamp with time zone, uuid, boolean)",
    "forget_erased_accounts(integer)",
    "freeze_notifications(uuid, jsonb)",
    "get_billing_settings()",
    "get_claim(uuid, uuid)",
    "get_cycle_settings(date)",
    "get_deployment_state()",
    "get_external_referral(text, integer, text, timestamp with time zone)",
    "get_fraud_settings(uuid)",
    "get_mail_choices(text)",
    "get_operational_metrics()",
    "get_placed_order(uuid)",
    "get_public_site()",
    "get_switches()",
    "get_terms_versions(integer)",
    "get_unbilled_months(timestamp with time zone)",
    "grant_earned_rewards(uuid, timestamp with time zone)",
    "import_coverage(jsonb, boolean, timestamp with time zone)",
    "issue_invoices(uuid, jsonb, timestamp with time zone, uuid)",
    "link_confirmed_customer(uuid)",
    "list_assessments(uuid, timestamp with time zone, uuid, integer)",
    "list_invariant_checks()",
    "list_unjudged_referrals(integer)",
    "months_to_complete(timestamp with time zone)",
    "note_device(uuid, text, text)",
    "note_session_proof(uuid, uuid, text)",
    "place_order(jsonb, timestamp with time zone)",
    "prepare_attachment(uuid, uuid, text, jsonb, timestamp with time zone)",
    "prepare_order(jsonb, timestamp with time zone)",
    "prune_mails(integer)",
    "prune_operational_rows(timestamp with time zone)",
    "qualify_referrals(timestamp with time zone, boolean, uuid, integer)",
    "read_billing_batch(date, timestamp with time zone, timestamp with time zone, uuid, integer)",
    "rebuild_program_days()",
    "record_admin_sign_in(text, text, text, timestamp with time zone)",
    "record_export(uuid, text, text, jsonb, bigint, timestamp with time zone)",
    "record_external_referral(text, integer, jsonb, timestamp with time zone)",
    "record_invoice_payment(text, bigint, timestamp with time zone, text, text)",
    "record_job_run(text, boolean, bigint)",
    "record_mail_event(text, text, text, timestamp with time zone, text)",
    "record_refusal(uuid, text, text, text, timestamp with time zone)",
    "record_request_durations(jsonb)",
    "record_verification(integer, jsonb, jsonb, text, timestamp with time zone)",
    "record_visit(text, uuid, text, inet, text, timestamp with time zone, uuid, boolean, text)",
    "refresh_program_days(timestamp with time zone)",
    "remind_overdue_invoices(timestamp with time zone, integer)",
    "remove_team_member(text)",
    "report_launch(timestamp with time zone)",
    "save_fraud_settings(uuid, jsonb, text, integer, timestamp with time zone)",
    "save_referral_verdicts(jsonb, integer, text, timestamp with time zone)",
    "save_team_member(uuid, text, text, text)",
    "seal_audit_log(integer)",
    "settle_notifications(uuid, jsonb, text, integer)",
    "start_billing_run(date, date, timestamp with time zone, text, boolean, uuid, timestamp with time zone, uuid, text, text, text)",
    "undo_review(uuid, uuid, timestamp with time zone)",
    "has_link_proof(uuid, uuid)",
    "end_link_proof(uuid, uuid)",
    "validate_referral_code(text, timestamp with time zone)",
    "verify_invariants(text, integer, integer)",
    "wait_for_coverage(jsonb, timestamp with time zone)",
  ],
};

/** Private functions that an API role may execute: those that policies call. */
const PRIVATE_FUNCTIONS: Record<string, string> = { "current_customer_id()": "authenticated" };

/** Tables that a session may read, as far as its policies let it. */
const READABLE_BY_SESSIONS = [
  "admin_settings",
  "admin_users",
  "api_keys",
  "approvals",
  "audit_log",
  "billing_runs",
  "billing_settings",
  "bulk_job_items",
  "bulk_jobs",
  "customer_invoices",
  "customer_services",
  "customers",
  "erasure_requests",
  "mail_choices",
  "mail_events",
  "mail_settings",
  "mail_suppressions",
  "notification_tries",
  "orders",
  "referral_attempts",
  "referral_claims",
  "referral_flags",
  "referral_program",
  "referral_program_withdrawals",
  "referral_rewards",
  "referral_visits",
  "review_appeals",
  "review_claims",
  "review_decisions",
  "restores",
  "role_permissions",
  "saved_views",
  "series_gaps",
  "service_packages",
  "service_suspensions",
  "switches",
];

const REFERRAL_COLUMNS = [
  "activated_at",
  "activation_due_at",
  "cancelled_at",
  "expired_at",
  "id",
  "program_version",
  "qualified_at",
  "qualifies_at",
  "referral_code",
  "referred_at",
  "referrer_id",
  "reward_id",
  "source",
  "status",
];

/** Everything but which colleague issued it. */
const CREDIT_NOTE_COLUMNS = [
  "buyer",
  "credit_note_number",
  "currency",
  "customer_id",
  "id",
  "invoice_id",
  "issued_at",
  "line_items",
  "reason",
  "seller",
  "subtotal_cents",
  "total_cents",
  "vat_bps",
  "vat_cents",
];

/** Everything but which colleague recorded it. */
const PAYMENT_COLUMNS = [
  "amount_cents",
  "created_at",
  "customer_id",
  "id",
  "invoice_id",
  "method",
  "paid_on",
  "reference",
];

/** Everything but the text, which has the link by which its customer chooses, and the lease. */
const NOTIFICATION_COLUMNS = [
  "attempts",
  "cancel_cause",
  "created_at",
  "customer_id",
  "dedupe_key",
  "delivery_at",
  "delivery_state",
  "failure_cause",
  "first_attempt_at",
  "gate_openings",
  "id",
  "last_error",
  "lease_until",
  "may_have_arrived",
  "merged_into",
  "next_attempt_at",
  "number",
  "payload",
  "provider_key",
  "provider_message_id",
  "recipient",
  "reply_to",
  "sent_at",
  "status",
  "subject",
  "template",
];

/** When a price counted from; not why it was changed, and by whom. */
const PRICE_CHANGE_COLUMNS = [
  "created_at",
  "effective_on",
  "from_package_id",
  "from_price_cents",
  "id",
  "service_id",
  "to_package_id",
  "to_price_cents",
];

describe("what may be executed", () => {
  async function grantees(schema: "public" | "private") {
    const rows = await db.sql<{ name: string; grantees: string[] }[]>`
      select format('%s(%s)', p.proname, (
          select string_agg(format_type(t, null), ', ' order by n)
          from unnest(p.proargtypes) with ordinality as a (t, n))) as name,
        coalesce((
          select array_agg(case when acl.grantee = 0 then 'public' else acl.grantee::regrole::text end
            order by 1)
          from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as acl
          where acl.grantee <> p.proowner), '{}') as grantees
      from pg_catalog.pg_proc as p
      where p.pronamespace = ${schema}::regnamespace
        and not exists (select 1 from pg_catalog.pg_depend as d
          where d.objid = p.oid and d.deptype = 'e')`;
    return Object.fromEntries(rows.map((row) => [row.name, row.grantees]));
  }

  it("each public function by exactly the role it is meant for", async () => {
    const expected = Object.fromEntries(
      Object.entries(FUNCTIONS).flatMap(([role, names]) => names.map((name) => [name, [role]])),
    );
    expect(await grantees("public")).toEqual(expected);
  });

  it("no private function, but for those that policies need", async () => {
    const actual = await grantees("private");
    expect(Object.keys(actual).length).toBeGreaterThan(30);
    for (const [name, roles] of Object.entries(actual)) {
      const expected = PRIVATE_FUNCTIONS[name];
      expect([name, roles]).toEqual([name, expected ? [expected] : []]);
    }
    expect(Object.keys(actual)).toEqual(expect.arrayContaining(Object.keys(PRIVATE_FUNCTIONS)));
  });

  it("nothing by everybody, and nothing without a session", async () => {
    const lines = await snapshotGrants(db.sql);
    const open = lines.filter(
      (line) => /^function (public|private)?\.?/.test(line) && / to (anon|public)$/.test(line),
    );
    const ours = await db.sql<{ name: string }[]>`
      select p.oid::regprocedure::text as name from pg_catalog.pg_proc as p
      where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)`;
    const names = new Set(ours.map((row) => row.name));
    expect(
      open.filter((line) => names.has(line.slice("function ".length, line.lastIndexOf(": ")))),
    ).toEqual([]);
  });
});

describe("what may be read and written", () => {
  it("tables: sessions read what policies show, the server reads, and writes packages alone", async () => {
    const tables = await db.sql<{ name: string }[]>`
      select relname as name from pg_catalog.pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')`;
    const expected = tables.flatMap(({ name }) => [
      `${name}: select to service_role`,
      ...(READABLE_BY_SESSIONS.includes(name) ? [`${name}: select to authenticated`] : []),
    ]);
    expected.push(
      "service_packages: select to anon",
      "service_packages: insert to service_role",
      "service_packages: update to service_role",
    );
    const rows = await db.sql<{ line: string }[]>`
      select format('%s: %s to %s', c.relname, lower(acl.privilege_type),
        case when acl.grantee = 0 then 'public' else acl.grantee::regrole::text end) as line
      from pg_catalog.pg_class as c, aclexplode(c.relacl) as acl
      where c.relnamespace = 'public'::regnamespace and c.relkind <> 'S'
        and acl.grantee <> c.relowner`;
    expect(rows.map((row) => row.line).sort()).toEqual(expected.sort());
  });

  it("columns: of a referral, those that do not tell who the friend is; no reason of a price, no text of a mail", async () => {
    const rows = await db.sql<{ line: string }[]>`
      select format('%s.%s: %s to %s', c.relname, a.attname, lower(acl.privilege_type),
        acl.grantee::regrole) as line
      from pg_catalog.pg_attribute as a
      join pg_catalog.pg_class as c on c.oid = a.attrelid, aclexplode(a.attacl) as acl
      where c.relnamespace = 'public'::regnamespace`;
    expect(rows.map((row) => row.line).sort()).toEqual([
      ...CREDIT_NOTE_COLUMNS.map((name) => `credit_notes.${name}: select to authenticated`),
      ...REFERRAL_COLUMNS.map((name) => `customer_referrals.${name}: select to authenticated`),
      ...PAYMENT_COLUMNS.map((name) => `invoice_payments.${name}: select to authenticated`),
      ...NOTIFICATION_COLUMNS.map((name) => `notifications.${name}: select to authenticated`),
      ...PRICE_CHANGE_COLUMNS.map(
        (name) => `service_price_changes.${name}: select to authenticated`,
      ),
    ]);
  });

  it("sequences and types: nobody", async () => {
    const rows = await db.sql`
      select c.relname from pg_catalog.pg_class as c, aclexplode(c.relacl) as acl
      where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
        and c.relkind = 'S' and acl.grantee <> c.relowner`;
    expect(Array.from(rows)).toEqual([]);
  });

  it("the private schema: used by sessions and the server, created in by nobody", async () => {
    const lines = (await snapshotGrants(db.sql)).filter((line) =>
      line.startsWith("schema private: "),
    );
    expect(lines.filter((line) => !line.endsWith("to postgres"))).toEqual([
      "schema private: usage to authenticated",
      "schema private: usage to service_role",
    ]);
  });
});

describe("the database that serves", () => {
  it("grants exactly what the migrations state on a bare database", async () => {
    const serving = sharedDatabase(1);
    try {
      expect(await snapshotGrants(serving)).toEqual(await snapshotGrants(db.sql));
    } finally {
      await serving.end();
    }
  });
});
