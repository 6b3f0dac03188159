import postgres, { type Sql } from "postgres";
import { newTerms } from "@/tests/support/builders";
import { one } from "@/tests/support/rows";
import { stack } from "./stack";

/** A connection of the database's owner: to prepare what the site offers no button for, and to look. */
export function connect(): Sql {
  return postgres(stack.dbUrl, {
    max: 2,
    onnotice: () => {},
    connection: { application_name: "browser tests" },
  });
}

export interface FlagState {
  signal: string;
  severity: string;
  status: string;
}

/** The signals that an order's referral raised, by name. */
export async function flagsOf(sql: Sql, orderId: string): Promise<FlagState[]> {
  return sql<FlagState[]>`
    select f.signal, f.severity, f.status
    from public.referral_flags as f
    join public.customer_referrals as r on r.id = f.referral_id
    where r.order_id = ${orderId}
    order by f.signal`;
}

/** Why an order's code was not applied, as it is kept for admins. */
export async function attemptOf(sql: Sql, orderId: string): Promise<string | null> {
  const rows = await sql<{ reason: string }[]>`
    select reason from public.referral_attempts where order_id = ${orderId}`;
  return rows.length === 0 ? null : one(rows).reason;
}

/** Templates of the mails queued for somebody since a moment, oldest first. */
export async function mailsTo(sql: Sql, recipient: string, since: Date): Promise<string[]> {
  const rows = await sql<{ template: string }[]>`
    select template from public.notifications
    where recipient = ${recipient} and created_at >= ${since}
    order by created_at, id`;
  return rows.map(({ template }) => template);
}

/** How many free months of each status a customer has. */
export async function rewardsOf(sql: Sql, customerId: string): Promise<Record<string, number>> {
  const rows = await sql<{ status: string; n: number }[]>`
    select status, count(*)::integer as n from public.referral_rewards
    where customer_id = ${customerId} group by status`;
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
}

/** A new version of the programme's terms that differs in whether it is paused. */
export const setPaused = (sql: Sql, isPaused: boolean): Promise<number> =>
  newTerms(sql, { is_paused: isPaused });
