-- What a customer reads: each page or route is one function, one round trip, always about the caller alone.

create function private.current_customer_id()
returns uuid
language sql
stable
security definer
set search_path = ''
as $$
  select c.id from public.customers as c where c.auth_user_id = (select auth.uid()) and c.erased_at is null
$$;
comment on function private.current_customer_id() is 'The customer behind the caller''s session, or null.';

create function private.require_customer()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_customer uuid;
begin
  perform private.require_user();
  v_customer := private.current_customer_id();
  if v_customer is null then
    perform private.fail(403, 'forbidden', 'customer');
  end if;
  return v_customer;
end;
$$;
comment on function private.require_customer() is 'The caller''s customer id. Raises unauthenticated, or forbidden for a session without a customer.';

create function private.public_terms()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(private.current_terms()) - array['velocity_alert', 'reason', 'created_by', 'created_at']
$$;
comment on function private.public_terms() is 'The terms in force as everybody may know them: without the thresholds of fraud rules.';

create function private.friend_document(p_referral public.customer_referrals)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_referral.id,
    'referred_name', private.mask_name(c.first_name, c.last_name),
    'referred_email', private.mask_email(p_referral.referred_email),
    -- A customer is not told of reviews: a rejected friend shows as cancelled.
    'status', case when p_referral.status = 'rejected' then 'cancelled' else p_referral.status end,
    'status_reason', case when p_referral.status_reason = 'rejected_in_review' then 'not_eligible' else p_referral.status_reason end,
    'referred_at', p_referral.referred_at,
    'activation_due_at', p_referral.activation_due_at,
    'activated_at', p_referral.activated_at,
    'qualifies_at', p_referral.qualifies_at,
    'qualified_at', p_referral.qualified_at,
    'expired_at', p_referral.expired_at,
    'cancelled_at', coalesce(p_referral.cancelled_at, p_referral.rejected_at),
    'reward_id', p_referral.reward_id
  )
  from public.customers as c
  where c.id = p_referral.referred_customer_id
$$;
comment on function private.friend_document(public.customer_referrals) is
  'A friend as the referrer may see them: first name, initial, masked address, dates.';

create function private.referral_stats(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'total', count(*),
    'pending', count(*) filter (where r.status = 'pending'),
    'active', count(*) filter (where r.status = 'active'),
    'qualified', count(*) filter (where r.status = 'qualified'),
    'expired', count(*) filter (where r.status = 'expired'),
    'cancelled', count(*) filter (where r.status in ('cancelled', 'rejected')),
    'qualified_unused', count(*) filter (where r.status = 'qualified' and r.reward_id is null)
  )
  from public.customer_referrals as r
  where r.referrer_id = p_customer_id
$$;
comment on function private.referral_stats(uuid) is
  'How many friends stand where. A rejected friend counts as cancelled here; a customer is not told of reviews.';

create function private.reward_balance(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'pending_rewards', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', w.id, 'reward_type', w.reward_type, 'status', w.status, 'source', w.source,
        'created_at', w.created_at, 'expires_at', w.expires_at
      ) order by w.expires_at, w.created_at, w.id)
      from public.referral_rewards as w
      where w.customer_id = p_customer_id and w.status = 'pending'), '[]'),
    'applied_rewards', coalesce((
      select jsonb_agg(to_jsonb(used) order by used.applied_at desc, used.id)
      from (
        select w.id, w.applied_at, i.invoice_number, w.amount_waived_cents, i.period_start
        from public.referral_rewards as w
        join public.customer_invoices as i on i.id = w.applied_invoice_id
        where w.customer_id = p_customer_id and w.status = 'applied'
        order by w.applied_at desc
        limit 24
      ) as used), '[]')
  )
$$;
comment on function private.reward_balance(uuid) is 'Pending and used free months of a customer. Amounts in cents.';

create function private.invoice_preview_facts(p_customer_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'customer_id', p_customer_id,
    'rewards', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', w.id, 'expires_at', w.expires_at, 'created_at', w.created_at, 'cap_cents', w.cap_cents
      ) order by w.expires_at, w.created_at, w.id)
      from public.referral_rewards as w
      where w.customer_id = p_customer_id and w.status = 'pending'), '[]'),
    'free_month_periods', coalesce((
      select jsonb_agg(i.period_start)
      from public.customer_invoices as i
      where i.customer_id = p_customer_id and i.is_free_month and i.period_start > now() - interval '100 days'), '[]'),
    'services', coalesce((
      select jsonb_agg(jsonb_build_object(
        'service_id', s.id, 'package_name', p.name, 'price_cents', s.monthly_price_cents,
        'activated_at', s.activated_at, 'status', s.status,
        'invoiced_periods', coalesce((
          select jsonb_agg(i.period_start)
          from public.customer_invoices as i
          where i.service_id = s.id and i.period_start > now() - interval '100 days'), '[]')
      ) order by s.id)
      from public.customer_services as s
      join public.service_packages as p on p.id = s.package_id
      where s.customer_id = p_customer_id and s.status = 'active'), '[]')
  )
$$;
comment on function private.invoice_preview_facts(uuid) is
  'What the invoice rules need to foretell the caller''s next invoice, for whichever cycle comes next.';

create function public.get_my_referral_overview()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
begin
  return jsonb_build_object(
    'referral_code', (select c.referral_code from public.customers as c where c.id = v_customer),
    'stats', private.referral_stats(v_customer),
    'reward_balance', (
      select count(*) from public.referral_rewards as w
      where w.customer_id = v_customer and w.status = 'pending' and w.expires_at > now()),
    'terms', private.public_terms()
  );
end;
$$;
comment on function public.get_my_referral_overview() is 'Customer: own code, counts and the terms in force.';

