import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { captureSender } from "@/lib/notifications/senders";
import { billingWorld } from "@/tests/support/billing";
import {
  activeService,
  newAdmin,
  newCustomer,
  newPackage,
  pendingReward,
} from "@/tests/support/builders";
import { asUser, refusal } from "@/tests/support/database";
import { issuedInvoice } from "@/tests/support/invoices";
import { MailProvider } from "@/tests/support/mail-provider";
import { Outbox } from "@/tests/support/outbox";
import { one } from "@/tests/support/rows";

/* Mails that people expect: queued with what they tell, and read when they leave. */

const own = billingWorld();
let provider: MailProvider;
let outbox: Outbox;
let billing: string;
let owner: string;

beforeAll(async () => {
  provider = await MailProvider.start();
  outbox = new Outbox(own, provider);
  billing = await newAdmin(own.sql, "billing");
  owner = await newAdmin(own.sql, "owner");
});
afterAll(() => provider.stop());
beforeEach(() => outbox.reset());

interface Kept {
  template: string;
  recipient: string;
  status: string;
  cancel_cause: string | null;
  subject: string | null;
  text_body: string | null;
}

const mailsTo = (customerId: string) => own.sql<Kept[]>`
  select template, recipient, status, cancel_cause, subject, text_body
  from notifications where customer_id = ${customerId} order by number`;

const deliver = () => outbox.sending().deliverDue();

const pay = async (number: string, cents: number): Promise<string> =>
  one(
    await own.sql<{ id: string }[]>`
      select private.record_payment(${number}, ${cents}, current_date - 1, null, null, null,
        ${billing}, now()) ->> 'payment_id' as id`,
  ).id;

const setStatus = (service: string, status: string) => own.sql`
  select private.set_service_status(${service}, ${status}, 'Asked by phone', ${owner}, now())`;

describe("invoices", () => {
  it("of one customer come in one mail, queued with them, to the address of that moment", async () => {
    const customer = await newCustomer(own.sql, { firstName: "Lerato" });
    await activeService(own.sql, customer.id, { priceCents: 79_900 });
    await activeService(own.sql, customer.id, { priceCents: 49_900 });
    await own.bill();
    const [queued, ...others] = await own.sql<{ template: string; payload: object }[]>`
      select template, payload from notifications where customer_id = ${customer.id}`;
    expect(others).toEqual([]);
    expect(queued).toMatchObject({ template: "invoice_issued" });
    const address = `new-${customer.email}`;
    await own.sql`update customers set email = ${address} where id = ${customer.id}`;
    await deliver();
    const [mail] = await mailsTo(customer.id);
    expect(mail).toMatchObject({
      recipient: address,
      status: "sent",
      subject: "2 new invoices: R 1 298.00",
    });
    expect(mail?.text_body).toContain("It is the first for this service.");
  });

  it("are reminded of once when they are overdue, and not when they were paid meanwhile", async () => {
    const customer = await newCustomer(own.sql);
    const service = await activeService(own.sql, customer.id);
    const days = (count: number) => new Date(Date.now() - count * 86_400_000).toISOString();
    const invoice = (month: string, dueDaysAgo: number) =>
      issuedInvoice(own.sql, {
        customerId: customer.id,
        serviceId: service,
        month,
        issuedAt: days(40),
        dueOn: days(dueDaysAgo).slice(0, 10),
      });
    const late = await invoice("2026-09", 3);
    await invoice("2026-10", -3);
    const remind = async () =>
      one(await own.sql<{ n: number }[]>`select remind_overdue_invoices() as n`).n;
    expect(await remind()).toBe(1);
    expect(await remind()).toBe(0);
    await deliver();
    const [mail] = await mailsTo(customer.id);
    expect(mail).toMatchObject({
      template: "invoice_overdue",
      status: "sent",
      subject: `Reminder: invoice ${late.number} is overdue, R 799.00`,
    });

    const other = await newCustomer(own.sql);
    const paid = await issuedInvoice(own.sql, {
      customerId: other.id,
      serviceId: await activeService(own.sql, other.id),
      month: "2026-09",
      issuedAt: days(40),
      dueOn: days(3).slice(0, 10),
    });
    expect(await remind()).toBe(1);
    await pay(paid.number, 79_900);
    await deliver();
    expect(await mailsTo(other.id)).toMatchObject([
      { template: "invoice_overdue", status: "cancelled", cancel_cause: "settled" },
      { template: "payment_received", status: "sent" },
    ]);
  });
});

