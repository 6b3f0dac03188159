import type { Sql } from "postgres";

/*
 * What a round finds and what it leaves behind: one read of everything that the model compares.
 * Instants are milliseconds since 1970; amounts are cents and small enough to be exact.
 */

export interface CustomerState {
  id: string;
  code: string;
  erased: boolean;
  /** Paid or credited beyond all invoices. */
  credit: number;
}

export interface OrderState {
  id: string;
  customer: string;
  status: "pending" | "installing" | "active" | "cancelled";
  at: number;
}

export interface ServiceState {
  id: string;
  customer: string;
  order: string | null;
  status: "pending" | "active" | "suspended" | "cancelled";
  price: number;
  createdAt: number;
  activatedAt: number | null;
  /** When it was suspended or cancelled for good; null while it is not cancelled. */
  endedAt: number | null;
  /** Whether its package was ever changed, or it was ever suspended. */
  changed: boolean;
  /** Its suspensions; an open one has no end. */
  stops: { from: number; until: number | null }[];
}

export interface ReferralState {
  id: string;
  referrer: string;
  referred: string;
  order: string;
  /** `admin`: a forgotten code that was attached later. */
  source: string;
  status: "pending" | "active" | "qualified" | "expired" | "cancelled" | "rejected";
  at: number;
  dueAt: number;
  activatedAt: number | null;
  qualifiesAt: number | null;
  qualifiedAt: number | null;
  reward: string | null;
  /** How many friends make a free month by the terms of this referral. */
  required: number;
  /** Days of service, paid invoices, days of a suspension and friends a month, by the same terms. */
  qualifyingDays: number;
  paidRequired: number;
  graceDays: number;
  monthlyLimit: number;
  /** How often an admin gave it back after it had ended. */
  reinstatements: number;
  openFlags: number;
  openHolds: number;
}

interface RewardState {
  id: string;
  customer: string;
  status: "pending" | "applied" | "expired" | "revoked";
  source: "earned" | "manual";
  grantedBy: string | null;
  createdAt: number;
  cap: number | null;
  expiresAt: number;
  appliedAt: number | null;
}

interface PaymentState {
  id: string;
  customer: string;
  invoice: string;
  cents: number;
  reversed: boolean;
}

interface CreditNoteState {
  invoice: string;
  cents: number;
}

interface ClaimState {
  id: string;
  customer: string;
  referrer: string;
  status: "open" | "confirmed" | "declined" | "accepted" | "rejected";
}

/** A request for a second person. */
interface ApprovalState {
  id: string;
  status: "pending" | "approved" | "declined" | "withdrawn";
}

export interface InvoiceState {
  id: string;
  number: string;
  customer: string;
  service: string;
  run: string | null;
  period: string;
  issuedAt: number;
  /** First local day of the month after it. */
  periodEnd: string;
  dueOn: string;
  reward: string | null;
  price: number;
  total: number;
  waived: number;
  /** The charge before the free month when it is that of every day of the month; else null. */
  month: number | null;
  due: number;
  outstanding: number;
  paid: boolean;
  /** Another one as soon as anything in the row is written again. */
  version: string;
}

export interface State {
  customers: CustomerState[];
  orders: OrderState[];
  services: ServiceState[];
  referrals: ReferralState[];
  rewards: RewardState[];
  invoices: InvoiceState[];
  payments: PaymentState[];
  creditNotes: CreditNoteState[];
  claims: ClaimState[];
  approvals: ApprovalState[];
  /** What the product lists as unbilled at that moment: service and month. */
  unbilled: string[];
  rewardsOn: boolean;
  mailOn: boolean;
  grantLimit: number;
  /** Billing runs that were started with the kill switch on. */
  runsWithoutRewards: string[];
  /** First day of the earliest cycle that was billed once it had begun. */
  firstCycle: string | null;
  /** Mails that were given up, oldest first. */
  failedMails: { id: string }[];
  audits: number;
  /** The newest version of the terms, and whether it pauses the programme. */
  terms: number;
  paused: boolean;
}

