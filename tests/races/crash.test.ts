/*
 * Workers that are killed, and connections that are cut, in the middle of their work. A death is
 * placed at a call of the worker to the database, before that is carried out or after: the only
 * moments that differ for the database.
 */

import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixedClock, systemClock } from "@/lib/clock";
import { jobsOf } from "@/lib/composition/jobs";
import { NotificationService } from "@/lib/notifications/delivery";
import { type MailSender, resendSender } from "@/lib/notifications/senders";
import { billingAt } from "@/tests/support/billing";
import { manyCustomers, pendingRewards } from "@/tests/support/builders";
import { deathPoints, killAt } from "@/tests/support/crash";
import { eventually } from "@/tests/support/eventually";
import { type FaultyProxy, faultyProxy } from "@/tests/support/faulty-proxy";
import { type JobProcess, startJob } from "@/tests/support/job-process";
import { MailProvider } from "@/tests/support/mail-provider";
import { manyReferrers } from "@/tests/support/orders";
import { invoicesOf, violations } from "@/tests/support/rows";
import { Draws } from "@/tests/support/simulator/random";
import { type StackProcess, stackProcess } from "@/tests/support/stack-process";

/** Another walk: CRASH_SEED=… */
const SEED = Number(process.env.CRASH_SEED ?? 20_261_122);
const DEATHS = 5;
const SITE_URL = "https://fibre.example";
const FROM = "Acme Fibre <hello@acmefibre.example>";

let own: StackProcess;
let proxy: FaultyProxy;
let provider: MailProvider;
beforeAll(async () => {
  own = await stackProcess();
  // Without quiet hours: these tests run at night as well.
  await own.sql`
    insert into public.mail_settings (version, quiet_from, quiet_until, reason)
    select max(version) + 1, 0, 0, 'No quiet hours' from public.mail_settings`;
  proxy = await faultyProxy(own.stack.apiUrl);
  provider = await MailProvider.start();
});
afterAll(async () => {
  await provider?.stop();
  await proxy?.stop();
  await own?.stop();
});

/** Whatever died above, no invariant is broken in the end. */
const nothingBroken = async () => expect(await violations(own.sql)).toEqual([]);

const points = (label: string, calls: { from: number; to: number }) =>
  deathPoints(DEATHS, calls, new Draws(SEED, label.length));

/** A job as a process of its own, on the other side of the proxy. */
const job = (...argv: string[]): JobProcess =>
  startJob(
    {
      SUPABASE_URL: proxy.url,
      SUPABASE_PUBLISHABLE_KEY: own.stack.publishableKey,
      SUPABASE_SECRET_KEY: own.stack.secretKey,
      SITE_URL,
      EMAIL_FROM: FROM,
      RESEND_API_KEY: "re_test",
      RESEND_BASE_URL: provider.url,
    },
    ...argv,
  );

const context = (asOf: string) => ({ client: own.client, clock: fixedClock(asOf) });

const jobsAt = (asOf: string) => jobsOf(own.client, fixedClock(asOf));

const bill = (asOf: string) => billingAt(asOf, { client: own.client }).runCycle({ workers: 2 });

const deliver = (asOf: string, around: (sender: MailSender) => MailSender = (sender) => sender) =>
  new NotificationService({
    ...context(asOf),
    sender: around(
      resendSender({
        apiKey: "re_test",
        baseUrl: provider.url,
        from: FROM,
        clock: systemClock,
      }),
    ),
    settings: { siteUrl: SITE_URL, alertEmail: "alerts@example.com" },
    log: pino({ level: "silent" }),
  }).deliverDue();

/** Grants each of these customers a free month, at an instant that decides when it expires. */
const grantAll = (ids: string[], at: string) => pendingRewards(own.sql, ids, at);

const mailsOf = (ids: string[], template: string) =>
  own.sql<{ customer_id: string }[]>`
    select customer_id from public.notifications
    where customer_id = any (${ids}) and template = ${template}`;

/** Mails about a free month that wait to be sent; nothing else is due. Returns their ids. */
async function queueMails(count: number, at: string): Promise<string[]> {
  await own.sql`
    update public.notifications set status = 'captured', lease_until = null, lease_token = null
    where status in ('queued', 'sending')`;
  await grantAll(await manyCustomers(own.sql, count), at);
  const rows = await own.sql<{ id: string }[]>`
    select id from public.notifications where status = 'queued' order by id`;
  return rows.map(({ id }) => id);
}

/** Two minutes pass: a mail of a dead worker belongs to nobody any more. */
const leasesEnd = () =>
  own.sql`update public.notifications set lease_until = now() where status = 'sending'`;

