import { createHash } from "node:crypto";
import type { Sql } from "postgres";
import { CompliantBillingService } from "@/lib/billing/compliant-billing-service";
import { cycleOfMonth } from "@/lib/billing/cycle";
import { fixedClock } from "@/lib/clock";
import { dayNumber, localDate } from "@/lib/dates";
import { FraudDetection } from "@/lib/fraud/fraud-detection";
import { identityOf } from "@/lib/identity/identity";
import { addLocalDays, periodContaining } from "@/lib/invoicing/period";
import { normaliseReferralCode } from "@/lib/referrals/referral-code";
import { ReferralService } from "@/lib/referrals/referral-service";
import type { ServerClient } from "@/lib/supabase/clients";
import type { Person } from "./people";
import type { Random } from "./random";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How a customer pays: on the same day, some days later, or no longer. */
export type PaymentHabit = "debit_order" | "later" | { stoppedAt: Date };

interface Ids {
  customer_id: string;
  order_id: string;
  service_id: string;
  referral_id: string | null;
  referral_code: string;
}

/** A customer with one order: announced when the story is told, real once it is placed. */
export class Subscriber {
  private ids: Ids | null = null;
  status: "announced" | "pending" | "active" | "suspended" | "cancelled" = "announced";

  constructor(
    readonly person: Person,
    readonly habit: PaymentHabit,
  ) {}

  placed(ids: Ids): void {
    this.ids = ids;
    this.status = "pending";
  }

  get real(): Ids {
    if (!this.ids) throw new Error(`${this.person.email} has not ordered yet`);
    return this.ids;
  }

  /** @throws Error when the order was not recorded as a referral. */
  get referralId(): string {
    const { referral_id } = this.real;
    if (!referral_id) throw new Error(`${this.person.email} was not recorded as a referral`);
    return referral_id;
  }
}

/** Where an order came from. */
interface Invitation {
  /** Whose code; or the code as it was typed. */
  from: Subscriber | string;
  /** Through the link (default), or typed into the form. */
  via?: "link" | "typed";
  /** Between the visit and the order. */
  minutesBefore?: number;
}

export interface Joining {
  at: Date;
  packageSlug?: string;
  invitation?: Invitation;
  /** When the service starts; left out: it waits. */
  activeAt?: Date;
  habit?: PaymentHabit;
}

export interface Staff {
  owner: string;
  billing: string;
}

export interface WorldOptions {
  sql: Sql;
  client: ServerClient;
  now: Date;
  timeZone: string;
  random: Random;
  staff: Staff;
  /** Auth users that exist already, by e-mail; everybody else gets one without a password. */
  authUsers: ReadonlyMap<string, string>;
  siteUrl: string;
  alertEmail: string;
}

interface Visit {
  code: string;
  visitor: string;
  path: string;
  ip: string;
  agent: string;
  at: string;
}

/** How links are sent, by the first digit of the visitor's id; others are copied. */
const VIA: Record<string, string> = {
  ...Object.fromEntries(Array.from("0123456", (digit) => [digit, "whatsapp"])),
  "7": "qr",
  "8": "qr",
  "9": "email",
  a: "share",
};

interface Event {
  at: number;
  /** Events of one instant happen in the order in which they were planned. */
  order: number;
  action: () => Promise<void>;
}

/**
 * The past of the demo. Events are planned first. Then each is carried out at its own time, in
 * order, with the functions that the product itself uses. Events after "now" are left out, so that
 * what they would change is still open.
 */
export class World {
  private readonly events: Event[] = [];
  private readonly jobTimes = new Set<number>();
  private readonly habits = new Map<string, PaymentHabit>();
  private readonly authUsers: Map<string, string>;
  private planned = 0;

  /** All customers in the order in which they were planned. */
  readonly subscribers: Subscriber[] = [];

  constructor(readonly options: WorldOptions) {
    this.authUsers = new Map(options.authUsers);
  }

  get random(): Random {
    return this.options.random;
  }

  get now(): Date {
    return this.options.now;
  }

  /** Midnight on the first day of the current month, or of one before it, in the billing zone. */
  monthStart(monthsAgo = 0): Date {
    let month = periodContaining(this.now, this.options.timeZone);
    for (let i = 0; i < monthsAgo; i += 1) {
      const lastDay = new Date(month.startsAt.getTime() - HOUR);
      month = periodContaining(lastDay, this.options.timeZone);
    }
    return month.startsAt;
  }

