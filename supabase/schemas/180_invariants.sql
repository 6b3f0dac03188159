-- Invariants, checked on a live database: one view each, with the rows that break it. They do not rely on the
-- constraints that should make a violation impossible. A new invariant is a new view, and a line in private.violations.
-- A view that reads rows of all customers names private.slice_first() and private.slice_last(), and is then checked in slices.

create function private.slice_first()
returns uuid
language sql
stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('verify.first', true), ''), '00000000-0000-0000-0000-000000000000')::uuid
$$;
comment on function private.slice_first() is 'The first id of the customers that are checked now; of all, unless public.verify_invariants checks a slice.';
revoke all on function private.slice_first() from public, anon, authenticated, service_role;

create function private.slice_last()
returns uuid
language sql
stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('verify.last', true), ''), 'ffffffff-ffff-ffff-ffff-ffffffffffff')::uuid
$$;
comment on function private.slice_last() is 'The last id of the customers that are checked now.';
revoke all on function private.slice_last() from public, anon, authenticated, service_role;

create function private.slice_first_seal()
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('verify.first_seal', true), '')::bigint, 1)
$$;
comment on function private.slice_first_seal() is 'The position of the first seal of the audit log that is checked now.';
revoke all on function private.slice_first_seal() from public, anon, authenticated, service_role;

create function private.slice_last_seal()
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('verify.last_seal', true), '')::bigint, 9223372036854775807)
$$;
comment on function private.slice_last_seal() is 'The position of the last seal of the audit log that is checked now.';
revoke all on function private.slice_last_seal() from public, anon, authenticated, service_role;

create view private.violations_01_code with (security_invoker = true) as
  select 1 as invariant, 'customer without a valid referral code' as rule, c.id::text as entity
  from public.customers as c
  where c.referral_code is null or c.referral_code !~ '^[A-Z0-9]{2,8}-[0-9A-HJKMNP-TV-Z]{8}$'
  union all
  select 1, 'referral code shared by customers', string_agg(c.id::text, ',')
  from public.customers as c group by right(c.referral_code, 8) having count(*) > 1;
comment on view private.violations_01_code is 'Each customer has a valid referral code of their own.';
revoke all on table private.violations_01_code from public, anon, authenticated, service_role;

create view private.violations_02_referred_person with (security_invoker = true) as
  select 2 as invariant, 'person referred more than once at a time' as rule, string_agg(r.id::text, ',') as entity
  from public.customer_referrals as r where r.status in ('pending', 'active', 'qualified')
  group by private.normalise_email(r.referred_email) having count(*) > 1
  union all
  select 2, 'customer referred more than once at a time', string_agg(r.id::text, ',')
  from public.customer_referrals as r where r.status in ('pending', 'active', 'qualified')
  group by r.referred_customer_id having count(*) > 1
  union all
  select 2, 'self-referral', r.id::text
  from public.customer_referrals as r
  join public.customers as c on c.id = r.referrer_id
  where r.referrer_id = r.referred_customer_id
    or (c.erased_at is null and private.normalise_email(c.email) = private.normalise_email(r.referred_email));
comment on view private.violations_02_referred_person is 'A person is the referred party of one live referral; nobody refers themselves.';
revoke all on table private.violations_02_referred_person from public, anon, authenticated, service_role;

create function private.invoices_unpaid_later(p_referral public.customer_referrals)
returns integer
language sql
stable
set search_path = ''
as $$
  select count(*)::integer
  from private.open_invoices as i
  where i.customer_id = p_referral.referred_customer_id and i.issued_at <= p_referral.qualified_at
    and exists (
      select 1
      from public.payment_reversals as x
      join public.invoice_payments as p on p.id = x.payment_id
      where x.customer_id = i.customer_id
        and p.created_at <= p_referral.qualified_at and x.created_at >= p_referral.qualified_at)
$$;
comment on function private.invoices_unpaid_later(public.customer_referrals) is
  'Invoices that a friend may have paid when they counted, and that are open since a payment from before was reversed. A reversal takes nothing back.';
revoke all on function private.invoices_unpaid_later(public.customer_referrals)
  from public, anon, authenticated, service_role;

create view private.violations_03_reward_sources with (security_invoker = true) as
  select 3 as invariant, 'earned reward not fed by exactly its number of qualified referrals' as rule, w.id::text as entity
  from public.referral_rewards as w
  left join public.customer_referrals as r on r.reward_id = w.id
  where w.source = 'earned' and w.customer_id between (select private.slice_first()) and (select private.slice_last())
    -- A grant that was taken back with its review decision feeds nothing any more.
    and not exists (
      select 1 from public.review_decisions as d where w.id = any (d.reward_ids) and d.undone_at is not null)
  group by w.id, w.referrals_required
  having count(r.id) filter (where r.status = 'qualified') <> w.referrals_required or count(r.id) <> w.referrals_required
  union all
  select 3, 'manual reward fed by referrals', w.id::text
  from public.referral_rewards as w
  where w.source = 'manual' and w.customer_id between (select private.slice_first()) and (select private.slice_last())
    and exists (select 1 from public.customer_referrals as r where r.reward_id = w.id)
  union all
  select 3, 'referral feeds a reward of somebody else', r.id::text
  from public.customer_referrals as r join public.referral_rewards as w on w.id = r.reward_id
  where w.customer_id <> r.referrer_id
    and w.customer_id between (select private.slice_first()) and (select private.slice_last())
  union all
  select 3, 'referral counted before its days were over', r.id::text
  from public.customer_referrals as r
  where r.qualified_at < r.qualifies_at
    and r.referrer_id between (select private.slice_first()) and (select private.slice_last())
  union all
  select 3, 'referral counted without its paid invoices', r.id::text
  from public.customer_referrals as r
  join public.referral_program as p on p.version = r.program_version
  where r.qualified_at is not null and p.paid_invoices_required > 0
    and r.referrer_id between (select private.slice_first()) and (select private.slice_last())
    and private.paid_invoices(r.referred_customer_id, 'infinity') + private.invoices_unpaid_later(r) < p.paid_invoices_required;