/** Each of these mails reached the provider once, and is known to have. */
async function expectSentOnce(ids: string[]): Promise<void> {
  expect([...provider.accepted.keys()]).toEqual(expect.arrayContaining(ids));
  const rows = await own.sql<{ status: string; message: string }[]>`
    select status, provider_message_id as message from public.notifications
    where id = any (${ids})`;
  expect(rows.map(({ status }) => status)).toEqual(ids.map(() => "sent"));
  expect(new Set(rows.map(({ message }) => message)).size).toBe(ids.length);
}

describe(`a billing run killed with SIGKILL (seed ${SEED})`, () => {
  afterAll(nothingBroken);
  const CUSTOMERS = 230;
  let people: string[];
  beforeAll(async () => {
    people = await manyCustomers(own.sql, CUSTOMERS);
    // Enough free months for every cycle that is billed here.
    const rewarded = people.filter((_, n) => n % 3 === 0);
    for (let cycle = 0; cycle < DEATHS; cycle += 1)
      await grantAll(rewarded, "2026-10-01T08:00:00Z");
  });

  it.each(points("billing", { from: 2, to: 8 }).map((point, n) => ({ ...point, n })))(
    "at call $call ($fate): a rerun completes the cycle, and what was issued stays",
    async ({ n, ...point }) => {
      const month = `2027-0${n + 1}`;
      await killAt(
        job("billing", "--as-of", `${month}-01T06:00:00Z`, "--workers", "2"),
        proxy,
        point,
      );
      const before = await invoicesOf(own.sql);
      await bill(`${month}-02T06:00:00Z`);
      const after = await invoicesOf(own.sql);
      expect(after.slice(0, before.length)).toEqual(before);
      const cycle = after.filter(({ period_start }) => period_start === `${month}-01`);
      const [due] = await own.sql<{ n: number }[]>`
        select count(*)::int as n from public.customer_services where status = 'active'`;
      expect(cycle).toHaveLength(due?.n ?? 0);
      const free = cycle.filter((invoice) => invoice.is_free_month);
      expect(new Set(free.map(({ customer_id }) => customer_id)).size).toBe(free.length);
      expect(free.filter(({ customer_id }) => people.includes(customer_id))).toHaveLength(
        Math.ceil(CUSTOMERS / 3),
      );
    },
  );
});

describe(`a qualify job killed with SIGKILL (seed ${SEED})`, () => {
  afterAll(nothingBroken);

  it.each(points("qualify", { from: 1, to: 3 }))(
    "at page $call ($fate): a rerun counts the rest, each friend and pair once",
    async (point) => {
      const asOf = "2026-04-15T08:00:00Z";
      const referrers = await manyReferrers(own.sql, 401, {
        friends: 2,
        activatedAt: "2026-03-01T08:00:00Z",
      });
      await killAt(job("qualify", "--as-of", asOf), proxy, point);
      await jobsAt(asOf).qualify();
      expect(await jobsAt(asOf).qualify()).toEqual({ qualified: 0, rewards_granted: 0 });
      const [state] = await own.sql<Record<string, number>[]>`
        select count(*)::int as counted, count(distinct reward_id)::int as rewards
        from public.customer_referrals
        where referrer_id = any (${referrers}) and status = 'qualified'`;
      expect(state).toEqual({ counted: 802, rewards: 401 });
      expect(await mailsOf(referrers, "referral_qualified")).toHaveLength(802);
      expect(await mailsOf(referrers, "reward_earned")).toHaveLength(401);
    },
  );
});

describe(`an expire job killed with SIGKILL (seed ${SEED})`, () => {
  afterAll(nothingBroken);

  it.each(points("expire", { from: 1, to: 4 }))(
    "at call $call ($fate): a rerun expires the rest, and each mail is owed once",
    async (point) => {
      const asOf = "2026-05-01T08:00:00Z";
      const late = await manyCustomers(own.sql, 510, { activatedAt: "2025-01-01T08:00:00Z" });
      await grantAll(late, "2025-04-15T08:00:00Z");
      const soon = late.slice(0, 20);
      await grantAll(soon, "2025-05-15T08:00:00Z");
      await killAt(job("expire", "--as-of", asOf), proxy, point);
      await jobsAt(asOf).expire();
      const statuses = await own.sql<{ status: string; n: number }[]>`
        select status, count(*)::int as n from public.referral_rewards
        where customer_id = any (${late}) group by status order by status`;
      expect([...statuses]).toEqual([
        { status: "expired", n: 510 },
        { status: "pending", n: 20 },
      ]);
      expect(await mailsOf(late, "reward_expired")).toHaveLength(510);
      expect(await mailsOf(late, "reward_expiring")).toHaveLength(20);
      // Not to be billed by the tests above.
      await own.sql`
        update public.customer_services set status = 'cancelled', cancelled_at = activated_at
        where customer_id = any (${late})`;
    },
  );
});

