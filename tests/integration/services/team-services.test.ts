/**
 * What the team does, by the services themselves on a stack of its own: a run bills everybody, a
 * list of suburbs replaces the one before, and rules and settings count for the whole installation.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TeamInvitations } from "@/lib/access/team-admin-service";
import { isPendingApproval } from "@/lib/billing/pending-approval";
import { fixedClock, systemClock } from "@/lib/clock";
import { attachmentService } from "@/lib/composition/attachment-service";
import { getMailChoices } from "@/lib/composition/mail-choices";
import { writeMetrics } from "@/lib/composition/metrics";
import {
  billingOperator,
  callerServices,
  coverageService,
  erasureRequests,
  serverServices,
} from "@/lib/composition/services";
import { localDate } from "@/lib/dates";
import type { FraudChanges } from "@/lib/fraud/fraud-settings";
import { profileInputSchema } from "@/lib/identity/profile";
import { chooseMails, readChoices } from "@/lib/notifications/choice-service";
import { createOrderSchema } from "@/lib/orders/schemas";
import type { Role } from "@/lib/permissions";
import { readTermsVersions } from "@/lib/programme/public-site";
import { readDeploymentState, sealAuditLog } from "@/lib/supabase/maintenance";
import { recordRequestDurations } from "@/lib/supabase/monitoring";
import {
  type Account,
  adminAccounts,
  type CustomerAccount,
  customerAccount,
  enterStackEnvironment,
  newAccount,
  publicClient,
  secretClient,
  tokenClient,
} from "@/tests/support/api";
import { activeService, newCustomer, newPackage } from "@/tests/support/builders";
import { testStack, useStack } from "@/tests/support/context";
import { failureOf } from "@/tests/support/failure";
import { issuedInvoice } from "@/tests/support/invoices";
import { activeFriend, placeOrder } from "@/tests/support/orders";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { newEmail, orderBody } from "@/tests/support/people";
import { countOf, one, referralOf } from "@/tests/support/rows";
import { orderServiceWith } from "@/tests/support/services";
import { networkFailure, stubClient } from "@/tests/support/stub-client";

let own: OwnStack;
let admins: Record<Role, Account>;
let restore: () => void;
beforeAll(async () => {
  process.env.LITE_AUTH_BCRYPT_COST ??= "4";
  own = await ownStack();
  const { dbUrl, apiUrl, publishableKey, secretKey, jwtSecret } = own.stack;
  useStack({ ...testStack(), dbUrl, apiUrl, publishableKey, secretKey, jwtSecret });
  restore = enterStackEnvironment();
  admins = await adminAccounts(own.sql);
});
afterAll(async () => {
  restore?.();
  await own?.stop();
});

const now = () => new Date().toISOString();
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const ZONE = "Africa/Johannesburg";
const today = () => localDate(new Date(), ZONE);
const as = (who: Account, clock = systemClock) => callerServices(tokenClient(who.token), clock);
const codeOf = async (work: Promise<unknown>) => (await failureOf(work)).code;

/** The month that lies so many months before this one, `YYYY-MM`. */
const monthAgo = (months: number): string => {
  const [year = 0, month = 0] = today().split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 - months, 15)).toISOString().slice(0, 7);
};

/** A customer with an account and a service in one month that is over. */
async function customerOf(month: string, priceCents = 79_900) {
  const person = await customerAccount(own.sql, { service: "none", firstName: "Refilwe" });
  const serviceId = await activeService(own.sql, person.customer.id, {
    priceCents,
    activatedAt: `${month}-10T10:00:00Z`,
  });
  await own.sql`
    update customer_services set status = 'cancelled', cancelled_at = ${`${month}-21T10:00:00Z`}
    where id = ${serviceId}`;
  return { ...person, serviceId };
}