comment on view private.violations_03_reward_sources is 'An earned reward is fed by exactly its number of qualified referrals of its owner; a manual one by none.';
revoke all on table private.violations_03_reward_sources from public, anon, authenticated, service_role;

create view private.violations_04_reward_invoice with (security_invoker = true) as
  select 4 as invariant, 'applied reward and its invoice do not point at each other' as rule, w.id::text as entity
  from public.referral_rewards as w
  left join public.customer_invoices as i on i.id = w.applied_invoice_id
  where (w.status = 'applied') <> (w.applied_invoice_id is not null)
    or (w.status = 'applied' and (
      i.id is null or i.referral_reward_id is distinct from w.id or i.customer_id <> w.customer_id
      or i.amount_waived_cents is distinct from w.amount_waived_cents))
  union all
  select 4, 'invoice carries a reward that does not name it', i.id::text
  from public.customer_invoices as i
  left join public.referral_rewards as w on w.id = i.referral_reward_id
  where i.referral_reward_id is not null and (w.id is null or w.applied_invoice_id is distinct from i.id)
  union all
  select 4, 'reward on several invoices', i.referral_reward_id::text
  from public.customer_invoices as i where i.referral_reward_id is not null
  group by i.referral_reward_id having count(*) > 1
  union all
  select 4, 'several free months in one cycle', i.customer_id::text || ' ' || i.period_start
  from public.customer_invoices as i where i.is_free_month
  group by i.customer_id, i.period_start having count(*) > 1
  union all
  select 4, 'applied reward that took nothing off', w.id::text
  from public.referral_rewards as w
  join public.customer_invoices as i on i.id = w.applied_invoice_id
  where w.status = 'applied' and not (i.is_free_month and w.amount_waived_cents > 0);
comment on view private.violations_04_reward_invoice is 'A reward is on one invoice, an invoice has one reward, a customer one free month per cycle.';
revoke all on table private.violations_04_reward_invoice from public, anon, authenticated, service_role;

create view private.violations_05_final_rewards with (security_invoker = true) as
  select 5 as invariant, 'revoked, expired or pending reward on an invoice' as rule, w.id::text as entity
  from public.referral_rewards as w join public.customer_invoices as i on i.referral_reward_id = w.id
  where w.status <> 'applied'
  union all
  select 5, 'reward applied after its date', w.id::text
  from public.referral_rewards as w where w.applied_at >= w.expires_at;
comment on view private.violations_05_final_rewards is 'A reward that is revoked, expired or past its date is on no invoice.';
revoke all on table private.violations_05_final_rewards from public, anon, authenticated, service_role;

create view private.violations_06_invoice_periods with (security_invoker = true) as
  select 6 as invariant, 'several invoices for a service and period' as rule, i.service_id::text || ' ' || i.period_start as entity
  from public.customer_invoices as i group by i.service_id, i.period_start having count(*) > 1;
comment on view private.violations_06_invoice_periods is 'A service has one invoice per period.';
revoke all on table private.violations_06_invoice_periods from public, anon, authenticated, service_role;

create view private.violations_07_numbers with (security_invoker = true) as
  select 7 as invariant, 'invoice number given twice' as rule, i.invoice_number as entity
  from public.customer_invoices as i group by i.invoice_number having count(*) > 1
  union all
  select 7, 'invoice numbers have a gap', series.name || ' ' || series.year
  from (
    select split_part(i.invoice_number, '-', 1) as name, split_part(i.invoice_number, '-', 2) as year,
      min(split_part(i.invoice_number, '-', 3)::bigint) as low, max(split_part(i.invoice_number, '-', 3)::bigint) as high,
      count(*) as n
    from public.customer_invoices as i group by 1, 2
  ) as series
  where series.low < 1 or series.high <> series.n + (
    select coalesce(sum(g.last_number - g.first_number + 1), 0) from public.series_gaps as g
    where g.series = series.name and g.year::text = series.year and g.last_number <= series.high)
  union all
  select 7, 'invoice series does not end at its last invoice', s.series || ' ' || s.year
  from public.invoice_series as s
  where s.series not in (select b.credit_note_prefix from public.billing_settings as b)
    and s.last_number <> private.skipped_numbers(s.series, s.year::text) + (
      select count(*) from public.customer_invoices as i
      where i.invoice_number like s.series || '-' || s.year || '-%')
  union all
  select 7, 'credit note number given twice', n.credit_note_number
  from public.credit_notes as n group by n.credit_note_number having count(*) > 1
  union all
  select 7, 'credit note numbers have a gap', series.name || ' ' || series.year
  from (
    select split_part(n.credit_note_number, '-', 1) as name, split_part(n.credit_note_number, '-', 2) as year,
      min(split_part(n.credit_note_number, '-', 3)::bigint) as low,
      max(split_part(n.credit_note_number, '-', 3)::bigint) as high, count(*) as n
    from public.credit_notes as n group by 1, 2
  ) as series
  where series.low < 1 or series.high <> series.n + (
    select coalesce(sum(g.last_number - g.first_number + 1), 0) from public.series_gaps as g
    where g.series = series.name and g.year::text = series.year and g.last_number <= series.high)
  union all
  select 7, 'credit note series does not end at its last credit note', s.series || ' ' || s.year
  from public.invoice_series as s
  where s.series in (select b.credit_note_prefix from public.billing_settings as b)
    and s.last_number <> private.skipped_numbers(s.series, s.year::text) + (
      select count(*) from public.credit_notes as n
      where n.credit_note_number like s.series || '-' || s.year || '-%');
