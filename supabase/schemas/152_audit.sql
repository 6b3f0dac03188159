-- The audit log beyond its table: its chain of hashes, what is refused or exported, sign-ins of admins, changes behind the
-- functions, and reading it.

create table public.audit_chain (
  position bigint primary key check (position > 0),
  audit_id bigint not null unique references public.audit_log (id),
  hash text not null check (hash ~ '^[0-9a-f]{64}$')
);
comment on table public.audit_chain is
  'Seals of the audit log. Each holds the SHA-256 of the seal before it and of its own row, so a row cannot change unnoticed.';

create trigger audit_chain_append_only
  before update or delete on public.audit_chain
  for each row execute function private.refuse_change();
create trigger audit_chain_no_truncate
  before truncate on public.audit_chain
  for each statement execute function private.refuse_change();

create table public.audit_unsealed (
  audit_id bigint primary key references public.audit_log (id)
);
comment on table public.audit_unsealed is 'Audit rows that wait for their seal. A job seals them in order, so that no business transaction waits for another one.';

alter table public.audit_chain enable row level security;
revoke all on table public.audit_chain from public, anon, authenticated, service_role;
grant select on table public.audit_chain to service_role;
alter table public.audit_unsealed enable row level security;
revoke all on table public.audit_unsealed from public, anon, authenticated, service_role;
grant select on table public.audit_unsealed to service_role;

create function private.queue_for_seal()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  insert into public.audit_unsealed (audit_id) values (new.id);
  return null;
end;
$$;
comment on function private.queue_for_seal() is 'Trigger: a new audit row waits for its seal.';
revoke all on function private.queue_for_seal() from public, anon, authenticated, service_role;

create trigger audit_log_seal
  after insert on public.audit_log
  for each row execute function private.queue_for_seal();

create function private.audit_hash(p_previous text, p_row public.audit_log)
returns text
language sql
immutable
set search_path = ''
as $$
  -- The time as a number: its text depends on the session's time zone.
  select encode(sha256(convert_to(coalesce(p_previous, '') || jsonb_build_array(
    p_row.id, extract(epoch from p_row.created_at), p_row.actor_id, p_row.action, p_row.entity_type, p_row.entity_id,
    p_row.customer_id, p_row.reason, p_row.before, p_row.after)::text, 'UTF8')), 'hex')
$$;
comment on function private.audit_hash(text, public.audit_log) is
  'The hash of an audit row and of the seal before it, in hexadecimal digits. Null: there is none before it.';
revoke all on function private.audit_hash(text, public.audit_log) from public, anon, authenticated, service_role;

create function public.seal_audit_log(p_limit integer default 5000)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_position bigint;
  v_hash text;
  v_row public.audit_log;
  v_sealed integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('audit_chain', 0));
  select s.position, s.hash into v_position, v_hash from public.audit_chain as s order by s.position desc limit 1;
  for v_row in
    select l.*
    from public.audit_unsealed as waiting join public.audit_log as l on l.id = waiting.audit_id
    order by l.id
    limit p_limit
  loop
    v_position := coalesce(v_position, 0) + 1;
    v_hash := private.audit_hash(v_hash, v_row);
    insert into public.audit_chain (position, audit_id, hash) values (v_position, v_row.id, v_hash);
    delete from public.audit_unsealed as waiting where waiting.audit_id = v_row.id;
    v_sealed := v_sealed + 1;
  end loop;
  return jsonb_build_object('sealed', v_sealed, 'more', v_sealed = p_limit);
end;
$$;
comment on function public.seal_audit_log(integer) is
  'Server: seals the audit rows that wait, in the order of their ids, at most p_limit of them.';
revoke all on function public.seal_audit_log(integer) from public, anon, authenticated, service_role;
grant execute on function public.seal_audit_log(integer) to service_role;

create function public.record_refusal(
  p_actor uuid, p_action text, p_entity_type text, p_entity_id text, p_as_of timestamptz default now()
)
returns void
language sql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
  -- The log is never pruned. Only people who are or were admins get a row, so that others cannot fill it.
  select private.write_audit(
    p_actor, 'access.refused', left(p_entity_type, 40), left(p_entity_id, 64), null, left(p_action, 80), null, null, p_as_of)
  from public.admin_users as a
  where a.auth_user_id = p_actor
