-- Foundations: the private schema, how a broken rule is raised, and the helpers that every other file uses.
-- Undo: run supabase/rollback/remove_referral_rewards.sql. It deletes all data.
--
-- The files of this folder load in the order of their names and hold the final state of everything once. A function
-- may call one of a later file: bodies are checked when all files are loaded (tests/integration/database/schemas).
--
-- Every function states its own search path, and every function that writes and is called from outside gives up on a
-- lock after three seconds. The wait is bounded in the function rather than in a role: a session of the data API
-- switches its role without taking on that role's settings. The transaction that gave up is rolled back with 55P03. The
-- caller tries again within bounds, and answers 503 if that does not help.
set check_function_bodies = off;

create extension if not exists pg_trgm with schema extensions;
create extension if not exists unaccent with schema extensions;

create schema if not exists private;
comment on schema private is
  'Implementation of the referral programme. Not exposed by the data API; only what policies need is executable by API roles.';
revoke all on schema private from public, anon, authenticated, service_role;
grant usage on schema private to authenticated, service_role;

create function private.fail(p_status integer, p_code text, p_detail text default null)
returns void
language plpgsql
set search_path = ''
as $$
begin
  raise exception using
    errcode = 'PT' || p_status,
    message = p_code,
    detail = coalesce(p_detail, '');
end;
$$;
comment on function private.fail(integer, text, text) is
  'Raises a broken rule: SQLSTATE PT and the HTTP status, the error code of lib/errors.ts as the message.';
revoke all on function private.fail(integer, text, text) from public, anon, authenticated, service_role;

create function private.refuse_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception using
    errcode = 'PT409',
    message = 'immutable_row',
    detail = format('%s rows are never changed or deleted', tg_table_name);
end;
$$;
comment on function private.refuse_change() is
  'Trigger: rows of an append-only table are never changed or deleted, not even by the owner.';
revoke all on function private.refuse_change() from public, anon, authenticated, service_role;