comment on view private.violations_07_numbers is 'Numbers of invoices and of credit notes are unique and have no gap.';
revoke all on table private.violations_07_numbers from public, anon, authenticated, service_role;

create view private.violations_08_sums with (security_invoker = true) as
  select 8 as invariant, 'invoice does not add up' as rule, i.id::text as entity
  from public.customer_invoices as i
  where i.customer_id between (select private.slice_first()) and (select private.slice_last())
    and (i.total_cents <> i.subtotal_cents + i.vat_cents
      or i.total_cents <> private.line_items_total(i.line_items)
      or i.amount_due_cents < 0
      or i.amount_due_cents <> i.total_cents - case i.reward_treatment when 'consideration' then i.amount_waived_cents else 0 end)
  union all
  select 8, 'VAT of an invoice is not that of its lines', i.id::text
  from public.customer_invoices as i
  cross join lateral (
    select sum((line ->> 'vat_cents')::bigint) as vat_cents from jsonb_array_elements(i.line_items) as line
  ) as lines
  where i.run_id is not null and lines.vat_cents is distinct from i.vat_cents
    and i.customer_id between (select private.slice_first()) and (select private.slice_last())
  union all
  select 8, 'invoice line without the VAT rate of its days', i.id::text
  from public.customer_invoices as i
  join public.billing_runs as r on r.id = i.run_id
  cross join jsonb_array_elements(i.line_items) as line
  where line ->> 'kind' = 'service'
    and i.customer_id between (select private.slice_first()) and (select private.slice_last())
    and (line ->> 'vat_bps')::integer is distinct from
      (private.billing_settings_on((line ->> 'period_start')::date, r.settings_version)).vat_bps
  union all
  select 8, 'credit note does not add up', n.id::text
  from public.credit_notes as n
  where n.customer_id between (select private.slice_first()) and (select private.slice_last())
    and (n.total_cents <> n.subtotal_cents + n.vat_cents
      or n.total_cents <> private.line_items_total(n.line_items)
      or n.total_cents <= 0 or n.subtotal_cents < 0 or n.vat_cents < 0)
  union all
  select 8, 'credit note does not fit its invoice', n.id::text
  from public.credit_notes as n
  left join public.customer_invoices as i on i.id = n.invoice_id
  where n.customer_id between (select private.slice_first()) and (select private.slice_last())
    and (i.id is null or i.customer_id <> n.customer_id or i.currency <> n.currency or i.vat_bps <> n.vat_bps)
  union all
  select 8, 'credits exceed their invoice or leave VAT over', i.id::text
  from public.credit_notes as n
  join public.customer_invoices as i on i.id = n.invoice_id
  where i.customer_id between (select private.slice_first()) and (select private.slice_last())
  group by i.id, i.total_cents, i.amount_due_cents, i.vat_cents
  having sum(n.total_cents) > i.amount_due_cents or sum(n.vat_cents) > i.vat_cents
    or (sum(n.total_cents) = i.total_cents and sum(n.vat_cents) <> i.vat_cents);
comment on view private.violations_08_sums is 'Invoices and credit notes add up, and credits stay within their invoice.';
revoke all on table private.violations_08_sums from public, anon, authenticated, service_role;