describe("a payment", () => {
  it("is confirmed with what is left to pay, and not when it was taken back", async () => {
    const customer = await newCustomer(own.sql);
    const { number } = await issuedInvoice(own.sql, {
      customerId: customer.id,
      serviceId: await activeService(own.sql, customer.id),
    });
    await pay(number, 50_000);
    await deliver();
    const wrong = await pay(number, 10_000);
    await own.sql`select private.reverse_payment(${wrong}, 'recorded twice', ${billing}, now())`;
    await deliver();
    const mails = await mailsTo(customer.id);
    expect(mails).toMatchObject([
      { status: "sent", subject: `We received R 500.00 for invoice ${number}` },
      { status: "cancelled", cancel_cause: "undone" },
    ]);
    expect(mails[0]?.text_body).toMatch(/R\u00a0299\.00 is left to pay/);
  });
});

describe("a service", () => {
  it("that is suspended and reactivated tells so, unless it changed again before the mail left", async () => {
    const customer = await newCustomer(own.sql);
    const service = await activeService(own.sql, customer.id);
    await setStatus(service, "suspended");
    await deliver();
    await setStatus(service, "active");
    await setStatus(service, "suspended");
    await deliver();
    const kinds = (await mailsTo(customer.id)).map(
      ({ template, status }) => `${template} ${status}`,
    );
    expect(kinds).toEqual([
      "service_suspended sent",
      "service_reactivated cancelled",
      "service_suspended sent",
    ]);
  });

  it("that gets another package tells the price and from when", async () => {
    const customer = await newCustomer(own.sql);
    const service = await activeService(own.sql, customer.id, { priceCents: 79_900 });
    const wanted = await newPackage(own.sql);
    await own.sql`
      select private.change_service_package(${service}, ${wanted.slug}, 'Asked by phone', ${owner}, now())`;
    await deliver();
    const [mail] = await mailsTo(customer.id);
    expect(mail).toMatchObject({ template: "service_package_changed", status: "sent" });
    expect(mail?.text_body).toMatch(/Price before\nR\u00a0799\.00 per month/);
  });
});

describe("news of the programme", () => {
  const friend = (n: number) => ({
    template: "reward_expired",
    payload: { first_name: "Thandi", expires_at: `2026-12-${10 + n}T08:00:00+00:00` },
  });
  const queueFor = async (
    customer: { id: string; email: string },
    mail: { template: string; payload: Record<string, unknown> },
  ) => {
    const id = await outbox.queue({ ...mail, recipient: customer.email });
    await own.sql`
      update notifications
      set customer_id = ${customer.id}, dedupe_key = ${mail.template} || '-' || dedupe_key
      where id = ${id}`;
    return id;
  };
  // They were queued without a cause.
  afterEach(() => outbox.reset());

  it("that came together leave as one mail; the others name it", async () => {
    const customer = await newCustomer(own.sql, { firstName: "Thandi" });
    const payload = {
      first_name: "Thandi",
      friend: "Lerato M.",
      paid_invoices_required: 0,
      progress: { counted: 2, required: 2 },
    };
    const counted = await queueFor(customer, { template: "referral_qualified", payload });
    const earned = await queueFor(customer, {
      template: "reward_earned",
      payload: { first_name: "Thandi", expires_at: "2027-11-20T08:00:00+00:00" },
    });
    await deliver();
    expect(provider.deliveries.map(({ subject }) => subject)).toEqual(["You earned a free month"]);
    expect(await outbox.read(counted)).toMatchObject({ status: "sent" });
    expect((await outbox.read(counted)).text_body).toContain("Lerato M. now counts");
    expect(await outbox.read(earned)).toMatchObject({
      status: "cancelled",
      cancel_cause: "merged",
      merged_into: counted,
    });
  });

  it("of one kind within an hour wait for its end, and leave as one", async () => {
    const customer = await newCustomer(own.sql);
    await queueFor(customer, friend(0));
    await deliver();
    await queueFor(customer, friend(1));
    await deliver();
    await queueFor(customer, friend(2));
    await deliver();
    expect(provider.deliveries).toHaveLength(1);
    await outbox.pass(3_700);
    await deliver();
    expect(provider.deliveries).toHaveLength(2);
    expect(await outbox.statuses()).toEqual({ sent: 2, cancelled: 1 });
  });

  it("are no more than the settings allow in a day; the rest leaves in one mail", async () => {
    const customer = await newCustomer(own.sql);
    for (let n = 0; n < 8; n += 1) {
      await queueFor(customer, friend(n));
      await deliver();
      await outbox.pass(3_700);
      await deliver();
    }
    expect(provider.deliveries).toHaveLength(5);
    await outbox.pass(86_400);
    await deliver();
    expect(provider.deliveries).toHaveLength(6);
    expect(await outbox.statuses()).toEqual({ sent: 6, cancelled: 2 });
  });
});

