-- Erasure: the details of a customer who asks for it are removed. Rows that the law and the books need stay, by id.

create table private.identity_keys (
  id boolean primary key default true check (id),
  key bytea not null default decode(
    replace(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
);
comment on table private.identity_keys is
  'The key of the hashes of identities, drawn with the first hash that is kept. Without it a hash cannot be guessed from a phone number.';
alter table private.identity_keys enable row level security;
revoke all on table private.identity_keys from public, anon, authenticated, service_role;

create table private.erased_identities (
  kind text not null check (kind in ('email', 'phone', 'address')),
  hash text not null,
  erased_at timestamptz not null,
  primary key (kind, hash)
);
comment on table private.erased_identities is
  'Keyed hashes of what identified customers who were erased. They tell the fraud rules that somebody comes back, and nothing else.';
alter table private.erased_identities enable row level security;
revoke all on table private.erased_identities from public, anon, authenticated, service_role;

create function private.identity_hash(p_kind text, p_value text)
returns text
language sql
stable
strict
set search_path = ''
as $$
  select encode(sha256(k.key || sha256(k.key || convert_to(p_kind || ':' || p_value, 'UTF8'))), 'hex')
  from private.identity_keys as k
$$;
comment on function private.identity_hash(text, text) is
  'A keyed hash of a mailbox, a phone, an address key or a network. Null for null, and before the key is drawn.';
revoke all on function private.identity_hash(text, text) from public, anon, authenticated, service_role;

create function private.draw_identity_key()
returns void
language sql
set search_path = ''
as $$
  insert into private.identity_keys default values on conflict (id) do nothing
$$;
comment on function private.draw_identity_key() is 'Draws the key of identity hashes, once per database.';
revoke all on function private.draw_identity_key() from public, anon, authenticated, service_role;

create function private.remember_identity(p_customer public.customers, p_as_of timestamptz)
returns void
language sql
set search_path = ''
as $$
  insert into private.erased_identities (kind, hash, erased_at)
  select distinct known.kind, private.identity_hash(known.kind, known.value), p_as_of
  from (
    values ('email', p_customer.email_normalised), ('email', p_customer.mailbox), ('phone', p_customer.phone),
      ('address', p_customer.address_key)
    union all
    select 'phone', f.number from unnest(p_customer.former_phones) as f (number)
    union all
    select 'address', o.address_key from public.orders as o where o.customer_id = p_customer.id
  ) as known (kind, value)
  where nullif(known.value, '') is not null
  on conflict (kind, hash) do nothing
$$;
comment on function private.remember_identity(public.customers, timestamptz) is
  'Keeps the keyed hashes of a customer who is about to be erased.';
revoke all on function private.remember_identity(public.customers, timestamptz)
  from public, anon, authenticated, service_role;

create function private.forget_assessments(p_customer public.customers, p_referral_ids uuid[])
returns void
language sql
set search_path = ''
as $$
  delete from public.referral_assessments as a
  where a.referrer_id = p_customer.id
    or a.order_id in (select o.id from public.orders as o where o.customer_id = p_customer.id)
    or exists (
      select 1
      from unnest(
        array[p_customer.id::text, p_customer.email, p_customer.email_normalised, p_customer.address ->> 'line1']
          || private.phones_of(p_customer) || p_referral_ids::text[]) as mark
      where nullif(mark, '') is not null and position(mark in a.evidence::text) > 0)
$$;
comment on function private.forget_assessments(public.customers, uuid[]) is
  'Deletes stored evidence that names a person, as referrer, as friend or as a match. The rows of 90 days are read whole.';
revoke all on function private.forget_assessments(public.customers, uuid[])
  from public, anon, authenticated, service_role;

create function private.open_business(p_customer_id uuid, p_as_of timestamptz)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  if exists (
    select 1 from public.customer_services as s
    where s.customer_id = p_customer_id and s.status in ('active', 'suspended')) then
    return 'service';
  end if;
  if exists (
    select 1 from public.orders as o
    where o.customer_id = p_customer_id and o.is_open) then
    return 'order';
  end if;
  -- The days until the end of a service, and months that no run has billed yet.
  if exists (
    select 1 from private.find_unbilled(p_as_of + interval '2 days', p_customer_id => p_customer_id)) then
    return 'final invoice';
  end if;
  if exists (
    select 1 from private.open_invoices as i where i.customer_id = p_customer_id) then
    return 'invoice';
  end if;
  return null;
end;
$$;
comment on function private.open_business(uuid, timestamptz) is
  'Why billing still needs a customer''s details: a service, an order under way, days of service that are not invoiced yet, an invoice that is neither paid nor credited. Null when nothing is open.';
revoke all on function private.open_business(uuid, timestamptz) from public, anon, authenticated, service_role;

create table public.erased_accounts (
  auth_user_id uuid primary key,
  erased_at timestamptz not null default now()
);
comment on table public.erased_accounts is
  'Deleted accounts whose entries in the log of the auth server are still to be deleted.';

alter table public.erased_accounts enable row level security;
revoke all on table public.erased_accounts from public, anon, authenticated, service_role;
grant select on table public.erased_accounts to service_role;

create function private.forget_auth_user(p_auth_user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- An admin keeps the account they work with.
  if p_auth_user_id is null
    or exists (select 1 from public.admin_users as a where a.auth_user_id = p_auth_user_id) then
    return;
  end if;
  delete from auth.flow_state as f where f.user_id = p_auth_user_id;
  -- That log has no index by person, so it is not searched while somebody waits.
  insert into public.erased_accounts (auth_user_id) values (p_auth_user_id) on conflict do nothing;
  -- Deletes identities, sessions and refresh tokens as well, by cascade.
  delete from auth.users as u where u.id = p_auth_user_id;
end;
$$;
comment on function private.forget_auth_user(uuid) is
  'Deletes an account with its sessions, so that its tokens stop working. Never deletes that of an admin. forget_erased_accounts deletes what the log of the auth server says of it.';
revoke all on function private.forget_auth_user(uuid) from public, anon, authenticated, service_role;

create function public.forget_erased_accounts(p_limit integer default 1000)
returns integer
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '120s'
as $$
declare
  v_accounts uuid[];
begin
  v_accounts := array(
    select a.auth_user_id from public.erased_accounts as a
    order by a.erased_at, a.auth_user_id
    limit p_limit
    for update skip locked);
  if cardinality(v_accounts) = 0 then
    return 0;
  end if;
  -- One pass over the log for all of them.
  delete from auth.audit_log_entries as l where l.payload ->> 'actor_id' = any (v_accounts::text[]);
  delete from public.erased_accounts as a where a.auth_user_id = any (v_accounts);
  return cardinality(v_accounts);
end;
$$;
comment on function public.forget_erased_accounts(integer) is
  'Server: deletes the entries of erased accounts from the log of the auth server, for up to that many accounts at once. Returns how many. Reads the whole log, so the expire job calls it, and only while accounts wait.';
revoke all on function public.forget_erased_accounts(integer) from public, anon, authenticated, service_role;
grant execute on function public.forget_erased_accounts(integer) to service_role;

create function private.mails_about(p_referral_ids uuid[], p_claim_ids uuid[])
returns text[]
language sql
stable
set search_path = ''
as $$
  select coalesce(array_agg(told.dedupe_key), '{}')
  from (
    select kind || ':' || referral as dedupe_key
    from unnest(p_referral_ids) as referral,
      unnest(array['referral_signup', 'referral_activated', 'referral_qualified']) as kind
    union
    select 'reward_earned:' || r.reward_id
    from public.customer_referrals as r where r.id = any (p_referral_ids) and r.reward_id is not null
    union
    select n.dedupe_key
    from public.customer_referrals as r
    join public.notifications as n on n.customer_id = r.referrer_id
    where r.id = any (p_referral_ids) and (
      (n.template = 'referral_news'
        and n.payload @> jsonb_build_object('items', jsonb_build_array(jsonb_build_object('referral_id', r.id))))
      or (n.template = 'referral_update' and n.payload ->> 'referral_id' = r.id::text))
    union
    select n.dedupe_key
    from public.referral_claims as m
    join public.notifications as n on n.customer_id = m.referrer_id
    where m.id = any (p_claim_ids) and n.template = 'referral_news'
      and n.payload @> jsonb_build_object('items', jsonb_build_array(jsonb_build_object('claim_id', m.id)))
  ) as told
$$;
comment on function private.mails_about(uuid[], uuid[]) is
  'Dedupe keys of the mails that told a referrer by name of these friends, and of these claims.';
revoke all on function private.mails_about(uuid[], uuid[]) from public, anon, authenticated, service_role;

create function private.mails_naming_inviter(p_customer_id uuid)
returns text[]
language sql
stable
set search_path = ''
as $$
  select coalesce(array_agg(kind || ':' || r.order_id), '{}')
  from public.customer_referrals as r, unnest(array['order_received', 'service_active']) as kind
  where r.referrer_id = p_customer_id
$$;
comment on function private.mails_naming_inviter(uuid) is
  'Dedupe keys of the mails that told friends by whose invitation they ordered.';
revoke all on function private.mails_naming_inviter(uuid) from public, anon, authenticated, service_role;

create function private.alerts_about(p_customer_id uuid, p_referral_ids uuid[])
returns text[]
language sql
stable
set search_path = ''
as $$
  select coalesce(array_agg(n.dedupe_key), '{}')
  from public.notifications as n
  where n.customer_id is null and n.template in ('suspicious_activity', 'erasure_requested')
    and (n.payload ->> 'referrer_id' = p_customer_id::text or n.payload ->> 'customer_id' = p_customer_id::text
      or n.payload ->> 'referral_id' in (select r.id::text from unnest(p_referral_ids) as r (id)))
$$;
comment on function private.alerts_about(uuid, uuid[]) is
  'Dedupe keys of the mails that told the team of a person by name, as a referrer, as a friend in these referrals, or as somebody who asked for erasure.';
revoke all on function private.alerts_about(uuid, uuid[]) from public, anon, authenticated, service_role;

create function private.lock_mails(p_customer_id uuid, p_email text, p_about text[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform 1
  from public.notifications as n
  where n.customer_id = p_customer_id or n.dedupe_key = any (p_about)
    or (n.template = 'coverage_opened' and n.recipient = lower(p_email))
    or n.id in (select m.merged_into from public.notifications as m where m.dedupe_key = any (p_about))
  order by n.id
  for update;
  -- The sender of a mail writes its text into the row after sending.
  if exists (
    select 1 from public.notifications as n
    where (n.customer_id = p_customer_id or n.dedupe_key = any (p_about)
        or (n.template = 'coverage_opened' and n.recipient = lower(p_email))
        or n.id in (select m.merged_into from public.notifications as m where m.dedupe_key = any (p_about)))
      and n.status = 'sending' and n.lease_until > now()) then
    perform private.fail(503, 'unavailable', 'a mail is being sent');
  end if;
end;
$$;
comment on function private.lock_mails(uuid, text, text[]) is
  'Locks the mails to a customer, to their address while they waited for their area, and those with the given keys. Raises unavailable while one of them is being sent.';
revoke all on function private.lock_mails(uuid, text, text[]) from public, anon, authenticated, service_role;

create function private.blank_orders_and_referrals(p_customer_id uuid, p_referral_ids uuid[], p_nobody text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  c_code constant text := '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$';
  v_orders uuid[] := array(select o.id from public.orders as o where o.customer_id = p_customer_id);
begin
  update public.orders as o
  set installation_address = '{}', address_key = null, address_near_keys = '{}', ip_address = null, user_agent = null,
    referral_code = case when o.referral_code ~ c_code then o.referral_code end
  where o.id = any (v_orders);
  update public.external_orders as x set request_hash = null where x.order_id = any (v_orders);
  -- Visits to the referrer's link from the IP address that the person ordered from.
  update public.referral_visits as v
  set ip_address = null, user_agent = null
  from public.customer_referrals as r
  where r.id = any (p_referral_ids) and v.referrer_id = r.referrer_id and v.ip_address = r.ip_address;
  update public.customer_referrals as r
  set referred_email = p_nobody, referred_mailbox = null, ip_address = null, user_agent = null
  where r.id = any (p_referral_ids);
  update public.referral_flags as f
  set evidence = '{}', subject = null
  from public.customer_referrals as r
  where r.id = f.referral_id and (r.referrer_id = p_customer_id or r.id = any (p_referral_ids));
  update public.referral_attempts as a
  set evidence = '{}', mailbox_hash = null, phone_hash = null, network_hash = null,
    referral_code = case when a.referral_code ~ c_code then a.referral_code else '' end
  where a.referrer_id = p_customer_id or a.order_id = any (v_orders);
end;
$$;
comment on function private.blank_orders_and_referrals(uuid, uuid[], text) is
  'Overwrites a person''s details in their orders, in the referrals of which they are the friend, and in what was gathered to judge them.';
revoke all on function private.blank_orders_and_referrals(uuid, uuid[], text)
  from public, anon, authenticated, service_role;

create function private.without_name(p_items jsonb, p_ids uuid[], p_name text)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    case when coalesce(item ->> 'referral_id', item ->> 'claim_id')::uuid = any (p_ids)
      then item || jsonb_build_object('friend', p_name) else item end
    order by position), '[]')
  from jsonb_array_elements(p_items) with ordinality as news (item, position)
$$;
comment on function private.without_name(jsonb, uuid[], text) is
  'The items of a digest, with another name for the friend of these referrals or claims.';
revoke all on function private.without_name(jsonb, uuid[], text) from public, anon, authenticated, service_role;

create function private.retention_start(p_as_of timestamptz)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select private.local_plus(p_as_of, -make_interval(years => s.retention_years), s.time_zone)
  from private.current_billing_settings() as s
$$;
comment on function private.retention_start(timestamptz) is
  'Invoices and credit notes issued before this instant need not keep their buyer any more.';
revoke all on function private.retention_start(timestamptz) from public, anon, authenticated, service_role;

create function private.documents_kept(p_customer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'years', s.retention_years,
      'until', (
        select private.local_date(
          private.local_plus(max(d.issued_at), make_interval(years => s.retention_years), s.time_zone), s.time_zone)
        from (
          select i.issued_at from public.customer_invoices as i where i.customer_id = p_customer_id
          union all
          select n.issued_at from public.credit_notes as n where n.customer_id = p_customer_id) as d))
    from private.current_billing_settings() as s);
end;
$$;
comment on function private.documents_kept(uuid) is
  'For how many years an erased customer stays the buyer on issued documents, and the day on which the last of them is blanked; null without documents.';
revoke all on function private.documents_kept(uuid) from public, anon, authenticated, service_role;

create function private.blank_kept_documents(p_as_of timestamptz, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_customers uuid[] := array(
    select c.id from public.customers as c
    where c.erased_at is not null and (
      exists (
        select 1 from public.customer_invoices as i
        where i.customer_id = c.id and i.buyer <> '{"erased": true}' and i.issued_at < private.retention_start(p_as_of))
      or exists (
        select 1 from public.credit_notes as n
        where n.customer_id = c.id and n.buyer <> '{"erased": true}' and n.issued_at < private.retention_start(p_as_of)))
    order by c.id
    limit p_limit);
begin
  perform private.lock_customers(v_customers);
  update public.customer_invoices as i set buyer = '{"erased": true}'
  where i.customer_id = any (v_customers) and i.buyer <> '{"erased": true}'
    and i.issued_at < private.retention_start(p_as_of);
  update public.credit_notes as n set buyer = '{"erased": true}'
  where n.customer_id = any (v_customers) and n.buyer <> '{"erased": true}'
    and n.issued_at < private.retention_start(p_as_of);
  return cardinality(v_customers);
end;
$$;
comment on function private.blank_kept_documents(timestamptz, integer) is
  'Blanks the buyer on documents of erased customers whose retention period is over. Returns how many customers it concerned.';
revoke all on function private.blank_kept_documents(timestamptz, integer)
  from public, anon, authenticated, service_role;

create function private.blank_mails(
  p_customer_id uuid, p_ids uuid[], p_about text[], p_name text
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  delete from public.mail_suppressions as a
  where a.address in (
    select lower(n.recipient) from public.notifications as n where n.customer_id = p_customer_id and n.recipient <> '');
  update public.mail_events as e
  set detail = null
  from public.notifications as n
  where n.id = e.notification_id and n.customer_id = p_customer_id and e.detail is not null;
  update public.notifications as n
  set recipient = '', payload = '{}', subject = null, html = null, text_body = null, reply_to = null, last_error = null,
    unsubscribe_url = null, lease_until = null, lease_token = null, failure_cause = null,
    cancel_cause = case when n.status in ('queued', 'sending', 'failed') then 'erased' else n.cancel_cause end,
    status = case when n.status in ('queued', 'sending', 'failed') then 'cancelled' else n.status end
  where n.customer_id = p_customer_id;
  -- What the provider said of a mail may repeat its address.
  update public.notification_tries as t
  set error = null
  from public.notifications as n
  where n.id = t.notification_id and n.customer_id = p_customer_id and t.error is not null;
  update public.notifications as n
  set payload = case when n.template = 'referral_news'
      then jsonb_set(n.payload, '{items}', private.without_name(n.payload -> 'items', p_ids, p_name))
      else n.payload || jsonb_build_object(case when n.payload ? 'inviter' then 'inviter' else 'friend' end, p_name) end,
    subject = null, html = null, text_body = null, reply_to = null
  where n.dedupe_key = any (p_about) and n.customer_id is distinct from p_customer_id;
  -- A digest names the friends of the mails that left with it.
  update public.notifications as n
  set subject = null, html = null, text_body = null, reply_to = null
  where n.id in (select m.merged_into from public.notifications as m where m.dedupe_key = any (p_about));
  -- The hash was made from the person's details. A late repeat of the order is refused.
  update public.idempotency_keys as k
  set request_hash = 'erased'
  where k.scope = 'order' and k.response ->> 'customer_id' = p_customer_id::text;
end;
$$;
comment on function private.blank_mails(uuid, uuid[], text[], text) is
  'Empties the mails to a person, cancels those that wait, and takes their name out of mails to others.';
revoke all on function private.blank_mails(uuid, uuid[], text[], text)
  from public, anon, authenticated, service_role;

create function private.forget_waiting(p_customer public.customers)
returns void
language plpgsql
set search_path = ''
as $$
begin
  delete from public.coverage_waits as w where w.email = lower(p_customer.email);
  update public.coverage_waits as w set referrer_id = null, referral_code = null
  where w.referrer_id = p_customer.id;
  update public.notifications as n
  set recipient = '', payload = '{}', subject = null, html = null, text_body = null, reply_to = null, last_error = null,
    unsubscribe_url = null, lease_until = null, lease_token = null, failure_cause = null,
    cancel_cause = case when n.status in ('queued', 'sending', 'failed') then 'erased' else n.cancel_cause end,
    status = case when n.status in ('queued', 'sending', 'failed') then 'cancelled' else n.status end
  where n.template = 'coverage_opened' and n.recipient = lower(p_customer.email);
end;
$$;
comment on function private.forget_waiting(public.customers) is
  'Forgets that a person waited for their area to open, and whose invitation others wait with, if it was theirs.';
revoke all on function private.forget_waiting(public.customers) from public, anon, authenticated, service_role;

create function private.erase_customer(p_customer_id uuid, p_reason text, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  -- Not an e-mail address: no mail can be sent to it.
  c_nobody constant text := 'erased-' || p_customer_id;
  c_name constant text := 'Former customer';
  v_reason text := private.trimmed_reason(p_reason);
  v_customer public.customers;
  v_open text;
  v_referrals uuid[];
  v_claims uuid[];
  v_about text[];
begin
  perform private.lock_customers(array(
    select p_customer_id
    union
    select r.referrer_id from public.customer_referrals as r where r.referred_customer_id = p_customer_id
    union
    select m.referrer_id from public.referral_claims as m where m.customer_id = p_customer_id));
  select c.* into v_customer from public.customers as c where c.id = p_customer_id;
  if v_customer.id is null then
    perform private.fail(404, 'not_found', 'customer');
  end if;
  perform private.refuse_own_account(p_customer_id, p_actor);
  if v_customer.erased_at is not null then
    -- A repeated click or a retried request finds the work done.
    return jsonb_build_object('customer_id', p_customer_id, 'erased_at', v_customer.erased_at);
  end if;
  v_open := private.open_business(p_customer_id, p_as_of);
  if v_open is not null then
    perform private.fail(409, 'customer_not_erasable', v_open);
  end if;
  v_referrals := array(
    select r.id from public.customer_referrals as r where r.referred_customer_id = p_customer_id);
  v_claims := array(select m.id from public.referral_claims as m where m.customer_id = p_customer_id);
  v_about := private.mails_about(v_referrals, v_claims) || private.mails_naming_inviter(p_customer_id)
    || private.alerts_about(p_customer_id, v_referrals);
  perform private.lock_mails(p_customer_id, v_customer.email, v_about);

  perform private.draw_identity_key();
  perform private.remember_identity(v_customer, p_as_of);
  perform private.forget_assessments(v_customer, v_referrals);
  perform private.forget_waiting(v_customer);
  update public.customers as c
  set auth_user_id = null, pending_user_id = null, vat_number = null, email = c_nobody, first_name = c_name, last_name = '',
    phone = null, former_phones = '{}',
    address = null, address_key = null, address_near_keys = '{}', mailbox = null, erased_at = p_as_of
  where c.id = p_customer_id;
  delete from private.profile_changes as ch where ch.customer_id = p_customer_id;
  delete from public.erasure_requests as q where q.customer_id = p_customer_id;
  perform private.blank_orders_and_referrals(p_customer_id, v_referrals, c_nobody);
  perform private.blank_mails(p_customer_id, v_referrals || v_claims, v_about, c_name);
  perform private.blank_kept_documents(p_as_of, 100);
  perform private.forget_auth_user(coalesce(v_customer.auth_user_id, v_customer.pending_user_id));
  perform private.write_audit(
    p_actor, 'customer.erased', 'customer', p_customer_id::text, p_customer_id, v_reason, null, null, p_as_of);
  return jsonb_build_object('customer_id', p_customer_id, 'erased_at', p_as_of);
end;
$$;
comment on function private.erase_customer(uuid, text, uuid, timestamptz) is
  'Erases a person: overwrites their details everywhere, deletes their account and cancels mails that wait. Rows, codes, counts and the audit log stay by id. Invoices and credit notes keep their buyer until the retention period is over. Keyed hashes stay for the fraud rules. Raises customer_not_erasable while billing needs the details, unavailable while a mail to them is on its way. Repeating it changes nothing.';
revoke all on function private.erase_customer(uuid, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function public.erase_customer(p_customer_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  v_actor uuid;
begin
  v_actor := private.require_permission('admins:manage');
  perform private.require_recent_password();
  return private.erase_customer(p_customer_id, p_reason, v_actor, now());
exception when sqlstate 'PT403' then
  return private.refused_call('customer.erase', 'customer', p_customer_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.erase_customer(uuid, text) is
  'Admin with admins:manage: erases a customer who asked for it, with a reason. Raises password_needed, own_account for themselves.';
revoke all on function public.erase_customer(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.erase_customer(uuid, text) to authenticated;
