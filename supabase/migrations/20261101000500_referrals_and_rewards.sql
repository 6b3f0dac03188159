-- Referrals, their visits, flags and refused attempts, and the rewards they earn.

create table public.referral_visits (
  id uuid primary key default gen_random_uuid(),
  visitor_id uuid not null,
  referrer_id uuid not null references public.customers (id),
  referral_code text not null,
  landing_path text not null default '/' check (length(landing_path) <= 300),
  ip_address inet,
  user_agent text check (length(user_agent) <= 1000),
  visited_at timestamptz not null default now()
);
comment on table public.referral_visits is 'Arrivals through a valid referral link.';
create index referral_visits_referrer on public.referral_visits (referrer_id, visited_at desc);
create index referral_visits_visited on public.referral_visits (visited_at);
create index referral_visits_visitor on public.referral_visits (visitor_id, visited_at desc);

create table public.referral_rewards (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id),
  reward_type text not null default 'free_month' check (reward_type = 'free_month'),
  status text not null default 'pending' check (status in ('pending', 'applied', 'expired', 'revoked')),
  source text not null check (source in ('earned', 'manual')),
  referrals_required integer check (referrals_required > 0),
  cap_cents bigint check (cap_cents > 0),
  granted_by uuid,
  grant_reason text check (length(grant_reason) between 3 and 500),
  revoked_by uuid,
  revoked_at timestamptz,
  revoke_reason text check (length(revoke_reason) between 3 and 500),
  expires_at timestamptz not null,
  expired_at timestamptz,
  applied_invoice_id uuid unique,
  applied_at timestamptz,
  amount_waived_cents bigint check (amount_waived_cents >= 0),
  created_at timestamptz not null default now(),
  constraint referral_rewards_applied check (
    (status = 'applied')
    = (applied_invoice_id is not null and applied_at is not null and amount_waived_cents is not null)
    and (status = 'applied' or (applied_invoice_id is null and applied_at is null and amount_waived_cents is null))
  ),
  constraint referral_rewards_revoked check (
    (status = 'revoked') = (revoked_at is not null)
    and (revoked_at is null) = (revoke_reason is null)
  ),
  constraint referral_rewards_expired check ((status = 'expired') = (expired_at is not null)),
  constraint referral_rewards_source check (
    (source = 'earned' and referrals_required is not null)
    or (source = 'manual' and referrals_required is null and grant_reason is not null)
  )
);
comment on table public.referral_rewards is 'Free months. Applied and revoked are final; an applied one points to its invoice.';
comment on column public.referral_rewards.referrals_required is 'How many qualified referrals fed this earned reward, by the terms they were made under.';

create index referral_rewards_customer on public.referral_rewards (customer_id, created_at desc);
create index referral_rewards_pending on public.referral_rewards (expires_at, customer_id) where status = 'pending';
create index referral_rewards_pending_customer on public.referral_rewards (customer_id, expires_at) where status = 'pending';

create function private.keep_final_rewards()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception using errcode = 'PT409', message = 'reward_not_pending',
    detail = 'an applied, expired or revoked reward is final';
end;
$$;
comment on function private.keep_final_rewards() is 'Trigger: only a pending reward changes.';

create trigger referral_rewards_final
  before update on public.referral_rewards
  for each row
  when (old.status <> 'pending')
  execute function private.keep_final_rewards();
create trigger referral_rewards_kept
  before delete on public.referral_rewards
  for each row execute function private.refuse_change();

create table public.customer_referrals (
  id uuid primary key default gen_random_uuid(),
  referrer_id uuid not null references public.customers (id),
  referral_code text not null,
  referred_customer_id uuid not null references public.customers (id),
  referred_email text not null,
  referred_email_normalised text generated always as (private.normalise_email(referred_email)) stored,
  order_id uuid not null references public.orders (id),
  program_version integer not null references public.referral_program (version),
  status text not null default 'pending'
    check (status in ('pending', 'active', 'qualified', 'expired', 'cancelled', 'rejected')),
  status_reason text,
  source text not null default 'typed' check (source in ('link', 'typed', 'admin')),
  ip_address inet,
  user_agent text check (length(user_agent) <= 1000),
  referred_at timestamptz not null default now(),
  activation_due_at timestamptz not null,
  activated_at timestamptz,
  qualifies_at timestamptz,
  qualified_at timestamptz,
  expired_at timestamptz,
  cancelled_at timestamptz,
  rejected_at timestamptz,
  reward_id uuid references public.referral_rewards (id),
  constraint customer_referrals_not_self check (referrer_id <> referred_customer_id),
  constraint customer_referrals_active check (
    status not in ('active', 'qualified') or (activated_at is not null and qualifies_at is not null)
  ),
  constraint customer_referrals_qualified check ((status = 'qualified') = (qualified_at is not null and rejected_at is null)),
  constraint customer_referrals_expired check ((status = 'expired') = (expired_at is not null)),
  constraint customer_referrals_cancelled check ((status = 'cancelled') = (cancelled_at is not null)),
  constraint customer_referrals_rejected check ((status = 'rejected') = (rejected_at is not null)),
  constraint customer_referrals_reward check (reward_id is null or status = 'qualified')
);
comment on table public.customer_referrals is
  'One friend, referred by one customer, through one order. Terms are frozen by program_version.';
