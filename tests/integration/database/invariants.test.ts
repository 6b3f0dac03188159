import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { externalFriend, newApiKey } from "@/tests/support/api-keys";
import {
  ACTOR,
  newPackage,
  newReferrer,
  pendingReward,
  type TestCustomer,
} from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";
import { creditInvoice, invoiceDraft, startedRun } from "@/tests/support/invoices";
import { later, T0 } from "@/tests/support/moments";
import { activateOrder, activeFriend, placeOrder, qualify } from "@/tests/support/orders";
import { one, type Queries, verify } from "@/tests/support/rows";

const BULK_JOB = "00000000-0000-4000-8000-0000000000bb";

let db: OwnDatabase;
let story: {
  referrer: TestCustomer;
  friends: { referral: string; order: string; customer: string; service: string }[];
  service: string;
  earned: string;
  manual: string;
  revoked: string;
  invoice: string;
  cancelled: string;
  installing: string;
  credited: string;
  elsewhere: { order: string; referral: string; customer: string };
};

const grant = (customerId: string) => pendingReward(db.sql, customerId, { createdAt: T0 });

beforeAll(async () => {
  db = await ownDatabase();
  const referrer = await newReferrer(db.sql);
  const own = await placeOrder(db.sql, T0, {
    authUserId: referrer.auth_user_id,
    email: referrer.email,
  });
  const service = await activateOrder(db.sql, own.order_id, T0);
  const friends = [];
  for (let n = 0; n < 3; n += 1) {
    friends.push(
      await activeFriend(db.sql, referrer, T0, {
        flags: n === 2 ? [{ signal: "velocity", severity: "hold" }] : [],
      }),
    );
  }
  await qualify(db.sql, later(30));
  const earned = one(
    await db.sql<{ id: string }[]>`
      select id from referral_rewards where customer_id = ${referrer.id} and source = 'earned'`,
  ).id;
  const manual = await grant(referrer.id);
  const revoked = await grant(referrer.id);
  await db.sql`
    select private.revoke_reward(${referrer.id}, ${revoked}, 'by mistake', ${ACTOR}, ${T0})`;
  const held = friends[2];
  if (!held) throw new Error("three friends were made");
  await db.sql`
    select private.review_referral(${held.referral}, 'clear', 'is fine', false, ${ACTOR}, ${later(31)})`;
  const run = await startedRun(db.sql, "2026-04", later(31));
  const charge = (serviceId: string, customerId: string, rewardId: string | null) =>
    invoiceDraft({ serviceId, customerId, rewardId, activatedAt: T0, month: "2026-04" });
  const drafts = [
    charge(service, referrer.id, earned),
    ...friends.map((friend) => charge(friend.service, friend.customer, null)),
  ];
  await db.sql`
    select public.issue_invoices(${run}, ${db.sql.json(drafts)}, ${later(31)})`;
  await db.sql`select public.finish_billing_run(${run}, '[]', null, ${later(31)})`;
  const invoice = one(
    await db.sql<{ id: string }[]>`
      select id from customer_invoices where referral_reward_id = ${earned}`,
  ).id;
  await db.sql`
    select private.set_service_status(${held.service}, 'suspended', 'unpaid', ${ACTOR}, ${later(32)})`;
  const credited = one(
    await db.sql<{ id: string; number: string }[]>`
      select id, invoice_number as number from customer_invoices
      where service_id = ${friends[0]?.service ?? ""} and period_start = '2026-04-01'`,
  );
  for (const cents of [10_000, 20_000]) {
    await creditInvoice(db.sql, credited.number, cents, { actor: ACTOR, asOf: later(33) });
  }
  const { slug } = await newPackage(db.sql);
  await db.sql`
    select private.change_service_package(${friends[1]?.service ?? ""}, ${slug}, 'wants another one',
      ${ACTOR}, ${later(33)})`;
  const { order_id: cancelled } = await placeOrder(db.sql, later(1));
  await db.sql`
    select private.cancel_order(${cancelled}, ${ACTOR}, 'changed mind', ${later(2)})`;
  const { order_id: installing } = await placeOrder(db.sql, later(1));
  await db.sql`select private.start_installation(${installing}, ${ACTOR}, ${later(2)})`;
  const key = await newApiKey(db.sql);
  const another = await newReferrer(db.sql);
  const elsewhere = await externalFriend(
    db.sql,
    key.secret,
    another.referral_code,
    [
      { type: "activated", at: later(2) },
      { type: "invoice_paid", at: later(20) },
    ],
    later(1),
  );
  story = {
    referrer,
    friends,
    service,
    earned,
    manual,
    revoked,
    invoice,
    cancelled,
    installing,
    credited: credited.id,
    elsewhere,
  };
});
afterAll(() => db.drop());

