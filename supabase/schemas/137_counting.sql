-- Counting: which invoices of a friend are paid, and what a payment sets free.

create function private.paid_invoices(p_customer_id uuid, p_as_of timestamptz)
returns integer
language sql
stable
set search_path = ''
as $$
  select count(*)::integer
  from public.customer_invoices as i
  where i.customer_id = p_customer_id and i.issued_at <= p_as_of
    and not exists (select 1 from private.open_invoices as o where o.id = i.id)
$$;
comment on function private.paid_invoices(uuid, timestamptz) is
  'How many invoices of a customer have nothing outstanding: paid in full, credited in full, or free.';
revoke all on function private.paid_invoices(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.count_friend_of_paid_invoice()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_at timestamptz := (to_jsonb(new) ->> tg_argv[0])::timestamptz;
  v_referral public.customer_referrals;
begin
  select r.* into v_referral
  from public.customer_referrals as r
  where r.referred_customer_id = new.customer_id and r.status = 'active' and r.qualifies_at <= v_at;
  if v_referral.id is null then
    return null;
  end if;
  -- A payment never waits for a referrer, and cannot deadlock with one. The hourly job counts what is left.
  perform 1 from public.customers as c where c.id = v_referral.referrer_id for no key update skip locked;
  if found then
    perform private.count_if_ready(v_referral.order_id, v_at);
  end if;
  return null;
end;
$$;
comment on function private.count_friend_of_paid_invoice() is
  'Trigger: a payment or credit note counts the friend who waited for it. Its argument names the column with the time. What the friend earns is granted by the job.';
revoke all on function private.count_friend_of_paid_invoice() from public, anon, authenticated, service_role;

create trigger invoice_payments_count_friend
  after insert on public.invoice_payments
  for each row execute function private.count_friend_of_paid_invoice('created_at');
create trigger credit_notes_count_friend
  after insert on public.credit_notes
  for each row execute function private.count_friend_of_paid_invoice('issued_at');