describe(`a notify job killed with SIGKILL (seed ${SEED})`, () => {
  afterAll(nothingBroken);

  // Reading the settings, claiming, freezing, settling, and the same of the next mail.
  const calls = [2, 3, 4, 5, 6, 7, 8].map((call) => ({
    call,
    fate: call % 2 === SEED % 2 ? ("lost before" as const) : ("lost after" as const),
  }));
  it.each(calls)(
    "at call $call ($fate): after its lease every mail is sent, and sent once",
    async (point) => {
      provider.reset();
      const ids = await queueMails(6, "2026-11-20T08:00:00Z");
      await killAt(job("notify", "--as-of", "2026-11-20T08:00:00Z"), proxy, point);
      await leasesEnd();
      await deliver("2026-11-20T08:05:00Z");
      await expectSentOnce(ids);
      expect(provider.accepted.size).toBe(ids.length);
    },
  );

  it("after the provider took a mail and before its answer: the mail is sent once", async () => {
    provider.reset();
    provider.script = ["accept", "accept and hang"];
    const ids = await queueMails(3, "2026-11-20T08:00:00Z");
    proxy.decide(() => "answered");
    const worker = job("notify", "--as-of", "2026-11-20T08:00:00Z");
    await eventually(async () => (provider.accepted.size >= 2 ? true : undefined), 30_000);
    worker.child.kill("SIGKILL");
    expect((await worker.ended).signal).toBe("SIGKILL");
    await proxy.idle();
    const [open] = await own.sql<{ n: number }[]>`
      select count(*)::int as n from public.notifications
      where id = any (${ids}) and status = 'sending'`;
    expect(open?.n).toBeGreaterThan(0);
    await leasesEnd();
    await deliver("2026-11-20T08:05:00Z");
    await expectSentOnce(ids);
    expect(provider.accepted.size).toBe(ids.length);
  });
});

describe("connections cut in the middle of their transactions", () => {
  afterAll(nothingBroken);

  it("every job goes on by itself or with its next run; nothing is lost or done twice", async () => {
    provider.reset();
    const referrers = await manyReferrers(own.sql, 20, { activatedAt: "2026-03-01T08:00:00Z" });
    const late = await manyCustomers(own.sql, 20, { activatedAt: "2026-02-01T08:00:00Z" });
    await grantAll(late, "2025-04-15T08:00:00Z");
    const billed = await manyCustomers(own.sql, 20);
    const ids = await queueMails(6, "2026-05-01T08:00:00Z");

    const holder = await own.connect(1).reserve();
    await holder`begin`;
    await holder`
      select from public.customers
      where id in (${referrers[10] ?? ""}, ${late[10] ?? ""}, ${billed[10] ?? ""}) for update`;
    let held: Promise<unknown> | undefined;
    const jobs = Promise.allSettled([
      jobsAt("2026-04-15T08:00:00Z").qualify(),
      jobsAt("2026-05-01T08:00:00Z").expire(),
      bill("2027-09-01T06:00:00Z"),
      deliver("2026-05-01T08:00:00Z", (sender) => ({
        toProvider: true,
        async send(mail) {
          const result = await sender.send(mail);
          held ??= holder`select from public.notifications where id = ${mail.key} for update`;
          await held;
          return result;
        },
      })),
    ]);
    // All four wait in the middle of a transaction, for a row that is held here.
    await eventually(async () => {
      const rows = await own.sql`
        select from pg_stat_activity where application_name = 'data-api' and wait_event_type = 'Lock'`;
      return rows.length >= 4 ? true : undefined;
    }, 30_000);
    await own.cutConnections();
    await holder`rollback`;
    holder.release();

    const [qualified, expired, cycle, delivered] = await jobs;
    expect(qualified).toMatchObject({ value: { qualified: 40, rewards_granted: 20 } });
    expect(expired).toMatchObject({ value: { rewards_expired: 20 } });
    expect(cycle).toMatchObject({ value: { errors: [] } });
    // The worker that sends reports once more. When that connection is cut as well, it gives up, and
    // its mails are due again when its lease ends.
    if (delivered.status === "fulfilled") expect(delivered.value.failed).toBe(0);
    else expect(delivered.reason).toMatchObject({ code: "unavailable" });
    await leasesEnd();
    await deliver("2026-05-01T08:05:00Z");
    await expectSentOnce(ids);
    for (const [people, template, n] of [
      [referrers, "reward_earned", 20],
      [late, "reward_expired", 20],
    ] as const) {
      expect(await mailsOf(people, template)).toHaveLength(n);
    }
    const [invoices] = await own.sql<{ n: number; of: number }[]>`
      select count(i.id)::int as n, count(distinct s.id)::int as of
      from public.customer_services as s
      left join public.customer_invoices as i on i.service_id = s.id and i.period_start = '2027-09-01'
      where s.status = 'active'`;
    expect(invoices?.n).toBe(invoices?.of);
  });
});