  /** A time of day, some days ago, by the wall clock of the billing zone. */
  daysAgo(days: number, hour = 10, minute = 0): Date {
    const { timeZone } = this.options;
    const month = periodContaining(this.now, timeZone);
    const today = dayNumber(localDate(this.now, timeZone)) - dayNumber(month.start);
    return this.later(month.startsAt, today - days, hour, minute);
  }

  /** Some days after an instant (or before it), and some hours and minutes. */
  later(instant: Date, days: number, hours = 0, minutes = 0): Date {
    const day = addLocalDays(instant, days, this.options.timeZone);
    return new Date(day.getTime() + hours * HOUR + minutes * MINUTE);
  }

  plan(at: Date, action: () => Promise<void>): void {
    this.planned += 1;
    this.events.push({ at: at.getTime(), order: this.planned, action });
  }

  /** Carries out every event that was planned up to now. */
  async run(): Promise<void> {
    const end = this.now.getTime();
    while (this.events.length > 0) {
      this.events.sort((a, b) => b.at - a.at || b.order - a.order);
      const next = this.events.pop();
      if (!next || next.at > end) break;
      await next.action();
    }
    await this.runJobs(this.now);
  }

  /** Plans a new customer, whose order is placed at its time. */
  join(person: Person, joining: Joining): Subscriber {
    const subscriber = new Subscriber(person, joining.habit ?? "later");
    this.subscribers.push(subscriber);
    this.plan(joining.at, () => this.order(subscriber, joining));
    const { activeAt } = joining;
    if (activeAt) this.plan(activeAt, () => this.activate(subscriber, activeAt));
    return subscriber;
  }

  private async authUser(email: string, at: Date): Promise<string> {
    const known = this.authUsers.get(email);
    if (known) return known;
    const id = this.random.uuid();
    this.authUsers.set(email, id);
    await this.options.sql`
      insert into auth.users
        (id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at)
      values
        (${id}, 'authenticated', 'authenticated', ${email}, ${at},
         '{"provider": "email", "providers": ["email"]}', '{}', ${at})`;
    return id;
  }

  private async order(subscriber: Subscriber, joining: Joining): Promise<void> {
    const { sql, client, siteUrl, alertEmail } = this.options;
    const { person } = subscriber;
    const { at, invitation, packageSlug = "fibre-50" } = joining;
    const clock = fixedClock(at);
    const from = invitation?.from;
    const given = typeof from === "string" ? from : (from?.real.referral_code ?? null);
    const code = given === null ? null : (normaliseReferralCode(given) ?? given);
    const visitor = this.random.uuid();
    if (code && invitation?.via !== "typed") {
      const visitedAt = new Date(at.getTime() - (invitation?.minutesBefore ?? 25) * MINUTE);
      await this.recordVisits([
        {
          code,
          visitor,
          path: "/",
          ip: person.ip,
          agent: person.userAgent,
          at: visitedAt.toISOString(),
        },
      ]);
    }

    const key = this.random.uuid();
    const facts = {
      idempotency_key: key,
      package_slug: packageSlug,
      email: person.email,
      phone: person.phone,
      address: person.address,
      ...identityOf(person),
      visitor_id: visitor,
      ip_address: person.ip,
      user_agent: person.userAgent,
    };
    const fraud = new FraudDetection({ client, clock });
    const isCode = code !== null && normaliseReferralCode(code) !== null;
    const [prepared, authUserId] = await Promise.all([
      isCode ? fraud.gather({ ...facts, referral_code: code }) : null,
      this.authUser(person.email, at),
    ]);
    const assessment = prepared?.evidence
      ? fraud.assess(prepared.evidence, prepared.terms, prepared.fraud_settings)
      : null;
    const referrals = new ReferralService({ client, clock, siteUrl, rewardsEnabled: true });
    const placed = await referrals.createReferral({
      ...facts,
      request_hash: createHash("sha256").update(key).digest("hex"),
      auth_user_id: authUserId,
      first_name: person.first_name,
      last_name: person.last_name,
      referral_code: code,
      source: invitation?.via ?? "link",
      assessment,
      assessment_basis: prepared?.evidence?.counts.total ?? null,
      judged: prepared?.evidence
        ? { evidence: prepared.evidence, settings_version: prepared.fraud_settings.version }
        : null,
      alert_email: alertEmail,
    });

    const [ids] = await sql<Ids[]>`
      select c.id as customer_id, o.id as order_id, s.id as service_id, r.id as referral_id,
        c.referral_code
      from public.orders as o
      join public.customers as c on c.id = o.customer_id
      join public.customer_services as s on s.order_id = o.id
      left join public.customer_referrals as r on r.order_id = o.id
      where o.id = ${placed.order_id}`;
    if (!ids) throw new Error("the order was not found again");
    subscriber.placed(ids);
    if (!this.habits.has(ids.customer_id)) this.habits.set(ids.customer_id, subscriber.habit);
    // The window of a referral ends after 30 days: the job notices it within the hour.
    if (ids.referral_id) this.planJobs(this.later(at, 30));
  }