create view private.violations_09_audit with (security_invoker = true) as
  select 9 as invariant, 'manual reward without its audit row' as rule, w.id::text as entity
  from public.referral_rewards as w
  where w.source = 'manual' and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'reward' and l.entity_id = w.id::text and l.action = 'reward.granted')
  union all
  select 9, 'earned reward without its audit row', w.id::text
  from public.referral_rewards as w
  where w.source = 'earned' and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'reward' and l.entity_id = w.id::text and l.action = 'reward.earned')
  union all
  select 9, 'revoked reward without its audit row', w.id::text
  from public.referral_rewards as w
  where w.status = 'revoked' and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'reward' and l.entity_id = w.id::text and l.action = 'reward.revoked')
  union all
  select 9, 'review decision without its audit row', f.id::text
  from public.referral_flags as f
  where f.status in ('cleared', 'rejected') and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'referral' and l.entity_id = f.referral_id::text and l.action = 'referral.' || f.status)
  union all
  select 9, 'undone review decision without its audit row', d.id::text
  from public.review_decisions as d
  where d.undone_at is not null and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'referral' and l.entity_id = d.referral_id::text and l.action = 'referral.decision_undone')
  union all
  select 9, 'decided appeal without its audit row', a.id::text
  from public.review_appeals as a
  where a.status <> 'open' and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'referral' and l.entity_id = a.referral_id::text
      and l.action = 'referral.appeal_' || a.status)
  union all
  select 9, 'fraud settings without their audit row', s.version::text
  from public.fraud_settings as s
  where s.version > 1 and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'fraud_settings' and l.entity_id = s.version::text and l.action = 'fraud_settings.updated')
  union all
  select 9, 'terms version without its audit row', p.version::text
  from public.referral_program as p
  where p.version > 1 and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'program' and l.entity_id = p.version::text and l.action = 'program.updated')
  union all
  select 9, 'changed switch without its audit row', s.id::text
  from public.switches as s
  where not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'switch' and l.entity_id = s.name and l.action = 'switch.changed'
      and l.created_at = s.created_at)
  union all
  select 9, 'active order without its audit row', o.id::text
  from public.orders as o
  where o.status = 'active' and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'order' and l.entity_id = o.id::text and l.action = 'order.activated')
  union all
  select 9, 'order being installed without its audit row', o.id::text
  from public.orders as o
  where o.status = 'installing' and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'order' and l.entity_id = o.id::text and l.action = 'order.installing')
  union all
  select 9, 'cancelled order without its audit row', o.id::text
  from public.orders as o
  where o.status = 'cancelled' and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'order' and l.entity_id = o.id::text and l.action = 'order.cancelled')
  union all
  select 9, 'stopped service without its audit row', s.id::text
  from public.customer_services as s
  where s.order_id is not null and s.status in ('suspended', 'cancelled')
    and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'service' and l.entity_id = s.id::text and l.action = 'service.status_changed'
        and l.after ->> 'status' = s.status)
    and not exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'order' and l.entity_id = s.order_id::text and l.action = 'order.cancelled')
  union all
  select 9, 'package change without its audit row', ch.service_id::text
  from public.service_price_changes as ch
  group by ch.service_id
  having count(*) > (
    select count(*) from public.audit_log as l
    where l.entity_type = 'service' and l.entity_id = ch.service_id::text and l.action = 'service.package_changed')
  union all
  select 9, 'credit note without its audit row', n.id::text
  from public.credit_notes as n
  where not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'credit_note' and l.entity_id = n.id::text and l.action = 'credit_note.issued')
  union all
  select 9, 'payment recorded by an admin without its audit row', p.id::text
  from public.invoice_payments as p
  where p.recorded_by is not null and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'payment' and l.entity_id = p.id::text and l.action = 'payment.recorded')
  union all
  select 9, 'reversed payment without its audit row', x.payment_id::text
  from public.payment_reversals as x
  where not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'payment' and l.entity_id = x.payment_id::text and l.action = 'payment.reversed')
  union all
  select 9, 'erased customer without its audit row', c.id::text
  from public.customers as c
  where c.erased_at is not null and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'customer' and l.entity_id = c.id::text and l.action = 'customer.erased')
  union all
  select 9, 'finished billing run without its audit row', b.id::text
  from public.billing_runs as b
  where b.status <> 'running' and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'billing_run' and l.entity_id = b.id::text and l.action = 'billing_run.' || b.status)
  union all
  select 9, 'billing run without its audit row', b.id::text
  from public.billing_runs as b
  where not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'billing_run' and l.entity_id = b.id::text and l.action = 'billing_run.started');
comment on view private.violations_09_audit is 'Every act of an admin, every earned reward and every billing run has its audit row.';
revoke all on table private.violations_09_audit from public, anon, authenticated, service_role;

create view private.violations_10_mails with (security_invoker = true) as
  select 10 as invariant, 'mail owed but not queued: ' || owed.dedupe_key as rule, owed.dedupe_key as entity
  from (
    select 'referral_signup:' || r.id as dedupe_key, r.referrer_id as customer_id
    from public.customer_referrals as r where r.source <> 'admin'
    union all
    select 'referral_activated:' || r.id, r.referrer_id
    from public.customer_referrals as r where r.activated_at is not null
    union all
    select 'referral_qualified:' || r.id, r.referrer_id
    from public.customer_referrals as r where r.qualified_at is not null
    union all
    -- The digest of the hour in which it ended.
    select coalesce((
        select n.dedupe_key
        from public.notifications as n
        where n.customer_id = r.referrer_id and n.template = 'referral_news'
          and n.payload @> jsonb_build_object('items', jsonb_build_array(jsonb_build_object('referral_id', r.id)))
        limit 1), 'referral_news:' || r.id),
      r.referrer_id
    from public.customer_referrals as r where r.status in ('expired', 'cancelled')
    union all
    select 'reward_earned:' || w.id, w.customer_id from public.referral_rewards as w where w.source = 'earned'
    union all
    select 'reward_granted:' || w.id, w.customer_id from public.referral_rewards as w where w.source = 'manual'
    union all
    select 'reward_applied:' || w.id, w.customer_id from public.referral_rewards as w where w.status = 'applied'
    union all
    select 'reward_revoked:' || w.id, w.customer_id from public.referral_rewards as w where w.status = 'revoked'
    union all
    select 'reward_expired:' || w.id, w.customer_id from public.referral_rewards as w where w.status = 'expired'
    union all
    select 'credit_note_issued:' || n.id, n.customer_id from public.credit_notes as n
    where exists (
      select 1 from public.audit_log as l
      where l.entity_type = 'credit_note' and l.entity_id = n.id::text and l.action = 'credit_note.issued')
    union all
    select 'referral_rejected:' || d.id, r.referrer_id
    from public.review_decisions as d join public.customer_referrals as r on r.id = d.referral_id
    where d.decision = 'reject'
    union all
    select 'appeal_received:' || a.id, a.customer_id from public.review_appeals as a
    union all
    select 'appeal_decided:' || a.id, a.customer_id from public.review_appeals as a where a.status <> 'open'
  ) as owed
  join public.customers as c on c.id = owed.customer_id and c.erased_at is null
  where owed.customer_id between (select private.slice_first()) and (select private.slice_last())
    and not exists (select 1 from public.notifications as n where n.dedupe_key = owed.dedupe_key);
comment on view private.violations_10_mails is 'A change that owes a mail has one.';
revoke all on table private.violations_10_mails from public, anon, authenticated, service_role;