describe("billing", () => {
  const operator = (who: Account) =>
    billingOperator(secretClient(), tokenClient(who.token), systemClock);
  const reason = "Left out by the old system";
  const signal = new AbortController().signal;

  test("is previewed, run, and read by who may: invoices, runs, what is left", async () => {
    // What is unbilled counts from the first run there is.
    const begin = { period: monthAgo(6), forceReason: "The first run here" };
    const before = await operator(admins.billing).startRun(admins.billing.userId, begin);
    if (isPendingApproval(before)) throw new Error("a month that is over needs no approval");
    expect(await before.work()).toMatchObject({ invoices: 0, errors: [] });
    const month = monthAgo(3);
    const person = await customerOf(month, 123_457);
    const preview = await operator(admins.billing).previewCycle(month, signal);
    expect(preview).toMatchObject({
      month,
      state: "closed",
      currency: "ZAR",
      services_total: 1,
      skipped: 0,
      invoices: 1,
      free_months: 0,
      errors: [],
      earlier_errors: [],
      completions: [],
      credit_cents: 0,
    });
    expect(preview.lines.map(({ kind, lines }) => [kind, lines])).toEqual([
      ["new", 1],
      ["pro_rated", 1],
    ]);
    expect(preview.comparison).toMatchObject({
      invoices: 1,
      new_cents: preview.total_cents,
      difference_cents: preview.total_cents,
    });

    const reader = as(admins.support).admin.billing;
    expect(await reader.countUnbilled()).toBe(1);
    expect((await reader.listUnbilled({ limit: 10 })).items).toHaveLength(1);
    const started = await operator(admins.billing).startRun(admins.billing.userId, {
      period: month,
      forceReason: reason,
    });
    if (isPendingApproval(started)) throw new Error("a month that is over needs no approval");
    const summary = await started.work();
    expect(summary).toMatchObject({ invoices: 1, total_cents: preview.total_cents, errors: [] });

    const run = await reader.getRun(started.run_id ?? "");
    expect(run).toMatchObject({ status: "completed", force_reason: reason, invoices: 1 });
    const { runs } = await reader.listRuns({ limit: 5 });
    expect(runs[0]?.id).toBe(run.id);
    const { invoices } = await reader.listInvoices({ q: person.email });
    expect(invoices.map(({ total_cents }) => total_cents)).toEqual([preview.total_cents]);
    const account = await reader.getAccount(person.customer.id, {});
    expect(account.balance_cents).toBe(preview.total_cents);
    expect(await reader.countUnbilled()).toBe(0);
    expect(await codeOf(reader.getRun(randomUUID()))).toBe("not_found");
    expect(await codeOf(as(person).admin.billing.listRuns({}))).toBe("forbidden");
  });

  test("names who could not be billed and why, before the run and after it", async () => {
    const month = monthAgo(5);
    const customer = await newCustomer(own.sql, { firstName: "Refilwe", lastName: "Nkosi" });
    const serviceId = await activeService(own.sql, customer.id, {
      priceCents: "9007199254740995",
      activatedAt: `${month}-10T10:00:00Z`,
    });
    await own.sql`
      update customer_services set status = 'cancelled', cancelled_at = ${`${month}-21T10:00:00Z`}
      where id = ${serviceId}`;
    const preview = await operator(admins.owner).previewCycle(month, signal);
    expect(preview.errors).toEqual([
      {
        customer_id: customer.id,
        customer_name: "Refilwe Nkosi",
        service_id: serviceId,
        package_name: expect.any(String),
        message: expect.any(String),
      },
    ]);
    // A later cycle meets it as an earlier month that is open.
    const later = await operator(admins.owner).previewCycle(undefined, signal);
    expect(later.period_start).toBe(`${today().slice(0, 7)}-01`);
    expect(later.earlier_errors[0]).toMatchObject({ service_id: serviceId });
    await own.sql`
      update customer_services set monthly_price_cents = 79900 where id = ${serviceId}`;
  });

  test("is refused to others before anything is read or done", async () => {
    for (const who of [admins.support, admins.reviewer]) {
      expect(await codeOf(operator(who).previewCycle(undefined, signal))).toBe("forbidden");
      expect(await codeOf(operator(who).startRun(who.userId, {}))).toBe("forbidden");
      const approval = {
        id: randomUUID(),
        requestedBy: who.userId,
        periodStart: "2026-12-01",
        reason,
      };
      expect(await codeOf(operator(who).startApprovedRun(approval))).toBe("forbidden");
    }
  });

  test("ahead of its month is asked for by an owner and opened by a second person, once", async () => {
    const next = monthAgo(-1);
    const mine = operator(admins.owner);
    expect(await codeOf(mine.startRun(admins.owner.userId, { period: next }))).toBe(
      "billing_cycle_future",
    );
    const asked = await mine.startRun(admins.owner.userId, { period: next, forceReason: reason });
    if (!isPendingApproval(asked)) throw new Error("it waits for a second person");
    const { approvals } = as(admins.billing).admin;
    const { approvals: waiting } = await approvals.list({ status: "pending" });
    expect(waiting.map(({ id }) => id)).toEqual([asked.approval_id]);
    expect(
      await codeOf(as(admins.owner).admin.approvals.decide(asked.approval_id, "approve", reason)),
    ).toBe("own_request");
    await approvals.decide(asked.approval_id, "approve", "Agreed by telephone");
    const approval = {
      id: asked.approval_id,
      requestedBy: admins.owner.userId,
      periodStart: `${next}-01`,
      reason,
    };
    const opened = await operator(admins.billing).startApprovedRun(approval);
    expect(opened).toMatchObject({ period_start: `${next}-01`, joined: false });
    const again = await operator(admins.billing).startApprovedRun(approval);
    expect(again).toMatchObject({ run_id: opened.run_id, joined: true });
    const { started_by } = one(
      await own.sql<{ started_by: string }[]>`
        select started_by from billing_runs where id = ${opened.run_id}`,
    );
    expect(started_by).toBe(admins.owner.userId);
    expect((await opened.work()).run_id).toBe(opened.run_id);
  });
});