  private async activate(subscriber: Subscriber, at: Date): Promise<void> {
    const { sql, staff } = this.options;
    await sql`select private.activate_order(${subscriber.real.order_id}, ${staff.billing}, ${at})`;
    subscriber.status = "active";
    if (subscriber.real.referral_id) this.planJobs(this.later(at, 30));
  }

  /** An order that is cancelled. */
  cancelOrder(subscriber: Subscriber, at: Date, reason: string): void {
    const { sql, staff } = this.options;
    this.plan(at, async () => {
      await sql`
        select private.cancel_order(${subscriber.real.order_id}, ${staff.billing}, ${reason}, ${at})`;
      subscriber.status = "cancelled";
    });
  }

  /** A service that is stopped, or goes on again. */
  setStatus(
    subscriber: Subscriber,
    at: Date,
    status: "active" | "suspended" | "cancelled",
    reason: string,
  ): void {
    const { sql, staff } = this.options;
    this.plan(at, async () => {
      await sql`
        select private.set_service_status(
          ${subscriber.real.service_id}, ${status}, ${reason}, ${staff.billing}, ${at})`;
      subscriber.status = status;
    });
  }

  /** A service goes on with another package. */
  changePackage(subscriber: Subscriber, at: Date, packageSlug: string, reason: string): void {
    const { sql, staff } = this.options;
    this.plan(at, async () => {
      await sql`
        select private.change_service_package(
          ${subscriber.real.service_id}, ${packageSlug}, ${reason}, ${staff.billing}, ${at})`;
    });
  }

  /** A credit note for a part of a month's invoice. `cents` include VAT. */
  credit(
    subscriber: Subscriber,
    at: Date,
    credit: { month: Date; cents: number; reason: string },
  ): void {
    const { sql, staff, timeZone } = this.options;
    this.plan(at, async () => {
      await sql`
        select private.issue_credit_note(
          i.invoice_number, ${credit.cents}, ${credit.reason}, null, ${staff.billing}, ${at})
        from public.customer_invoices as i
        where i.service_id = ${subscriber.real.service_id}
          and i.period_start = ${localDate(credit.month, timeZone)}`;
    });
  }

  /** A payment beside the habit, for the invoice of a month: a part of it, or more. */
  pay(
    subscriber: Subscriber,
    at: Date,
    payment: { month: Date; cents: number; reference: string },
  ): void {
    const { sql, timeZone } = this.options;
    this.plan(at, async () => {
      await sql`
        select public.record_invoice_payment(
          i.invoice_number, ${payment.cents}, ${at}, ${payment.reference}, 'bank_transfer')
        from public.customer_invoices as i
        where i.service_id = ${subscriber.real.service_id}
          and i.period_start = ${localDate(payment.month, timeZone)}`;
    });
  }

  /** A service that went live on `since`, and that somebody records at the end of the story only. */
  activateBelatedly(subscriber: Subscriber, since: Date): void {
    this.plan(this.now, () => this.activate(subscriber, since));
  }

  /** A free month given by hand, perhaps with a ceiling in cents, and perhaps taken back. */
  grant(
    subscriber: Subscriber,
    at: Date,
    reason: string,
    { revoked, capCents }: { revoked?: { at: Date; reason: string }; capCents?: number } = {},
  ): void {
    const { sql, staff } = this.options;
    this.plan(at, async () => {
      const { customer_id } = subscriber.real;
      const [row] = await sql<{ id: string }[]>`
        select private.grant_reward(${customer_id}, ${reason}, null, ${staff.billing}, ${at})
          ->> 'reward_id' as id`;
      if (!row) return;
      if (capCents !== undefined) {
        await sql`update public.referral_rewards set cap_cents = ${capCents} where id = ${row.id}`;
      }
      if (!revoked) return;
      this.plan(revoked.at, async () => {
        await sql`
          select private.revoke_reward(
            ${customer_id}, ${row.id}, ${revoked.reason}, ${staff.owner}, ${revoked.at})`;
      });
    });
  }

  /** An admin decides about the flags of a referral. */
  review(subscriber: Subscriber, at: Date, decision: "clear" | "reject", reason: string): void {
    const { sql, staff } = this.options;
    this.plan(at, async () => {
      await sql`
        select private.review_referral(
          ${subscriber.referralId}, ${decision}, ${reason}, true, ${staff.owner}, ${at})`;
    });
  }

