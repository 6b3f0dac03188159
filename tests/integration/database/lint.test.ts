import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

const ours = `in ('public'::regnamespace, 'private'::regnamespace)`;
const notOfAnExtension = (oid: string) =>
  `not exists (select 1 from pg_catalog.pg_depend as d where d.objid = ${oid} and d.deptype = 'e')`;

async function names(query: string): Promise<string[]> {
  const rows = await db.sql.unsafe<{ name: string }[]>(query);
  return rows.map((row) => row.name).sort();
}

describe("the schema", () => {
  it("has an index for every column that a policy compares with the caller", async () => {
    const compared = await names(`
      select distinct c.relname || '.' || a.attname as name
      from pg_catalog.pg_policy as p
      join pg_catalog.pg_class as c on c.oid = p.polrelid
      join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
        and a.atttypid = 'uuid'::regtype
      where pg_get_expr(p.polqual, p.polrelid) ~ ('\\m' || a.attname || ' = \\( ?SELECT')
        and not exists (select 1 from pg_catalog.pg_index as i
          where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indpred is null)`);
    expect(compared).toEqual([]);
    const policies = await names(`
      select pg_get_expr(p.polqual, p.polrelid) as name from pg_catalog.pg_policy as p`);
    expect(policies.filter((text) => /customer_id = \( ?SELECT/.test(text)).length).toBeGreaterThan(
      4,
    );
  });

  it("lets sessions run only these functions with the owner's rights", async () => {
    expect(
      await names(`select p.proname::text as name from pg_catalog.pg_proc as p
        where p.pronamespace = 'public'::regnamespace and p.prosecdef
          and (has_function_privilege('anon', p.oid, 'execute')
            or has_function_privilege('authenticated', p.oid, 'execute'))`),
    ).toEqual([
      "activate_order",
      "add_team_member",
      "admin_compare_cycle",
      "admin_count_unbilled",
      "admin_export_credit_notes",
      "admin_export_invoices",
      "admin_export_left_out",
      "admin_export_owed_rewards",
      "admin_export_payments",
      "admin_export_run_invoices",
      "admin_get_account",
      "admin_get_billing_run",
      "admin_get_customer",
      "admin_get_customer_head",
      "admin_get_customer_referrals",
      "admin_get_notification",
      "admin_get_preview_facts",
      "admin_get_profile",
      "admin_get_reward_liability",
      "admin_get_run_report",
      "admin_get_vat_report",
      "admin_list_billing_runs",
      "admin_list_claims",
      "admin_list_customer_record",
      "admin_list_customers",
      "admin_list_invoices",
      "admin_list_mail_suppressions",
      "admin_list_notifications",
      "admin_list_orders",
      "admin_list_payments",
      "admin_list_referrals",
      "admin_list_run_invoices",
      "admin_list_unbilled",
      "admin_name_billing_errors",
      "admin_search",
      "answer_claim",
      "answer_survey",
      "appeal_review",
      "cancel_order",
      "change_service_package",
      "choose_my_mails",
      "claim_referral",
      "claim_review",
      "count_failed_notifications",
      "create_api_key",
      "decide_approval",
      "delete_view",
      "erase_customer",
      "export_my_data",
      "extend_referral",
      "get_attention",
      "get_audit_facets",
      "get_bulk_job",
      "get_credit_note",
      "get_invoice",
      "get_launch",
      "get_mail_settings",
      "get_my_account",
      "get_my_appeal",
      "get_my_balance",
      "get_my_dashboard",
      "get_my_invitation",
      "get_my_mail_choices",
      "get_my_order",
      "get_my_profile",
      "get_my_referral_overview",
      "get_my_session",
      "get_my_survey",
      "get_payment_instructions",
      "get_program",
      "get_program_metrics",
      "get_review_case",
      "get_review_conflict",
      "get_review_overview",
      "get_review_queue",
      "get_team",
      "get_terms_effect",
      "get_top_referrers",
      "get_work_counts",
      "grant_reward",
      "has_permission",
      "import_payments",
      "issue_credit_note",
      "lift_mail_suppression",
      "list_api_keys",
      "list_approvals",
      "list_audit",
      "list_bulk_jobs",
      "list_my_referrals",
      "list_saved_views",
      "list_waiting_approvals",
      "plan_bulk_job",
      "preview_act",
      "record_payment",
      "reinstate_referral",
      "release_captured_notifications",
      "request_forced_run",
      "require_recent_password",
      "resend_failed_notifications",
      "retry_notification",
      "reverse_payment",
      "revoke_api_key",
      "revoke_reward",
      "run_bulk_item",
      "save_view",
      "set_service_status",
      "set_switch",
      "start_bulk_job",
      "start_installation",
      "stop_bulk_job",
      "try_bulk_items",
      "update_admin_settings",
      "update_customer_profile",
      "update_launch_plan",
      "update_mail_settings",
      "update_my_profile",
      "update_payment_instructions",
      "update_program",
      "update_team_member",
      "withdraw_scheduled_terms",
    ]);
  });

  it("has one permissive policy per table, role and operation, for reading alone", async () => {
    const rows = await db.sql<{ name: string; n: number }[]>`
      select format('%s for %s to %s', p.polrelid::regclass, p.polcmd, r.role::regrole) as name,
        count(*)::integer as n
      from pg_catalog.pg_policy as p, unnest(p.polroles) as r (role)
      where p.polpermissive group by 1`;
    expect(rows.filter((row) => row.n > 1)).toEqual([]);
    expect(rows.filter((row) => !row.name.includes(" for r to "))).toEqual([]);
    expect(rows.filter((row) => row.name.endsWith(" to -"))).toEqual([]);
  });

  it("has a policy for each table that sessions may read", async () => {
    expect(
      await names(`select c.relname::text as name from pg_catalog.pg_class as c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
          and (has_table_privilege('authenticated', c.oid, 'select')
            or has_any_column_privilege('authenticated', c.oid, 'select'))
          and not exists (select 1 from pg_catalog.pg_policy as p where p.polrelid = c.oid)`),
    ).toEqual([]);
  });

  it("says in a comment what every table and function is for", async () => {
    expect(
      await names(`select c.oid::regclass::text as name from pg_catalog.pg_class as c
        where c.relnamespace ${ours} and c.relkind in ('r', 'p', 'v', 'm')
          and obj_description(c.oid, 'pg_class') is null
        union all
        select p.oid::regprocedure::text from pg_catalog.pg_proc as p
        where p.pronamespace ${ours} and ${notOfAnExtension("p.oid")}
          and obj_description(p.oid, 'pg_proc') is null`),
    ).toEqual([]);
  });

  it("keeps times with their zone and money in whole cents", async () => {
    expect(
      await names(`select table_name || '.' || column_name as name
        from information_schema.columns
        where table_schema in ('public', 'private') and (
          data_type in ('timestamp without time zone', 'real', 'double precision', 'money', 'numeric')
          or (column_name like '%\\_cents' and data_type <> 'bigint')
          or (column_name like '%\\_at' and data_type <> 'timestamp with time zone'))`),
    ).toEqual([]);
  });
});
