-- Mails about the safety of an account: another password, another address, a device that was not seen before.

create table public.account_devices (
  auth_user_id uuid not null references auth.users (id) on delete cascade,
  device_hash text not null check (device_hash ~ '^[0-9a-f]{64}$'),
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  primary key (auth_user_id, device_hash)
);
comment on table public.account_devices is
  'Browsers in which an account was signed in to, by the hash of a cookie. One that was not used for 400 days is forgotten.';

alter table public.account_devices enable row level security;
revoke all on table public.account_devices from public, anon, authenticated, service_role;
grant select on table public.account_devices to service_role;

create function private.account_name(p_auth_user_id uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select coalesce(
    (select c.first_name from public.customers as c where c.auth_user_id = p_auth_user_id),
    (select a.name from public.admin_users as a where a.auth_user_id = p_auth_user_id), '')
$$;
comment on function private.account_name(uuid) is 'How a mail greets whoever has an account; empty when their name is not known.';
revoke all on function private.account_name(uuid) from public, anon, authenticated, service_role;

create function private.mail_account(p_template text, p_auth_user_id uuid, p_recipient text, p_facts jsonb, p_key text)
returns void
language sql
set search_path = ''
as $$
  select private.enqueue_mail(
    p_template, p_recipient, (select c.id from public.customers as c where c.auth_user_id = p_auth_user_id),
    jsonb_build_object('first_name', private.account_name(p_auth_user_id), 'at', now()) || p_facts,
    p_template || ':' || p_auth_user_id || ':' || p_key, now())
$$;
comment on function private.mail_account(text, uuid, text, jsonb, text) is
  'Queues a mail about the safety of an account to an address that has, or had, to do with it.';
revoke all on function private.mail_account(text, uuid, text, jsonb, text) from public, anon, authenticated, service_role;

create function private.mail_account_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_moment text := extract(epoch from clock_timestamp())::text;
begin
  -- The first password of an account that had none is no news, and neither is one that the server draws for it.
  if new.encrypted_password is distinct from old.encrypted_password and coalesce(old.encrypted_password, '') <> ''
    and not coalesce((old.raw_app_meta_data ->> 'password_unset')::boolean, false) then
    perform private.mail_account('password_changed', new.id, new.email, '{}', v_moment);
  end if;
  -- Until it is confirmed, an address is nobody's.
  if new.email <> old.email and old.email_confirmed_at is not null then
    perform private.mail_account(
      'email_changed', new.id, old.email,
      jsonb_build_object('audience', 'old', 'other_address', private.mask_email(new.email)), v_moment || ':old');
    perform private.mail_account(
      'email_changed', new.id, new.email,
      jsonb_build_object('audience', 'new', 'other_address', private.mask_email(old.email)), v_moment || ':new');
  end if;
  return null;
end;
$$;
comment on function private.mail_account_change() is
  'Trigger on the accounts of the auth server: another password, or another address, is told by mail, whoever changed it. An address is told to the old and to the new one.';
revoke all on function private.mail_account_change() from public, anon, authenticated, service_role;

create trigger account_mails
  after update of encrypted_password, email on auth.users
  for each row
  when (old.encrypted_password is distinct from new.encrypted_password or old.email is distinct from new.email)
  execute function private.mail_account_change();

create function public.note_device(p_auth_user_id uuid, p_device_hash text, p_device text)
returns boolean
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_is_new boolean;
begin
  delete from public.account_devices as d
  where d.auth_user_id = p_auth_user_id and d.last_seen_at < now() - interval '400 days';
  insert into public.account_devices as d (auth_user_id, device_hash)
  values (p_auth_user_id, p_device_hash)
  on conflict (auth_user_id, device_hash) do update set last_seen_at = now()
  returning d.first_seen_at = now() into v_is_new;
  -- The device with which an account begins is no news.
  if not v_is_new or not exists (
    select 1 from public.account_devices as d
    where d.auth_user_id = p_auth_user_id and d.device_hash <> p_device_hash) then
    return false;
  end if;
  perform private.mail_account(
    'new_device', p_auth_user_id, u.email, jsonb_build_object('device', left(p_device, 80)), p_device_hash)
  from auth.users as u where u.id = p_auth_user_id;
  return true;
end;
$$;
comment on function public.note_device(uuid, text, text) is
  'Server: somebody signed in to an account with a browser, named by the hash of its cookie. Tells the owner by mail, once, when the account was never signed in to with it but with another one. p_device describes it: Firefox on Windows. Returns whether it told.';
revoke all on function public.note_device(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.note_device(uuid, text, text) to service_role;