type Details = Awaited<ReturnType<typeof verify>>["details"];
const inOrder = (details: Details) =>
  details.map(({ invariant, rule, entity }) => `${invariant} ${rule}: ${entity}`).sort();

/** What the checks find one by one, the large ones in three slices. */
async function detailsInSlices(sql: Queries): Promise<string[]> {
  const rows = await sql<{ detail: Details[number] }[]>`
    select detail
    from jsonb_array_elements(public.list_invariant_checks()) as c (item)
    cross join lateral (
      select c.item ->> 'check' as name,
        case when pg_get_viewdef(('private.violations_' || (c.item ->> 'check'))::regclass) like '%slice_first%'
          then 3 else 1 end as slices
    ) as checks
    cross join lateral generate_series(0, checks.slices - 1) as slice
    cross join lateral jsonb_array_elements(
      public.verify_invariants(checks.name, slice, checks.slices) -> 'details') as detail`;
  return inOrder(rows.map(({ detail }) => detail));
}

/**
 * Plants a defect without the constraints and triggers that forbid it, reads the verdict, and
 * takes everything back.
 */
async function verdictWith(...statements: string[]) {
  class TakeBack extends Error {}
  let found: Awaited<ReturnType<typeof verify>> | undefined;
  await db.sql
    .begin(async (sql) => {
      await sql.unsafe(`
        set local session_replication_role = replica;
        do $$
        declare v record;
        begin
          for v in
            select c.conrelid::regclass as t, c.conname as n from pg_constraint as c
            where c.connamespace = 'public'::regnamespace and c.contype in ('c', 'u', 'f')
          loop
            execute format('alter table %s drop constraint if exists %I cascade', v.t, v.n);
          end loop;
          for v in
            select i.indexrelid::regclass as n from pg_index as i
            join pg_class as c on c.oid = i.indrelid
            where c.relnamespace = 'public'::regnamespace and i.indisunique and not i.indisprimary
          loop
            execute format('drop index if exists %s', v.n);
          end loop;
        end $$;`);
      for (const statement of statements) await sql.unsafe(statement);
      found = await verify(sql);
      expect(await detailsInSlices(sql)).toEqual(inOrder(found.details));
      throw new TakeBack();
    })
    .catch((error: unknown) => {
      if (!(error instanceof TakeBack)) throw error;
    });
  if (!found) throw new Error("no verdict");
  return found;
}

const friend = (n: number) => {
  const found = story.friends[n];
  if (!found) throw new Error(`no friend ${n}`);
  return found;
};
const copy = (table: string, id: string, changes: Record<string, unknown>) => `
  insert into ${table} overriding system value
  select (jsonb_populate_record(t, '${JSON.stringify({ id: randomUUID(), ...changes })}')).*
  from ${table} as t where t.id = '${id}'`;
/** The same without columns that the database computes itself. */
const copyCustomer = (id: string, changes: Record<string, unknown>) => `
  insert into customers (id, email, first_name, last_name, referral_code)
  select n.id, n.email, n.first_name, n.last_name, n.referral_code from customers as t,
    jsonb_populate_record(t, '${JSON.stringify({ id: randomUUID(), ...changes })}') as n
  where t.id = '${id}'`;
const copyReferral = (id: string, changes: Record<string, unknown>) => `
  insert into customer_referrals (id, referrer_id, referral_code, referred_customer_id,
    referred_email, order_id, program_version, status, source, referred_at, activation_due_at,
    activated_at, qualifies_at, qualified_at)
  select n.id, n.referrer_id, n.referral_code, n.referred_customer_id, n.referred_email,
    n.order_id, n.program_version, n.status, n.source, n.referred_at, n.activation_due_at,
    n.activated_at, n.qualifies_at, n.qualified_at from customer_referrals as t,
    jsonb_populate_record(t, '${JSON.stringify({ id: randomUUID(), ...changes })}') as n
  where t.id = '${id}'`;