$$;
comment on function public.record_refusal(uuid, text, text, text, timestamptz) is
  'Server: keeps an admin''s refused attempt in the audit log, after the refused transaction rolled back.';
revoke all on function public.record_refusal(uuid, text, text, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.record_refusal(uuid, text, text, text, timestamptz) to service_role;

create function private.refused_call(
  p_action text, p_entity_type text, p_entity_id text, p_state text, p_code text, p_detail text
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  -- As many as the app records: 30 in 10 minutes per person.
  c_limit constant integer := 30;
  v_user uuid := (select auth.uid());
begin
  -- Outside of the data API nobody reads the status, so the error is raised again.
  if coalesce(current_setting('request.method', true), '') = '' then
    raise exception using errcode = p_state, message = p_code, detail = coalesce(p_detail, '');
  end if;
  if (public.consume_rate_limit('refused', v_user::text, c_limit, 600) ->> 'allowed')::boolean then
    perform public.record_refusal(v_user, p_action, p_entity_type, p_entity_id);
  end if;
  perform set_config('response.status', '403', true);
  return jsonb_build_object('code', p_state, 'message', p_code, 'details', p_detail, 'hint', 'recorded');
end;
$$;
comment on function private.refused_call(text, text, text, text, text, text) is
  'The answer of a function of the data API that refused its caller: an error with status 403. The transaction commits, with the attempt in the audit log and nothing else.';
revoke all on function private.refused_call(text, text, text, text, text, text)
  from public, anon, authenticated, service_role;

create function public.record_export(
  p_actor uuid, p_subject text, p_stage text, p_filter jsonb, p_rows bigint default null, p_as_of timestamptz default now()
)
returns void
language sql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
  select private.write_audit(
    p_actor, 'export.' || p_stage, 'export', left(p_subject, 40), null, null, null,
    jsonb_strip_nulls(jsonb_build_object('filter', p_filter, 'rows', p_rows)), p_as_of)
$$;
comment on function public.record_export(uuid, text, text, jsonb, bigint, timestamptz) is
  'Server: an admin exports data: started before the first row leaves, completed or cut_short with the number of rows that left.';
revoke all on function public.record_export(uuid, text, text, jsonb, bigint, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.record_export(uuid, text, text, jsonb, bigint, timestamptz) to service_role;

create function public.record_admin_sign_in(p_email text, p_outcome text, p_network text, p_as_of timestamptz default now())
returns void
language sql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
  select private.write_audit(
    a.auth_user_id, 'sign_in.' || p_outcome, 'admin', a.id::text, null, null, null,
    jsonb_strip_nulls(jsonb_build_object('network', left(p_network, 64))), p_as_of)
  from public.admin_users as a
  join auth.users as u on u.id = a.auth_user_id
  where lower(u.email) = lower(btrim(p_email))
$$;
comment on function public.record_admin_sign_in(text, text, text, timestamptz) is
  'Server: somebody signed in as an admin, or failed to, from a network. Does nothing for other accounts.';
revoke all on function public.record_admin_sign_in(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.record_admin_sign_in(text, text, text, timestamptz) to service_role;

create function private.audit_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_noun text := tg_argv[0];
  v_old jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  v_new jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  v_reason text := nullif(current_setting('audit.reason', true), '');
begin
  if tg_op = 'INSERT' and v_new ? 'version' then
    -- A new version of settings changes the one before it.
    execute format('select to_jsonb(t) - array[''reason'', ''created_by''] from %I.%I as t where t.version = $1',
      tg_table_schema, tg_table_name)
    into v_old using (v_new ->> 'version')::integer - 1;
  end if;
  if v_old - 'updated_at' is not distinct from v_new - 'updated_at' then
    return null;
  end if;
  perform private.write_audit(
    coalesce((select auth.uid()), (v_new ->> 'created_by')::uuid),
    v_noun || case tg_op when 'INSERT' then '.added' when 'UPDATE' then '.changed' else '.removed' end,
    v_noun, coalesce(v_new ->> 'id', v_old ->> 'id', v_new ->> 'version'), null, coalesce(v_reason, v_new ->> 'reason'),
    v_old - array['created_at', 'updated_at', 'auth_user_id'], v_new - array['created_at', 'updated_at', 'auth_user_id'],
    now());
  return null;
end;
$$;
comment on function private.audit_change() is
  'Trigger: a change of a table that the secret key or the owner may write gets its audit row, whoever makes it. The argument names the thing. audit.reason carries the reason where a function has one.';
revoke all on function private.audit_change() from public, anon, authenticated, service_role;

create trigger service_packages_audit
  after insert or update or delete on public.service_packages
  for each row execute function private.audit_change('package');
create trigger admin_users_audit
  after insert or update or delete on public.admin_users
  for each row execute function private.audit_change('admin');
create trigger admin_settings_audit
  after insert on public.admin_settings
  for each row when (new.version > 1) execute function private.audit_change('admin_settings');
create trigger api_keys_audit
  after insert or update of name, scopes, expires_at, revoked_at on public.api_keys
  for each row execute function private.audit_change('api_key');
create trigger billing_settings_audit
  after insert on public.billing_settings
  for each row when (new.version > 1) execute function private.audit_change('billing_settings');
create trigger mail_settings_audit
  after insert on public.mail_settings
  for each row when (new.version > 1) execute function private.audit_change('mail_settings');
create trigger role_permissions_audit
  after insert or update or delete on public.role_permissions
  for each row execute function private.audit_change('role');

create function private.audit_document(p_entry public.audit_log)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(p_entry) || jsonb_build_object(
    'actor_name', private.admin_name(p_entry.actor_id),
    'customer_name', (
      select btrim(c.first_name || ' ' || c.last_name) from public.customers as c where c.id = p_entry.customer_id),
    'hash', (select s.hash from public.audit_chain as s where s.audit_id = p_entry.id))
    || private.profile_change_values(p_entry.entity_type, p_entry.entity_id)
$$;
comment on function private.audit_document(public.audit_log) is 'An audit row with the names of who did it and to whom, and its seal.';
revoke all on function private.audit_document(public.audit_log) from public, anon, authenticated, service_role;

create function private.audit_actors(p_actor text)
returns uuid[]
language sql
stable
set search_path = ''
as $$
  select array(
    select a.auth_user_id from public.admin_users as a
    where p_actor in (a.id::text, a.auth_user_id::text) or lower(a.email) = lower(p_actor)
      or lower(a.name) = lower(p_actor))
$$;
comment on function private.audit_actors(text) is 'The logins of the staff account with this id, e-mail address or name.';
revoke all on function private.audit_actors(text) from public, anon, authenticated, service_role;

create function private.moment_of(p_text text, p_days integer)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select case
    when p_text ~ '^\d{4}-\d{2}-\d{2}$' then private.start_of_day(p_text::date + p_days, private.billing_time_zone())
    else p_text::timestamptz
  end
$$;
comment on function private.moment_of(text, integer) is
  'An instant, or where a local day of the billing time zone begins, so many days later. Null stays null.';
revoke all on function private.moment_of(text, integer) from public, anon, authenticated, service_role;

create function private.audit_page(
  p_conditions text[], p_place bigint, p_limit integer, p_backward boolean, p_is_oldest_first boolean, p_by_time boolean
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_down boolean := p_is_oldest_first = p_backward;
  v_order text := case when p_by_time then '%1$s.created_at %2$s, %1$s.id %2$s' else '%1$s.id %2$s' end;
  v_after text := case when p_by_time
    then '(l.created_at, l.id) %s ((select k.created_at from public.audit_log as k where k.id = $1), $1)'
    else 'l.id %s $1' end;
  v_rows jsonb;
  v_has_more boolean;
begin
  execute format($query$
    select coalesce(jsonb_agg(private.audit_document(page.l) order by %1$s), '[]')
    from (
      select l from public.audit_log as l
      where %2$s
      order by %3$s
      limit $2
    ) as page
    $query$,
    format(v_order, '(page.l)', case when p_is_oldest_first then 'asc' else 'desc' end),
    coalesce(nullif(array_to_string(
      p_conditions || case when p_place is not null then format(v_after, case when v_down then '<' else '>' end) end,
      ' and '), ''), 'true'),
    format(v_order, 'l', case when v_down then 'desc' else 'asc' end))
  into v_rows using p_place, p_limit + 1;
  v_has_more := jsonb_array_length(v_rows) > p_limit;
  if v_has_more then
    v_rows := v_rows - (case when p_backward then 0 else p_limit end);
  end if;
  return jsonb_build_object(
    'entries', v_rows,
    'next_before_id', case when p_backward or v_has_more then v_rows -> -1 -> 'id' end,
    'previous_after_id', case when case when p_backward then v_has_more else p_place is not null end then v_rows -> 0 -> 'id' end);
end;
$$;
comment on function private.audit_page(text[], bigint, integer, boolean, boolean, boolean) is
  'One page of the audit log after the entry p_place in either direction, by number, or by time where days are asked for: an index serves each. The conditions are fixed texts about a row l with quoted values; null ones are left out.';
revoke all on function private.audit_page(text[], bigint, integer, boolean, boolean, boolean)
  from public, anon, authenticated, service_role;

create function public.list_audit(
  p_q text default null, p_actor text default null, p_action text default null, p_from text default null,
  p_to text default null, p_before_id bigint default null, p_limit integer default 50,
  p_sort text default null, p_backward boolean default false, p_count boolean default false
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_sort text := coalesce(p_sort, '-created_at');
  v_conditions text[];
  v_page jsonb;
begin
  perform private.require_permission('audit:view');
  if v_sort not in ('-created_at', 'created_at') then
    perform private.fail(400, 'invalid_request', 'sort');
  end if;
  v_conditions := array[
    case when p_from is not null then format('l.created_at >= %L', private.moment_of(p_from, 0)) end,
    case when p_to is not null then format('l.created_at < %L', private.moment_of(p_to, 1)) end,
    case when p_action is not null then format(
      '(l.action = %L or l.action operator(pg_catalog.~>=~) %L and l.action operator(pg_catalog.~<~) %L)',
      p_action, p_action || '.', private.prefix_end(p_action || '.')) end,
    case when p_actor = 'system' then format('(l.actor_id is null or l.actor_id = any (%L::uuid[]))', private.audit_actors(p_actor))
      when p_actor is not null then format('l.actor_id = any (%L::uuid[])', private.audit_actors(p_actor)) end,
    case when p_q is not null then format(
      '(l.customer_id = any (%1$L::uuid[]) or lower(l.entity_id) = lower(%2$L) or position(lower(%2$L) in lower(l.reason)) > 0)',
      array(select private.search_customers(p_q)), p_q) end];
  v_page := private.audit_page(
    v_conditions, p_before_id, least(greatest(p_limit, 1), 1000), coalesce(p_backward, false), v_sort = 'created_at',
    p_from is not null or p_to is not null);
  -- A search in the reasons reads the whole log; counting would read it once more.
  if p_count and p_q is null then
    v_page := v_page || private.count_listed('public.audit_log as l', v_conditions);
  end if;
  return v_page;
exception when invalid_datetime_format or datetime_field_overflow then
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'from or to';
end;
$$;
comment on function public.list_audit(text, text, text, text, text, bigint, integer, text, boolean, boolean) is
  'Admin with audit:view: the audit log, newest first, paged either way from the entry p_before_id. The text is literal: a customer, an id or a part of a reason; the actor an id, e-mail address, name or "system"; the action a whole one or its noun. From and to are days of the billing time zone, both included, or instants, half-open. Raises forbidden, invalid_request.';
revoke all on function public.list_audit(text, text, text, text, text, bigint, integer, text, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.list_audit(text, text, text, text, text, bigint, integer, text, boolean, boolean)
  to authenticated;

create function public.get_audit_facets()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_permission('audit:view');
  return jsonb_build_object(
    'actors', (
      select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name) order by a.name, a.id), '[]')
      from public.admin_users as a),
    'seal', (
      select jsonb_build_object('position', s.position, 'hash', s.hash)
      from public.audit_chain as s order by s.position desc limit 1));
end;
$$;
comment on function public.get_audit_facets() is
  'Admin with audit:view: whom the log can be filtered by, and its newest seal. A seal that was noted elsewhere proves later that nothing before it was changed.';
revoke all on function public.get_audit_facets() from public, anon, authenticated, service_role;
grant execute on function public.get_audit_facets() to authenticated;
