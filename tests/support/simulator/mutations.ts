import type { Sql } from "postgres";
import type { ActionName } from "./actions";

/*
 * Defects to plant into a database, each a mistake that somebody could make: a walk must find it.
 * Where a second line of defence would hide the mistake, it goes, too.
 */

export interface Mutation {
  name: string;
  /** Who has to meet for it to show. */
  favourite: readonly ActionName[];
  /** The first seed to try: one whose plan comes to it early. */
  seed?: number;
  /** Actions per seed, where another number finds it sooner. */
  steps?: number;
  /** Makes microseconds long in which it shows. No defect by itself. */
  slowness?: (sql: Sql) => Promise<void>;
  plant(sql: Sql): Promise<void>;
}

type Edit = readonly [text: string, instead: string];

/**
 * Rewrites a function by replacing pieces of its text.
 * @throws Error when a piece is not there exactly once: then the function has changed, and the
 *   mutation has to follow.
 */
function edited(name: string, definition: string | undefined, edits: readonly Edit[]): string {
  return edits.reduce((found, [text, instead]) => {
    const pieces = found.split(text);
    if (pieces.length !== 2) {
      throw new Error(`${name} contains ${pieces.length - 1} times: ${text}`);
    }
    return pieces.join(instead);
  }, definition ?? "");
}

async function edit(sql: Sql, signature: string, ...edits: readonly Edit[]): Promise<void> {
  const [row] = await sql<{ definition: string }[]>`
    select pg_catalog.pg_get_functiondef(${signature}::regprocedure) as definition`;
  await sql.unsafe(edited(signature, row?.definition, edits));
}

async function editView(sql: Sql, name: string, ...edits: readonly Edit[]): Promise<void> {
  const [row] = await sql<{ definition: string }[]>`
    select pg_catalog.pg_get_viewdef(${name}::regclass) as definition`;
  await sql.unsafe(`create or replace view ${name} as ${edited(name, row?.definition, edits)}`);
}

const ISSUE = "public.issue_invoices(uuid, jsonb, timestamptz, uuid)";
const CHECK = "private.checked_drafts(public.billing_runs, private.invoice_draft[], timestamptz)";
const REVOKE = "private.revoke_reward(uuid, uuid, text, uuid, timestamptz)";
const REFUSES_OTHER_STATUS = `  if v_reward.status <> 'pending' then
    perform private.fail_overtaken(
      'reward_not_pending', v_reward.status, v_reward.revoked_by,
      coalesce(v_reward.revoked_at, v_reward.applied_at, v_reward.expired_at));
  end if;
`;

/** As on a machine that is busy at the wrong moment: invoices take long to get to their locks. */
async function slowBilling(sql: Sql): Promise<void> {
  await edit(sql, ISSUE, [
    "perform private.lock_customers(",
    "perform pg_catalog.pg_sleep(0.06);\n  perform private.lock_customers(",
  ]);
}

/** And a revocation begins when the run has read who has a free month. */
async function slowRevocation(sql: Sql): Promise<void> {
  await slowBilling(sql);
  await edit(sql, REVOKE, [
    "select c.* into v_customer",
    "perform pg_catalog.pg_sleep(0.1 * pg_catalog.random());\n  select c.* into v_customer",
  ]);
}

