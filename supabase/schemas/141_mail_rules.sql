-- What a mail says when it leaves: facts are read then, and what is no longer true is not sent.

create table public.mail_choices (
  id bigint primary key generated always as identity,
  customer_id uuid not null references public.customers (id),
  kind text not null check (kind in ('programme', 'invoices')),
  is_wanted boolean not null,
  source text not null check (source in ('one_click', 'link', 'profile')),
  chosen_at timestamptz not null default clock_timestamp()
);
comment on table public.mail_choices is
  'Which mails customers want, append-only: the newest row of a kind counts, and without one they are wanted. An invoice is issued all the same.';
comment on column public.mail_choices.source is
  'one_click: the button of a mail reader; link: the page that a mail leads to; profile: their account.';

create index mail_choices_customer on public.mail_choices (customer_id, kind, id desc);

create trigger mail_choices_append_only
  before update or delete on public.mail_choices
  for each row execute function private.refuse_change();
create trigger mail_choices_no_truncate
  before truncate on public.mail_choices
  for each statement execute function private.refuse_change();

alter table public.mail_choices enable row level security;
revoke all on table public.mail_choices from public, anon, authenticated, service_role;
revoke all on sequence public.mail_choices_id_seq from public, anon, authenticated, service_role;
grant select on table public.mail_choices to service_role;
grant select on table public.mail_choices to authenticated;
create policy mail_choices_select on public.mail_choices
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create table private.mail_keys (
  id boolean primary key default true check (id),
  key bytea not null default decode(
    replace(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
);
comment on table private.mail_keys is 'The key that signs the links in mails to the page of choices.';
alter table private.mail_keys enable row level security;
revoke all on table private.mail_keys from public, anon, authenticated, service_role;

-- Drawn by its first use, so that no two installations share one.
create function private.mail_token(p_customer_id uuid)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_key bytea := (select k.key from private.mail_keys as k);
begin
  if v_key is null then
    insert into private.mail_keys default values on conflict do nothing;
    select k.key into strict v_key from private.mail_keys as k;
  end if;
  return replace(p_customer_id::text, '-', '')
    || left(encode(extensions.hmac('mail choices ' || p_customer_id, encode(v_key, 'hex'), 'sha256'), 'hex'), 40);
end;
$$;
comment on function private.mail_token(uuid) is 'What a link in a mail proves its customer with. It opens the choice of mails and nothing else.';
revoke all on function private.mail_token(uuid) from public, anon, authenticated, service_role;

create function private.without_mail_token(p_text text)
returns text
language sql
immutable
set search_path = ''
as $$
  select regexp_replace(p_text, '(token=)[0-9a-f]{72}', '\1', 'g')
$$;
comment on function private.without_mail_token(text) is
  'The text of a mail without the links that choose for its customer, for whoever else reads it.';
revoke all on function private.without_mail_token(text) from public, anon, authenticated, service_role;

create function private.customer_of_mail_token(p_token text)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_id uuid;
begin
  if p_token !~ '^[0-9a-f]{72}$' then
    return null;
  end if;
  v_id := left(p_token, 32)::uuid;
  if private.mail_token(v_id) <> p_token then
    return null;
  end if;
  return (select c.id from public.customers as c where c.id = v_id and c.erased_at is null);
end;
$$;
comment on function private.customer_of_mail_token(text) is 'Whose link it is; null for a link that was not signed here.';
revoke all on function private.customer_of_mail_token(text) from public, anon, authenticated, service_role;

create function private.is_optional(p_template text)
returns boolean
language sql
immutable
set search_path = ''
as $$
  -- An answer to what somebody asked is not news.
  select private.mail_lane(p_template) = 4 and p_template not in ('appeal_received', 'appeal_decided')
$$;
comment on function private.is_optional(text) is 'Whether a mail is news of the programme, which a customer may opt out of and which keeps quiet hours.';
revoke all on function private.is_optional(text) from public, anon, authenticated, service_role;

create function private.wants_mails(p_customer_id uuid, p_kind text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select coalesce((
    select c.is_wanted from public.mail_choices as c
    where c.customer_id = p_customer_id and c.kind = p_kind
    order by c.id desc limit 1), true)
$$;
comment on function private.wants_mails(uuid, text) is 'Whether a customer wants mails of a kind.';
revoke all on function private.wants_mails(uuid, text) from public, anon, authenticated, service_role;

create function private.mail_choices_of(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'programme', private.wants_mails(p_customer_id, 'programme'), 'invoices', private.wants_mails(p_customer_id, 'invoices'))
$$;
comment on function private.mail_choices_of(uuid) is 'Which mails a customer wants: {programme, invoices}.';
revoke all on function private.mail_choices_of(uuid) from public, anon, authenticated, service_role;

create function private.keep_mail_choices(p_customer_id uuid, p_choices jsonb, p_source text)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform private.lock_customers(array[p_customer_id]);
  insert into public.mail_choices (customer_id, kind, is_wanted, source)
  select p_customer_id, k.kind, (p_choices ->> k.kind)::boolean, p_source
  from unnest(array['programme', 'invoices']) as k (kind)
  where (p_choices ->> k.kind)::boolean <> private.wants_mails(p_customer_id, k.kind);
  return private.mail_choices_of(p_customer_id);
end;
$$;
comment on function private.keep_mail_choices(uuid, jsonb, text) is
  'Keeps which mails a customer wants, with source and time: {programme, invoices}, each optional. What stays as it is adds no row.';
revoke all on function private.keep_mail_choices(uuid, jsonb, text) from public, anon, authenticated, service_role;

create function public.get_mail_choices(p_token text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_id uuid := private.customer_of_mail_token(p_token);
begin
  if v_id is null then
    perform private.fail(404, 'not_found', 'link');
  end if;
  return private.mail_choices_of(v_id);
end;
$$;
comment on function public.get_mail_choices(text) is
  'Server: which mails the customer wants whose signed link this is: {programme, invoices}. Raises not_found.';
revoke all on function public.get_mail_choices(text) from public, anon, authenticated, service_role;
grant execute on function public.get_mail_choices(text) to service_role;

create function public.choose_mails(p_token text, p_choices jsonb, p_source text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_id uuid := private.customer_of_mail_token(p_token);
begin
  if v_id is null then
    perform private.fail(404, 'not_found', 'link');
  end if;
  if p_source not in ('one_click', 'link') then
    perform private.fail(400, 'invalid_request', 'source');
  end if;
  return private.keep_mail_choices(v_id, p_choices, p_source);
end;
$$;
comment on function public.choose_mails(text, jsonb, text) is
  'Server: keeps which mails the customer wants whose signed link this is. Raises not_found.';
revoke all on function public.choose_mails(text, jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.choose_mails(text, jsonb, text) to service_role;

create function public.get_my_mail_choices()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return private.mail_choices_of(private.require_customer());
end;
$$;
comment on function public.get_my_mail_choices() is 'Customer: which mails they want: {programme, invoices}.';
revoke all on function public.get_my_mail_choices() from public, anon, authenticated, service_role;
grant execute on function public.get_my_mail_choices() to authenticated;

create function public.choose_my_mails(p_choices jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  return private.keep_mail_choices(private.require_customer(), p_choices, 'profile');
exception when invalid_text_representation then
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'choices';
end;
$$;
comment on function public.choose_my_mails(jsonb) is
  'Customer: keeps which mails they want: {programme, invoices}, each optional. Raises invalid_request.';
revoke all on function public.choose_my_mails(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.choose_my_mails(jsonb) to authenticated;

create function private.quiet_until(p_now timestamptz)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
declare
  v_settings public.mail_settings := private.current_mail_settings();
  v_zone text := private.billing_time_zone();
  v_local timestamp := p_now at time zone v_zone;
  v_hour integer := extract(hour from v_local);
  v_is_quiet boolean;
begin
  v_is_quiet := case
    when v_settings.quiet_from <= v_settings.quiet_until
      then v_hour >= v_settings.quiet_from and v_hour < v_settings.quiet_until
    else v_hour >= v_settings.quiet_from or v_hour < v_settings.quiet_until
  end;
  if not v_is_quiet then
    return null;
  end if;
  return (date_trunc('day', v_local) + make_interval(hours => v_settings.quiet_until,
    days => case when v_hour >= v_settings.quiet_until then 1 else 0 end)) at time zone v_zone;
end;
$$;
comment on function private.quiet_until(timestamptz) is 'When the quiet hours end that hold now, by the billing time zone; null outside of them.';
revoke all on function private.quiet_until(timestamptz) from public, anon, authenticated, service_role;

create function private.uuid_or_null(p_text text)
returns uuid
language sql
immutable
set search_path = ''
as $$
  select case when p_text ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_text::uuid end
$$;
comment on function private.uuid_or_null(text) is 'An id; null for a text that is none. One mail with a wrong id must not hold up all others.';
revoke all on function private.uuid_or_null(text) from public, anon, authenticated, service_role;

create function private.mail_cause_id(p_mail public.notifications)
returns uuid
language sql
immutable
set search_path = ''
as $$
  select private.uuid_or_null(split_part(p_mail.dedupe_key, ':', 2))
$$;
comment on function private.mail_cause_id(public.notifications) is 'The id of what a mail is about, from its dedupe key; or null.';
revoke all on function private.mail_cause_id(public.notifications) from public, anon, authenticated, service_role;

create function private.mail_ids(p_mail public.notifications)
returns uuid[]
language sql
stable
set search_path = ''
as $$
  select array(
    select i.id::uuid
    from (
      select p_mail.payload
      union all
      select m.payload from public.notifications as m where m.merged_into = p_mail.id and m.template = p_mail.template
    ) as one
    cross join jsonb_array_elements_text(one.payload -> 'ids') as i (id))
$$;
comment on function private.mail_ids(public.notifications) is 'The invoices or payments that a mail is about, with those of mails that leave as a part of it.';
revoke all on function private.mail_ids(public.notifications) from public, anon, authenticated, service_role;

create function private.is_mail_true(p_mail public.notifications)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_id uuid := private.mail_cause_id(p_mail);
begin
  case p_mail.template
    when 'service_suspended', 'service_reactivated' then
      return (
        select 'undone' from public.customer_services as s
        where s.id = v_id
          and s.status <> case p_mail.template when 'service_suspended' then 'suspended' else 'active' end);
    when 'payment_received' then
      return (
        select 'undone' where not exists (
          select 1 from unnest(private.mail_ids(p_mail)) as p (id)
          where not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id)));
    when 'invoice_overdue' then
      return (
        select 'settled' where not exists (
          select 1 from private.open_invoices as i where i.id = any (private.mail_ids(p_mail))));
    when 'order_received' then
      return (select 'undone' from public.orders as o where o.id = v_id and o.status = 'cancelled');
    when 'service_active' then
      return (select 'undone' from public.customer_services as s where s.order_id = v_id and s.status = 'cancelled');
    when 'referral_qualified' then
      return (
        select 'referral_ended' from public.customer_referrals as r where r.id = v_id and r.status <> 'qualified');
    when 'referral_signup', 'referral_activated' then
      return (
        select case
          when r.status in ('expired', 'cancelled', 'rejected') then 'referral_ended'
          when (private.public_terms() ->> 'is_paused')::boolean then 'programme_paused'
        end
        from public.customer_referrals as r where r.id = v_id);
    when 'reward_earned', 'reward_granted' then
      return (
        select 'reward_gone' from public.referral_rewards as w where w.id = v_id and w.status in ('revoked', 'expired'));
    when 'reward_expiring' then
      return (select 'reward_gone' from public.referral_rewards as w where w.id = v_id and w.status <> 'pending');
    else
      return null;
  end case;
end;
$$;
comment on function private.is_mail_true(public.notifications) is
  'Why a mail is no longer true, as a cause of cancellation; null while it is.';
revoke all on function private.is_mail_true(public.notifications) from public, anon, authenticated, service_role;

create function private.idle_cause(p_mail public.notifications)
returns text
language sql
stable
set search_path = ''
as $$
  select case
    -- Alerts go to the team. One of them who dislikes one must not silence all.
    when (p_mail.customer_id is not null or p_mail.template = 'coverage_opened')
      and private.is_suppressed(p_mail.recipient) then 'suppressed'
    when private.is_optional(p_mail.template) and not private.wants_mails(p_mail.customer_id, 'programme') then 'opted_out'
    when p_mail.template = 'invoice_issued' and not private.wants_mails(p_mail.customer_id, 'invoices') then 'opted_out'
    -- An earlier try may have delivered it: then it is repeated as it was.
    when p_mail.html is null then private.is_mail_true(p_mail)
  end
$$;
comment on function private.idle_cause(public.notifications) is
  'Why a mail that is about to be tried is not sent, as a cause of cancellation; null when it is.';
revoke all on function private.idle_cause(public.notifications) from public, anon, authenticated, service_role;

create function private.charge_facts(p_invoice public.customer_invoices)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'price_cents', p_invoice.price_cents, 'amount_due_cents', p_invoice.amount_due_cents,
    'waived_cents', p_invoice.amount_waived_cents,
    'days', coalesce(sum((l ->> 'days')::integer) filter (where (l ->> 'period_start')::date >= p_invoice.period_start), 0),
    'days_in_period', p_invoice.period_end - p_invoice.period_start,
    'was_suspended', coalesce(bool_or(l ? 'suspended'), false),
    'completes_earlier', coalesce(bool_or((l ->> 'period_start')::date < p_invoice.period_start), false))
  from jsonb_array_elements(p_invoice.line_items) as l
  where l ->> 'kind' = 'service'
$$;
comment on function private.charge_facts(public.customer_invoices) is
  'What an invoice charged, to say why the next one differs. Amounts in cents, VAT included.';
revoke all on function private.charge_facts(public.customer_invoices) from public, anon, authenticated, service_role;

create function private.mail_invoices(p_ids uuid[])
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'invoice_number', i.invoice_number, 'period_start', i.period_start, 'due_on', i.due_on, 'currency', i.currency,
    'package_name', p.name, 'charge', private.charge_facts(i),
    'before', (
      select private.charge_facts(b)
      from public.customer_invoices as b
      where b.service_id = i.service_id and b.period_start < i.period_start
      order by b.period_start desc limit 1),
    'outstanding_cents', coalesce(
      (select s.outstanding_cents from public.invoice_settlements as s where s.invoice_id = i.id), i.amount_due_cents))
    order by i.period_start, i.invoice_number), '[]')
  from public.customer_invoices as i
  join public.customer_services as v on v.id = i.service_id
  join public.service_packages as p on p.id = v.package_id
  where i.id = any (p_ids)
$$;
comment on function private.mail_invoices(uuid[]) is
  'Invoices as their mails name them, each with what it charged and what the one before it charged. Amounts in cents.';
revoke all on function private.mail_invoices(uuid[]) from public, anon, authenticated, service_role;

create function private.mail_payments(p_ids uuid[])
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'invoice_number', i.invoice_number, 'amount_cents', p.amount_cents, 'paid_on', p.paid_on) order by p.created_at, p.id), '[]')
  from public.invoice_payments as p
  join public.customer_invoices as i on i.id = p.invoice_id
  where p.id = any (p_ids) and not exists (select 1 from public.payment_reversals as x where x.payment_id = p.id)