create function public.list_my_referrals(
  p_status text default null, p_limit integer default 20, p_cursor_at timestamptz default null, p_cursor_id uuid default null
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
  v_limit integer := least(greatest(coalesce(p_limit, 20), 1), 100);
  v_rows jsonb;
begin
  select jsonb_agg(private.friend_document(page.r) order by (page.r).referred_at desc, (page.r).id desc)
  into v_rows
  from (
    select r
    from public.customer_referrals as r
    where r.referrer_id = v_customer
      and (p_status is null or r.status = p_status or (p_status = 'cancelled' and r.status = 'rejected'))
      and (p_cursor_at is null or (r.referred_at, r.id) < (p_cursor_at, p_cursor_id))
    order by r.referred_at desc, r.id desc
    limit v_limit + 1
  ) as page;
  v_rows := coalesce(v_rows, '[]');
  return private.keyset_page('referrals', v_rows, v_limit, 'referred_at')
    || jsonb_build_object('stats', private.referral_stats(v_customer));
end;
$$;
comment on function public.list_my_referrals(text, integer, timestamptz, uuid) is
  'Customer: own friends, newest first, by keyset.';

create function public.get_my_balance()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
begin
  return private.reward_balance(v_customer) || jsonb_build_object(
    'facts', private.invoice_preview_facts(v_customer),
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at']);
end;
$$;
comment on function public.get_my_balance() is 'Customer: own free months, and the facts for the next-invoice preview.';

create function public.get_my_dashboard()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_customer uuid := private.require_customer();
begin
  return jsonb_build_object(
    'customer', (
      select jsonb_build_object(
        'id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'email', c.email, 'referral_code', c.referral_code)
      from public.customers as c where c.id = v_customer),
    'services', coalesce((
      select jsonb_agg(private.service_document(s.id) order by s.created_at, s.id)
      from public.customer_services as s where s.customer_id = v_customer), '[]'),
    'invoices', coalesce((
      select jsonb_agg(to_jsonb(recent) order by recent.issued_at desc, recent.invoice_number desc)
      from (
        select i.invoice_number, i.period_start, i.period_end, i.issued_at, i.due_on, i.total_cents, i.amount_due_cents,
          i.is_free_month, i.amount_waived_cents, i.currency,
          exists (select 1 from public.invoice_payments as p where p.invoice_id = i.id) as is_paid
        from public.customer_invoices as i
        where i.customer_id = v_customer
        order by i.issued_at desc, i.id desc
        limit 6
      ) as recent), '[]'),
    'has_overdue_invoice', private.has_overdue_invoice(v_customer, now()),
    'stats', private.referral_stats(v_customer),
    'friends', coalesce((
      select jsonb_agg(private.friend_document(recent.r) order by (recent.r).referred_at desc, (recent.r).id desc)
      from (
        select r from public.customer_referrals as r
        where r.referrer_id = v_customer
        order by r.referred_at desc, r.id desc
        limit 20
      ) as recent), '[]'),
    'facts', private.invoice_preview_facts(v_customer),
    'settings', to_jsonb(private.current_billing_settings()) - array['created_by', 'created_at'],
    'terms', private.public_terms()
  ) || private.reward_balance(v_customer);
end;
$$;
comment on function public.get_my_dashboard() is 'Customer: everything the dashboard shows, in one read.';

create function public.get_invoice(p_invoice_number text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_user uuid := private.require_user();
  v_invoice public.customer_invoices;
begin
  select i.* into v_invoice from public.customer_invoices as i where i.invoice_number = p_invoice_number;
  -- Somebody else's invoice and one that does not exist are answered alike.
  if v_invoice.id is null
    or not (
      coalesce(v_invoice.customer_id = private.current_customer_id(), false)
      or public.has_permission('customers:view')
    ) then
    perform private.fail(404, 'not_found', 'invoice');
  end if;
  return to_jsonb(v_invoice) - array['run_id']
    || jsonb_build_object('is_paid', exists (
      select 1 from public.invoice_payments as p where p.invoice_id = v_invoice.id));
end;
$$;
comment on function public.get_invoice(text) is 'Customer or admin with customers:view: one tax invoice by its number.';

create function public.get_my_session()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_user uuid := private.require_user();
begin
  return jsonb_build_object(
    'user_id', v_user,
    'customer', (
      select jsonb_build_object('id', c.id, 'first_name', c.first_name, 'last_name', c.last_name, 'email', c.email)
      from public.customers as c where c.auth_user_id = v_user and c.erased_at is null),
    'admin', (
      select jsonb_build_object(
        'id', a.id, 'name', a.name, 'email', a.email, 'role', a.role,
        'permissions', (
          select jsonb_agg(rp.permission order by rp.permission)
          from public.role_permissions as rp where rp.role = a.role))
      from public.admin_users as a where a.auth_user_id = v_user and a.is_active),
    'brand_name', (private.current_billing_settings()).brand_name,
    'time_zone', private.billing_time_zone()
  );
end;
$$;
comment on function public.get_my_session() is 'Caller: who they are here, as customer and as admin.';

create function public.get_public_site()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'brand_name', s.brand_name, 'support_email', s.support_email, 'currency', s.currency, 'time_zone', s.time_zone,
    'terms', private.public_terms(),
    'packages', coalesce((
      select jsonb_agg(jsonb_build_object(
        'slug', p.slug, 'name', p.name, 'description', p.description, 'monthly_price_cents', p.monthly_price_cents,
        'download_mbps', p.download_mbps, 'upload_mbps', p.upload_mbps
      ) order by p.sort_order, p.monthly_price_cents, p.slug)
      from public.service_packages as p where p.is_active), '[]')
  )
  from private.current_billing_settings() as s
$$;
comment on function public.get_public_site() is 'Server: what the public pages show.';
