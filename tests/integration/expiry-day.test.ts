import { expect, it } from "vitest";
import { renderNotification } from "@/lib/notifications/render";
import { previewNextInvoice } from "@/lib/rewards/next-invoice";
import { previewFactsSchema } from "@/lib/rewards/schemas";
import { billingWorld } from "@/tests/support/billing";
import { activeService, newCustomer, pendingReward } from "@/tests/support/builders";
import { billingSettings } from "@/tests/support/facts";
import { invoicesOf, one } from "@/tests/support/rows";

const own = billingWorld();

const ZONE = "Africa/Johannesburg";
/** Granted at noon: it is valid until the end of 1 December 2026 there, whatever the hour. */
const GRANTED = "2025-12-01T10:00:00Z";
const LAST_EVENING = "2026-12-01T21:30:00Z";
const MIDNIGHT = "2026-12-01T22:00:00Z";

async function customerWithReward() {
  const customer = await newCustomer(own.sql);
  await activeService(own.sql, customer.id);
  const reward = await pendingReward(own.sql, customer.id, { createdAt: GRANTED });
  return { customer, reward };
}

const statusOf = async (reward: string) =>
  one(
    await own.sql<{ status: string }[]>`
      select status from public.referral_rewards where id = ${reward}`,
  ).status;

const expire = (asOf: string) => own.sql`select public.expire_due(${asOf})`;

async function preview(customerId: string, asOf: string) {
  const { facts } = one(
    await own.sql<{ facts: unknown }[]>`
      select private.invoice_preview_facts(${customerId}) as facts`,
  );
  return previewNextInvoice(
    previewFactsSchema.parse(facts),
    billingSettings(),
    true,
    new Date(asOf),
  );
}

/** The text of the newest mail of a template to a customer. */
async function mailText(customerId: string, template: string): Promise<string> {
  const { payload } = one(
    await own.sql<{ payload: unknown }[]>`
      select n.payload || private.mail_facts(n) as payload from public.notifications as n
      where n.customer_id = ${customerId} and n.template = ${template}`,
  );
  const { text } = await renderNotification(template, payload, {
    brandName: "Acme Fibre",
    supportEmail: "support@acmefibre.example",
    siteUrl: "http://localhost:3000",
    timeZone: ZONE,
    currency: "ZAR",
    seller: { name: "Acme Fibre (Pty) Ltd", address: ["Cape Town"], registration_number: null },
    choicesUrl: null,
  });
  return text;
}

it("a free month is good at half past eleven on the evening of its last day, for job, preview, run and mail", async () => {
  const { customer, reward } = await customerWithReward();
  expect(await mailText(customer.id, "reward_granted")).toMatch(/1 Dec(ember)? 2026/);
  await expire("2026-11-20T10:00:00Z");
  expect(await mailText(customer.id, "reward_expiring")).toMatch(/1 Dec(ember)? 2026/);
  await expire(LAST_EVENING);
  expect(await statusOf(reward)).toBe("pending");
  expect(await preview(customer.id, LAST_EVENING)).toMatchObject({
    period_start: "2026-12-01",
    waived_cents: 79_900,
    amount_due_cents: 0,
  });
  const dry = await own.bill({ asOf: LAST_EVENING }, { period: "2026-12", dryRun: true });
  expect(dry).toMatchObject({ free_months: 1, waived_cents: 79_900 });
  const run = await own.bill({ asOf: LAST_EVENING }, { period: "2026-12" });
  expect(run).toMatchObject({ free_months: 1, waived_cents: 79_900 });
  expect(await statusOf(reward)).toBe("applied");
  const invoices = await invoicesOf(own.sql, customer.id);
  expect(invoices.find(({ period_start }) => period_start === "2026-12-01")).toMatchObject({
    is_free_month: true,
    amount_due_cents: 0,
  });
});

it("and is over at midnight, for all of them", async () => {
  const { customer, reward } = await customerWithReward();
  expect(await preview(customer.id, MIDNIGHT)).toMatchObject({
    period_start: "2026-12-01",
    waived_cents: 0,
  });
  const dry = await own.bill({ asOf: MIDNIGHT }, { period: "2026-12", dryRun: true });
  expect(dry).toMatchObject({ free_months: 0 });
  expect(await own.bill({ asOf: MIDNIGHT }, { period: "2026-12" })).toMatchObject({
    free_months: 0,
  });
  await expire(MIDNIGHT);
  expect(await statusOf(reward)).toBe("expired");
  expect(await mailText(customer.id, "reward_expired")).toMatch(/1 Dec(ember)? 2026/);
});
