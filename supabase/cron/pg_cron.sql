-- The jobs, started by the database itself: for hosts that have no cron of their own. Run it once, as the owner of the
-- project, after the extensions pg_cron and pg_net were switched on (Database, Extensions):
--
--   psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --set site_url="$SITE_URL" --set cron_secret="$CRON_SECRET" \
--     --file supabase/cron/pg_cron.sql
--
-- The secret is kept encrypted in the vault. Running it again replaces address, secret and schedules. Use either this or
-- the cron of the host: a job that is started twice does its work once, but twice as often as needed.

begin;

delete from vault.secrets where name in ('referral_rewards_site_url', 'referral_rewards_cron_secret');
select vault.create_secret(:'site_url', 'referral_rewards_site_url');
select vault.create_secret(:'cron_secret', 'referral_rewards_cron_secret');

create schema if not exists cron_jobs;
revoke all on schema cron_jobs from public;

create or replace function cron_jobs.call_job(p_job text)
returns bigint
language sql
set search_path = ''
as $$
  select net.http_post(
    url := (select s.decrypted_secret from vault.decrypted_secrets as s where s.name = 'referral_rewards_site_url')
      || '/api/cron/' || p_job,
    headers := jsonb_build_object('Authorization', 'Bearer ' || (
      select s.decrypted_secret from vault.decrypted_secrets as s where s.name = 'referral_rewards_cron_secret')),
    timeout_milliseconds := 60000)
$$;
comment on function cron_jobs.call_job(text) is 'Starts a job of the site. Returns the id of the request in net._http_response.';
revoke all on function cron_jobs.call_job(text) from public;

select cron.schedule('referral-rewards-notify', '* * * * *', $$select cron_jobs.call_job('notify')$$);
select cron.schedule('referral-rewards-qualify', '7 * * * *', $$select cron_jobs.call_job('qualify')$$);
select cron.schedule('referral-rewards-expire', '37 * * * *', $$select cron_jobs.call_job('expire')$$);
select cron.schedule('referral-rewards-billing', '15 3 * * *', $$select cron_jobs.call_job('billing')$$);
select cron.schedule('referral-rewards-verify', '45 3 * * *', $$select cron_jobs.call_job('verify')$$);

commit;