create view private.violations_10_queue with (security_invoker = true) as
  select 10 as invariant, 'mail queued more than once' as rule, n.dedupe_key as entity
  from public.notifications as n group by n.dedupe_key having count(*) > 1
  union all
  -- A mail without its cause was queued outside the transaction that owed it.
  select 10, 'mail queued without its cause', n.dedupe_key
  from public.notifications as n
  cross join lateral (select split_part(n.dedupe_key, ':', 2) as id) as cause
  left join public.customer_referrals as r on r.id::text = cause.id
  left join public.referral_rewards as w on w.id::text = cause.id
  where not case n.template
    when 'referral_signup' then r.id is not null
    when 'referral_activated' then r.activated_at is not null
    when 'referral_qualified' then r.qualified_at is not null
    when 'reward_earned' then coalesce(w.source = 'earned', false)
    when 'reward_granted' then coalesce(w.source = 'manual', false)
    when 'reward_applied' then coalesce(w.status = 'applied', false)
    when 'reward_revoked' then coalesce(w.status = 'revoked', false)
    when 'reward_expired' then coalesce(w.status = 'expired', false)
    when 'reward_expiring' then w.id is not null
    else true
  end;
comment on view private.violations_10_queue is 'A mail is queued once, and has its cause.';
revoke all on table private.violations_10_queue from public, anon, authenticated, service_role;

create view private.violations_11_erasure with (security_invoker = true) as
  select 11 as invariant, 'erased customer with personal details left' as rule, c.id::text as entity
  from public.customers as c
  where c.erased_at is not null
    and (c.auth_user_id is not null or c.email <> 'erased-' || c.id or num_nonnulls(c.phone, c.address) > 0
      or c.former_phones <> '{}'
      or exists (
        select 1 from public.customer_invoices as i
        where i.customer_id = c.id and i.buyer <> '{"erased": true}'
          and i.issued_at < private.retention_start(now() - interval '2 days'))
      or exists (
        select 1 from public.credit_notes as n
        where n.customer_id = c.id and n.buyer <> '{"erased": true}'
          and n.issued_at < private.retention_start(now() - interval '2 days')));
comment on view private.violations_11_erasure is
  'Nothing personal is left of an erased customer, but the buyer of documents that the law asks to be kept.';
revoke all on table private.violations_11_erasure from public, anon, authenticated, service_role;

create view private.violations_15_restore with (security_invoker = true) as
  select 15 as invariant, format(
      'restore of %s is not reconciled: compare %s invoices, %s payments and %s mails that the backup does not know (public.restores), then switch mails on',
      to_char(r.restored_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), jsonb_array_length(r.lost -> 'invoices'),
      jsonb_array_length(r.lost -> 'payments'), jsonb_array_length(r.lost -> 'mails')) as rule,
    r.id::text as entity
  from public.restores as r
  where r.released_at is null;
comment on view private.violations_15_restore is 'Every return to a backup was reconciled by a person.';
revoke all on table private.violations_15_restore from public, anon, authenticated, service_role;

create view private.violations_09_audit_chain with (security_invoker = true) as
  with links as (
    select s.position, s.audit_id, s.hash, p.position as previous_position, p.hash as previous
    from public.audit_chain as s
    left join public.audit_chain as p on p.position = s.position - 1
    where s.position between (select private.slice_first_seal()) and (select private.slice_last_seal())
  )
  select 9 as invariant, 'audit row changed after it was sealed' as rule, s.audit_id::text as entity
  from links as s join public.audit_log as l on l.id = s.audit_id
  where s.hash <> private.audit_hash(s.previous, l)
  union all
  select 9, 'seal of the audit log is missing', (s.position - 1)::text
  from links as s where s.position > 1 and s.previous_position is null;
comment on view private.violations_09_audit_chain is 'The seals of the audit log follow one another and fit their rows.';
revoke all on table private.violations_09_audit_chain from public, anon, authenticated, service_role;

create view private.violations_09_audit_seals with (security_invoker = true) as
  select 9 as invariant, 'sealed audit row is gone' as rule, s.audit_id::text as entity
  from public.audit_chain as s
  where not exists (select 1 from public.audit_log as l where l.id = s.audit_id)
  union all
  select 9, 'audit row without a seal that does not wait for one', l.id::text
  from public.audit_log as l
  where not exists (select 1 from public.audit_chain as s where s.audit_id = l.id)
    and not exists (select 1 from public.audit_unsealed as waiting where waiting.audit_id = l.id);
comment on view private.violations_09_audit_seals is 'A seal has its audit row, and an audit row has its seal or waits for it.';
revoke all on table private.violations_09_audit_seals from public, anon, authenticated, service_role;

create view private.violations_16_approvals with (security_invoker = true) as
  select 16 as invariant, 'request decided by the person who asked' as rule, ap.id::text as entity
  from public.approvals as ap
  where ap.status in ('approved', 'declined') and ap.decided_by = ap.requested_by
  union all
  select 16, 'approved act that was not carried out', ap.id::text
  from public.approvals as ap
  where ap.status = 'approved' and ap.kind <> 'billing_run' and ap.carried_out_at is null
  union all
  select 16, 'decided request without its audit row', ap.id::text
  from public.approvals as ap
  where ap.status in ('approved', 'declined') and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'approval' and l.entity_id = ap.id::text and l.action = 'approval.' || ap.status);
comment on view private.violations_16_approvals is
  'What needs a second person was decided by one, carried out, and is in the audit log.';
revoke all on table private.violations_16_approvals from public, anon, authenticated, service_role;

