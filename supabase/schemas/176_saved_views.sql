-- Saved views: the filters, columns and order of a list that an admin keeps for themselves.

create table public.saved_views (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.admin_users (auth_user_id) on delete cascade,
  list text not null check (list in (
    'customers', 'orders', 'referrals', 'claims', 'approvals', 'mailbox', 'addresses', 'audit',
    'invoices', 'payments', 'runs', 'unbilled', 'team', 'api_keys', 'bulk_jobs')),
  name text not null check (length(name) between 1 and 60 and private.is_plain_line(name)),
  query text not null check (length(query) <= 1000 and query ~ '^[A-Za-z0-9_.~%=&*+-]*$'),
  created_at timestamptz not null default now(),
  unique (owner_id, list, name)
);
comment on table public.saved_views is
  'What an admin keeps of a list: the query string of its page, without the place in it. Each belongs to one person, who finds it on every device.';

alter table public.saved_views enable row level security;
revoke all on table public.saved_views from public, anon, authenticated, service_role;
grant select on table public.saved_views to service_role;
grant select on table public.saved_views to authenticated;
create policy saved_views_select on public.saved_views
  for select to authenticated
  using (owner_id = (select auth.uid()) and (select public.has_permission('customers:view')));

create function public.list_saved_views(p_list text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_owner uuid := private.require_permission('customers:view');
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'name', v.name, 'query', v.query) order by v.name), '[]')
    from public.saved_views as v
    where v.owner_id = v_owner and v.list = p_list);
end;
$$;
comment on function public.list_saved_views(text) is 'Admin with customers:view: the own views of a list, by name.';
revoke all on function public.list_saved_views(text) from public, anon, authenticated, service_role;
grant execute on function public.list_saved_views(text) to authenticated;

create function public.save_view(p_list text, p_name text, p_query text)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  c_most constant integer := 30;
  v_owner uuid := private.require_permission('customers:view');
  v_view public.saved_views;
begin
  -- Two requests of one person are counted one after the other.
  perform pg_advisory_xact_lock(hashtextextended('saved_views:' || v_owner, 0));
  if (
    select count(*) from public.saved_views as v
    where v.owner_id = v_owner and v.list = p_list and v.name <> btrim(p_name)) >= c_most then
    perform private.fail(409, 'too_many_views', p_list);
  end if;
  insert into public.saved_views as v (owner_id, list, name, query)
  values (v_owner, p_list, btrim(p_name), p_query)
  on conflict (owner_id, list, name) do update set query = excluded.query
  returning * into v_view;
  return jsonb_build_object('id', v_view.id, 'name', v_view.name, 'query', v_view.query);
exception when check_violation or not_null_violation then
  raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'view';
end;
$$;
comment on function public.save_view(text, text, text) is
  'Admin with customers:view: keeps a view of a list under a name; an own one of that name is replaced. Raises too_many_views above 30 of a list, invalid_request.';
revoke all on function public.save_view(text, text, text) from public, anon, authenticated, service_role;
grant execute on function public.save_view(text, text, text) to authenticated;

create function public.delete_view(p_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_owner uuid := private.require_permission('customers:view');
begin
  delete from public.saved_views as v where v.id = p_id and v.owner_id = v_owner;
  if not found then
    perform private.fail(404, 'not_found', 'view');
  end if;
  return jsonb_build_object('id', p_id);
end;
$$;
comment on function public.delete_view(uuid) is 'Admin with customers:view: gives up an own view. Raises not_found, also for those of others.';
revoke all on function public.delete_view(uuid) from public, anon, authenticated, service_role;
grant execute on function public.delete_view(uuid) to authenticated;