/** A payment of one cent, as its columns' values in SQL. */
const payment = (invoiceId: string, changes: Record<string, string> = {}) => `
  insert into invoice_payments (invoice_id, customer_id, amount_cents, paid_on, recorded_by)
  select i.id, ${changes.customer_id ?? "i.customer_id"}, 1, '2026-11-10', ${changes.recorded_by ?? "null"}
  from customer_invoices as i where i.id = '${invoiceId}'`;

describe("the check of the invariants", () => {
  it("finds nothing in a database that was only used through its functions", async () => {
    expect(await verify(db.sql)).toEqual({ violations: 0, details: [] });
  });

  it("finds nothing either when only the constraints are gone", async () => {
    expect(await verdictWith()).toEqual({ violations: 0, details: [] });
  });

  const planted: [number, string, () => string[]][] = [
    [
      1,
      "a code of wrong form",
      () => [
        `update customers set referral_code = 'REF-ILOU0000' where id = '${friend(0).customer}'`,
      ],
    ],
    [
      1,
      "a code shared by two customers",
      () => [copyCustomer(story.referrer.id, { email: "other@example.test" })],
    ],
    [
      2,
      "a person referred twice, by e-mail",
      () => [copyReferral(friend(0).referral, { referred_customer_id: friend(1).customer })],
    ],
    [
      2,
      "a customer referred twice",
      () => [copyReferral(friend(0).referral, { referred_email: "second@example.test" })],
    ],
    [
      2,
      "a customer who refers themselves",
      () => [
        `update customer_referrals set referred_email = '${story.referrer.email.toUpperCase()}'
        where id = '${friend(0).referral}'`,
      ],
    ],
    [
      3,
      "an earned reward fed by one friend too few",
      () => [`update customer_referrals set reward_id = null where id = '${friend(0).referral}'`],
    ],
    [
      3,
      "an earned reward fed by one friend too many",
      () => [
        `update customer_referrals set reward_id = '${story.earned}'
        where id = '${friend(2).referral}'`,
      ],
    ],
    [
      3,
      "a reward fed by a friend who no longer counts",
      () => [
        `update customer_referrals set status = 'cancelled' where id = '${friend(0).referral}'`,
      ],
    ],
    [
      3,
      "a reward by hand that is fed by a friend",
      () => [
        `update customer_referrals set reward_id = '${story.manual}'
        where id = '${friend(2).referral}'`,
      ],
    ],
    [
      3,
      "a friend who feeds somebody else's reward",
      () => [
        `update customer_referrals set referrer_id = '${friend(1).customer}'
        where id = '${friend(0).referral}'`,
      ],
    ],
    [
      3,
      "a friend who counted before their days were over",
      () => [
        `update customer_referrals set qualified_at = qualifies_at - interval '1 second'
        where id = '${friend(0).referral}'`,
      ],
    ],
    [
      3,
      "a friend who counted without a paid invoice",
      () => [`delete from invoice_settlements where customer_id = '${friend(1).customer}'`],
    ],
    [
      4,
      "an applied reward without an invoice",
      () => [`update referral_rewards set applied_invoice_id = null where id = '${story.earned}'`],
    ],
    [
      4,
      "an applied reward with another amount than its invoice",
      () => [`update referral_rewards set amount_waived_cents = 1 where id = '${story.earned}'`],
    ],
    [
      4,
      "an invoice with a reward that does not name it",
      () => [
        `update customer_invoices set referral_reward_id = '${story.manual}', is_free_month = true
        where service_id = '${friend(0).service}'`,
      ],
    ],
    [
      4,
      "a reward on two invoices, and two free months in one cycle",
      () => [
        copy("customer_invoices", story.invoice, { invoice_number: "INV-2026-000005" }),
        "update invoice_series set last_number = 5",
      ],
    ],
    [
      4,
      "an applied reward that took nothing off",
      () => [
        `update referral_rewards set amount_waived_cents = 0 where id = '${story.earned}'`,
        `update customer_invoices set amount_waived_cents = 0 where id = '${story.invoice}'`,
      ],
    ],
    [
      5,
      "a reward used after its date",
      () => [`update referral_rewards set expires_at = applied_at where id = '${story.earned}'`],
    ],
    [
      5,
      "a revoked reward on an invoice",
      () => [
        `update customer_invoices set referral_reward_id = '${story.revoked}', is_free_month = true,
          reward_treatment = 'discount', reward_description = 'Free month'
        where service_id = '${friend(0).service}'`,
      ],
    ],
    [
      6,
      "two invoices for a service and period",
      () => [
        `insert into customer_invoices
        select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(),
          'invoice_number', 'INV-2026-000005'))).*
        from customer_invoices as t where service_id = '${friend(0).service}'`,
        "update invoice_series set last_number = 5",
      ],
    ],
    [
      7,
      "a number given twice",
      () => ["update customer_invoices set invoice_number = 'INV-2026-000001'"],
    ],
    [
      7,
      "a gap in the numbers",
      () => [
        `update customer_invoices set invoice_number = 'INV-2026-000009'
        where service_id = '${friend(0).service}'`,
      ],
    ],
    [
      7,
      "a series that ran ahead of its invoices",
      () => ["update invoice_series set last_number = last_number + 1"],
    ],
    [
      7,
      "a credit note's number given twice",
      () => ["update credit_notes set credit_note_number = 'CRN-2026-000001'"],
    ],
    [
      7,
      "a gap in the numbers of credit notes",
      () => [
        `update credit_notes set credit_note_number = 'CRN-2026-000009'
        where credit_note_number = 'CRN-2026-000002'`,
      ],
    ],
    [
      7,
      "a credit note that went missing from the end of its series",
      () => ["delete from credit_notes where credit_note_number = 'CRN-2026-000002'"],
    ],
    [
      8,
      "a credit note whose VAT does not add up",
      () => ["update credit_notes set vat_cents = vat_cents + 1"],
    ],
    [
      8,
      "a credit note of nothing",
      () => [
        `update credit_notes set total_cents = 0, subtotal_cents = 0, vat_cents = 0,
          line_items = '[]'`,
      ],
    ],
    [
      8,
      "a credit note in another currency than its invoice",
      () => ["update credit_notes set currency = 'USD'"],
    ],
    [
      8,
      "a credit note of somebody else's invoice",
      () => [`update credit_notes set invoice_id = '${story.invoice}'`],
    ],
    [
      8,
      "credits above their invoice",
      () => [
        `update credit_notes set total_cents = 79900, subtotal_cents = 79900 - vat_cents,
          line_items = '[{"amount_cents": 79900}]'
        where credit_note_number = 'CRN-2026-000002'`,
      ],
    ],
    [
      8,
      "credits of more VAT than their invoice has",
      () => [
        `update credit_notes set vat_cents = 10000, subtotal_cents = total_cents - 10000
        where invoice_id = '${story.credited}'`,
      ],
    ],
    [
      8,
      "an invoice credited in full, but not with all of its VAT",
      () => [
        `update credit_notes set total_cents = 69900, subtotal_cents = 69900 - vat_cents,
          line_items = '[{"amount_cents": 69900}]'
        where credit_note_number = 'CRN-2026-000002'`,
      ],
    ],
    [
      8,
      "lines that do not add up to the total",
      () => [
        `update customer_invoices set line_items = '[{"amount_cents": 79899}]'
        where service_id = '${friend(0).service}'`,
      ],
    ],
    [
      8,
      "VAT that does not add up",
      () => [
        `update customer_invoices set vat_cents = vat_cents + 1
        where service_id = '${friend(0).service}'`,
      ],
    ],
    [
      8,
      "a negative amount due",
      () => [
        `update customer_invoices set amount_due_cents = -1
        where service_id = '${friend(0).service}'`,
      ],
    ],
    [
      8,
      "an amount due above the total before the reward",
      () => [
        `update customer_invoices set amount_due_cents = 79901
        where service_id = '${friend(0).service}'`,
      ],
    ],
    [
      9,
      "a reward by hand without its audit row",
      () => [`delete from audit_log where entity_id = '${story.manual}'`],
    ],
    [
      9,
      "an earned reward without its audit row",
      () => ["delete from audit_log where action = 'reward.earned'"],
    ],
    [
      9,
      "a revocation without its audit row",
      () => [
        `delete from audit_log where entity_id = '${story.revoked}' and action = 'reward.revoked'`,
      ],
    ],
    [
      9,
      "a review decision without its audit row",
      () => [`delete from audit_log where entity_id = '${friend(2).referral}'`],
    ],
    [
      9,
      "terms changed without an audit row",
      () => ["insert into referral_program (version, reason) values (2, 'behind our back')"],
    ],
    [
      9,
      "fraud settings changed without an audit row",
      () => ["insert into fraud_settings (version, reason) values (2, 'behind our back')"],
    ],
    [
      9,
      "a review decision taken back without an audit row",
      () => [`update review_decisions set undone_at = undo_until`],
    ],
    [
      9,
      "an appeal decided without an audit row",
      () => [
        `insert into review_appeals
           (referral_id, customer_id, reason, status, asked_at, due_at, decided_at)
         select id, referrer_id, 'she lives elsewhere', 'dismissed', now(), now(), now()
         from customer_referrals where id = '${friend(0).referral}'`,
      ],
    ],
    [
      15,
      "a restore that nobody has reconciled",
      () => [
        `insert into restores (backup_taken_at, restored_at, lost) values
          (now(), now(), '{"invoices": [], "payments": [], "mails": []}')`,
      ],
    ],
    [
      9,
      "a switch changed without an audit row",
      () => ["insert into switches (name, is_on, reason) values ('mail', true, 'behind our back')"],
    ],
    [
      9,
      "an activation without its audit row",
      () => [`delete from audit_log where entity_id = '${friend(0).order}'`],
    ],
    [
      9,
      "an installation without its audit row",
      () => [`delete from audit_log where entity_id = '${story.installing}'`],
    ],
    [
      9,
      "a cancellation without its audit row",
      () => [`delete from audit_log where entity_id = '${story.cancelled}'`],
    ],
    [
      9,
      "a suspension without its audit row",
      () => [`delete from audit_log where entity_id = '${friend(2).service}'`],
    ],
    [
      9,
      "the end of a billing run without its audit row",
      () => ["delete from audit_log where action = 'billing_run.completed'"],
    ],
    [
      9,
      "a billing run without its audit row",
      () => ["delete from audit_log where entity_type = 'billing_run'"],
    ],
    [
      9,
      "a credit note without its audit row",
      () => ["delete from audit_log where action = 'credit_note.issued'"],
    ],
    [
      9,
      "a change of package without its audit row",
      () => ["delete from audit_log where action = 'service.package_changed'"],
    ],
    [
      9,
      "somebody forgotten without an audit row",
      () => [`update customers set erased_at = now() where id = '${friend(0).customer}'`],
    ],
    [
      11,
      "somebody forgotten whose details are still there",
      () => [`update customers set erased_at = now() where id = '${friend(0).customer}'`],
    ],
    [
      10,
      "a mail about something that did not happen",
      () => [
        `insert into notifications (template, recipient, customer_id, payload, dedupe_key)
        select 'reward_revoked', recipient, customer_id, payload, 'reward_revoked:${story.earned}'
        from notifications where dedupe_key = 'reward_applied:${story.earned}'`,
      ],
    ],
    [
      10,
      "the same mail twice",
      () => [
        `insert into notifications (template, recipient, customer_id, payload, dedupe_key)
        select template, recipient, customer_id, payload, dedupe_key
        from notifications where dedupe_key = 'reward_applied:${story.earned}'`,
      ],
    ],
    [
      8,
      "VAT of an invoice that is not that of its lines",
      () => [
        `update customer_invoices set line_items = jsonb_set(line_items, '{0,vat_cents}', '1')
        where service_id = '${friend(0).service}'`,
      ],
    ],
    [
      8,
      "a line with another VAT rate than that of its days",
      () => [
        `update customer_invoices set line_items = jsonb_set(line_items, '{0,vat_bps}', '1400')
        where service_id = '${friend(0).service}'`,
      ],
    ],
    [
      13,
      "an invoice that leaves out days of service",
      () => [
        `update customer_invoices set line_items = jsonb_set(line_items, '{0,days}', '5')
        where service_id = '${friend(0).service}'`,
      ],
    ],
    [
      13,
      "months of service that nothing names",
      () => [
        `create or replace function private.find_unbilled(
            p_as_of timestamptz, p_before date default null, p_customer_id uuid default null)
        returns table (service_id uuid, customer_id uuid, period_start date, first_day date,
          last_day date, error text)
        language sql stable set search_path = ''
        as 'select null::uuid, null::uuid, null::date, null::date, null::date, null::text where false'`,
      ],
    ],
    [
      9,
      "a payment of an admin without its audit row",
      () => [payment(story.invoice, { recorded_by: `'${ACTOR}'` })],
    ],
    [
      9,
      "a reversal without its audit row",
      () => [
        payment(story.invoice),
        `insert into payment_reversals (payment_id, customer_id, reason)
        select id, customer_id, 'recorded twice' from invoice_payments`,
      ],
    ],
    [14, "a payment that settled nothing", () => [payment(story.invoice)]],
    [
      14,
      "an invoice that stands better than it was paid",
      () => [
        "update invoice_settlements set outstanding_cents = outstanding_cents - 1, paid_cents = paid_cents + 1",
      ],
    ],
    [
      14,
      "a credit that nobody paid for",
      () => [
        `insert into account_credits (customer_id, credit_cents)
        select customer_id, 500 from private.open_invoices limit 1
        on conflict (customer_id) do update set credit_cents = 500`,
      ],
    ],
    [
      14,
      "a payment of somebody else's invoice",
      () => [payment(story.invoice, { customer_id: `'${friend(1).customer}'` })],
    ],
    [
      14,
      "a reversal on somebody else's account",
      () => [
        payment(story.invoice),
        `insert into payment_reversals (payment_id, customer_id, reason)
        select id, '${friend(1).customer}', 'recorded twice' from invoice_payments`,
      ],
    ],
    [
      9,
      "an audit row changed after it was sealed",
      () => [
        "select public.seal_audit_log()",
        `update audit_log set reason = 'forged' where entity_id = '${story.manual}'`,
      ],
    ],
    [
      9,
      "a sealed audit row that is gone",
      () => [
        "select public.seal_audit_log()",
        `delete from audit_log where id = (select max(id) from audit_log)`,
      ],
    ],
    [
      9,
      "a seal that is gone",
      () => ["select public.seal_audit_log()", "delete from audit_chain where position = 1"],
    ],
    [
      9,
      "an audit row that will never be sealed",
      () => ["delete from audit_unsealed where audit_id = (select max(id) from audit_log)"],
    ],
    ...(
      [
        ["a row of a bulk job done before the job began", "null", "now()", true],
        ["a row of a bulk job without its audit row", "now() - interval '1 hour'", "now()", false],
        ["a free month that two rows granted", "now() - interval '1 hour'", "now()", true],
      ] as const
    ).map(([what, started, decided, isAudited]): [number, string, () => string[]] => [
      18,
      what,
      () => [
        `insert into bulk_jobs (id, act, source, reason, created_by, started_at)
         values ('${BULK_JOB}', 'grant', '{"kind": "list"}', 'an outage', '${ACTOR}', ${started})`,
        `insert into bulk_job_items (job_id, number, input, target, status, answer, decided_at)
         select '${BULK_JOB}', n, 'row', jsonb_build_object('n', n), 'done',
           jsonb_build_object('reward_id', '${story.manual}'), ${decided}
         from generate_series(1, ${what.startsWith("a free") ? 2 : 1}) as n`,
        ...(isAudited
          ? [
              `select private.write_audit('${ACTOR}', 'bulk.row_done', 'bulk_job', '${BULK_JOB}', null,
                 'an outage', null, jsonb_build_object('row', n), now())
               from generate_series(1, 2) as n`,
            ]
          : []),
      ],
    ]),
    [
      18,
      "a bulk job that began without the approval it asked for",
      () => [
        `insert into approvals (id, kind, intent, reason, requested_by, expires_at)
         values ('${BULK_JOB}', 'bulk_job', '{}', 'an outage', '${ACTOR}', now())`,
        `insert into bulk_jobs (act, source, reason, created_by, approval_id, started_at)
         values ('grant', '{"kind": "list"}', 'an outage', '${ACTOR}', '${BULK_JOB}', now())`,
      ],
    ],
    ...(
      [
        [
          "a request approved by whoever asked",
          "decided_by = requested_by, carried_out_at = now()",
        ],
        ["an approved act that was not carried out", "decided_by = gen_random_uuid()"],
      ] as const
    ).map(([what, change]): [number, string, () => string[]] => [
      16,
      what,
      () => [
        `insert into approvals
           (kind, intent, reason, requested_by, expires_at, status, decided_by, decided_at)
         values ('credit_note', '{}', 'a large sum', '${ACTOR}', now(), 'approved', '${ACTOR}', now())`,
        `update approvals set ${change}`,
      ],
    ]),
    ...(
      [
        ["referral_signup", () => friend(0).referral],
        ["referral_activated", () => friend(0).referral],
        ["referral_qualified", () => friend(0).referral],
        ["reward_earned", () => story.earned],
        ["reward_granted", () => story.manual],
        ["reward_applied", () => story.earned],
        ["reward_revoked", () => story.revoked],
      ] as const
    ).map(([template, id]): [number, string, () => string[]] => [
      10,
      `no mail ${template}`,
      () => [`delete from notifications where dedupe_key = '${template}:${id()}'`],
    ]),
    [
      19,
      "a tally that misses a friend",
      () => ["update private.referral_tallies set active = active + 1"],
    ],
    [19, "a referrer without a tally", () => ["delete from private.referral_tallies"]],
    [
      17,
      "a service elsewhere that no system sent",
      () => [`delete from external_orders where order_id = '${story.elsewhere.order}'`],
    ],
    [
      17,
      "an order of another system with a service of ours",
      () => [
        `update customer_services set is_external = false where order_id = '${story.elsewhere.order}'`,
      ],
    ],
    [
      17,
      "an invoice for a service elsewhere",
      () => [`update customer_services set is_external = true where id = '${friend(0).service}'`],
    ],
    [
      17,
      "a mail to a friend whose service is elsewhere",
      () => [
        `insert into notifications (template, recipient, customer_id, payload, dedupe_key)
         values ('service_active', 'x@example.test', '${story.elsewhere.customer}', '{}', 'planted')`,
      ],
    ],
    [
      17,
      "a referral that another system was promised, and that is gone",
      () => [
        `update external_orders set answer = answer || '{"referral_id": "${randomUUID()}"}'
         where order_id = '${story.elsewhere.order}'`,
      ],
    ],
    [
      17,
      "a reward fed by a referral that the fraud rules did not judge",
      () => [
        `insert into referral_assessments (order_id, referrer_id, settings_version, evidence, is_judged)
         values ('${friend(0).order}', '${story.referrer.id}', 1, '{}', false)`,
      ],
    ],
  ];

  /** What each planted break was found to be; asked once, because a verdict takes its time. */
  const verdicts = new Map<string, ReturnType<typeof verdictWith>>();
  const verdictOf = ([, what, statements]: (typeof planted)[number]) => {
    const verdict = verdicts.get(what) ?? verdictWith(...statements());
    verdicts.set(what, verdict);
    return verdict;
  };

  it.each(planted)("finds a break of invariant %i: %s", async (invariant, what, statements) => {
    const verdict = await verdictOf([invariant, what, statements]);
    expect(verdict.violations).toBeGreaterThan(0);
    expect(verdict.details.map((detail) => detail.invariant)).toContain(invariant);
  });

  it("has a break for each of its rules", async () => {
    const { source } = one(
      await db.sql<{ source: string }[]>`
        select string_agg(pg_get_viewdef(c.oid), ';') as source from pg_catalog.pg_class as c
        where c.relnamespace = 'private'::regnamespace and c.relname like 'violations\\_%'`,
    );
    const rules = [
      ...source.matchAll(/SELECT \d+(?: AS [^,]+)?,\s+\(?'((?:[^']|'')+)'::text/g),
    ].map((match) => match[1]?.replace(/: $/, ""));
    expect(rules.length).toBeGreaterThan(25);
    const found = new Set<string>();
    for (const one of planted) {
      for (const { rule } of (await verdictOf(one)).details) found.add(rule.replace(/: .*/, ""));
    }
    expect(rules.filter((rule) => rule !== undefined && !found.has(rule))).toEqual([]);
  });

  it("reads every view that is named as an invariant", async () => {
    const rows = await db.sql<{ name: string; is_read: boolean }[]>`
      select c.relname as name, pg_get_viewdef('private.violations'::regclass)
        ~ ('\\m' || c.relname || '\\M') as is_read
      from pg_catalog.pg_class as c
      where c.relnamespace = 'private'::regnamespace and c.relname like 'violations\\_%'`;
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter((row) => !row.is_read)).toEqual([]);
  });

  it("counts each break once and names the rows", async () => {
    const verdict = await verdictWith(`delete from audit_log where entity_id = '${story.manual}'`);
    expect(verdict).toEqual({
      violations: 1,
      details: [
        { invariant: 9, rule: "manual reward without its audit row", entity: story.manual },
      ],
    });
  });
});