describe("money that comes and goes", () => {
  let person: CustomerAccount;
  let number: string;
  beforeAll(async () => {
    person = await customerAccount(own.sql);
    const { id: serviceId } = one(
      await own.sql<{ id: string }[]>`
        select id from customer_services where customer_id = ${person.customer.id}`,
    );
    ({ number } = await issuedInvoice(own.sql, {
      customerId: person.customer.id,
      serviceId,
      month: "2038-03",
      issuedAt: "2038-03-01T06:00:00Z",
      dueOn: "2038-03-31",
    }));
  });

  test("a payment is recorded once under one key, and taken back once", async () => {
    const { payments } = as(admins.billing);
    const key = randomUUID();
    const payment = { amount_cents: 30_000, paid_on: today(), reference: "EFT 100" };
    const first = await payments.record(number, payment, key);
    expect(first).toMatchObject({ paid_cents: 30_000, outstanding_cents: 49_900, credit_cents: 0 });
    expect(await payments.record(number, payment, key)).toEqual(first);
    expect(await codeOf(payments.record(number, { ...payment, amount_cents: 1 }, key))).toBe(
      "idempotency_key_reused",
    );
    expect(await payments.reverse(first.payment_id, "Returned by the bank")).toMatchObject({
      paid_cents: 0,
      outstanding_cents: 79_900,
    });
    expect(await codeOf(payments.reverse(first.payment_id, "Once more"))).toBe(
      "payment_already_reversed",
    );
    expect(await codeOf(payments.record("INV-2026-999999", payment))).toBe("not_found");
    expect(await codeOf(as(admins.support).payments.record(number, payment))).toBe("forbidden");
  });

  test("a bank file is judged row by row, each reason in words, and a dry run records none", async () => {
    const { payments } = as(admins.billing);
    const day = today();
    const file = [
      "invoice_number,amount,paid_on,reference",
      `${number},100.00,${day},EFT 1`,
      `${number},100.00,${day},EFT 1`,
      `INV-2026-999999,100.00,${day},EFT 2`,
      `${number},abc,${day},EFT 3`,
      `${number},100.00,2199-01-01,EFT 4`,
    ].join("\n");
    const dry = await payments.import(file, { dryRun: true });
    expect(dry.accepted).toBe(1);
    expect(dry.rejected.map(({ row }) => row)).toEqual([3, 4, 5, 6]);
    expect(dry.rejected[0]?.reason).toBe(
      "Skipped: this payment is recorded already, or stands in the file before.",
    );
    expect(dry.rejected[1]?.reason).toBe("There is no invoice with this number.");
    expect(dry.rejected[2]?.reason).toContain("not clear");
    // The database says it as a sentence of its own.
    expect(dry.rejected[3]?.reason).toMatch(/^[A-Z].*\.$/);
    const counted = () =>
      countOf(own.sql<{ n: number }[]>`
        select count(*)::integer as n from invoice_payments where customer_id = ${person.customer.id}`);
    const before = await counted();
    expect(await payments.import(file, { dryRun: false })).toEqual(dry);
    expect(await counted()).toBe(before + 1);
    expect((await payments.import(file, { dryRun: false })).accepted).toBe(0);
  });

  test("how to pay is changed from the version that was read", async () => {
    const { payments } = as(admins.owner);
    const { version } = await payments.getInstructions();
    const changed = await payments.changeInstructions("Standard Bank\n123", "New bank", version);
    expect(changed).toEqual({ version: version + 1, payment_instructions: "Standard Bank\n123" });
    expect(await codeOf(payments.changeInstructions("Other", "New bank", version))).toBe(
      "version_conflict",
    );
    expect(
      await codeOf(as(admins.support).payments.changeInstructions("x", "No right", version)),
    ).toBe("forbidden");
  });

  test("a part of an invoice is credited, read, and never more than is left", async () => {
    const { creditNotes } = as(admins.billing);
    const note = await creditNotes.issue(number, { amountCents: 900, reason: "A day without" });
    if (isPendingApproval(note)) throw new Error("so little needs no second person");
    expect(await creditNotes.getCreditNote(note.credit_note_number)).toMatchObject({
      invoice: { invoice_number: number },
      total_cents: 900,
    });
    expect(
      await codeOf(creditNotes.issue(number, { amountCents: 1_000_000, reason: "Too much" })),
    ).toBe("credit_exceeds_invoice");
    expect(await codeOf(creditNotes.getCreditNote("CRN-2026-999999"))).toBe("not_found");
  });

  test("the reports and files of the accounts hold it, for who may export", async () => {
    const { reports } = as(admins.billing).admin;
    const march = { from: "2038-03-01", to: "2038-03-31" };
    const vat = await reports.vat(march, { isExport: true });
    expect(vat.rows).toMatchObject([{ period_start: "2038-03-01", vat_bps: 1500, invoices: 1 }]);
    expect((await reports.vat(march)).totals).toEqual(vat.totals);
    expect((await reports.exportInvoices(march)).rows.map((row) => row.invoice_number)).toEqual([
      number,
    ]);
    const issued = { from: today(), to: today() };
    expect((await reports.exportCreditNotes(issued)).rows).toMatchObject([
      { invoice_number: number, total_cents: 900 },
    ]);
    const { rows: entries } = await reports.exportPayments(issued);
    expect(entries.map(({ kind, amount_cents }) => [kind, amount_cents])).toContainEqual([
      "reversal",
      -30_000,
    ]);
    const liability = await reports.liability();
    expect(liability.currency).toBe("ZAR");
    expect((await reports.exportOwedRewards()).rows).toHaveLength(liability.rewards);
    const { runs } = await as(admins.billing).admin.billing.listRuns({ limit: 50 });
    const run = runs.find(({ invoices }) => invoices > 0);
    if (!run) throw new Error("a run has issued an invoice");
    const report = await reports.run(run.id, { isExport: true });
    expect(report.invoices).toBe(run.invoices);
    expect((await reports.run(run.id)).first_number).toBe(report.first_number);
    expect((await reports.listRunInvoices(run.id, { limit: 10 })).invoices).toHaveLength(
      run.invoices,
    );
    expect((await reports.exportRunInvoices(run.id)).rows).toHaveLength(run.invoices);
    const left = await reports.exportLeftOut(run.id);
    expect([left.rows.length, left.next]).toEqual([report.left_out.services, undefined]);
    const after = await reports.exportLeftOut(run.id, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    expect(after.rows).toEqual([]);
    expect(await codeOf(as(admins.support).admin.reports.vat(march, { isExport: true }))).toBe(
      "forbidden",
    );
    expect(await codeOf(reports.vat({ from: "2038-03-31", to: "2038-03-01" }))).toBe(
      "invalid_request",
    );
  });
});

describe("a customer's record", () => {
  test("has everything, with why a friend and a free month wait, and goes on page by page", async () => {
    const referrer = await customerAccount(own.sql);
    const friend = await activeFriend(own.sql, referrer.customer, now());
    const { id } = await referralOf(own.sql, friend.order);
    const admin = as(admins.billing).admin;
    const granted = await admin.customers.grantReward(referrer.customer.id, { reason: "Goodwill" });
    const record = await admin.records.getCustomer(referrer.customer.id);
    expect(record.referrals).toMatchObject([{ id, explanation: { code: "days_running" } }]);
    expect(record.rewards).toMatchObject([
      { id: granted.reward_id, explanation: { code: "next_invoice" } },
    ]);
    expect(record).toMatchObject({ currency: "ZAR", time_zone: ZONE, referred_by: null });
    const theirs = await admin.records.getCustomer(friend.customer);
    expect(theirs.referred_by).toMatchObject({ id, status: "active" });
    expect(theirs.next_invoice).not.toBeNull();

    const audit = await admin.records.listSection(referrer.customer.id, "audit", { limit: 1 });
    expect(audit.audit).toHaveLength(1);
    const referrals = await admin.records.listSection(referrer.customer.id, "referrals", {});
    expect(referrals.referrals).toMatchObject([{ id, explanation: { code: "days_running" } }]);
    expect(await codeOf(admin.records.getCustomer(randomUUID()))).toBe("not_found");
    expect(await codeOf(as(referrer).admin.records.getCustomer(referrer.customer.id))).toBe(
      "forbidden",
    );
    const document = await admin.customers.getCustomerReferrals(referrer.customer.id);
    expect(document.referrals).toMatchObject([{ id, explanation: { code: "days_running" } }]);
  });

  test("a second free month within a day names who gave the first, unless it is confirmed", async () => {
    const { customer } = await customerAccount(own.sql);
    const { customers } = as(admins.billing).admin;
    const { reward_id } = await customers.grantReward(customer.id, { reason: "Goodwill" });
    const again = await failureOf(customers.grantReward(customer.id, { reason: "Goodwill" }));
    expect(again).toMatchObject({
      code: "grant_recent",
      message: expect.stringMatching(
        /^Admin billing granted .* It has not been used yet\. Confirm/,
      ),
      fields: { granted_by: "Admin billing", granted_at: expect.stringMatching(/Z$/) },
    });
    await customers.revokeReward(customer.id, reward_id, "Granted by mistake");
    const revoked = await failureOf(customers.grantReward(customer.id, { reason: "Goodwill" }));
    if (revoked.code === "grant_recent") expect(revoked.message).not.toContain("not been used");
    const confirmed = { reason: "An outage too", confirmRecent: true };
    expect((await customers.grantReward(customer.id, confirmed)).reward_id).not.toBe(reward_id);
  });

  test("what invoices name is read and changed, and erased when nothing is open", async () => {
    const person = await customerAccount(own.sql, { service: "none" });
    const { id } = person.customer;
    const { customers } = as(admins.owner).admin;
    const profile = profileInputSchema.parse({
      first_name: "Naledi",
      last_name: "Dlamini",
      address: { line1: "2 Long Street", city: "Cape Town", postal_code: "8001" },
      vat_number: "4000000001",
    });
    expect(await customers.changeProfile(id, profile, "Asked by telephone")).toMatchObject({
      first_name: "Naledi",
      vat_number: "4000000001",
    });
    expect(await customers.getProfile(id)).toMatchObject({ last_name: "Dlamini" });
    expect(await as(person).profile.get()).toMatchObject({ first_name: "Naledi" });
    expect(await as(person).profile.change({ ...profile, first_name: "Lindiwe" })).toMatchObject({
      first_name: "Lindiwe",
    });
    expect(JSON.stringify(await as(person).profile.exportData())).toContain("Lindiwe");
    expect(await codeOf(as(admins.owner).profile.get())).toBe("forbidden");

    const erasure = erasureRequests(secretClient(), systemClock);
    const { asked_at } = await erasure.ask(person.userId, "alerts@fibre.example");
    expect(Date.parse(asked_at)).toBeGreaterThan(Date.now() - 60_000);
    expect(await codeOf(erasure.ask(admins.owner.userId, "alerts@fibre.example"))).toBe(
      "forbidden",
    );
    await own.sql`update notifications set status = 'captured' where status in ('queued', 'sending')`;
    await customers.eraseCustomer(id, "Asked for it in writing");
    expect((await customers.getProfile(id)).first_name).not.toBe("Lindiwe");
    const { customer: served } = await customerAccount(own.sql);
    expect(await codeOf(customers.eraseCustomer(served.id, "Asked for it"))).toBe(
      "customer_not_erasable",
    );
  });

  test("the search, the figures and what needs a person are read with the rights of the admin", async () => {
    const person = await customerAccount(own.sql, { firstName: "Zinzi" });
    const { search, metrics, attention } = as(admins.support).admin;
    const found = await search.find(person.email);
    expect(JSON.stringify(found)).toContain(person.customer.id);
    expect((await search.find(person.email, 1)).customers).toHaveLength(1);
    expect(await codeOf(search.find(" "))).toBe("invalid_request");
    expect((await metrics.getMetrics({ days: 30 }, "none")).previous).toBeNull();
    const top = await metrics.getTopReferrers({ from: today(), to: today() });
    expect(top.top.length).toBeLessThanOrEqual(10);
    expect(Array.isArray(await attention.list())).toBe(true);
    expect(await codeOf(as(person).admin.attention.list())).toBe("forbidden");
  });

  test("the log is read from the newest entry on, by who may, and sealed", async () => {
    const { audit } = as(admins.owner).admin;
    const first = await audit.list({ action: "reward.granted" }, { limit: 1 });
    expect(first.entries).toMatchObject([{ action: "reward.granted" }]);
    const next = await audit.list({}, { placeId: first.entries[0]?.id, limit: 2 });
    expect(next.entries.every(({ id }) => id < (first.entries[0]?.id ?? 0))).toBe(true);
    expect(await sealAuditLog(secretClient())).toBeGreaterThan(0);
    const facets = await audit.facets();
    expect(facets.seal).not.toBeNull();
    expect(facets.actors.map(({ name }) => name)).toContain("Admin billing");
    expect(await codeOf(as(admins.support).admin.audit.list({}))).toBe("forbidden");
  });
});

describe("referrals", () => {
  const HOLD = [{ signal: "known_phone", severity: "hold" as const, weight: 50 }];
  const held = async (referrer: CustomerAccount) => {
    const code = referrer.customer.referral_code;
    const placed = await placeOrder(own.sql, now(), { code, flags: HOLD });
    return (await referralOf(own.sql, placed.order_id)).id;
  };

  test("a case is taken by one reviewer, decided, undone, appealed and decided again", async () => {
    const referrer = await customerAccount(own.sql);
    const id = await held(referrer);
    const { referrals } = as(admins.reviewer).admin;
    const { reviews } = serverServices(secretClient());
    expect(await referrals.claimReview(id)).toMatchObject({ is_own: true });
    expect(await referrals.getReviewCase(id)).toMatchObject({ id, score: 50 });
    expect((await referrals.getReviewOverview()).holds).toBeGreaterThan(0);
    const other = as(admins.owner);
    const busy = await failureOf(
      reviews.decide(admins.owner.userId, id, "clear", "Seen", tokenClient(admins.owner.token)),
    );
    expect(busy.message).toMatch(/^Admin reviewer is looking at this case/);
    await reviews.decide(admins.reviewer.userId, id, "reject", "The same home");
    await reviews.undo(admins.reviewer.userId, id);
    await reviews.decide(admins.reviewer.userId, id, "reject", "The same home");
    const late = await failureOf(
      reviews.decide(admins.owner.userId, id, "clear", "Seen", tokenClient(admins.owner.token)),
    );
    expect(late.message).toMatch(/^Admin reviewer rejected this referral on /);

    const { appeals } = as(referrer);
    expect(await appeals.get(id)).toMatchObject({ can_ask: true, appeal: null });
    expect(await appeals.ask(id, "They live next door")).toMatchObject({ status: "open" });
    expect(await codeOf(appeals.ask(id, "Again"))).toBe("appeal_not_possible");
    expect(
      await codeOf(reviews.decideAppeal(admins.reviewer.userId, id, "uphold", "Two homes")),
    ).toBe("second_reviewer_needed");
    expect(await reviews.decideAppeal(admins.owner.userId, id, "uphold", "Two homes")).toEqual({
      referral_id: id,
      appeal: "upheld",
    });
    expect(
      (await other.admin.referrals.exportReferrals({ q: referrer.email })).referrals,
    ).toMatchObject([{ id, status: "pending" }]);
    expect(await codeOf(referrals.getReviewCase(randomUUID()))).toBe("not_found");
  });

  test("one that waits gets more time, one that ended is given back", async () => {
    const referrer = await customerAccount(own.sql);
    const placed = await placeOrder(own.sql, now(), { code: referrer.customer.referral_code });
    const { id } = await referralOf(own.sql, placed.order_id);
    const { referrals, orders } = as(admins.billing).admin;
    const until = localDate(new Date(Date.now() + 60 * 86_400_000), ZONE);
    expect(await referrals.extend(id, until, "The trench takes longer")).toMatchObject({ id });
    expect(await codeOf(referrals.extend(id, "2020-01-01", "Back in time"))).toBe(
      "invalid_request",
    );
    expect(await codeOf(referrals.reinstate(id, "Nothing ended"))).toBe("referral_not_ended");
    await orders.startInstallation(placed.order_id);
    expect(await codeOf(orders.startInstallation(randomUUID()))).toBe("not_found");
    const late = await placeOrder(own.sql, daysAgo(40), {
      code: referrer.customer.referral_code,
    });
    const ended = await referralOf(own.sql, late.order_id);
    await own.sql`select private.expire_referral(${ended.id}, ${daysAgo(9)})`;
    expect(await referrals.reinstate(ended.id, "It was our delay")).toMatchObject({
      id: ended.id,
      status: "pending",
    });
  });

  test("a forgotten code is claimed, confirmed by the referrer and accepted by an admin", async () => {
    const referrer = await customerAccount(own.sql);
    const ordered = async () => {
      const account = await newAccount();
      const placed = await placeOrder(own.sql, now(), {
        authUserId: account.userId,
        email: account.email,
      });
      return { ...account, customerId: placed.customer_id };
    };
    const friend = await ordered();
    const { claims } = as(friend);
    expect(await codeOf(claims.claim("no code at all"))).toBe("referral_code_unknown");
    const { claim_id } = await claims.claim(referrer.customer.referral_code);
    const { referrals } = as(admins.billing).admin;
    expect((await referrals.listClaims({ limit: 5 })).claims[0]).toMatchObject({ id: claim_id });
    await as(referrer).claims.answer(claim_id, true);
    const attachments = attachmentService(secretClient(), systemClock);
    expect(
      await attachments.decideClaim(admins.billing.userId, claim_id, true, "Both say so"),
    ).toMatchObject({ claim_id, status: "accepted", referral_id: expect.any(String) });

    const other = await ordered();
    const attach = (code: string, changes: Record<string, string> = {}) => {
      const leave = enterStackEnvironment(changes);
      const service = attachmentService(secretClient(), systemClock);
      leave();
      return service.attach(admins.billing.userId, other.customerId, code, "Told us by phone");
    };
    expect(
      await codeOf(attachments.attach(admins.billing.userId, other.customerId, "?", "x")),
    ).toBe("referral_code_unknown");
    expect(
      await codeOf(attach(referrer.customer.referral_code, { ENABLE_REFERRAL_REWARDS: "false" })),
    ).toBe("program_paused");
    expect(await attach(referrer.customer.referral_code)).toMatchObject({ status: "pending" });
    expect(await codeOf(attach(referrer.customer.referral_code))).toBe("duplicate_referral");
  });

  test("the settings of the rules are tried on past orders, then saved from the version that was read", async () => {
    const referrer = await customerAccount(own.sql);
    const { slug } = await newPackage(own.sql);
    const orders = orderServiceWith({
      server: secretClient(),
      caller: publicClient(),
      clock: systemClock,
      rewardsEnabled: true,
      alertEmail: "alerts@fibre.example",
    });
    for (let n = 0; n < 2; n += 1) {
      await orders.createOrder({
        order: createOrderSchema.parse(
          orderBody(slug, { referral_code: referrer.customer.referral_code }),
        ),
        idempotencyKey: randomUUID(),
        rememberedCode: null,
        visitorId: null,
        ipAddress: "203.0.113.9",
        userAgent: "A shared phone",
      });
    }
    const { fraudSettings } = serverServices(secretClient());
    const { current, versions } = await fraudSettings.get(admins.owner.userId);
    const off: FraudChanges = {
      signals: { same_device: { mode: "off" } },
      thresholds: { shared_ip_referrals: 9 },
    };
    const tried = await fraudSettings.backtest(admins.owner.userId, off);
    expect(tried.judged).toBeGreaterThanOrEqual(2);
    const device = tried.signals.find(({ signal }) => signal === "same_device");
    expect(device?.before).toBeGreaterThan(0);
    expect(device?.after).toBe(0);
    const saved = await fraudSettings.save(
      admins.owner.userId,
      off,
      "A family shares one phone",
      current.version,
    );
    expect(saved).toMatchObject({ version: current.version + 1, changes: off });
    expect((await fraudSettings.get(admins.owner.userId)).versions).toHaveLength(
      versions.length + 1,
    );
    expect(
      await codeOf(fraudSettings.save(admins.owner.userId, off, "Too late", current.version)),
    ).toBe("version_conflict");
    expect(await codeOf(fraudSettings.backtest(admins.support.userId, off))).toBe("forbidden");
  });
});

describe("mails", () => {
  const mail = async (status: string, cause: string | null = null) => {
    const { customer } = await customerAccount(own.sql, { service: "none" });
    const { id } = one(
      await own.sql<{ id: string }[]>`
        insert into notifications
          (template, recipient, customer_id, payload, status, failure_cause, dedupe_key)
        values ('reward_expired', ${customer.email}, ${customer.id},
          ${own.sql.json({ first_name: "Thandi", expires_at: now() })}, ${status}, ${cause},
          ${`t:${randomUUID()}`})
        returning id`,
    );
    return { id, email: customer.email, customerId: customer.id };
  };

  test("that were given up are counted and sent again, one by one or by cause", async () => {
    const { mailbox } = as(admins.billing).admin;
    const [first, second] = [await mail("failed", "refused"), await mail("failed", "refused")];
    expect(await mailbox.countFailed()).toEqual({ total: 2, by_cause: { refused: 2 } });
    expect(await mailbox.retryNotification(first.id)).toMatchObject({ id: first.id });
    const wish = { cause: "refused" as const, reason: "Key was corrected" };
    expect(await mailbox.resendFailed({ ...wish, dryRun: true })).toMatchObject({ mails: 1 });
    expect(await mailbox.resendFailed({ ...wish, dryRun: false })).toMatchObject({ mails: 1 });
    expect((await mailbox.getNotification(second.id)).status).toBe("queued");
    expect(
      await codeOf(as(admins.support).admin.mailbox.resendFailed({ ...wish, dryRun: false })),
    ).toBe("forbidden");
  });

  test("that were captured are released from a day on", async () => {
    await own.sql`delete from notifications`;
    const { id } = await mail("captured");
    const { mailbox } = as(admins.owner).admin;
    const wish = { from: today(), reason: "The key is set now" };
    expect(await mailbox.releaseCaptured({ ...wish, dryRun: true })).toMatchObject({ mails: 1 });
    expect(await mailbox.releaseCaptured({ ...wish, dryRun: false })).toMatchObject({ mails: 1 });
    const { notifications } = await mailbox.listNotifications({ status: "queued" });
    expect(notifications.map((row) => row.id)).toEqual([id]);
  });

  test("go to a suppressed address again once somebody lifts it, with a reason", async () => {
    const { mailbox } = as(admins.owner).admin;
    const { id, address } = one(
      await own.sql<{ id: string; address: string }[]>`
        insert into mail_suppressions (address, cause) values (${newEmail("bounced")}, 'bounced')
        returning id, address`,
    );
    const { suppressions } = await mailbox.listSuppressions({ limit: 10 });
    expect(suppressions).toMatchObject([{ id, address, cause: "bounced" }]);
    await mailbox.liftSuppression(id, "The mailbox was full");
    expect((await mailbox.listSuppressions({})).suppressions).toEqual([]);
    expect(await codeOf(mailbox.liftSuppression(id, "Once more"))).toBe("not_found");
  });

  test("are chosen by whoever holds the link of a mail, and by nobody else", async () => {
    const { customer } = await customerAccount(own.sql, { service: "none" });
    const { token } = one(
      await own.sql<{ token: string }[]>`select private.mail_token(${customer.id}) as token`,
    );
    const server = secretClient();
    expect(await readChoices(server, token)).toEqual({ programme: true, invoices: true });
    expect(await chooseMails(server, token, { programme: false }, "one_click")).toEqual({
      programme: false,
      invoices: true,
    });
    expect(await readChoices(server, token)).toMatchObject({ programme: false });
    const forged = `${token.slice(0, -2)}${token.endsWith("00") ? "11" : "00"}`;
    expect(await codeOf(readChoices(server, forged))).toBe("not_found");
    // What a page shows for the link.
    expect(await getMailChoices(token)).toMatchObject({ programme: false });
    expect([await getMailChoices(forged), await getMailChoices("made-up")]).toEqual([null, null]);
    const leave = enterStackEnvironment({ SUPABASE_URL: "http://127.0.0.1:9" });
    expect(await codeOf(getMailChoices(token))).toBe("unavailable");
    leave();
    expect(await codeOf(chooseMails(server, forged, { invoices: false }, "link"))).toBe(
      "not_found",
    );
  });
});

describe("the team and the installation", () => {
  const invitations = (who: Account) =>
    new TeamInvitations({
      client: tokenClient(who.token),
      server: secretClient(),
      auth: publicClient().auth,
    });

  test("somebody is invited, changed and taken out by an owner; the last owner stays", async () => {
    const { team } = as(admins.owner).admin;
    const stranger = { email: newEmail("colleague"), name: "Naledi", role: "support" as const };
    const waiting = await invitations(admins.owner).invite(stranger);
    expect(waiting).toMatchObject({ email: stranger.email, role: "support", accepted_at: null });
    // One who has an account proves the address by a link of their own.
    const account = await newAccount(newEmail("known"));
    const known = await invitations(admins.owner).invite({
      email: account.email,
      name: "Sipho",
      role: "billing",
    });
    expect(known).toMatchObject({ email: account.email, role: "billing" });
    const { members, settings } = await team.getTeam();
    expect(members.map(({ email }) => email)).toEqual(
      expect.arrayContaining([stranger.email, account.email, admins.owner.email]),
    );
    const change = { role: "reviewer" as const, isActive: false, reason: "Left the company" };
    expect(await team.updateMember(waiting.id, change)).toMatchObject({
      role: "reviewer",
      is_active: false,
    });
    const me = members.find(({ is_me }) => is_me);
    const own_ = await codeOf(team.updateMember(me?.id ?? "", { ...change, role: "owner" }));
    expect(["own_account", "last_owner"]).toContain(own_);
    expect(await codeOf(team.updateMember(randomUUID(), change))).toBe("not_found");

    const rules = { monthly_grants_per_admin: settings.monthly_grants_per_admin + 1 };
    expect(await team.updateSettings(rules, "A busy month", settings.version)).toMatchObject({
      version: settings.version + 1,
      ...rules,
    });
    expect(await codeOf(team.updateSettings(rules, "Too late", settings.version))).toBe(
      "version_conflict",
    );
    expect(await codeOf(as(admins.billing).admin.team.getTeam())).toBe("forbidden");
    expect(await codeOf(invitations(admins.billing).invite(stranger))).toBe("forbidden");
  });

  test("suburbs are listed, people wait for one, and are told when it opens", async () => {
    const clock = fixedClock(now());
    const coverage = coverageService(secretClient(), clock);
    expect((await coverage.check({ postal_code: "8001" })).coverage).toBe("unlisted");
    const gardens = { suburb: "Gardens", city: "Cape Town", postal_code: "8001" };
    const list = [{ ...gardens, is_covered: false }];
    expect(await coverage.replaceList(list, { dryRun: true })).toEqual({
      before: 0,
      areas: 1,
      covered: 0,
      told: 0,
    });
    expect(await coverage.findAreas("gard")).toEqual([]);
    await coverage.replaceList(list, { dryRun: false });
    expect(await coverage.findAreas(" gard ")).toEqual([gardens]);
    expect(await coverage.findAreas("  ")).toEqual([]);
    expect(await coverage.check(gardens)).toMatchObject({ coverage: "uncovered" });
    const wait = { first_name: "Lerato", email: newEmail("waits"), ...gardens };
    const referrer = await customerAccount(own.sql);
    const message = `Use ${referrer.customer.referral_code}!`;
    expect(await coverage.wait(wait, "fibre-50", message)).toEqual({
      waiting: true,
      coverage: "uncovered",
    });
    expect(
      await coverage.wait({ ...wait, email: newEmail("waits") }, "fibre-50", null),
    ).toMatchObject({ waiting: true });
    const opened = [{ ...gardens, is_covered: true }];
    expect(await coverage.replaceList(opened, { dryRun: false })).toEqual({
      before: 1,
      areas: 1,
      covered: 1,
      told: 2,
    });
    expect(await coverage.wait(wait, "fibre-50", null)).toEqual({
      waiting: false,
      coverage: "covered",
    });
  });

  test("the launch, the terms, the switches and the figures are kept", async () => {
    const { launch, programme } = as(admins.owner).admin;
    const report = await launch.getReport();
    const plan = {
      launchedOn: today(),
      targets: report.targets,
      reason: "We begin",
      expectedVersion: report.version,
    };
    expect(await launch.update(plan)).toMatchObject({
      version: report.version + 1,
      launched_on: today(),
    });
    expect(await codeOf(launch.update(plan))).toBe("version_conflict");
    expect(await codeOf(as(admins.support).admin.launch.update(plan))).toBe("forbidden");
    expect(await programme.setSwitch("mail", true, "Nothing to change")).toBeTruthy();
    expect(await codeOf(programme.setSwitch("no_such", true, "No such switch"))).toBe("not_found");

    const newest = await readTermsVersions(secretClient(), null);
    expect(newest.terms?.version).toBe(newest.currentVersion);
    expect(newest.versions[0]?.version).toBe(newest.currentVersion);
    expect((await readTermsVersions(secretClient(), 9_999)).terms).toBeNull();
    await recordRequestDurations(secretClient(), { "100": 3 });
    const metrics = await writeMetrics(secretClient());
    expect(metrics.text).toMatch(/^referral_mail_on 1$/m);
    expect(metrics.contentType).toContain("text/plain");
    // Without the database the process is shown alone.
    const alone = await writeMetrics(stubClient(networkFailure()).server);
    expect(alone.text).toMatch(/^process_/m);
    expect(alone.text).not.toMatch(/^referral_mail_on [01]$/m);
    const state = await readDeploymentState(secretClient());
    expect(state.owners).toBeGreaterThan(0);
    expect(Math.abs(state.now.getTime() - Date.now())).toBeLessThan(60_000);
  });
});