  /** Visits that have led to no order. */
  async recordVisits(visits: Visit[]): Promise<void> {
    const { sql } = this.options;
    await sql`
      select public.record_visit(v.code, v.visitor, v.path, v.ip, v.agent, v.at, p_via => v.via)
      from jsonb_to_recordset(${sql.json(visits.map((visit) => ({ ...visit, via: VIA[visit.visitor.charAt(0)] ?? null })))})
        as v (code text, visitor uuid, path text, ip inet, agent text, at timestamptz, via text)`;
  }

  /** The hourly jobs, at the next full hour after an instant. Hours without work are skipped. */
  private planJobs(due: Date): void {
    const at = new Date(Math.floor(due.getTime() / HOUR + 1) * HOUR);
    if (this.jobTimes.has(at.getTime())) return;
    this.jobTimes.add(at.getTime());
    this.plan(at, () => this.runJobs(at));
  }

  /** Reminders and expiry of rewards. A weekly run has the same results here as a daily one. */
  planWeeklyExpiry(from: Date): void {
    for (let at = from; at < this.now; at = this.later(at, 7)) this.planJobs(at);
  }

  private async runJobs(at: Date): Promise<void> {
    const { sql } = this.options;
    await sql`select public.qualify_referrals(${at}, true), public.expire_due(${at})`;
  }

  /**
   * Billing of a month on its first day: what was activated during the month before is billed pro
   * rata first, then the new cycle. Payments follow by everybody's habit.
   */
  planBilling(monthsAgo: number, options: { withMonthBefore: boolean }): void {
    const start = this.monthStart(monthsAgo);
    const twoInTheMorning = this.later(start, 0, 2);
    const at = twoInTheMorning > this.now ? this.now : twoInTheMorning;
    this.plan(at, async () => {
      if (options.withMonthBefore) await this.bill(this.monthStart(monthsAgo + 1), at);
      await this.bill(start, at);
    });
  }

  private async bill(month: Date, at: Date): Promise<void> {
    const { sql, client, timeZone, alertEmail } = this.options;
    const billing = new CompliantBillingService({
      client,
      clock: fixedClock(at),
      rewardsEnabled: true,
      alertEmail,
    });
    const cycle = cycleOfMonth(localDate(month, timeZone).slice(0, 7), at, timeZone);
    const run = await billing.runCycle({
      period: cycle.month,
      trigger: "seed",
      forceReason:
        cycle.state === "closed"
          ? "For services activated after the run of their month"
          : undefined,
    });
    const [failure] = run.errors;
    if (failure) throw new Error(`The demo could not be billed: ${failure.message}`);
    // Runs are listed by when they ran.
    await sql`
      update public.billing_runs
      set started_at = as_of, finished_at = as_of + (finished_at - started_at),
        heartbeat_at = as_of + (heartbeat_at - started_at)
      where id = ${run.run_id}`;

    const issued = await sql<{ number: string; customer_id: string; cents: number }[]>`
      select invoice_number as number, customer_id, amount_due_cents::int as cents
      from public.customer_invoices
      where run_id = ${run.run_id} and amount_due_cents > 0
      order by invoice_number`;
    const payments = new Map<number, { number: string; cents: number }[]>();
    for (const { number, customer_id, cents } of issued) {
      const paidAt = this.paymentTime(this.habits.get(customer_id) ?? "later", at)?.getTime();
      if (paidAt === undefined) continue;
      payments.set(paidAt, [...(payments.get(paidAt) ?? []), { number, cents }]);
    }
    for (const [paidAt, paid] of payments) this.planPayments(new Date(paidAt), paid);
  }

  /** Payments that arrive at one moment. They may set free months free: the job follows. */
  private planPayments(at: Date, paid: { number: string; cents: number }[]): void {
    const { sql } = this.options;
    this.plan(at, async () => {
      await sql`
        select public.record_invoice_payment(p.number, p.cents, ${at})
        from jsonb_to_recordset(${sql.json(paid)}) as p (number text, cents bigint)`;
    });
    this.planJobs(at);
  }

  /** Null when it has not been paid until now. */
  private paymentTime(habit: PaymentHabit, issuedAt: Date): Date | null {
    if (habit === "debit_order") {
      const at = this.later(issuedAt, 0, 4);
      return at > this.now ? this.now : at;
    }
    if (habit !== "later") return issuedAt < habit.stoppedAt ? this.later(issuedAt, 0, 6) : null;
    const at = this.later(issuedAt, this.random.int(1, 20), this.random.int(0, 14));
    return at > this.now ? null : at;
  }
}
