-- Counting: which invoices of a friend are paid, and what a payment sets free.

create function private.paid_invoices(p_customer_id uuid, p_as_of timestamptz)
returns integer
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select count(*)
    from private.settled_invoices as i
    where i.customer_id = p_customer_id and i.at <= p_as_of);
end;
$$;
comment on function private.paid_invoices(uuid, timestamptz) is
  'How many invoices of a customer have nothing outstanding: paid in full, credited in full, or free; and how many of another system''s it reported as paid.';
revoke all on function private.paid_invoices(uuid, timestamptz) from public, anon, authenticated, service_role;

create function private.count_friends_who_paid(p_customer_ids uuid[], p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_referral public.customer_referrals;
begin
  for v_referral in
    select r.*
    from public.customer_referrals as r
    where r.referred_customer_id = any (p_customer_ids) and r.status = 'active' and r.qualifies_at <= p_as_of
    order by r.id
  loop
    -- A payment never waits for a referrer, and cannot deadlock with one. The hourly job counts what is left.
    perform 1 from public.customers as c where c.id = v_referral.referrer_id for no key update skip locked;
    if found then
      perform private.count_if_ready(v_referral.order_id, p_as_of);
    end if;
  end loop;
end;
$$;
comment on function private.count_friends_who_paid(uuid[], timestamptz) is
  'Counts the friends who only waited for a payment, where their referrer''s lock is free.';
revoke all on function private.count_friends_who_paid(uuid[], timestamptz) from public, anon, authenticated, service_role;

create function private.count_after_payment()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.count_friends_who_paid(
    array(select distinct e.customer_id from entries as e), (select max(e.created_at) from entries as e));
  return null;
end;
$$;
comment on function private.count_after_payment() is
  'Trigger: a payment counts the friend who waited for it. What the friend earns is granted by the job.';
revoke all on function private.count_after_payment() from public, anon, authenticated, service_role;

create function private.count_after_credit_note()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.count_friends_who_paid(
    array(select distinct e.customer_id from entries as e), (select max(e.issued_at) from entries as e));
  return null;
end;
$$;
comment on function private.count_after_credit_note() is
  'Trigger: a credit note that leaves nothing to pay counts the friend who waited for it.';
revoke all on function private.count_after_credit_note() from public, anon, authenticated, service_role;

-- Triggers of one event run in the order of their names: these come after those that settle the account.
create trigger invoice_payments_then_count_friends
  after insert on public.invoice_payments
  referencing new table as entries
  for each statement execute function private.count_after_payment();
create trigger credit_notes_then_count_friends
  after insert on public.credit_notes
  referencing new table as entries
  for each statement execute function private.count_after_credit_note();