describe("a customer's choice", () => {
  const tokenOf = async (customerId: string) =>
    one(await own.sql<{ t: string }[]>`select private.mail_token(${customerId}) as t`).t;
  const choose = (token: string, choices: object, source = "link") =>
    own.client.rpc("choose_mails", {
      p_token: token,
      p_choices: { ...choices },
      p_source: source,
    });
  const expiring = { first_name: "Thandi", expires_at: "2027-11-20T08:00:00+00:00" };
  const queueFor = async (id: string, email: string, template = "reward_expired") => {
    const mail = await outbox.queue({ template, recipient: email, payload: expiring });
    await own.sql`update notifications set customer_id = ${id} where id = ${mail}`;
    return mail;
  };
  afterEach(() => outbox.reset());

  it("ends news by one click, and is kept with source and time", async () => {
    const customer = await newCustomer(own.sql);
    await queueFor(customer.id, customer.email);
    await deliver();
    const token = await tokenOf(customer.id);
    expect(provider.deliveries[0]?.headers).toEqual({
      "List-Unsubscribe": `<https://fibre.example/api/mail/unsubscribe?token=${token}>`,
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    });
    const { data } = await choose(token, { programme: false }, "one_click");
    expect(data).toEqual({ programme: false, invoices: true });
    await choose(token, { programme: false }, "one_click");
    const next = await queueFor(customer.id, customer.email);
    await deliver();
    expect(await outbox.read(next)).toMatchObject({
      status: "cancelled",
      cancel_cause: "opted_out",
    });
    const kept = await own.sql`
      select kind, is_wanted, source from mail_choices where customer_id = ${customer.id}`;
    expect(kept).toEqual([{ kind: "programme", is_wanted: false, source: "one_click" }]);
  });

  it("ends the mail of an invoice and not the invoice", async () => {
    const customer = await newCustomer(own.sql);
    await activeService(own.sql, customer.id, { priceCents: 79_900 });
    await choose(await tokenOf(customer.id), { invoices: false });
    expect((await own.bill({ asOf: "2027-01-01T06:00:00Z" })).invoices).toBe(1);
    await deliver();
    expect(await mailsTo(customer.id)).toMatchObject([
      { template: "invoice_issued", status: "cancelled", cancel_cause: "opted_out" },
    ]);
  });

  it("is made by nobody with another link", async () => {
    const customer = await newCustomer(own.sql);
    const other = await newCustomer(own.sql);
    const token = await tokenOf(customer.id);
    const forged = [
      `${(await tokenOf(other.id)).slice(0, 32)}${token.slice(32)}`,
      `${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}`,
      token.slice(0, 32),
      "",
    ];
    for (const wrong of forged) {
      const { error } = await choose(wrong, { programme: false });
      expect(error?.message).toBe("not_found");
    }
    expect(
      await own.sql`select 1 from mail_choices where customer_id in (${customer.id}, ${other.id})`,
    ).toHaveLength(0);
  });

  it("of quiet hours is kept by news, until they end", async () => {
    const customer = await newCustomer(own.sql);
    const news = await queueFor(customer.id, customer.email);
    const at = async (from: string) =>
      one(
        await own.sql<{ until: Date | null }[]>`select private.quiet_until(${from}) as until`,
      ).until?.toISOString() ?? null;
    await own.sql`
      insert into mail_settings (version, mails_per_minute, quiet_from, quiet_until, reason)
      select max(version) + 1, null, 20, 7, 'Quiet at night' from mail_settings`;
    expect(await at("2026-12-01T17:59:00Z")).toBeNull();
    expect(await at("2026-12-01T18:00:00Z")).toBe("2026-12-02T05:00:00.000Z");
    expect(await at("2026-12-02T04:59:00Z")).toBe("2026-12-02T05:00:00.000Z");
    expect(await at("2026-12-02T05:00:00Z")).toBeNull();
    // The hour that is now, and the next one.
    await own.sql`
      insert into mail_settings (version, mails_per_minute, quiet_from, quiet_until, reason)
      select max(m.version) + 1, null, max(h.hour), (max(h.hour) + 2) % 24, 'Quiet now'
      from mail_settings as m,
        (select extract(hour from now() at time zone 'Africa/Johannesburg')::integer as hour) as h`;
    await deliver();
    expect(await outbox.read(news)).toMatchObject({ status: "queued", attempts: 0 });
    expect(await outbox.secondsUntilDue(news)).toBeGreaterThan(3_000);
  });
});