$$;
comment on function private.mail_payments(uuid[]) is 'Payments as their mail names them, without those that were taken back.';
revoke all on function private.mail_payments(uuid[]) from public, anon, authenticated, service_role;

create function private.is_gathered(p_template text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return p_template in (
    'referral_signup', 'referral_activated', 'referral_qualified', 'reward_earned', 'reward_applied', 'reward_expiring',
    'reward_expired');
end;
$$;
comment on function private.is_gathered(text) is
  'Whether mails of this kind leave in one mail with others of their kind. The others need an answer, or give a reason.';
revoke all on function private.is_gathered(text) from public, anon, authenticated, service_role;

create function private.may_leave_at(p_mail public.notifications, p_now timestamptz)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select greatest(
    -- Friends who order within an hour are one piece of news.
    max(n.sent_at) filter (where n.template = p_mail.template and n.sent_at > p_now - interval '1 hour') + interval '1 hour',
    case when count(*) >= (private.current_mail_settings()).programme_mails_per_day
      then min(n.sent_at) + interval '24 hours' end)
  from public.notifications as n
  where n.customer_id = p_mail.customer_id and n.status in ('sent', 'captured') and private.is_gathered(n.template)
    and n.sent_at > p_now - interval '24 hours' and n.created_at > p_now - interval '30 days'
$$;
comment on function private.may_leave_at(public.notifications, timestamptz) is
  'Until when a mail of the programme waits for others, because its customer got one of its kind within the hour, or as many as a day may bring. Null: it may leave.';
revoke all on function private.may_leave_at(public.notifications, timestamptz)
  from public, anon, authenticated, service_role;

create function private.gather_mails(p_ids uuid[], p_now timestamptz)
returns uuid[]
language plpgsql
set search_path = ''
as $$
declare
  v_mail public.notifications;
  v_at timestamptz;
  v_waiting uuid[] := '{}';
begin
  for v_mail in
    select n.* from public.notifications as n
    where n.id = any (p_ids) and n.status = 'queued' and n.html is null and n.customer_id is not null
      and (private.is_optional(n.template) or n.template in ('invoice_issued', 'invoice_overdue', 'payment_received'))
    order by n.number
  loop
    -- An earlier one of them may have taken this one along.
    continue when not exists (
      select 1 from public.notifications as n where n.id = v_mail.id and n.status = 'queued');
    if private.is_optional(v_mail.template) then
      v_at := greatest(
        private.quiet_until(p_now),
        case when private.is_gathered(v_mail.template) then private.may_leave_at(v_mail, p_now) end);
      if v_at > p_now then
        update public.notifications as n set next_attempt_at = v_at where n.id = v_mail.id;
        v_waiting := v_waiting || v_mail.id;
        continue;
      end if;
      continue when not private.is_gathered(v_mail.template);
    end if;
    update public.notifications as n
    set status = 'cancelled', cancel_cause = coalesce(private.idle_cause(n), 'merged'),
      merged_into = case when private.idle_cause(n) is null then v_mail.id end
    where n.customer_id = v_mail.customer_id and n.id <> v_mail.id and n.status = 'queued' and n.html is null
      and n.next_attempt_at <= p_now
      and case when private.is_gathered(v_mail.template) then private.is_gathered(n.template)
        else n.template = v_mail.template end;
  end loop;
  return v_waiting;
end;
$$;
comment on function private.gather_mails(uuid[], timestamptz) is
  'Of mails that are about to be tried: takes others of the same customer along that are due, so that they leave as one. Returns those that wait for more.';
revoke all on function private.gather_mails(uuid[], timestamptz) from public, anon, authenticated, service_role;

create function private.template_of(p_mail public.notifications)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return case
    when private.is_gathered(p_mail.template)
      and exists (select 1 from public.notifications as m where m.merged_into = p_mail.id) then 'programme_digest'
    else p_mail.template
  end;
end;
$$;
comment on function private.template_of(public.notifications) is 'How a mail is written: a digest when others leave as a part of it.';
revoke all on function private.template_of(public.notifications) from public, anon, authenticated, service_role;

create function private.reward_progress(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  -- Of a group that earned its reward, its size and the place of this friend. Else of the smallest group that can still be
  -- completed: friends whose terms ask for so many or fewer, with friends under today's terms to come.
  with peers as (
    select r.id, r.qualified_at, p.referrals_required
    from public.customer_referrals as r
    join public.referral_program as p on p.version = r.program_version
    where r.referrer_id = p_referral.referrer_id and r.status = 'qualified'
      and r.reward_id is not distinct from p_referral.reward_id
      and (r.id = p_referral.id or (r.qualified_at, r.id) <= (p_referral.qualified_at, p_referral.id))
      and (r.id = p_referral.id or r.reward_id is not null or not exists (
        select 1 from public.referral_flags as f
        where f.referral_id = r.id and f.status = 'open' and f.severity = 'hold'))
  ), terms as (
    select (private.current_terms()).referrals_required
  ), sizes as (
    select w.referrals_required as size from public.referral_rewards as w where w.id = p_referral.reward_id
    union
    select t.referrals_required from terms as t where p_referral.reward_id is null
    union
    select p.referrals_required
    from peers as p, terms as t
    where p_referral.reward_id is null and p.referrals_required > t.referrals_required
  )
  select jsonb_build_object('counted', least(found.counted, s.size), 'required', s.size)
  from sizes as s
  cross join lateral (
    select count(*) as counted from peers as p
    where p_referral.reward_id is not null or p.referrals_required <= s.size
  ) as found
  order by s.size - found.counted, s.size
  limit 1
$$;
comment on function private.reward_progress(public.customer_referrals) is
  'How many friends counted when this one did, and how many a free month takes: {counted, required}.';
revoke all on function private.reward_progress(public.customer_referrals) from public, anon, authenticated, service_role;

create function private.reward_worth(p_reward_id uuid)
returns bigint
language sql
stable
set search_path = ''
as $$
  select least(max(s.monthly_price_cents), w.cap_cents)
  from public.referral_rewards as w
  join public.customer_services as s on s.customer_id = w.customer_id and s.status in ('active', 'suspended')
  where w.id = p_reward_id
  group by w.cap_cents
$$;
comment on function private.reward_worth(uuid) is
  'What a free month would take off at today''s prices, in cents, VAT included. Null without a service.';
revoke all on function private.reward_worth(uuid) from public, anon, authenticated, service_role;

create function private.person_name(p_customer_id uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select coalesce(
    (select nullif(btrim(c.first_name || ' ' || c.last_name), '') from public.customers as c where c.id = p_customer_id),
    'Former customer')
$$;
comment on function private.person_name(uuid) is 'The whole name of a customer, for the team.';
revoke all on function private.person_name(uuid) from public, anon, authenticated, service_role;

create function private.mail_facts(p_mail public.notifications)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_id uuid := private.mail_cause_id(p_mail);
begin
  case p_mail.template
    when 'referral_qualified' then
      return (
        select jsonb_build_object('progress', private.reward_progress(r))
        from public.customer_referrals as r where r.id = v_id);
    when 'reward_earned' then
      return jsonb_build_object(
        'currency', (private.current_billing_settings()).currency, 'worth_cents', private.reward_worth(v_id),
        'friends', (
          select coalesce(jsonb_agg(private.friend_name(r.referred_customer_id) order by r.qualified_at, r.id), '[]')
          from public.customer_referrals as r where r.reward_id = v_id));
    when 'reward_granted', 'reward_expiring' then
      return jsonb_build_object(
        'currency', (private.current_billing_settings()).currency, 'worth_cents', private.reward_worth(v_id));
    when 'suspicious_activity' then
      return jsonb_build_object(
        'referrer_name', private.person_name(private.uuid_or_null(p_mail.payload ->> 'referrer_id')),
        'friend_name', (
          select private.person_name(r.referred_customer_id)
          from public.customer_referrals as r where r.id = private.uuid_or_null(p_mail.payload ->> 'referral_id')));
    when 'erasure_requested' then
      return jsonb_build_object('customer_name', private.person_name(private.uuid_or_null(p_mail.payload ->> 'customer_id')));
    else
      return '{}';
  end case;
end;
$$;
comment on function private.mail_facts(public.notifications) is
  'What a mail says beyond what was queued, as it is when it leaves: how many friends a free month still takes, what it is worth, who an alert is about. Amounts in cents.';
revoke all on function private.mail_facts(public.notifications) from public, anon, authenticated, service_role;

create function private.mail_payload(p_mail public.notifications)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_ids uuid[];
  v_settings public.billing_settings;
begin
  if private.template_of(p_mail) = 'programme_digest' then
    return jsonb_build_object(
      'first_name', coalesce(p_mail.payload ->> 'first_name', ''),
      'items', (
        select jsonb_agg(
          jsonb_build_object(
            'template', (one.mail).template, 'payload', (one.mail).payload || coalesce(private.mail_facts(one.mail), '{}'))
          order by (one.mail).number)
        from (
          select p_mail as mail
          union all
          select m from public.notifications as m where m.merged_into = p_mail.id
        ) as one));
  end if;
  if p_mail.template not in ('invoice_issued', 'invoice_overdue', 'payment_received') then
    return p_mail.payload || coalesce(private.mail_facts(p_mail), '{}');
  end if;
  v_ids := private.mail_ids(p_mail);
  v_settings := private.current_billing_settings();
  return jsonb_build_object(
      'first_name', coalesce((select c.first_name from public.customers as c where c.id = p_mail.customer_id), ''),
      'currency', v_settings.currency)
    || case p_mail.template
      when 'payment_received' then jsonb_build_object(
        'payments', private.mail_payments(v_ids), 'balance_cents', private.account_balance(p_mail.customer_id))
      else jsonb_build_object(
        'invoices', private.mail_invoices(v_ids), 'payment_instructions', v_settings.payment_instructions)
    end;
end;
$$;
comment on function private.mail_payload(public.notifications) is
  'What a mail says, as its template takes it: what was queued, and facts of the moment at which it leaves. Mails about invoices and payments are queued with ids alone.';
revoke all on function private.mail_payload(public.notifications) from public, anon, authenticated, service_role;

create function private.mail_payment(p_payment_id uuid, p_customer_id uuid, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    'payment_received', c.email, c.id, jsonb_build_object('ids', jsonb_build_array(p_payment_id)),
    'payment_received:' || p_payment_id, p_as_of)
  from public.customers as c where c.id = p_customer_id and c.erased_at is null
$$;
comment on function private.mail_payment(uuid, uuid, timestamptz) is 'Tells the customer that a payment arrived.';
revoke all on function private.mail_payment(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.mail_service_status(p_service public.customer_services, p_template text, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    p_template, c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'package_name', p.name,
      'on', private.local_date(p_as_of, private.billing_time_zone()),
      'is_overdue', private.has_overdue_invoice(c.id, p_as_of)),
    p_template || ':' || p_service.id || ':' || extract(epoch from p_as_of), p_as_of)
  from public.customers as c
  join public.service_packages as p on p.id = p_service.package_id
  where c.id = p_service.customer_id and c.erased_at is null and not p_service.is_external
$$;
comment on function private.mail_service_status(public.customer_services, text, timestamptz) is
  'Tells the customer that their service was suspended or works again. Who delivers a service elsewhere tells its customers.';
revoke all on function private.mail_service_status(public.customer_services, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.mail_package_change(p_change_id uuid, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    'service_package_changed', c.email, c.id,
    jsonb_build_object(
      'first_name', c.first_name, 'from_package', f.name, 'from_price_cents', ch.from_price_cents,
      'to_package', t.name, 'to_price_cents', ch.to_price_cents, 'effective_on', ch.effective_on,
      'currency', (private.current_billing_settings()).currency),
    'service_package_changed:' || ch.id, p_as_of)
  from public.service_price_changes as ch
  join public.customer_services as s on s.id = ch.service_id
  join public.customers as c on c.id = s.customer_id and c.erased_at is null
  join public.service_packages as f on f.id = ch.from_package_id
  join public.service_packages as t on t.id = ch.to_package_id
  where ch.id = p_change_id
$$;
comment on function private.mail_package_change(uuid, timestamptz) is
  'Tells the customer which package and price they have from when on.';
revoke all on function private.mail_package_change(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.mail_role_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform private.enqueue_mail(
    'role_changed', new.email, null,
    jsonb_build_object('name', new.name, 'from_role', old.role, 'to_role', new.role, 'is_active', new.is_active),
    'role_changed:' || new.id || ':' || extract(epoch from clock_timestamp()), now());
  return null;
end;
$$;
comment on function private.mail_role_change() is
  'Trigger: tells a member of the team that their role changed, or that their rights were taken away or given back.';
revoke all on function private.mail_role_change() from public, anon, authenticated, service_role;

create trigger admin_users_role_mail
  after update of role, is_active on public.admin_users
  for each row
  when ((old.role, old.is_active) is distinct from (new.role, new.is_active))
  execute function private.mail_role_change();

create function public.remind_overdue_invoices(p_as_of timestamptz default now(), p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  -- What was due longer ago was spoken of already, or belongs to a time before these reminders.
  c_days constant integer := 30;
  v_today date := private.local_date(p_as_of, private.billing_time_zone());
  v_count integer;
begin
  with late as (
    select i.customer_id, array_agg(i.id order by i.due_on, i.id) as ids
    from private.open_invoices as i
    where i.due_on < v_today and i.due_on >= v_today - c_days
      -- Nobody has longer than 120 days to pay. By the index on issued_at.
      and i.issued_at >= p_as_of - make_interval(days => c_days + 122)
      and not exists (
        select 1 from public.notifications as n
        where n.template = 'invoice_overdue' and n.customer_id = i.customer_id
          and n.payload -> 'ids' ? i.id::text)
    group by i.customer_id
    limit p_limit
  )
  insert into public.notifications (template, recipient, customer_id, payload, dedupe_key, created_at, next_attempt_at)
  select 'invoice_overdue', c.email, c.id, jsonb_build_object('ids', to_jsonb(l.ids)), 'invoice_overdue:' || l.ids[1],
    p_as_of, least(p_as_of, now())
  from late as l
  join public.customers as c on c.id = l.customer_id and c.erased_at is null
  on conflict (dedupe_key) do nothing;
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;
comment on function public.remind_overdue_invoices(timestamptz, integer) is
  'Server: queues one reminder per customer for invoices that are past their due date on this day of the billing time zone, each invoice once. Returns how many.';
revoke all on function public.remind_overdue_invoices(timestamptz, integer) from public, anon, authenticated, service_role;
grant execute on function public.remind_overdue_invoices(timestamptz, integer) to service_role;