comment on column public.customer_referrals.activation_due_at is 'A pending referral whose service is not active by then expires.';
comment on column public.customer_referrals.qualifies_at is 'When the friend counts, if the service stays active until then.';
comment on column public.customer_referrals.reward_id is 'The earned reward that this qualified referral fed; at most one.';

create function private.freeze_terms()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
  v_terms public.referral_program := private.current_terms();
begin
  new.program_version := coalesce(new.program_version, v_terms.version);
  new.activation_due_at := coalesce(
    new.activation_due_at,
    private.local_plus(new.referred_at, make_interval(days => v_terms.activation_window_days), private.billing_time_zone())
  );
  return new;
end;
$$;
comment on function private.freeze_terms() is
  'Trigger: a new referral keeps the terms in force, so that a later version never changes what was promised.';

create trigger customer_referrals_freeze_terms
  before insert on public.customer_referrals
  for each row execute function private.freeze_terms();

create unique index customer_referrals_one_live_per_email
  on public.customer_referrals (referred_email_normalised)
  where status in ('pending', 'active', 'qualified');
create unique index customer_referrals_one_live_per_customer
  on public.customer_referrals (referred_customer_id)
  where status in ('pending', 'active', 'qualified');
create unique index customer_referrals_one_live_per_order
  on public.customer_referrals (order_id)
  where status in ('pending', 'active', 'qualified');
create index customer_referrals_referrer on public.customer_referrals (referrer_id, referred_at desc, id desc);
create index customer_referrals_referred_customer on public.customer_referrals (referred_customer_id);
create index customer_referrals_referred_email on public.customer_referrals (referred_email_normalised);
create index customer_referrals_order on public.customer_referrals (order_id);
create index customer_referrals_program on public.customer_referrals (program_version);
create index customer_referrals_reward on public.customer_referrals (reward_id) where reward_id is not null;
create index customer_referrals_due on public.customer_referrals (qualifies_at, referrer_id) where status = 'active';
create index customer_referrals_expiring on public.customer_referrals (activation_due_at) where status = 'pending';
create index customer_referrals_unrewarded on public.customer_referrals (referrer_id, qualified_at)
  where status = 'qualified' and reward_id is null;
create index customer_referrals_listed on public.customer_referrals (referred_at desc, id desc);
create index customer_referrals_status_listed on public.customer_referrals (status, referred_at desc, id desc);
create index customer_referrals_activated on public.customer_referrals (activated_at) where activated_at is not null;
create index customer_referrals_qualified_at on public.customer_referrals (qualified_at) where qualified_at is not null;
create index customer_referrals_device on public.customer_referrals (ip_address, referred_at) where ip_address is not null;

create table public.referral_flags (
  id uuid primary key default gen_random_uuid(),
  referral_id uuid not null references public.customer_referrals (id),
  signal text not null check (signal in (
    'same_address_as_referrer', 'same_address_as_referral', 'same_phone_as_referral',
    'address_recently_served', 'velocity', 'disposable_email', 'shared_ip', 'same_device', 'fast_order', 'manual'
  )),
  severity text not null check (severity in ('flag', 'hold')),
  weight integer not null default 0 check (weight between 0 and 100),
  evidence jsonb not null default '{}' check (jsonb_typeof(evidence) = 'object'),
  status text not null default 'open' check (status in ('open', 'cleared', 'rejected')),
  decided_by uuid,
  decided_at timestamptz,
  decision_reason text,
  created_at timestamptz not null default now(),
  unique (referral_id, signal),
  check ((status = 'open') = (decided_at is null))
);
comment on table public.referral_flags is 'Fraud signals on a referral. An open hold keeps the referral from feeding a reward until it is reviewed.';
create index referral_flags_open on public.referral_flags (created_at, referral_id) where status = 'open';

create table public.referral_attempts (
  id uuid primary key default gen_random_uuid(),
  order_id uuid not null references public.orders (id),
  referrer_id uuid references public.customers (id),
  referral_code text not null,
  reason text not null check (reason in (
    'invalid_code', 'program_paused', 'self_referral', 'duplicate_referral', 'referrer_not_eligible', 'rate_limited'
  )),
  evidence jsonb not null default '{}',
  created_at timestamptz not null default now()
);
comment on table public.referral_attempts is 'Orders that came with a code which was not applied, and why.';
create index referral_attempts_order on public.referral_attempts (order_id);
create index referral_attempts_referrer on public.referral_attempts (referrer_id, created_at desc);
create index referral_attempts_created on public.referral_attempts (created_at);