create function private.trimmed_reason(p_reason text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_reason text := btrim(coalesce(p_reason, ''), E' \t\r\n');
begin
  if length(v_reason) < 3 or length(v_reason) > 500 then
    perform private.fail(400, 'invalid_request', 'reason must have 3 to 500 characters');
  end if;
  return v_reason;
end;
$$;
comment on function private.trimmed_reason(text) is
  'A reason as stored: trimmed, 3 to 500 characters. Raises invalid_request.';
revoke all on function private.trimmed_reason(text) from public, anon, authenticated, service_role;

create function private.normalise_email(p_email text)
returns text
language plpgsql
immutable
strict
parallel safe
set search_path = ''
as $$
begin
  return (
    select case
      when position('@' in e) = 0 then e
      when split_part(e, '@', 2) in ('gmail.com', 'googlemail.com')
        then replace(split_part(split_part(e, '@', 1), '+', 1), '.', '') || '@gmail.com'
      else split_part(split_part(e, '@', 1), '+', 1) || '@' || split_part(e, '@', 2)
    end
    -- Trimmed after normalisation, because NFKC turns the Unicode spaces into plain ones.
    from (
      select lower(btrim(normalize(p_email, nfkc), E' \t\n\v\f\r' || U&'\1680\2028\2029\FEFF')) as e
    ) as folded);
end;
$$;
comment on function private.normalise_email(text) is
  'The address by which a person is compared: lower case, no plus-tag, Gmail without dots. The same rule as normaliseEmail in lib/identity/email.ts; a test compares the two.';
revoke all on function private.normalise_email(text) from public, anon, authenticated, service_role;

create function private.mask_email(p_email text)
returns text
language plpgsql
immutable
strict
parallel safe
set search_path = ''
as $$
begin
  return case
    when position('@' in p_email) < 2 then '•••'
    else left(p_email, 1) || '•••@' || left(split_part(p_email, '@', 2), 1) || '•••'
      || coalesce(substring(split_part(p_email, '@', 2) from '\..*$'), '')
  end;
end;
$$;
comment on function private.mask_email(text) is
  'What a referrer may see of a friend''s address: l•••@e•••.com.';
revoke all on function private.mask_email(text) from public, anon, authenticated, service_role;

create function private.mask_name(p_first_name text, p_last_name text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return btrim(
    coalesce(p_first_name, '')
    || case when coalesce(p_last_name, '') = '' then '' else ' ' || left(p_last_name, 1) || '.' end
  );
end;
$$;
comment on function private.mask_name(text, text) is
  'What a referrer may see of a friend''s name: first name and an initial.';
revoke all on function private.mask_name(text, text) from public, anon, authenticated, service_role;

create function private.local_date(p_at timestamptz, p_time_zone text)
returns date
language plpgsql
stable
strict
parallel safe
set search_path = ''
as $$
begin
  return (p_at at time zone p_time_zone)::date;
end;
$$;
comment on function private.local_date(timestamptz, text) is
  'The calendar day of an instant in a time zone, whatever the session''s own zone is.';
revoke all on function private.local_date(timestamptz, text) from public, anon, authenticated, service_role;

create function private.local_plus(p_at timestamptz, p_interval interval, p_time_zone text)
returns timestamptz
language plpgsql
stable
strict
parallel safe
set search_path = ''
as $$
begin
  return ((p_at at time zone p_time_zone) + p_interval) at time zone p_time_zone;
end;
$$;
comment on function private.local_plus(timestamptz, interval, text) is
  'Calendar arithmetic in a time zone: whole days and months keep the local time of day; 29 Feb + 12 months is 28 Feb.';
revoke all on function private.local_plus(timestamptz, interval, text) from public, anon, authenticated, service_role;

create function private.start_of_day(p_date date, p_time_zone text)
returns timestamptz
language plpgsql
stable
strict
parallel safe
set search_path = ''
as $$
begin
  return p_date::timestamp at time zone p_time_zone;
end;
$$;
comment on function private.start_of_day(date, text) is 'The instant at which a calendar day begins in a time zone.';
revoke all on function private.start_of_day(date, text) from public, anon, authenticated, service_role;

create function private.keyset_page(p_name text, p_rows jsonb, p_limit integer, p_time_key text)
returns jsonb
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return case
    when jsonb_array_length(p_rows) > p_limit then jsonb_build_object(
      p_name, p_rows - p_limit,
      'next_cursor', jsonb_build_object(
        'at', p_rows -> (p_limit - 1) -> p_time_key, 'id', p_rows -> (p_limit - 1) -> 'id'))
    else jsonb_build_object(p_name, p_rows, 'next_cursor', null)
  end;
end;
$$;
comment on function private.keyset_page(text, jsonb, integer, text) is
  'One page of a list that was read with one row too many: the rows, and the cursor of the next page or null.';
revoke all on function private.keyset_page(text, jsonb, integer, text) from public, anon, authenticated, service_role;

create function private.page_size(p_limit integer)
returns integer
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return least(greatest(coalesce(p_limit, 25), 1), 1000);
end;
$$;
comment on function private.page_size(integer) is 'How many rows a page of a list has: 25 unless asked otherwise, 1000 at most, which exports take.';
revoke all on function private.page_size(integer) from public, anon, authenticated, service_role;

create function private.either_way_page(
  p_name text, p_rows jsonb, p_limit integer, p_time_key text, p_backward boolean, p_has_cursor boolean
)
returns jsonb
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  v_has_more boolean := jsonb_array_length(p_rows) > p_limit;
  v_rows jsonb := case when v_has_more then p_rows - (case when p_backward then 0 else p_limit end) else p_rows end;
  v_first jsonb := v_rows -> 0;
  v_last jsonb := v_rows -> -1;
begin
  return jsonb_build_object(
    p_name, v_rows,
    'next_cursor', case when v_last is not null and (p_backward or v_has_more) then
      jsonb_build_object('at', v_last -> p_time_key, 'id', v_last -> 'id') end,
    'previous_cursor', case when v_first is not null and case when p_backward then v_has_more else p_has_cursor end then
      jsonb_build_object('at', v_first -> p_time_key, 'id', v_first -> 'id') end);
end;
$$;
comment on function private.either_way_page(text, jsonb, integer, text, boolean, boolean) is
  'One page of a list that was read with one row too many, in the direction p_backward: the rows, and the cursors of the next and the previous page or null.';
revoke all on function private.either_way_page(text, jsonb, integer, text, boolean, boolean)
  from public, anon, authenticated, service_role;

create function private.count_listed(p_from text, p_conditions text[])
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  c_most constant integer := 10000;
  v_count integer;
begin
  execute format('select count(*) from (select from %s where %s limit %s) as counted',
    p_from, coalesce(nullif(array_to_string(p_conditions, ' and '), ''), 'true'), c_most + 1)
  into v_count;
  return jsonb_build_object('total', least(v_count, c_most), 'has_more_than_total', v_count > c_most);
end;
$$;
comment on function private.count_listed(text, text[]) is
  'How many rows a list has, counted up to 10 000. The texts are fixed ones with quoted values; conditions that are null do not count.';
revoke all on function private.count_listed(text, text[]) from public, anon, authenticated, service_role;

create function private.list_page(
  p_name text, p_from text, p_conditions text[], p_document text, p_sorts text[], p_sort text,
  p_cursor_at timestamptz, p_cursor_id uuid, p_limit integer, p_backward boolean, p_count boolean
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_backward boolean := coalesce(p_backward, false);
  v_time text := ltrim(p_sorts[1], '-');
  v_sort text := coalesce(p_sort, p_sorts[1]);
  v_key text := ltrim(v_sort, '-');
  v_down boolean := starts_with(v_sort, '-');
  v_conditions text[] := array_remove(p_conditions, null);
  v_table text := split_part(p_from, ' as ', 1);
  v_row text := split_part(p_from, ' as ', 2);
  v_after text;
  v_rows jsonb;
begin
  if not v_key = any (array(select ltrim(s, '-') from unnest(p_sorts) as s)) then
    perform private.fail(400, 'invalid_request', 'sort');
  end if;
  if p_cursor_id is not null then
    -- The row that the cursor names has the value of any other column.
    v_after := format('(%1$I, id) %2$s (%3$s, $2)', v_key, case when v_down <> v_backward then '<' else '>' end,
      case when v_key = v_time then '$1' else format('(select k.%I from %s as k where k.id = $2)', v_key, v_table) end);
  end if;
  execute format($query$
    select coalesce(jsonb_agg(%1$s order by (page.found).%2$I %3$s, (page.found).id %3$s), '[]')
    from (select %7$I as found from %4$s where %5$s order by %2$I %6$s, id %6$s limit $3) as page
    $query$,
    p_document, v_key, case when v_down then 'desc' else 'asc' end, p_from,
    coalesce(nullif(array_to_string(v_conditions || v_after, ' and '), ''), 'true'),
    case when v_down <> v_backward then 'desc' else 'asc' end, v_row)
  into v_rows using p_cursor_at, p_cursor_id, p_limit + 1;
  return private.either_way_page(p_name, v_rows, p_limit, v_time, v_backward, p_cursor_id is not null)
    || case when p_count then private.count_listed(p_from, v_conditions) else '{}' end;
end;
$$;
comment on function private.list_page(text, text, text[], text, text[], text, timestamptz, uuid, integer, boolean, boolean) is
  'One page of a list by keyset, in either direction. p_from is one table with the name of its row. p_conditions are fixed texts about that row with quoted values, null ones are left out; p_document makes the answer of page.found and has its id and time. p_sorts are columns without nulls that an index serves, "-" for descending; the first is the time of a row and the order when p_sort is null. Raises invalid_request.';
revoke all on function private.list_page(text, text, text[], text, text[], text, timestamptz, uuid, integer, boolean, boolean)
  from public, anon, authenticated, service_role;

create function private.on_days(p_column text, p_from date, p_to date, p_zone text)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return nullif(concat_ws(' and ',
    case when p_from is not null then format('%I >= %L', p_column, private.start_of_day(p_from, p_zone)) end,
    case when p_to is not null then format('%I < %L', p_column, private.start_of_day(p_to + 1, p_zone)) end), '');
end;
$$;
comment on function private.on_days(text, date, date, text) is
  'The condition that a row of a list falls on these local days, both included. Null for no days.';
revoke all on function private.on_days(text, date, date, text) from public, anon, authenticated, service_role;

create function private.equals(p_column text, p_value text)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return case when p_value is not null then format('%I = %L', p_column, p_value) end;
end;
$$;
comment on function private.equals(text, text) is 'The condition that a column of a list has a value. Null for none.';
revoke all on function private.equals(text, text) from public, anon, authenticated, service_role;

create function private.prefix_end(p_prefix text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select p_prefix || U&'\+10FFFF'
$$;
comment on function private.prefix_end(text) is 'Upper bound of a range that holds all texts with this prefix.';
revoke all on function private.prefix_end(text) from public, anon, authenticated, service_role;

create function private.is_person_name(p_name text)
returns boolean
language sql
immutable
parallel safe
set search_path = ''
as $$
  select length(p_name) <= 80
    -- A character that is no space, punctuation mark, sign or joiner: a letter of some script.
    and p_name ~ U&'[^\0001-\0040\005B-\0060\007B-\00A9\00AB-\00B4\00B6-\00B9\00BB-\00BF\00D7\00F7\2000-\206F\3000-\3004\3008-\3020\30FB\3164\115F\1160\FFA0\FE00-\FE0F\FF00-\FF20]'
    -- Control characters, separators of lines, marks that change the direction, invisible letters.
    and p_name !~ U&'[\0001-\001F\007F-\009F\00AD\061C\200B\200E\200F\2028-\202E\2060-\2069\3164\115F\1160\FFA0\FEFF\FFFC\FFFD]'
    -- Digits: Latin, wide, Arabic, Persian, Devanagari.
    and p_name !~ U&'[0-9\FF10-\FF19\0660-\0669\06F0-\06F9\0966-\096F]'
    -- What addresses, markup and sentences need, also in its wide forms.
    and p_name !~ U&'[]\005B\\\\!"#$%&()*+,/:;<=>?@^_{|}~\3001\3002\FF01-\FF06\FF08-\FF0C\FF0E\FF0F\FF1A-\FF20]'
    -- A domain: a full stop before two letters.
    and p_name !~ '[.][A-Za-z][A-Za-z]'
$$;
comment on function private.is_person_name(text) is
  'Whether a text can be a first or last name: a visible letter, and no digits, addresses, markup or direction marks. It refuses less than lib/identity/names.ts, which every entrance asks first; a test compares the two.';
revoke all on function private.is_person_name(text) from public, anon, authenticated, service_role;

create function private.is_plain_line(p_text text)
returns boolean
language sql
immutable
parallel safe
set search_path = ''
as $$
  select p_text !~ U&'[\0001-\001F\007F-\009F\061C\200E\200F\2028-\202E\2066-\2069]'
$$;
comment on function private.is_plain_line(text) is
  'Whether a text is one line that can be shown safely: no control characters, no separators of lines, no marks that change the direction. The same rule as hasUnshowableCharacter in lib/identity/names.ts; a test compares the two.';
revoke all on function private.is_plain_line(text) from public, anon, authenticated, service_role;

create function private.folded(p_text text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select lower(extensions.unaccent('extensions.unaccent'::regdictionary, normalize(p_text, nfkc)))
$$;
comment on function private.folded(text) is
  'A text as searches compare it: small letters without accents. The rules of unaccent come with PostgreSQL and do not change.';
revoke all on function private.folded(text) from public, anon, authenticated, service_role;

create function private.holds_text(p_columns text[], p_q text)
returns text
language sql
stable
set search_path = ''
as $$
  select case when btrim(coalesce(p_q, '')) <> '' then
    format('strpos(private.folded(concat_ws('' '', %s)), %L) > 0',
      (select string_agg(format('%I', c), ', ') from unnest(p_columns) as c), private.folded(btrim(p_q))) end
$$;
comment on function private.holds_text(text[], text) is
  'The condition that one of these columns of a short list holds a text, whatever its case and accents. Null for no text.';
revoke all on function private.holds_text(text[], text) from public, anon, authenticated, service_role;

create function private.order_number_of(p_text text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select case when length(compact) = 6 then left(compact, 3) || '-' || right(compact, 3) end
  from (select translate(upper(regexp_replace(p_text, '[^A-Za-z0-9]', '', 'g')), 'OIL', '011') as compact) as read
$$;
comment on function private.order_number_of(text) is
  'An order number as people say or type it, in the form in which it is stored; null when it has not 6 letters and digits.';
revoke all on function private.order_number_of(text) from public, anon, authenticated, service_role;