create view private.violations_18_bulk with (security_invoker = true) as
  select 18 as invariant, 'row of a bulk job that was done before the job began' as rule, i.job_id || ':' || i.number as entity
  from public.bulk_job_items as i join public.bulk_jobs as j on j.id = i.job_id
  where i.status = 'done' and (j.started_at is null or i.decided_at < j.started_at)
  union all
  select 18, 'row of a bulk job without its audit row', i.job_id || ':' || i.number
  from public.bulk_job_items as i
  where i.status <> 'pending' and i.target is not null and not exists (
    select 1 from public.audit_log as l
    where l.entity_type = 'bulk_job' and l.entity_id = i.job_id::text and l.after ->> 'row' = i.number::text
      and l.action = 'bulk.row_' || i.status)
  union all
  select 18, 'free month that two rows of bulk jobs granted', i.answer ->> 'reward_id'
  from public.bulk_job_items as i join public.bulk_jobs as j on j.id = i.job_id
  where j.act = 'grant' and i.status = 'done'
  group by i.answer ->> 'reward_id' having count(*) > 1
  union all
  select 18, 'bulk job that began without the approval it asked for', j.id::text
  from public.bulk_jobs as j join public.approvals as ap on ap.id = j.approval_id
  where j.started_at is not null and ap.status <> 'approved';
comment on view private.violations_18_bulk is
  'A row of a bulk job is done once, after the job began, and is in the audit log.';
revoke all on table private.violations_18_bulk from public, anon, authenticated, service_role;

create view private.violations_17_external with (security_invoker = true) as
  select 17 as invariant, 'service elsewhere without the order that another system sent' as rule, s.id::text as entity
  from public.customer_services as s
  where s.is_external and not exists (select 1 from public.external_orders as x where x.order_id = s.order_id)
  union all
  select 17, 'order of another system without a service elsewhere', x.external_id
  from public.external_orders as x
  where not exists (select 1 from public.customer_services as s where s.order_id = x.order_id and s.is_external)
  union all
  select 17, 'invoice for a service elsewhere', i.id::text
  from public.customer_invoices as i join public.customer_services as s on s.id = i.service_id
  where s.is_external
  union all
  select 17, 'mail to a friend whose service is elsewhere', n.id::text
  from public.external_orders as x
  join public.orders as o on o.id = x.order_id
  join public.notifications as n on n.customer_id = o.customer_id
  where private.is_served_elsewhere(o.customer_id)
  union all
  select 17, 'recorded referral of another system is missing', x.external_id
  from public.external_orders as x
  where x.answer ->> 'status' = 'recorded'
    and not exists (
      select 1 from public.customer_referrals as r
      where r.id = (x.answer ->> 'referral_id')::uuid and r.order_id = x.order_id)
  union all
  select 17, 'referral fed a reward before the fraud rules judged it', r.id::text
  from public.customer_referrals as r
  where r.reward_id is not null and private.waits_for_verdict(r.order_id);
comment on view private.violations_17_external is
  'A friend whose service is elsewhere has one order, one external service and the referral that was promised, no invoice and no mail of ours; and no referral feeds a reward unjudged.';
revoke all on table private.violations_17_external from public, anon, authenticated, service_role;

create view private.violations_13_unbilled with (security_invoker = true) as
  -- Looked up once, whatever the planner thinks of the rest.
  with named as materialized (
    select u.service_id, u.period_start from private.unbilled_service_months as u
  )
  -- Days are compared one by one with what the lines say they charge, not as private.find_unbilled does it.
  select 13 as invariant, 'invoice leaves out days of service' as rule, i.id::text as entity
  from public.customer_invoices as i
  join public.billing_runs as r on r.id = i.run_id
  join public.customer_services as s on s.id = i.service_id
  cross join lateral (
    select coalesce(sum((line ->> 'days')::integer), 0) as days
    from jsonb_array_elements(i.line_items) as line
    where line ->> 'kind' = 'service'
  ) as charged
  where i.customer_id between (select private.slice_first()) and (select private.slice_last())
    and charged.days < i.period_end - i.period_start
    and charged.days < cardinality(private.active_days(
      s, i.period_start, i.period_end, (private.billing_settings_on(i.period_start, r.settings_version)).time_zone))
  union all
  select 13, 'month of service neither billed nor named', s.id || ' ' || m.month::date
  from (
    select private.first_month_due(now()) as first_month, z.time_zone,
      date_trunc('month', private.local_date(now(), z.time_zone))::date as this_month
    from private.billing_time_zone() as z (time_zone)
  ) as due
  cross join lateral generate_series(due.first_month, due.this_month - 1, interval '1 month') as m (month)
  join public.customer_services as s
    on s.activated_at < private.start_of_day((m.month + interval '1 month')::date, due.time_zone)
    and (s.ended_at is null or s.ended_at >= private.start_of_day(m.month::date + 1, due.time_zone))
    and s.monthly_price_cents > 0 and not s.is_external
  left join public.customer_invoices as i on i.service_id = s.id and i.period_start = m.month::date
  where i.id is null and s.customer_id between (select private.slice_first()) and (select private.slice_last())
    and not exists (select 1 from public.customers as c where c.id = s.customer_id and c.erased_at is not null)
    and not exists (
      select 1 from named as n where n.service_id = s.id and n.period_start = m.month::date)
    and exists (
      select 1
      from generate_series(m.month, m.month + interval '1 month' - interval '1 day', interval '1 day') as d (day)
      where d.day >= private.local_date(s.activated_at, due.time_zone)
        and (s.ended_at is null or d.day < private.local_date(s.ended_at, due.time_zone))
        -- The last two days of a month that has just ended still wait for the daily run.
        and d.day <= private.local_date(now(), due.time_zone) - 2
        and not exists (
          select 1 from public.service_suspensions as p
          where p.service_id = s.id and d.day >= private.local_date(p.suspended_at, due.time_zone)
            and (p.resumed_at is null or d.day < private.local_date(p.resumed_at, due.time_zone))));