describe("mails that were only captured", () => {
  afterEach(() => outbox.reset());

  it("are released by an admin with a reason, written anew and once", async () => {
    const id = await outbox.queue();
    await outbox.worker(captureSender()).deliverDue();
    expect(await outbox.read(id)).toMatchObject({ status: "captured" });
    const release = (who: string, dryRun: boolean, reason: string | null) =>
      asUser(own.sql, who, async (sql) =>
        one(
          await sql<{ it: { mails: number } }[]>`
            select release_captured_notifications(current_date - 1, ${reason}, ${dryRun}) as it`,
        ),
      );
    const support = await newAdmin(own.sql, "support");
    expect(await refusal(release(support, true, null))).toMatchObject({ code: "PT403" });
    expect((await release(billing, true, null)).it.mails).toBe(1);
    expect(await outbox.read(id)).toMatchObject({ status: "captured" });
    expect(await refusal(release(billing, false, ""))).toMatchObject({ code: "PT400" });
    expect((await release(billing, false, "The key is set now")).it.mails).toBe(1);
    expect((await release(billing, false, "Once more")).it.mails).toBe(0);
    await deliver();
    expect(provider.deliveries.map(({ key }) => key)).toEqual([id]);
    expect(await outbox.read(id)).toMatchObject({ status: "sent" });
  });
});

describe("a member of the team", () => {
  it("is told of another role and of the end of their rights, before all other mails", async () => {
    const account = await newAdmin(own.sql, "support");
    const { id, email } = one(
      await own.sql<{ id: string; email: string }[]>`
        select id, email from admin_users where auth_user_id = ${account}`,
    );
    const payload = { first_name: "Thandi", items: [{ kind: "refused_rate_limited" }] };
    for (let n = 0; n < 3; n += 1) await outbox.queue({ template: "referral_news", payload });
    await own.sql`update admin_users set name = 'Naledi' where id = ${id}`;
    await own.sql`update admin_users set role = 'billing' where id = ${id}`;
    await outbox.sending().deliverDue({ limit: 1, maxBatches: 1 });
    expect(provider.deliveries.map(({ to, subject }) => [to, subject])).toEqual([
      [email, "Your role is now Billing"],
    ]);
    await own.sql`update admin_users set is_active = false where id = ${id}`;
    await outbox.sending().deliverDue({ limit: 1, maxBatches: 1 });
    expect(provider.deliveries.at(-1)?.subject).toBe("Your access to the admin area has ended");
  });
});

