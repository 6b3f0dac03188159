import type { Sql } from "postgres";
import type { Fate, FaultyProxy } from "./faulty-proxy";
import type { JobProcess } from "./job-process";
import type { Draws } from "./simulator/random";

export interface DeathPoint {
  /** At which call of the job to the database it dies, counted from 1. */
  call: number;
  /** Whether that call is still carried out. */
  fate: Exclude<Fate, "answered">;
}

/** As many different points as asked for, half of them before a call is carried out, half after. */
export function deathPoints(
  count: number,
  calls: { from: number; to: number },
  draws: Draws,
): DeathPoint[] {
  const all: DeathPoint[] = [];
  for (let call = calls.from; call <= calls.to; call += 1) {
    all.push({ call, fate: "lost before" }, { call, fate: "lost after" });
  }
  const drawn = all.map((point) => ({ point, at: draws.share() })).sort((a, b) => a.at - b.at);
  const half = (fate: DeathPoint["fate"], n: number) =>
    drawn.flatMap(({ point }) => (point.fate === fate ? [point] : [])).slice(0, n);
  return [
    ...half("lost before", Math.ceil(count / 2)),
    ...half("lost after", Math.floor(count / 2)),
  ];
}

/** Kills a job (SIGKILL) in the middle of one of its calls. Fails when it ends before that call. */
export async function killAt(
  job: JobProcess,
  proxy: FaultyProxy,
  { call, fate }: DeathPoint,
): Promise<void> {
  proxy.decide(async ({ n }) => {
    if (n < call) return "answered";
    job.child.kill("SIGKILL");
    await job.ended;
    return fate;
  });
  const { signal, code, error } = await job.ended;
  // What it had under way besides is through, or refused, once nothing waits at the proxy.
  await proxy.idle();
  if (signal !== "SIGKILL") {
    throw new Error(`the job ended with ${code} after ${proxy.seen.length} calls: ${error}`);
  }
}

/**
 * Referrers with friends whose service is active since `activatedAt`, as if each friend had
 * ordered and been activated through the functions. In one statement; returns the referrers' ids.
 */
export async function manyReferrers(
  sql: Sql,
  count: number,
  { friends = 2, activatedAt }: { friends?: number; activatedAt: string },
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    with sold as (
      insert into public.service_packages (slug, name, monthly_price_cents)
      values ('p-' || gen_random_uuid(), 'Fibre 100/50', 79900) returning id
    ), referrers as (
      insert into public.customers (email, first_name, last_name, created_at)
      select 'r-' || gen_random_uuid() || '@customers.test', 'Thandi', 'Dlamini', ${activatedAt}
      from generate_series(1, ${count}) returning id, email, referral_code
    ), friends as materialized (
      select r.id as referrer_id, r.email as referrer_email, r.referral_code, gen_random_uuid() as customer_id,
        gen_random_uuid() as order_id, gen_random_uuid() as referral_id
      from referrers as r, generate_series(1, ${friends})
    ), people as (
      insert into public.customers (id, email, first_name, last_name, created_at)
      select f.customer_id, 'f-' || f.customer_id || '@customers.test', 'Lerato', 'Mokoena', ${activatedAt}
      from friends as f
    ), ordered as (
      insert into public.orders
        (id, customer_id, package_id, status, referral_code, referral_outcome, activated_at, created_at)
      select f.order_id, f.customer_id, sold.id, 'active', f.referral_code, 'recorded', ${activatedAt}, ${activatedAt}
      from friends as f, sold
    ), served as (
      insert into public.customer_services
        (customer_id, order_id, package_id, status, monthly_price_cents, activated_at)
      select f.customer_id, f.order_id, sold.id, 'active', 79900, ${activatedAt} from friends as f, sold
    ), referred as (
      insert into public.customer_referrals
        (id, referrer_id, referral_code, referred_customer_id, referred_email, order_id, status, referred_at,
         activated_at, qualifies_at)
      select f.referral_id, f.referrer_id, f.referral_code, f.customer_id, 'f-' || f.customer_id || '@customers.test',
        f.order_id, 'active', ${activatedAt}, ${activatedAt}, ${activatedAt}::timestamptz + interval '30 days'
      from friends as f
    ), audited as (
      insert into public.audit_log (created_at, action, entity_type, entity_id, customer_id)
      select ${activatedAt}, 'order.activated', 'order', f.order_id::text, f.customer_id from friends as f
    ), mailed as (
      insert into public.notifications (template, recipient, customer_id, dedupe_key, status)
      select m.template, f.referrer_email, f.referrer_id, m.template || ':' || f.referral_id, 'captured'
      from friends as f, (values ('referral_signup'), ('referral_activated')) as m (template)
    )
    select r.id from referrers as r order by r.id`;
  return rows.map(({ id }) => id);
}
