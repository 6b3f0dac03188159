-- Acts of admins by their names, for those who do them one by one and in bulk: the permission of each, what stands in its
-- way, its effect before it is done, and who was faster.

create function private.act_permission(p_act text)
returns text
language sql
immutable
set search_path = ''
as $$
  select case
    when p_act in ('grant', 'revoke', 'extend_reward', 'credit') then 'billing:manage_invoices'
    when p_act in ('change_package', 'set_status', 'cancel_order', 'extend_referral') then 'orders:manage'
  end
$$;
comment on function private.act_permission(text) is 'The permission that an act needs. Null: there is no such act.';
revoke all on function private.act_permission(text) from public, anon, authenticated, service_role;

create function private.act_customer(p_act text, p_intent jsonb)
returns uuid
language sql
stable
set search_path = ''
as $$
  select case
    when p_act in ('grant', 'revoke') then (
      select c.id from public.customers as c where c.id = (p_intent ->> 'customer_id')::uuid)
    when p_act = 'extend_reward' then (
      select w.customer_id from public.referral_rewards as w where w.id = (p_intent ->> 'reward_id')::uuid)
    when p_act = 'credit' then (
      select i.customer_id from public.customer_invoices as i where i.invoice_number = p_intent ->> 'invoice_number')
    when p_act in ('change_package', 'set_status') then (
      select s.customer_id from public.customer_services as s where s.id = (p_intent ->> 'service_id')::uuid)
    when p_act = 'cancel_order' then (
      select o.customer_id from public.orders as o where o.id = (p_intent ->> 'order_id')::uuid)
    when p_act = 'extend_referral' then (
      select r.referrer_id from public.customer_referrals as r where r.id = (p_intent ->> 'referral_id')::uuid)
  end
$$;
comment on function private.act_customer(text, jsonb) is 'The customer whom an act concerns. Null: what it names does not exist.';
revoke all on function private.act_customer(text, jsonb) from public, anon, authenticated, service_role;