/** Reads the whole state in one snapshot of the database; `now` is the clock of who looks. */
export async function readState(sql: Sql, now: Date): Promise<State> {
  const [row] = await sql<{ state: State }[]>`
    select jsonb_build_object(
      'customers', (select coalesce(jsonb_agg(jsonb_build_object(
          'id', c.id, 'code', c.referral_code, 'erased', c.erased_at is not null,
          'credit', coalesce(a.credit_cents, 0)
        ) order by c.created_at, c.id), '[]')
        from public.customers as c left join public.account_credits as a on a.customer_id = c.id),
      'orders', (select coalesce(jsonb_agg(jsonb_build_object(
          'id', o.id, 'customer', o.customer_id, 'status', o.status,
          'at', 1000 * extract(epoch from o.created_at)
        ) order by o.created_at, o.id), '[]') from public.orders as o),
      'services', (select coalesce(jsonb_agg(jsonb_build_object(
          'id', s.id, 'customer', s.customer_id, 'order', s.order_id, 'status', s.status,
          'price', s.monthly_price_cents, 'createdAt', 1000 * extract(epoch from s.created_at),
          'activatedAt', 1000 * extract(epoch from s.activated_at),
          'endedAt', case when s.status = 'cancelled'
            then 1000 * extract(epoch from least(s.suspended_at, s.cancelled_at)) end,
          'changed', s.revision > 0,
          'stops', (select coalesce(jsonb_agg(jsonb_build_object(
              'from', 1000 * extract(epoch from p.suspended_at),
              'until', 1000 * extract(epoch from p.resumed_at)) order by p.suspended_at), '[]')
            from public.service_suspensions as p where p.service_id = s.id)
        ) order by s.created_at, s.id), '[]') from public.customer_services as s),
      'referrals', (select coalesce(jsonb_agg(jsonb_build_object(
          'id', r.id, 'referrer', r.referrer_id, 'referred', r.referred_customer_id,
          'order', r.order_id, 'source', r.source, 'status', r.status, 'reward', r.reward_id,
          'at', 1000 * extract(epoch from r.referred_at),
          'dueAt', 1000 * extract(epoch from r.activation_due_at),
          'activatedAt', 1000 * extract(epoch from r.activated_at),
          'qualifiesAt', 1000 * extract(epoch from r.qualifies_at),
          'qualifiedAt', 1000 * extract(epoch from r.qualified_at),
          'required', p.referrals_required, 'qualifyingDays', p.qualifying_days,
          'paidRequired', p.paid_invoices_required, 'graceDays', p.suspension_grace_days,
          'monthlyLimit', p.monthly_referral_limit,
          'reinstatements', (select count(*) from public.audit_log as l
            where l.entity_type = 'referral' and l.entity_id = r.id::text
              and l.action = 'referral.reinstated'),
          'openFlags', f.flags, 'openHolds', f.holds
        ) order by r.referred_at, r.id), '[]')
        from public.customer_referrals as r
        join public.referral_program as p on p.version = r.program_version
        cross join lateral (
          select count(*) as flags, count(*) filter (where f.severity = 'hold') as holds
          from public.referral_flags as f where f.referral_id = r.id and f.status = 'open'
        ) as f),
      'rewards', (select coalesce(jsonb_agg(jsonb_build_object(
          'id', w.id, 'customer', w.customer_id, 'status', w.status, 'source', w.source,
          'grantedBy', w.granted_by, 'cap', w.cap_cents,
          'createdAt', 1000 * extract(epoch from w.created_at),
          'expiresAt', 1000 * extract(epoch from w.expires_at),
          'appliedAt', 1000 * extract(epoch from w.applied_at)
        ) order by w.created_at, w.id), '[]') from public.referral_rewards as w),
      'invoices', (select coalesce(jsonb_agg(jsonb_build_object(
          'id', i.id, 'number', i.invoice_number, 'customer', i.customer_id,
          'service', i.service_id, 'run', i.run_id, 'period', i.period_start,
          'issuedAt', 1000 * extract(epoch from i.issued_at), 'periodEnd', i.period_end,
          'dueOn', i.due_on, 'reward', i.referral_reward_id, 'price', i.price_cents, 'total', i.total_cents,
          'waived', i.amount_waived_cents,
          'month', private.whole_month_cents(i.line_items, i.period_end - i.period_start),
          'due', i.amount_due_cents,
          'outstanding', coalesce(s.outstanding_cents, i.amount_due_cents),
          'paid', coalesce(s.outstanding_cents, i.amount_due_cents) = 0,
          'version', i.xmin::text
        ) order by i.issued_at, i.invoice_number, i.id), '[]')
        from public.customer_invoices as i
        left join public.invoice_settlements as s on s.invoice_id = i.id),
      'payments', (select coalesce(jsonb_agg(jsonb_build_object(
          'id', p.id, 'customer', p.customer_id, 'invoice', p.invoice_id, 'cents', p.amount_cents,
          'reversed', exists (select 1 from public.payment_reversals as x where x.payment_id = p.id)
        ) order by p.created_at, p.id), '[]') from public.invoice_payments as p),
      'creditNotes', (select coalesce(jsonb_agg(jsonb_build_object(
          'invoice', n.invoice_id, 'cents', n.total_cents)), '[]') from public.credit_notes as n),
      'claims', (select coalesce(jsonb_agg(jsonb_build_object(
          'id', m.id, 'customer', m.customer_id, 'referrer', m.referrer_id, 'status', m.status
        ) order by m.created_at, m.id), '[]') from public.referral_claims as m),
      'approvals', (select coalesce(jsonb_agg(jsonb_build_object('id', ap.id, 'status', ap.status)
        order by ap.requested_at, ap.id), '[]') from public.approvals as ap),
      'unbilled', (select coalesce(jsonb_agg(u.service_id || ' ' || u.period_start), '[]')
        from private.find_unbilled(${now}) as u),
      'rewardsOn', private.switch_is_on('rewards'), 'mailOn', private.switch_is_on('mail'),
      'grantLimit', (private.current_admin_settings()).monthly_grants_per_admin,
      'runsWithoutRewards', (select coalesce(jsonb_agg(b.id), '[]')
        from public.billing_runs as b where not b.rewards_enabled),
      'firstCycle', (select min(b.period_start) from public.billing_runs as b where b.period_start <= private.local_date(b.as_of, private.billing_time_zone())),
      'failedMails', (select coalesce(jsonb_agg(jsonb_build_object('id', n.id)
        order by n.created_at, n.id), '[]')
        from public.notifications as n where n.status = 'failed'),
      'audits', (select count(*) from public.audit_log),
      'terms', (private.current_terms()).version,
      'paused', (private.current_terms()).is_paused
    ) as state`;
  if (!row) throw new Error("the state could not be read");
  return row.state;
}
