import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { captureSender } from "@/lib/notifications/senders";
import { billingWorld } from "@/tests/support/billing";
import { activeService, newAdmin, newCustomer, newPackage } from "@/tests/support/builders";
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

const deliver = () => outbox.worker(captureSender()).deliverDue();

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
      status: "captured",
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
      status: "captured",
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
      { template: "payment_received", status: "captured" },
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
      { status: "captured", subject: `We received R 500.00 for invoice ${number}` },
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
      "service_suspended captured",
      "service_reactivated cancelled",
      "service_suspended captured",
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
    expect(mail).toMatchObject({ template: "service_package_changed", status: "captured" });
    expect(mail?.text_body).toMatch(/Price before\nR\u00a0799\.00 per month/);
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