/** As on such a machine: an order takes long from what it found to what it writes. */
async function slowOrders(sql: Sql): Promise<void> {
  await edit(sql, "public.place_order(jsonb, timestamptz)", [
    "v_order_id := private.insert_order(",
    "perform pg_catalog.pg_sleep(0.03);\n  v_order_id := private.insert_order(",
  ]);
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "an invoice per service and period without its unique constraint",
    favourite: ["bill", "bill"],
    async plant(sql) {
      await sql.unsafe(`
        alter table public.customer_invoices
          drop constraint customer_invoices_one_per_service_and_period`);
      await edit(sql, CHECK, [
        `      and 0 = (
        select count(*) from public.customer_invoices as i
        where i.service_id = d.service_id and i.period_start = p_run.period_start)
`,
        "",
      ]);
    },
  },
  {
    name: "customers who are not locked",
    favourite: ["order", "order", "order", "activate"],
    seed: 5,
    slowness: slowOrders,
    async plant(sql) {
      await edit(sql, "private.lock_customers(uuid[])", ["c.id = any (p_ids)", "false"]);
    },
  },
  {
    name: "a free month applied without a look at its status",
    favourite: ["bill", "revoke", "revoke", "revoke", "grant"],
    seed: 4,
    slowness: slowRevocation,
    async plant(sql) {
      await edit(sql, CHECK, ["and w.status = 'pending'", ""]);
      await sql.unsafe("drop trigger referral_rewards_final on public.referral_rewards");
      await sql.unsafe(`
        alter table public.referral_rewards drop constraint referral_rewards_revoked`);
    },
  },
  {
    name: "an invoice number from a sequence",
    favourite: ["bill", "cancel a statement"],
    async plant(sql) {
      await sql.unsafe("create sequence private.invoice_numbers");
      await edit(
        sql,
        ISSUE,
        [
          "max(d.place) from numbered as d having",
          "max(nextval('private.invoice_numbers')) from numbered as d having",
        ],
        [
          "last_number = n.last_number + excluded.last_number",
          "last_number = excluded.last_number",
        ],
      );
    },
  },
  {
    name: "a mail that does not belong to the transaction that owes it",
    favourite: ["order", "activate", "grant", "revoke"],
    async plant(sql) {
      // As if it were sent on its way afterwards, by a process that dies every now and then.
      await edit(sql, "private.enqueue_mail(text, text, uuid, jsonb, text, timestamptz)", [
        "  if p_recipient is null or p_recipient = '' then",
        "  if p_recipient is null or p_recipient = '' or hashtext(p_dedupe_key) % 20 = 0 then",
      ]);
    },
  },
  {
    name: "a free month revoked whatever became of it",
    favourite: ["bill", "revoke", "grant", "revoke"],
    async plant(sql) {
      await edit(sql, REVOKE, [REFUSES_OTHER_STATUS, ""]);
      await sql.unsafe("drop trigger referral_rewards_final on public.referral_rewards");
    },
  },
  {
    name: "a free month that its friends do not know of",
    favourite: ["order", "activate", "qualify"],
    async plant(sql) {
      await edit(
        sql,
        "private.grant_earned_rewards(uuid, timestamptz)",
        [
          `    update public.customer_referrals as r
    set reward_id = v_reward.id
    where r.id = any (v_ids);
`,
          "",
        ],
        // Or else it would be granted for ever.
        ["    v_granted := v_granted + 1;\n", "    v_granted := v_granted + 1;\n    exit;\n"],
      );
    },
  },
  {
    name: "a mail that two workers can claim",
    favourite: ["notify", "grant", "notify", "notify"],
    async plant(sql) {
      await edit(
        sql,
        "public.claim_notifications(integer, integer, boolean, integer, timestamptz)",
        [
          "  select g.* into strict v_gate from public.mail_gate as g for update;\n",
          "  select g.* into strict v_gate from public.mail_gate as g;\n",
        ],
      );
      await edit(sql, "private.due_mails(integer, timestamptz, timestamptz)", [
        "      for update skip locked\n",
        "",
      ]);
    },
  },
  {
    name: "a friend who is counted before the days are over",
    favourite: ["activate", "cancel a service", "order", "suspend"],
    async plant(sql) {
      await edit(sql, "private.stop_referral(uuid, text, timestamptz)", [
        "if private.is_ready_to_count(v_referral, p_as_of) then",
        "if v_referral.status = 'active' then",
      ]);
    },
  },
  {
    name: "an admin's act without its audit row",
    favourite: ["order", "cancel an order"],
    async plant(sql) {
      await edit(sql, "private.cancel_order(uuid, uuid, text, timestamptz)", [
        "  perform private.write_audit(",
        "  if p_as_of < 'infinity' then\n    return '{}';\n  end if;\n  perform private.write_audit(",
      ]);
    },
  },
  {
    name: "a run that leaves earlier months alone",
    favourite: ["bill", "activate", "order"],
    async plant(sql) {
      await edit(sql, "public.months_to_complete(timestamptz)", [
        "p_as_of + interval '2 days',",
        "'2000-01-01'::timestamptz,",
      ]);
    },
  },
  {
    name: "a list of unbilled months without services that are suspended",
    favourite: ["activate", "suspend", "order"],
    async plant(sql) {
      await edit(sql, "private.find_unbilled(timestamptz, date, uuid)", [
        "and not ((s.service).status = 'suspended' and m.period_start = v_month)",
        "and (s.service).status <> 'suspended'",
      ]);
    },
  },
  {
    name: "a payment that settles nothing",
    favourite: ["bill", "pay", "record a payment"],
    async plant(sql) {
      await sql.unsafe("drop trigger invoice_payments_account on public.invoice_payments");
    },
  },
  {
    name: "a credit that stays although it was used",
    favourite: ["bill", "record a payment", "record a payment"],
    async plant(sql) {
      await edit(sql, "private.settle_accounts(uuid[])", [
        "where a.customer_id = c.customer_id and c.cents = 0",
        "where a.customer_id = c.customer_id and c.cents < 0",
      ]);
    },
  },
  {
    name: "a credit that stays with a newer invoice",
    favourite: ["pay", "record a payment", "credit", "bill", "bill another cycle"],
    seed: 2,
    async plant(sql) {
      await edit(sql, "private.use_account_credit()", [
        "where (i.issued_at, i.period_start, i.id) > ",
        "where false and (i.issued_at, i.period_start, i.id) > ",
      ]);
    },
  },
  {
    name: "an audit row that is changed behind the triggers",
    favourite: ["order", "activate", "seal the audit log"],
    async plant(sql) {
      await sql.unsafe(`
        drop trigger audit_log_append_only on public.audit_log;
        create function private.tidy_audit() returns trigger language plpgsql as $$
        begin
          update public.audit_log set reason = 'tidied' where id = new.audit_id and id % 5 = 0;
          return null;
        end $$;
        create trigger audit_chain_tidies after insert on public.audit_chain
          for each row execute function private.tidy_audit()`);
    },
  },
  {
    name: "a friend who is counted without having paid",
    favourite: ["order", "activate", "qualify"],
    async plant(sql) {
      await edit(sql, "private.is_ready_to_count(public.customer_referrals, timestamptz)", [
        "private.paid_invoices(p_referral.referred_customer_id, p_as_of) >= ",
        "0 <= ",
      ]);
    },
  },
  {
    name: "a suspension that does not stop the clock",
    favourite: ["order", "activate", "suspend", "reactivate"],
    async plant(sql) {
      await edit(sql, "private.resume_referral(uuid, timestamptz, timestamptz)", [
        "greatest(p_as_of - p_suspended_at, interval '0')",
        "interval '0'",
      ]);
    },
  },
  {
    name: "a free month earned by who is overdue",
    favourite: ["order", "activate", "bill", "qualify"],
    seed: 2,
    async plant(sql) {
      await edit(sql, "private.grant_earned_rewards(uuid, timestamptz)", [
        "if private.has_overdue_invoice(p_referrer_id, p_as_of) then",
        "if false then",
      ]);
    },
  },
  {
    name: "a part of a month that takes a free month",
    favourite: ["order", "activate", "grant", "bill"],
    async plant(sql) {
      // As if free months expired long before they do, for whoever makes the invoices.
      await edit(sql, "private.usable_reward(public.referral_rewards)", [
        "'expires_at', p_reward.expires_at",
        "'expires_at', p_reward.expires_at - interval '345 days'",
      ]);
      const fits = `private.free_month_fits(
        public.billing_runs, public.referral_rewards, jsonb, bigint, timestamptz, text)`;
      await edit(sql, fits, ["return p_reward.expires_at <= v_ends_at;", "return true;"]);
    },
  },
  {
    name: "a preview that forgets the free month",
    favourite: ["order", "activate", "grant"],
    seed: 4,
    async plant(sql) {
      await edit(sql, "private.invoice_preview_facts(uuid, timestamptz)", [
        "w.status = 'pending' and private.rewards_are_on()",
        "w.status = 'pending' and false",
      ]);
    },
  },
  {
    name: "a day shown to the inviter that is two days late",
    favourite: ["order", "order", "activate", "activate", "activate"],
    // What is shown is compared at the end of a walk: many short ones have more ends.
    steps: 60,
    seed: 7,
    async plant(sql) {
      await editView(sql, "private.friends", [
        "'qualifies_at', r.qualifies_at",
        "'qualifies_at', r.qualifies_at + interval '2 days'",
      ]);
    },
  },
  {
    name: "a request that is approved by whoever asked",
    favourite: ["ask for a second person", "decide a request"],
    async plant(sql) {
      await edit(sql, "public.decide_approval(uuid, text, text)", [
        "if (p_decision = 'withdraw') <> private.is_one_person(v_approval.requested_by, v_actor) then",
        "if false then",
      ]);
    },
  },
];
