import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { dashboardDocumentSchema } from "@/lib/account/schemas";
import { type Clock, fixedClock, systemClock } from "@/lib/clock";
import { localDate } from "@/lib/dates";
import { seed } from "@/supabase/local/seed/seed";
import { clientOfCaller } from "@/tests/support/clients";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";

const DAY_MS = 86_400_000;
const ZONE = "Africa/Johannesburg";

const sessionSchema = z.object({
  customer: z.object({ email: z.string() }).nullable(),
  admin: z.object({ role: z.string(), permissions: z.array(z.string()) }).nullable(),
});

describe.each<[string, Clock]>([
  ["today", systemClock],
  // Half an hour into a month: its invoices have only just been issued.
  ["on the first of a month", fixedClock("2026-03-31T22:30:00Z")],
])("the demo data, made %s", (_when, clock) => {
  let own: OwnStack;
  const now = clock();

  beforeAll(async () => {
    own = await ownStack();
    await seed({ ...own.stack, log: () => {} }, () => now);
  }, 120_000);
  afterAll(() => own?.stop());

  async function signIn(email: string) {
    const client = clientOfCaller(own.stack.apiUrl, own.stack.publishableKey);
    const { error } = await client.auth.signInWithPassword({ email, password: "referral-demo" });
    expect(error, email).toBeNull();
    return client;
  }

  async function dashboardOf(email: string) {
    const { data, error } = await (await signIn(email)).rpc("get_my_dashboard");
    expect(error).toBeNull();
    return dashboardDocumentSchema.parse(data);
  }

  async function count(query: string): Promise<number> {
    const [row] = await own.sql.unsafe<{ n: number }[]>(`select (${query})::int as n`);
    return row?.n ?? Number.NaN;
  }

  it("breaks no invariant", async () => {
    const { data } = await own.client.rpc("verify_invariants");
    expect(data).toEqual({ violations: 0, details: [] });
  });

  it.each([
    ["referrer@demo.test", null],
    ["rewarded@demo.test", null],
    ["newcomer@demo.test", null],
    ["suspended@demo.test", null],
    ["admin@demo.test", "owner"],
    ["billing@demo.test", "billing"],
    ["reviewer@demo.test", "reviewer"],
    ["support@demo.test", "support"],
  ])("lets %s sign in", async (email, role) => {
    const { data } = await (await signIn(email)).rpc("get_my_session");
    const session = sessionSchema.parse(data);
    expect(session.admin?.role ?? null).toBe(role);
    expect(session.customer?.email ?? null).toBe(role === null ? email : null);
  });

  it("gives the referrer one counted, one active, one pending and one expired friend", async () => {
    const { friends, services, invoices, pending_rewards, applied_rewards } =
      await dashboardOf("referrer@demo.test");
    expect(services.map(({ status }) => status)).toEqual(["active"]);
    expect(friends.map(({ status }) => status)).toEqual([
      "pending",
      "active",
      "qualified",
      "expired",
    ]);
    expect(friends.map(({ reward_id }) => reward_id)).toEqual([null, null, null, null]);
    expect([...pending_rewards, ...applied_rewards]).toEqual([]);
    const [, active] = friends;
    const days = (now.getTime() - Date.parse(active?.activated_at ?? "")) / DAY_MS;
    expect(days).toBeGreaterThan(16);
    expect(days).toBeLessThan(18);
    expect(invoices.length).toBeGreaterThanOrEqual(3);
    expect(invoices.every(({ is_paid }) => is_paid)).toBe(true);
  });

  it("gives the rewarded customer one free month to come and one on this month's invoice", async () => {
    const { pending_rewards, applied_rewards, invoices, stats } =
      await dashboardOf("rewarded@demo.test");
    expect(pending_rewards).toHaveLength(1);
    expect(applied_rewards).toHaveLength(1);
    expect(stats.qualified).toBe(4);
    const [latest] = invoices;
    expect(latest).toMatchObject({
      invoice_number: applied_rewards[0]?.invoice_number,
      period_start: `${localDate(now, ZONE).slice(0, 7)}-01`,
      is_free_month: true,
      amount_due_cents: 0,
      amount_waived_cents: 99_900,
    });
  });

  it("gives the newcomer an active service and no friends", async () => {
    const { services, friends, stats } = await dashboardOf("newcomer@demo.test");
    expect(services.map(({ status }) => status)).toEqual(["active"]);
    expect(friends).toEqual([]);
    expect(stats.total).toBe(0);
  });

  it("gives the suspended customer a suspended service", async () => {
    const { services } = await dashboardOf("suspended@demo.test");
    expect(services.map(({ status }) => status)).toEqual(["suspended"]);
  });

  it("has a provider with customers, orders and referrals around them", async () => {
    expect(
      await count("select count(*) from customers where email not like '%@demo.test'"),
    ).toBeGreaterThanOrEqual(60);
    expect(await count("select count(*) from service_packages where is_active")).toBe(4);
    expect(await count("select count(*) from referral_visits")).toBeGreaterThan(100);
    expect(
      await count("select count(*) from orders where status = 'pending'"),
    ).toBeGreaterThanOrEqual(4);
    expect(await count("select count(distinct status) from customer_referrals")).toBe(6);
    // Every quarter of the year before has something for the charts.
    for (const quarter of [0, 1, 2, 3]) {
      const until = new Date(now.getTime() - quarter * 90 * DAY_MS).toISOString();
      const referrals = `select count(*) from customer_referrals where referred_at <= '${until}'
        and referred_at > '${until}'::timestamptz - interval '90 days'`;
      expect(await count(referrals), `quarter ${quarter}`).toBeGreaterThanOrEqual(5);
    }
  });

  it("has invoices for each of the last three months, most of them paid", async () => {
    const months = await own.sql<{ period: string; invoices: number }[]>`
      select to_char(period_start, 'YYYY-MM') as period, count(*)::int as invoices
      from customer_invoices group by 1 order by 1 desc limit 3`;
    expect(months[0]?.period).toBe(localDate(now, ZONE).slice(0, 7));
    expect(months).toHaveLength(3);
    for (const month of months) expect(month.invoices).toBeGreaterThan(30);
    const overdue = await own.sql<{ id: string }[]>`
      select id from customers as c where private.has_overdue_invoice(c.id, ${now})`;
    expect(overdue.length).toBeGreaterThanOrEqual(2);
    expect(overdue.length).toBeLessThanOrEqual(6);
  });

  it("has an invoice with two prices, a price that is still to come, and a credit note", async () => {
    const { services, invoices } = await dashboardOf("suspended@demo.test");
    expect(services.map(({ monthly_price_cents }) => monthly_price_cents)).toEqual([59_900]);
    const [first] = await own.sql<{ lines: string[] }[]>`
      select array(select line ->> 'description' from jsonb_array_elements(line_items) as line)
        as lines
      from customer_invoices where invoice_number = ${invoices.at(-1)?.invoice_number ?? null}`;
    expect(first?.lines.map((line) => line.slice(0, 11))).toEqual(["Fibre 50/50", "Fibre 25/25"]);
    expect(await count("select count(*) from service_price_changes")).toBe(2);

    const credited = (await dashboardOf("rewarded@demo.test")).invoices.map(
      ({ credited_cents }) => credited_cents,
    );
    expect(credited).toEqual([0, 6_600, 0, 0, 0, 0]);
  });

  it("has every kind of fraud signal waiting for review, and some decided", async () => {
    const flags = await own.sql<{ signal: string; status: string; evidence: object }[]>`
      select signal, status, evidence from referral_flags`;
    const open = flags.filter(({ status }) => status === "open");
    expect(open.length).toBeGreaterThanOrEqual(8);
    expect(new Set(open.map(({ signal }) => signal)).size).toBe(11);
    expect(new Set(flags.map(({ status }) => status))).toEqual(
      new Set(["open", "cleared", "rejected"]),
    );
    expect(flags.every(({ evidence }) => Object.keys(evidence).length > 0)).toBe(true);
  });

  it("has refused codes of several kinds", async () => {
    const reasons = await own.sql<{ reason: string }[]>`
      select distinct reason from referral_attempts order by 1`;
    expect(reasons.map(({ reason }) => reason)).toEqual([
      "duplicate_referral",
      "invalid_code",
      "referrer_not_eligible",
      "self_referral",
    ]);
  });

  it("has a free month of every kind", async () => {
    const kinds = await own.sql<{ kind: string }[]>`
      select distinct source || ' ' || status as kind from referral_rewards order by 1`;
    expect(kinds.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        "earned applied",
        "earned pending",
        "manual applied",
        "manual expired",
        "manual revoked",
      ]),
    );
  });

  it("has a part payment, an over-payment that became credit, and a free month with a ceiling", async () => {
    const accountOf = (first: string) => own.sql<
      { paid: number; due: number; outstanding: number; credit: number; cap: number | null }[]
    >`
      select s.paid_cents::int as paid, i.amount_due_cents::int as due,
        s.outstanding_cents::int as outstanding,
        coalesce(a.credit_cents, 0)::int as credit, w.cap_cents::int as cap
      from customers as c
      join customer_invoices as i on i.customer_id = c.id
      join invoice_settlements as s on s.invoice_id = i.id
      left join account_credits as a on a.customer_id = c.id
      left join referral_rewards as w on w.customer_id = c.id and w.status = 'pending'
      where c.first_name = ${first} and c.last_name in ('Radebe', 'Naude')
      order by i.period_start desc`;
    const [part] = await accountOf("Zinhle");
    expect(part).toMatchObject({ paid: 30_000, outstanding: (part?.due ?? 0) - 30_000 });
    expect(part?.outstanding).toBeGreaterThan(0);
    const [over] = await accountOf("Gert");
    expect(over).toMatchObject({
      paid: (over?.due ?? 0) + 50_000,
      outstanding: 0,
      credit: 50_000,
      cap: 30_000,
    });
  });

  it("has months that are not billed, which the list for admins names", async () => {
    const unbilled = await own.sql<{ name: string; period: string; error: string | null }[]>`
      select c.full_name as name, to_char(u.period_start, 'YYYY-MM') as period, u.error
      from private.find_unbilled(${now}) as u join customers as c on c.id = u.customer_id
      order by u.period_start`;
    // Beside those who were activated after the run of this month.
    const late = unbilled.filter(({ name }) => name === "Nadia Salie");
    expect(late.length).toBeGreaterThanOrEqual(2);
    expect(late.map(({ period }) => period < localDate(now, ZONE).slice(0, 7))).toContain(true);
    expect(unbilled.map(({ error }) => error)).toEqual(unbilled.map(() => null));
  });

  it("leaves no old mail waiting, and all captured ones can be read", async () => {
    const mails = await own.sql<
      { status: string; is_old: boolean; is_readable: boolean; is_news: boolean }[]
    >`
      select status, created_at < ${new Date(now.getTime() - DAY_MS)} as is_old,
        coalesce(length(subject) > 0 and length(html) > 0 and length(text_body) > 0, false)
          as is_readable, private.is_optional(template) as is_news
      from notifications`;
    const old = mails.filter(({ is_old }) => is_old);
    expect(old.length).toBeGreaterThan(50);
    expect(old.every(({ status, is_readable }) => status === "captured" && is_readable)).toBe(true);
    // On the first of a month each customer hears of an invoice. News of the programme are few.
    const fresh = mails.filter(({ is_old, is_news }) => !is_old && is_news);
    expect(fresh.length).toBeLessThan(20);
  });
});