create function private.do_act(p_act text, p_intent jsonb, p_reason text, p_actor uuid, p_as_of timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  case p_act
    when 'grant' then
      return private.grant_reward(
        (p_intent ->> 'customer_id')::uuid, p_reason, null, p_actor, p_as_of,
        coalesce((p_intent ->> 'confirm_recent')::boolean, false));
    when 'revoke' then
      return private.revoke_reward(
        (p_intent ->> 'customer_id')::uuid, (p_intent ->> 'reward_id')::uuid, p_reason, p_actor, p_as_of);
    when 'extend_reward' then
      return private.extend_reward(
        (p_intent ->> 'reward_id')::uuid, (p_intent ->> 'until')::date, p_reason, p_actor, p_as_of);
    when 'credit' then
      return private.issue_credit_note(
        p_intent ->> 'invoice_number', (p_intent ->> 'amount_cents')::bigint, p_reason, null, p_actor, p_as_of);
    when 'change_package' then
      return private.change_service_package(
        (p_intent ->> 'service_id')::uuid, p_intent ->> 'package_slug', p_reason, p_actor, p_as_of);
    when 'set_status' then
      return private.set_service_status(
        (p_intent ->> 'service_id')::uuid, p_intent ->> 'status', p_reason, p_actor, p_as_of);
    when 'cancel_order' then
      return private.cancel_order((p_intent ->> 'order_id')::uuid, p_actor, p_reason, p_as_of);
    when 'extend_referral' then
      return private.extend_referral(
        (p_intent ->> 'referral_id')::uuid, (p_intent ->> 'until')::date, p_reason, p_actor, p_as_of);
  end case;
end;
$$;
comment on function private.do_act(text, jsonb, text, uuid, timestamptz) is
  'Does one act of an admin by its name and arguments. The caller has checked the permission. Raises what the act raises.';
revoke all on function private.do_act(text, jsonb, text, uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.customer_outlook(p_customer_id uuid, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'facts', private.invoice_preview_facts(p_customer_id, p_as_of),
    'balance_cents', private.account_balance(p_customer_id))
$$;
comment on function private.customer_outlook(uuid, timestamptz) is
  'What an act may change for a customer: the facts of the invoices to come, and the balance in cents.';
revoke all on function private.customer_outlook(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.try_act(
  p_act text, p_intent jsonb, p_reason text, p_actor uuid, p_as_of timestamptz, p_keep boolean,
  out answer jsonb, out code text, out detail text, out outlook jsonb
)
language plpgsql
set search_path = ''
as $$
declare
  v_state text;
begin
  begin
    answer := private.do_act(p_act, p_intent, p_reason, p_actor, p_as_of);
    if not p_keep then
      outlook := private.customer_outlook(private.act_customer(p_act, p_intent), p_as_of);
      -- Takes back what the act wrote and the locks that it took. What was read stays in the variables.
      raise exception using errcode = 'PT299', message = 'tried';
    end if;
  exception
    -- Not PT000: a condition that ends in 000 catches its whole class.
    when sqlstate 'PT299' then null;
    when others then
      get stacked diagnostics v_state = returned_sqlstate, code = message_text, detail = pg_exception_detail;
      -- A rule of the act is an answer. All else is a failure of the call.
      if v_state !~ '^PT4' then
        raise;
      end if;
      answer := null;
      outlook := null;
  end;
end;
$$;
comment on function private.try_act(text, jsonb, text, uuid, timestamptz, boolean) is
  'Does an act, and with p_keep false takes it back again: the real path without the commit. answer and the outlook after it, or the code and detail of the rule that stands against it.';
revoke all on function private.try_act(text, jsonb, text, uuid, timestamptz, boolean)
  from public, anon, authenticated, service_role;

create function private.recent_acts(p_act text, p_intent jsonb, p_customer_id uuid, p_as_of timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'action', l.action, 'by', private.admin_name(l.actor_id), 'at', l.created_at, 'reason', l.reason,
    'amount_cents', l.after -> 'total_cents', 'status', l.after ->> 'status') order by l.id desc), '[]')
  from (
    select newest.*
    from public.audit_log as newest
    where newest.customer_id = p_customer_id and newest.created_at > p_as_of - interval '90 days'
      and newest.actor_id is not null
      and case p_act
        when 'credit' then newest.action = 'credit_note.issued'
          and newest.after ->> 'invoice_number' = p_intent ->> 'invoice_number'
        when 'change_package' then newest.action = 'service.package_changed'
          and newest.entity_id = p_intent ->> 'service_id'
        when 'set_status' then newest.action = 'service.status_changed'
          and newest.entity_id = p_intent ->> 'service_id'
        else newest.action in ('reward.granted', 'reward.revoked')
      end
    order by newest.id desc
    limit 3
  ) as l
$$;
comment on function private.recent_acts(text, jsonb, uuid, timestamptz) is
  'The latest three acts of admins of the same kind for the same customer within 90 days: who, when, why, and the amount in cents.';
revoke all on function private.recent_acts(text, jsonb, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.waiting_approvals(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(private.approval_document(ap) order by ap.requested_at), '[]')
  from public.approvals as ap
  where ap.customer_id = p_customer_id and ap.status = 'pending' and ap.expires_at > now()
$$;
comment on function private.waiting_approvals(uuid) is 'Requests about a customer that wait for a second person, the oldest first.';
revoke all on function private.waiting_approvals(uuid) from public, anon, authenticated, service_role;

create function private.approval_cents(p_act text, p_intent jsonb)
returns bigint
language sql
stable
set search_path = ''
as $$
  select case p_act
    when 'credit' then private.credit_to_approve(p_intent ->> 'invoice_number', (p_intent ->> 'amount_cents')::bigint)
    when 'change_package' then private.price_change_to_approve((p_intent ->> 'service_id')::uuid, p_intent ->> 'package_slug')
  end
$$;
comment on function private.approval_cents(text, jsonb) is
  'The amount in cents for which an act needs a second person. Null: one person may do it.';
revoke all on function private.approval_cents(text, jsonb) from public, anon, authenticated, service_role;

create function public.preview_act(p_act text, p_intent jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  v_actor uuid;
  v_customer uuid;
  v_before jsonb;
  v_tried record;
begin
  v_actor := private.require_permission(coalesce(private.act_permission(p_act), 'orders:manage'));
  if private.act_permission(p_act) is null then
    perform private.fail(400, 'invalid_request', 'act');
  end if;
  v_customer := private.act_customer(p_act, p_intent);
  if v_customer is null then
    perform private.fail(404, 'not_found', p_act);
  end if;
  v_before := private.customer_outlook(v_customer, now());
  v_tried := private.try_act(p_act, p_intent, 'Preview', v_actor, now(), false);
  return jsonb_build_object(
    'act', p_act, 'before', v_before, 'after', v_tried.outlook, 'answer', v_tried.answer,
    'refusal', case when v_tried.code is not null then jsonb_build_object('code', v_tried.code, 'detail', v_tried.detail) end,
    'needs_approval', private.approval_cents(p_act, p_intent) is not null,
    'waiting', private.waiting_approvals(v_customer),
    'recent', private.recent_acts(p_act, p_intent, v_customer, now()),
    'grants', case when p_act = 'grant' then jsonb_build_object(
      'made', private.manual_grants_of(v_actor, now()),
      'limit', (private.current_admin_settings()).monthly_grants_per_admin) end,
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at']);
exception
  when invalid_text_representation or datetime_field_overflow or numeric_value_out_of_range then
    raise exception using errcode = 'PT400', message = 'invalid_request', detail = 'intent';
  when sqlstate 'PT403' then
    return private.refused_call('act.preview', 'act', p_act, sqlstate, sqlerrm, null);
end;
$$;
comment on function public.preview_act(text, jsonb) is
  'Admin with the permission of the act: what it would change for the customer, by doing it and taking it back; what stands against it, whether it needs a second person, what waits already, and who did the same lately. Changes nothing. Raises not_found, invalid_request.';
revoke all on function public.preview_act(text, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.preview_act(text, jsonb) to authenticated;

create function private.fail_overtaken(p_code text, p_state text, p_by uuid, p_at timestamptz)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if p_at is null then
    perform private.fail(409, p_code, p_state);
  end if;
  perform private.fail(409, p_code, jsonb_build_object(
    'state', p_state, 'by', private.admin_name(p_by), 'at', p_at, 'time_zone', private.billing_time_zone())::text);
end;
$$;
comment on function private.fail_overtaken(text, text, uuid, timestamptz) is
  'Raises a conflict with the state that was found, and who was faster and when. p_by null: the system; p_at null: nobody knows.';
revoke all on function private.fail_overtaken(text, text, uuid, timestamptz)
  from public, anon, authenticated, service_role;

create function private.fail_changed(p_code text, p_state text, p_entity_type text, p_entity_id text, p_actions text[])
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
  v_last record;
begin
  select l.actor_id, l.created_at into v_last
  from public.audit_log as l
  where l.entity_type = p_entity_type and l.entity_id = p_entity_id and l.action = any (p_actions)
  order by l.id desc
  limit 1;
  perform private.fail_overtaken(p_code, p_state, v_last.actor_id, v_last.created_at);
end;
$$;
comment on function private.fail_changed(text, text, text, text, text[]) is
  'Raises a conflict with who did the latest of these actions to the entity, and when.';
revoke all on function private.fail_changed(text, text, text, text, text[])
  from public, anon, authenticated, service_role;

create function public.list_waiting_approvals(p_customer_id uuid default null)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  if not public.has_permission('orders:manage') then
    perform private.require_permission('billing:manage_invoices');
  end if;
  return jsonb_build_object(
    'approvals', case when p_customer_id is null then '[]' else private.waiting_approvals(p_customer_id) end,
    'for_me', (
      select count(*)
      from public.approvals as ap
      where ap.status = 'pending' and ap.expires_at > now()
        and public.has_permission(private.approval_permission(ap.kind))
        and not private.is_one_person(ap.requested_by, (select auth.uid()))),
    'currency', (private.current_billing_settings()).currency);
end;
$$;
comment on function public.list_waiting_approvals(uuid) is
  'Admin with orders:manage or billing:manage_invoices: the requests about a customer that wait, and how many wait for the caller in all.';
revoke all on function public.list_waiting_approvals(uuid) from public, anon, authenticated, service_role;
grant execute on function public.list_waiting_approvals(uuid) to authenticated;
