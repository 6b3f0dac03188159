-- Restores: what a backup does not know of, and what keeps it from happening twice.

create table public.restores (
  id uuid primary key default gen_random_uuid(),
  backup_taken_at timestamptz not null,
  restored_at timestamptz not null,
  lost jsonb not null check (jsonb_typeof(lost) = 'object'),
  released_at timestamptz,
  released_by uuid
);
comment on table public.restores is
  'Each return to a backup. Until a person releases it, no mail leaves, and verify names it.';
comment on column public.restores.lost is
  'What happened after the backup, as far as it is known: invoices, payments and mails. Recipients are hashed.';

alter table public.restores enable row level security;
revoke all on table public.restores from public, anon, authenticated, service_role;
grant select on table public.restores to service_role;
grant select on table public.restores to authenticated;
create policy restores_select on public.restores
  for select to authenticated
  using ((select public.has_permission('customers:view')));

create function private.recipient_hash(p_recipient text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select encode(sha256(convert_to(lower(p_recipient), 'UTF8')), 'hex')
$$;
comment on function private.recipient_hash(text) is 'A recipient, comparable and not readable.';
revoke all on function private.recipient_hash(text) from public, anon, authenticated, service_role;

create function private.issued_since(p_since timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'at', clock_timestamp(),
    'series', coalesce((
      select jsonb_agg(jsonb_build_object('series', s.series, 'year', s.year, 'last_number', s.last_number)
        order by s.series, s.year)
      from public.invoice_series as s), '[]'),
    'invoices', coalesce((
      select jsonb_agg(jsonb_build_object(
        'number', i.invoice_number, 'customer_id', i.customer_id, 'total_cents', i.total_cents,
        'issued_at', i.issued_at) order by i.invoice_number)
      from public.customer_invoices as i where i.issued_at > p_since), '[]'),
    'payments', coalesce((
      select jsonb_agg(to_jsonb(p) - array['recorded_by'] || jsonb_build_object('invoice_number', i.invoice_number)
        order by i.invoice_number)
      from public.invoice_payments as p
      join public.customer_invoices as i on i.id = p.invoice_id
      where p.created_at > p_since), '[]'),
    'mails', coalesce((
      select jsonb_agg(jsonb_build_object(
        'template', n.template, 'recipient_hash', private.recipient_hash(n.recipient),
        'dedupe_key', n.dedupe_key, 'sent_at', n.sent_at) order by n.sent_at)
      from public.notifications as n where n.status = 'sent' and n.sent_at > p_since), '[]'))
$$;
comment on function private.issued_since(timestamptz) is
  'What left this database after an instant and must not leave again: numbers, invoices, payments and sent mails.';
revoke all on function private.issued_since(timestamptz) from public, anon, authenticated, service_role;

create function private.note_restore(
  p_backup_taken_at timestamptz, p_issued jsonb, p_floor jsonb, p_as_of timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_reason text := format('Restored from the backup of %s', to_char(p_backup_taken_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'));
  v_floor record;
  v_last bigint;
  v_gaps jsonb := '[]';
  v_mails jsonb;
  v_invoices jsonb;
  v_payments jsonb;
begin
  perform private.set_switch('mail', false, v_reason, null, p_as_of);
  for v_floor in
    select f.series, f.year, max(f.last_number) as last_number
    from (
      select * from jsonb_to_recordset(coalesce(p_issued -> 'series', '[]'))
        as i (series text, year integer, last_number bigint)
      union all
      select * from jsonb_to_recordset(p_floor) as g (series text, year integer, last_number bigint)
    ) as f
    group by f.series, f.year
    order by f.series, f.year
  loop
    select coalesce(max(s.last_number), 0) into v_last
    from public.invoice_series as s where s.series = v_floor.series and s.year = v_floor.year;
    if v_floor.last_number > v_last then
      insert into public.series_gaps (series, year, first_number, last_number, reason, created_at)
      values (v_floor.series, v_floor.year, v_last + 1, v_floor.last_number, v_reason, p_as_of);
      insert into public.invoice_series (series, year, last_number)
      values (v_floor.series, v_floor.year, v_floor.last_number)
      on conflict (series, year) do update set last_number = excluded.last_number;
      v_gaps := v_gaps || jsonb_build_object(
        'series', v_floor.series, 'year', v_floor.year, 'first', v_last + 1, 'last', v_floor.last_number);
    end if;
  end loop;
  -- A mail that the backup still has in its outbox, and that was sent since.
  update public.notifications as n
  set status = 'sent', sent_at = m.sent_at, lease_until = null, lease_token = null, failure_cause = null
  from jsonb_to_recordset(coalesce(p_issued -> 'mails', '[]')) as m (dedupe_key text, sent_at timestamptz)
  where n.dedupe_key = m.dedupe_key and n.status in ('queued', 'sending', 'failed');
  -- A mail that the backup knows nothing of.
  select coalesce(jsonb_agg(m), '[]') into v_mails
  from jsonb_array_elements(coalesce(p_issued -> 'mails', '[]')) as m
  where not exists (select 1 from public.notifications as n where n.dedupe_key = m ->> 'dedupe_key');
  -- Jobs may work as of another day, so what the backup has is found by number and id, not by time.
  select coalesce(jsonb_agg(i), '[]') into v_invoices
  from jsonb_array_elements(coalesce(p_issued -> 'invoices', '[]')) as i
  where not exists (select 1 from public.customer_invoices as c where c.invoice_number = i ->> 'number');
  select coalesce(jsonb_agg(q), '[]') into v_payments
  from jsonb_array_elements(coalesce(p_issued -> 'payments', '[]')) as q
  where not exists (select 1 from public.invoice_payments as p where p.id::text = q ->> 'id');
  insert into public.restores (backup_taken_at, restored_at, lost)
  values (
    p_backup_taken_at, p_as_of,
    jsonb_build_object(
      'numbers', v_gaps, 'invoices', v_invoices, 'payments', v_payments, 'mails', v_mails));
  return jsonb_build_object(
    'numbers', v_gaps, 'invoices', jsonb_array_length(v_invoices),
    'payments', jsonb_array_length(v_payments), 'mails', jsonb_array_length(v_mails));
end;
$$;
comment on function private.note_restore(timestamptz, jsonb, jsonb, timestamptz) is
  'Makes a restored database safe to serve: mails are held, series go on after the last number that is known, and what was lost is listed. p_floor: [{series, year, last_number}], for numbers that are known from elsewhere.';
revoke all on function private.note_restore(timestamptz, jsonb, jsonb, timestamptz)
  from public, anon, authenticated, service_role;

create function private.release_restores(p_actor uuid, p_as_of timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- What was sent before the restore is not sent again when it was queued again since: one for one.
  with lost as (
    select m.template, m.recipient_hash,
      row_number() over (partition by m.template, m.recipient_hash order by m.sent_at) as place
    from public.restores as r
    cross join jsonb_to_recordset(r.lost -> 'mails') as m (template text, recipient_hash text, sent_at timestamptz)
    where r.released_at is null
  ), waiting as (
    select n.id, n.template, private.recipient_hash(n.recipient) as recipient_hash,
      row_number() over (
        partition by n.template, private.recipient_hash(n.recipient) order by n.created_at, n.id) as place
    from public.notifications as n
    where n.status = 'queued'
  )
  update public.notifications as n
  set status = 'cancelled', cancel_cause = 'restored', last_error = 'Sent before the database was restored.'
  from waiting as w
  join lost as l on l.template = w.template and l.recipient_hash = w.recipient_hash and l.place = w.place
  where n.id = w.id;
  update public.restores as r set released_at = p_as_of, released_by = p_actor where r.released_at is null;
end;
$$;
comment on function private.release_restores(uuid, timestamptz) is
  'A person has reconciled what a restore lost. Mails that were sent before it, and queued again since, are cancelled.';
revoke all on function private.release_restores(uuid, timestamptz) from public, anon, authenticated, service_role;