describe("a customer in their account", () => {
  it("chooses mails, which is kept with source and time", async () => {
    const customer = await newCustomer(own.sql);
    const choose = (choices: object) =>
      asUser(own.sql, customer.auth_user_id, async (sql) =>
        one(
          await sql<{ it: object }[]>`select choose_my_mails(${sql.json(choices as never)}) as it`,
        ),
      );
    expect((await choose({ programme: true, invoices: false })).it).toEqual({
      programme: true,
      invoices: false,
    });
    await choose({ programme: true, invoices: true });
    expect(
      await own.sql`
        select kind, is_wanted, source, chosen_at > now() - interval '1 minute' as is_new
        from mail_choices where customer_id = ${customer.id} order by id`,
    ).toEqual([
      { kind: "invoices", is_wanted: false, source: "profile", is_new: true },
      { kind: "invoices", is_wanted: true, source: "profile", is_new: true },
    ]);
    expect(await refusal(choose({ programme: "perhaps" }))).toMatchObject({ code: "PT400" });
    const nobody = asUser(own.sql, owner, (sql) => sql`select choose_my_mails('{}')`);
    expect(await refusal(nobody)).toMatchObject({ code: "PT403" });
  });
});

describe("the settings of mails", () => {
  const save = (who: string, settings: object, expected?: number) =>
    asUser(own.sql, who, async (sql) =>
      one(
        await sql<{ it: Record<string, unknown> }[]>`
          select update_mail_settings(${sql.json(settings as never)}, 'A larger plan',
            coalesce(${expected ?? null}::integer, (select max(version) from mail_settings))) as it`,
      ),
    ).then(({ it }) => it);
  afterEach(() => outbox.reset());

  it("get a new version by an owner with a reason, which is audited; the rest stays", async () => {
    const before = one(
      await own.sql<{ it: Record<string, unknown> }[]>`
        select to_jsonb(private.current_mail_settings()) as it`,
    ).it;
    const after = await save(owner, { mails_per_minute: 560, retention_days: 90 });
    expect(after).toMatchObject({
      version: Number(before.version) + 1,
      mails_per_minute: 560,
      retention_days: 90,
      soft_bounce_limit: before.soft_bounce_limit,
      reason: "A larger plan",
    });
    expect(await save(owner, { mails_per_minute: null })).toMatchObject({ mails_per_minute: null });
    const [entry] = await own.sql`
      select action, actor_id, reason, before ->> 'mails_per_minute' as was,
        after ->> 'mails_per_minute' as pace from audit_log
      where entity_type = 'mail_settings' and entity_id = ${String(after.version)}`;
    expect(entry).toEqual({
      action: "mail_settings.added",
      actor_id: owner,
      reason: "A larger plan",
      was: before.mails_per_minute === null ? null : String(before.mails_per_minute),
      pace: "560",
    });
    const page = await asUser(own.sql, owner, async (sql) =>
      one(await sql<{ it: { versions: object[] } }[]>`select get_mail_settings() as it`),
    );
    expect(page.it.versions[1]).toMatchObject({
      version: after.version,
      created_by_name: "Admin owner",
    });
  });

  it.each([
    ["mails_per_minute", 0],
    ["mails_per_minute", 100_001],
    ["programme_mails_per_day", 0],
    ["quiet_from", 24],
    ["quiet_until", -1],
    ["soft_bounce_limit", 0],
    ["soft_bounce_days", 366],
    ["retention_days", 29],
    ["retention_days", null],
    ["retention_days", "long"],
    ["retention_days", 10_000_000_000],
  ])("are refused with %s = %j", async (name, value) => {
    expect(await refusal(save(owner, { [name]: value }))).toMatchObject({
      code: "PT400",
      message: "invalid_request",
    });
  });

  it("are changed by nobody else, nor over somebody else's version", async () => {
    const support = await newAdmin(own.sql, "support");
    expect(await refusal(save(support, {}))).toMatchObject({ code: "PT403" });
    expect(await refusal(save(owner, {}, 1))).toMatchObject({ message: "version_conflict" });
    const reading = asUser(own.sql, support, (sql) => sql`select get_mail_settings()`);
    expect(await refusal(reading)).toMatchObject({ code: "PT403" });
  });
});

describe("what is no longer true", () => {
  it("is not sent: a free month that was taken back", async () => {
    const customer = await newCustomer(own.sql);
    const reward = await pendingReward(own.sql, customer.id);
    await own.sql`
      select private.revoke_reward(${customer.id}, ${reward}, 'Granted twice', ${billing}, now())`;
    await deliver();
    expect(await mailsTo(customer.id)).toMatchObject([
      { template: "reward_granted", status: "cancelled", cancel_cause: "reward_gone" },
      { template: "reward_revoked", status: "sent" },
    ]);
  });
});