comment on view private.violations_13_unbilled is
  'Each day on which a service was active is on an invoice, or its month is in the list of what is unbilled.';
revoke all on table private.violations_13_unbilled from public, anon, authenticated, service_role;

create view private.violations_14_accounts with (security_invoker = true) as
  select 14 as invariant, 'invoice does not stand as the rule of the account says' as rule,
    coalesce(l.invoice_id, s.invoice_id)::text as entity
  from (
    select l.* from private.account_lines as l
    where l.customer_id between (select private.slice_first()) and (select private.slice_last())
  ) as l
  full join (
    select s.* from public.invoice_settlements as s
    where s.customer_id between (select private.slice_first()) and (select private.slice_last())
  ) as s on s.invoice_id = l.invoice_id
  where (s.invoice_id is not null or l.credited_cents + l.paid_cents + l.from_account_cents > 0)
    and (l.customer_id, l.credited_cents, l.paid_cents, l.from_account_cents, l.outstanding_cents)
      is distinct from (s.customer_id, s.credited_cents, s.paid_cents, s.from_account_cents, s.outstanding_cents)
  union all
  select 14, 'credit is not what the customer paid beyond their invoices', coalesce(l.customer_id, a.customer_id)::text
  from (
    select l.customer_id, sum(l.surplus_cents - l.from_account_cents)::bigint as cents
    from private.account_lines as l
    where l.customer_id between (select private.slice_first()) and (select private.slice_last())
    group by l.customer_id
    having sum(l.surplus_cents - l.from_account_cents) <> 0
  ) as l
  full join (
    select a.* from public.account_credits as a
    where a.customer_id between (select private.slice_first()) and (select private.slice_last())
  ) as a on a.customer_id = l.customer_id
  where l.cents is distinct from a.credit_cents
  union all
  -- The sums of the three kinds of entries against what stands open, less the credit.
  select 14, 'account does not add up', c.id::text
  from public.customers as c
  left join (
    select m.customer_id, sum(m.cents) as cents
    from (
      select i.customer_id, i.amount_due_cents as cents from public.customer_invoices as i
      union all
      select n.customer_id, -n.total_cents from public.credit_notes as n
      union all
      select p.customer_id, -p.amount_cents from public.invoice_payments as p
      union all
      select p.customer_id, p.amount_cents
      from public.payment_reversals as x join public.invoice_payments as p on p.id = x.payment_id
    ) as m
    where m.customer_id between (select private.slice_first()) and (select private.slice_last())
    group by m.customer_id
  ) as entries on entries.customer_id = c.id
  left join (
    select i.customer_id, sum(coalesce(s.outstanding_cents, i.amount_due_cents)) as cents
    from public.customer_invoices as i
    left join public.invoice_settlements as s on s.invoice_id = i.id
    where i.customer_id between (select private.slice_first()) and (select private.slice_last())
    group by i.customer_id
  ) as outstanding on outstanding.customer_id = c.id
  left join public.account_credits as a on a.customer_id = c.id
  where c.id between (select private.slice_first()) and (select private.slice_last())
    and coalesce(entries.cents, 0) <> coalesce(outstanding.cents, 0) - coalesce(a.credit_cents, 0)
  union all
  select 14, 'customer owes while they have credit', a.customer_id::text
  from public.account_credits as a
  where a.customer_id between (select private.slice_first()) and (select private.slice_last())
    and exists (select 1 from private.open_invoices as i where i.customer_id = a.customer_id)
  union all
  select 14, 'payment of another customer than its invoice', p.id::text
  from public.invoice_payments as p
  left join public.customer_invoices as i on i.id = p.invoice_id
  where i.customer_id is distinct from p.customer_id
    and p.customer_id between (select private.slice_first()) and (select private.slice_last())
  union all
  select 14, 'reversal of another customer than its payment', x.id::text
  from public.payment_reversals as x
  left join public.invoice_payments as p on p.id = x.payment_id
  where p.customer_id is distinct from x.customer_id
    and x.customer_id between (select private.slice_first()) and (select private.slice_last());
comment on view private.violations_14_accounts is
  'An account adds up: invoices less payments less credit notes is the balance, and what is paid beyond an invoice is set against the others.';
revoke all on table private.violations_14_accounts from public, anon, authenticated, service_role;

create view private.violations_19_tallies with (security_invoker = true) as
  select 19 as invariant, 'tally of friends is not what the friends themselves count' as rule,
    coalesce(c.referrer_id, t.referrer_id)::text as entity
  from (
    select c.* from private.counted_referrals as c
    where c.referrer_id between (select private.slice_first()) and (select private.slice_last())
  ) as c
  full join (
    select t.* from private.referral_tallies as t
    where t.referrer_id between (select private.slice_first()) and (select private.slice_last())
  ) as t on t.referrer_id = c.referrer_id
  -- Whose friends all went has zeros or no row.
  where (coalesce(c.pending, 0), coalesce(c.active, 0), coalesce(c.qualified, 0), coalesce(c.expired, 0),
      coalesce(c.cancelled, 0), coalesce(c.rejected, 0), coalesce(c.unused, 0))
    <> (coalesce(t.pending, 0), coalesce(t.active, 0), coalesce(t.qualified, 0), coalesce(t.expired, 0),
      coalesce(t.cancelled, 0), coalesce(t.rejected, 0), coalesce(t.unused, 0));
comment on view private.violations_19_tallies is 'What pages say about the number of friends is what there is.';
revoke all on table private.violations_19_tallies from public, anon, authenticated, service_role;

