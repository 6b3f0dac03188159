-- The team: who the admins are, and the rules for them.

create function private.team_member_document(p_admin public.admin_users)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_admin.id, 'name', p_admin.name, 'email', p_admin.email, 'role', p_admin.role,
    'is_active', p_admin.is_active, 'accepted_at', p_admin.accepted_at, 'created_at', p_admin.created_at,
    'is_me', coalesce(p_admin.auth_user_id = (select auth.uid()), false),
    'last_seen_at', (
      select max(s.last_seen_at) from public.account_sessions as s where s.auth_user_id = p_admin.auth_user_id),
    'has_second_factor', coalesce((
      select (u.raw_app_meta_data ->> 'second_factor')::boolean from auth.users as u where u.id = p_admin.auth_user_id), false))
$$;
comment on function private.team_member_document(public.admin_users) is 'A staff account as owners see it.';
revoke all on function private.team_member_document(public.admin_users) from public, anon, authenticated, service_role;

create function public.get_team(
  p_q text default null, p_role text default null, p_access text default null,
  p_cursor_at timestamptz default null, p_cursor_id uuid default null, p_limit integer default 25,
  p_sort text default null, p_backward boolean default false, p_count boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_access text := case p_access
    when 'active' then 't.is_active and t.accepted_at is not null'
    when 'invited' then 't.is_active and t.accepted_at is null'
    when 'ended' then 'not t.is_active' end;
begin
  perform private.require_permission('admins:manage');
  if p_access is not null and v_access is null then
    perform private.fail(400, 'invalid_request', 'access');
  end if;
  return private.list_page(
    'members', 'public.admin_users as t',
    array[private.holds_text(array['name', 'email'], p_q), private.equals('role', p_role), v_access],
    'private.team_member_document(page.found)', array['-created_at', 'name'], coalesce(p_sort, 'name'),
    p_cursor_at, p_cursor_id, private.page_size(p_limit), p_backward, p_count)
    || jsonb_build_object(
      'settings', to_jsonb(private.current_admin_settings()) - array['created_by'],
      'currency', (private.current_billing_settings()).currency);
end;
$$;
comment on function public.get_team(text, text, text, timestamptz, uuid, integer, text, boolean, boolean) is
  'Admin with admins:manage: one page of the team by name, and the rules for admins in force. p_access is active, invited or ended. Raises invalid_request.';
revoke all on function public.get_team(text, text, text, timestamptz, uuid, integer, text, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.get_team(text, text, text, timestamptz, uuid, integer, text, boolean, boolean)
  to authenticated;

create function private.lock_team()
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('team', 0))
$$;
comment on function private.lock_team() is 'Changes of the team happen one after the other, so that two of them cannot leave it without an owner.';
revoke all on function private.lock_team() from public, anon, authenticated, service_role;

create function private.is_last_owner(p_admin public.admin_users)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_admin.role = 'owner' and private.is_acting_admin(p_admin) and not exists (
    select 1 from public.admin_users as a
    where a.id <> p_admin.id and a.role = 'owner' and private.is_acting_admin(a))
$$;
comment on function private.is_last_owner(public.admin_users) is 'Whether the team has no other owner with rights.';
revoke all on function private.is_last_owner(public.admin_users) from public, anon, authenticated, service_role;

create function public.add_team_member(p_email text, p_name text, p_role text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_email text := lower(btrim(p_email));
  v_user uuid;
  v_admin public.admin_users;
begin
  perform private.require_permission('admins:manage');
  perform private.require_recent_password();
  perform private.lock_team();
  select u.id into v_user from auth.users as u where lower(u.email) = v_email;
  if v_user is null then
    perform private.fail(404, 'not_found', 'account');
  end if;
  select a.* into v_admin from public.admin_users as a where a.auth_user_id = v_user;
  if v_admin.id is not null and (v_admin.accepted_at is not null or v_admin.role <> p_role or not v_admin.is_active) then
    perform private.fail(409, 'already_member');
  end if;
  if v_admin.id is null then
    insert into public.admin_users (auth_user_id, email, name, role, accepted_at)
    values (v_user, v_email, btrim(p_name), p_role, null)
    returning * into v_admin;
  end if;
  return private.team_member_document(v_admin);
exception
  when check_violation then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'name, e-mail address or role';
  when sqlstate 'PT403' then
    return private.refused_call('team.add', 'team', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.add_team_member(text, text, text) is
  'Admin with admins:manage: gives the account with this address a role, which counts once its owner accepts by the link in a mail. Repeating an invitation that waits changes nothing. Raises password_needed, not_found, already_member.';
revoke all on function public.add_team_member(text, text, text) from public, anon, authenticated, service_role;
grant execute on function public.add_team_member(text, text, text) to authenticated;

create function public.accept_team_invitation(p_auth_user_id uuid, p_session_id uuid, p_as_of timestamptz default now())
returns boolean
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
begin
  update public.admin_users as a set accepted_at = p_as_of, updated_at = p_as_of
  where a.auth_user_id = p_auth_user_id and a.accepted_at is null;
  if not found then
    return false;
  end if;
  -- Somebody else may have made the account with this address before, and know its password or be signed in.
  delete from auth.sessions as s where s.user_id = p_auth_user_id and s.id is distinct from p_session_id;
  update auth.users as u
  set encrypted_password = extensions.crypt(gen_random_uuid()::text || gen_random_uuid(), extensions.gen_salt('bf')),
    raw_app_meta_data = coalesce(u.raw_app_meta_data, '{}') || '{"password_unset": true}'
  where u.id = p_auth_user_id;
  return true;
end;
$$;
comment on function public.accept_team_invitation(uuid, uuid, timestamptz) is
  'Server: the owner of this account opened a link that was mailed to its address, and is in this session. Ends every other session and the password, in the same transaction. True when an invitation waited for that.';
revoke all on function public.accept_team_invitation(uuid, uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.accept_team_invitation(uuid, uuid, timestamptz) to service_role;

create function public.update_team_member(p_id uuid, p_role text, p_is_active boolean, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_admin public.admin_users;
begin
  v_actor := private.require_permission('admins:manage');
  v_reason := private.trimmed_reason(p_reason);
  perform private.require_recent_password();
  perform private.lock_team();
  select a.* into v_admin from public.admin_users as a where a.id = p_id for update;
  if v_admin.id is null then
    perform private.fail(404, 'not_found', 'team member');
  end if;
  if private.is_last_owner(v_admin) and not (p_role = 'owner' and p_is_active) then
    perform private.fail(409, 'last_owner');
  end if;
  if private.is_one_person(v_admin.auth_user_id, v_actor) then
    perform private.fail(409, 'own_account');
  end if;
  perform set_config('audit.reason', v_reason, true);
  update public.admin_users as a set role = p_role, is_active = p_is_active, updated_at = now()
  where a.id = p_id
  returning * into v_admin;
  perform set_config('audit.reason', '', true);
  return private.team_member_document(v_admin);
exception
  when check_violation or not_null_violation then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'role or is_active';
  when sqlstate 'PT403' then
    return private.refused_call('team.update', 'admin', p_id::text, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_team_member(uuid, text, boolean, text) is
  'Admin with admins:manage: changes the role of a colleague, or takes their rights away, with a reason and at once. Raises password_needed, not_found, last_owner, own_account.';
revoke all on function public.update_team_member(uuid, text, boolean, text) from public, anon, authenticated, service_role;
grant execute on function public.update_team_member(uuid, text, boolean, text) to authenticated;

create function public.update_admin_settings(p_settings jsonb, p_reason text, p_expected_version integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_reason text;
  v_old public.admin_settings;
  v_new public.admin_settings;
begin
  v_actor := private.require_permission('admins:manage');
  v_reason := private.trimmed_reason(p_reason);
  perform private.require_recent_password();
  perform pg_advisory_xact_lock(hashtextextended('admin_settings', 0));
  v_old := private.current_admin_settings();
  if p_expected_version is distinct from v_old.version then
    perform private.fail(409, 'version_conflict');
  end if;
  v_new := jsonb_populate_record(v_old, p_settings - array['version', 'reason', 'created_by', 'created_at']);
  -- Whoever demands a second factor has given one in this session: so nobody locks everybody out.
  if v_new.second_factor_required and not v_old.second_factor_required
    and coalesce(auth.jwt() ->> 'aal', 'aal1') <> 'aal2' then
    perform private.fail(409, 'second_factor_not_set_up');
  end if;
  v_new.version := v_old.version + 1;
  v_new.reason := v_reason;
  v_new.created_by := v_actor;
  v_new.created_at := now();
  insert into public.admin_settings select v_new.* returning * into v_new;
  return to_jsonb(v_new) - array['created_by'];
exception
  when check_violation or not_null_violation or invalid_text_representation or numeric_value_out_of_range then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'settings out of range';
  when sqlstate 'PT403' then
    return private.refused_call('admin_settings.update', 'admin_settings', null, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.update_admin_settings(jsonb, text, integer) is
  'Admin with admins:manage: makes a new version of the rules for admins. Raises password_needed, version_conflict, second_factor_not_set_up.';
revoke all on function public.update_admin_settings(jsonb, text, integer) from public, anon, authenticated, service_role;
grant execute on function public.update_admin_settings(jsonb, text, integer) to authenticated;