create view private.violations with (security_invoker = true) as
  select * from private.violations_01_code
  union all select * from private.violations_02_referred_person
  union all select * from private.violations_03_reward_sources
  union all select * from private.violations_04_reward_invoice
  union all select * from private.violations_05_final_rewards
  union all select * from private.violations_06_invoice_periods
  union all select * from private.violations_07_numbers
  union all select * from private.violations_08_sums
  union all select * from private.violations_09_audit
  union all select * from private.violations_09_audit_chain
  union all select * from private.violations_09_audit_seals
  union all select * from private.violations_10_mails
  union all select * from private.violations_10_queue
  union all select * from private.violations_11_erasure
  union all select * from private.violations_13_unbilled
  union all select * from private.violations_14_accounts
  union all select * from private.violations_15_restore
  union all select * from private.violations_16_approvals
  union all select * from private.violations_17_external
  union all select * from private.violations_18_bulk
  union all select * from private.violations_19_tallies;
comment on view private.violations is 'Every broken invariant: its number, the rule, and the row that breaks it.';
revoke all on table private.violations from public, anon, authenticated, service_role;

create function private.enter_slice(p_slice integer, p_slices integer)
returns void
language plpgsql
set search_path = ''
as $$
declare
  c_ids constant bigint := 4294967296;
  v_seals bigint := coalesce((select max(s.position) from public.audit_chain as s), 0);
begin
  -- Ids are random, so equal ranges of their first 32 bits hold about as many rows.
  perform set_config('verify.first', rpad(lpad(to_hex(c_ids * p_slice / p_slices), 8, '0'), 32, '0'), true);
  perform set_config('verify.last', rpad(lpad(to_hex(c_ids * (p_slice + 1) / p_slices - 1), 8, '0'), 32, 'f'), true);
  perform set_config('verify.first_seal', (v_seals * p_slice / p_slices + 1)::text, true);
  perform set_config('verify.last_seal', case
    when p_slice + 1 = p_slices then '' else (v_seals * (p_slice + 1) / p_slices)::text end, true);
end;
$$;
comment on function private.enter_slice(integer, integer) is
  'Restricts the views of violations to one of so many slices, counted from 0, until the transaction ends.';
revoke all on function private.enter_slice(integer, integer) from public, anon, authenticated, service_role;

create function public.list_invariant_checks()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  with sizes as (
    -- So many rows of a slice take about a second.
    select greatest(1, ceil((select i.reltuples from pg_catalog.pg_class as i
        where i.oid = 'public.customer_invoices'::regclass) / 50000)::integer) as customers,
      greatest(1, ceil((select max(s.position) from public.audit_chain as s) / 50000.0)::integer) as seals
  )
  select jsonb_agg(jsonb_build_object(
    'check', substr(v.relname, length('violations_') + 1),
    'slices', case
      when d.definition like '%slice_first_seal()%' then sizes.seals
      when d.definition like '%slice_first()%' then sizes.customers
      else 1
    end) order by v.relname)
  from sizes
  cross join pg_catalog.pg_class as v
  cross join lateral pg_get_viewdef(v.oid) as d (definition)
  where v.relnamespace = 'private'::regnamespace and v.relkind = 'v' and v.relname ~ '^violations_\d\d_'
$$;
comment on function public.list_invariant_checks() is
  'Server: what public.verify_invariants can check by itself, and in how many slices of customers, so that no call takes long.';
revoke all on function public.list_invariant_checks() from public, anon, authenticated, service_role;
grant execute on function public.list_invariant_checks() to service_role;

create function public.verify_invariants(p_check text default null, p_slice integer default 0, p_slices integer default 1)
returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
set statement_timeout = '60s'
as $$
declare
  c_most_details constant integer := 1000;
  v_view text;
  v_part jsonb;
  v_violations bigint := 0;
  v_details jsonb := '[]';
begin
  if p_slices not between 1 and 100000 or p_slice not between 0 and p_slices - 1 then
    perform private.fail(400, 'invalid_request', 'slice');
  end if;
  if p_check is not null
    and (p_check !~ '^\d\d_[a-z_]+$' or to_regclass('private.violations_' || p_check) is null) then
    perform private.fail(404, 'not_found', 'check');
  end if;
  perform private.enter_slice(p_slice, p_slices);
  for v_view in
    select v.relname from pg_catalog.pg_class as v
    where v.relnamespace = 'private'::regnamespace and v.relkind = 'v' and v.relname ~ '^violations_\d\d_'
      and v.relname = coalesce('violations_' || p_check, v.relname)
    order by v.relname
  loop
    -- One by one, each planned for the tables as they are now.
    execute format($sql$
      with violations as materialized (select v.invariant, v.rule, v.entity from private.%I as v)
      select jsonb_build_object(
        'violations', (select count(*) from violations),
        'details', coalesce((
          select jsonb_agg(to_jsonb(v))
          from (select * from violations order by invariant, rule, entity limit $1) as v), '[]'))
    $sql$, v_view) using c_most_details - jsonb_array_length(v_details) into v_part;
    v_violations := v_violations + (v_part ->> 'violations')::bigint;
    v_details := v_details || (v_part -> 'details');
  end loop;
  return jsonb_build_object('violations', v_violations, 'details', v_details);
end;
$$;
comment on function public.verify_invariants(text, integer, integer) is
  'Server: every broken invariant with the rows that break it, or those of one check and one slice of it (public.list_invariant_checks). Does not rely on the constraints that should make this impossible. Raises invalid_request, not_found.';
revoke all on function public.verify_invariants(text, integer, integer) from public, anon, authenticated, service_role;
grant execute on function public.verify_invariants(text, integer, integer) to service_role;

reset check_function_bodies;
