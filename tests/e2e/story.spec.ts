/**
 * The whole loop, as people live it: a link is shared, friends order, one changes the package before
 * the installation, one is suspended for two days, one forgot the code. Their days pass, they pay, a
 * free month is earned and used, and the team grants, revokes and is refused.
 *
 * Jobs run as of later dates here, for everybody in the database. Other files make people of their
 * own, so it does not matter to them whether this one ran before.
 */
import type { Page } from "@playwright/test";
import { dayNumber, formatDate, localDate } from "@/lib/dates";
import { nextPeriod, periodContaining } from "@/lib/invoicing/period";
import { formatMoney } from "@/lib/money";
import { findReferral, one, referralOf } from "@/tests/support/rows";
import { DEMO, DEMO_PASSWORD, demoCustomer, newPerson, orderOnSite } from "./support/accounts";
import { attemptOf } from "./support/database";
import { runJob } from "./support/jobs";
import {
  activateInAdmin,
  confirmWithReason,
  detail,
  dialog,
  fillOrder,
  friend,
  invitation,
  mailText,
  openMail,
  placeOrderButton,
  signInByForm,
  submitOrder,
  widget,
} from "./support/pages";
import { expect, test } from "./support/test";

const ZONE = "Africa/Johannesburg";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What an invoice's page shows, opened by its owner. */
async function openInvoice(page: Page, number: string) {
  await page.goto(`/invoices/${number}`);
  const sheet = page.getByRole("article", { name: `Tax invoice ${number}` });
  await expect(sheet).toBeVisible();
  return sheet;
}

test("a shared link becomes a free month, once, and everybody sees where it stands", async ({
  newBrowser,
  sql,
}) => {
  test.setTimeout(180_000);
  const referrer = await demoCustomer(sql, DEMO.newcomer);
  const [thabo, anele] = [
    newPerson({ firstName: "Thabo", lastName: "Nkosi" }),
    newPerson({ firstName: "Anele", lastName: "Cele" }),
  ];

  const referrerContext = await newBrowser();
  await referrerContext.grantPermissions(["clipboard-read", "clipboard-write"]);
  const home = await referrerContext.newPage();
  const adminContext = await newBrowser({ email: DEMO.owner });
  const admin = await adminContext.newPage();

  const link = await test.step("the referrer signs in and copies the link", async () => {
    await home.goto("/sign-in");
    await signInByForm(home, DEMO.newcomer, DEMO_PASSWORD);
    await expect(home).toHaveURL(/\/dashboard$/);
    await expect(widget(home)).toContainText("Invite a friend, and a month is free");
    await widget(home).getByRole("button", { name: "Copy link" }).click();
    await expect(home.getByRole("status").filter({ hasText: "Copied" })).toHaveCount(1);
    const copied = await home.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(`${new URL(home.url()).origin}/?ref=${referrer.code}`);
    return copied;
  });

  /** One friend's way from the link to the confirmation. Returns the order and the browser. */
  async function befriended(person: typeof thabo) {
    const context = await newBrowser();
    const first = await context.newPage();
    const invited = `Invited by ${referrer.firstName}`;
    await first.goto(link);
    await expect(invitation(first)).toContainText(invited);

    await first.getByRole("navigation", { name: "Main" }).getByText("Packages").click();
    await expect(first).toHaveURL(/\/packages$/);
    await expect(invitation(first)).toContainText(invited);
    // Who may not be told about rewards finds no way to the terms; somebody else's link opens them.
    await expect(first.getByText("Referral terms")).toHaveCount(0);
    await first.goto("/terms");
    await expect(invitation(first)).toContainText(invited);
    await first.close();

    const page = await context.newPage();
    await page.goto("/packages");
    await expect(invitation(page)).toContainText(invited);
    await page.getByRole("link", { name: "Order Fibre 50/50" }).click();
    await expect(page.getByLabel("Referral code")).toHaveValue(referrer.code);
    await expect(page.getByText(`${referrer.firstName} invited you`)).toBeVisible();
    await fillOrder(page, person);
    const orderId = await submitOrder(page);
    await expect(page.getByText("Your friend's invitation is recorded")).toBeVisible();
    await expect(page.getByText(`Your order is linked to ${referrer.firstName}`)).toBeVisible();
    // The invitation was used: nothing of it comes back.
    await page.waitForLoadState("networkidle");
    await page.reload();
    await expect(page.getByText("Your friend's invitation is recorded")).toBeVisible();
    await expect(invitation(page)).toHaveCount(0);
    return { page, orderId };
  }

  const first = await test.step("a friend opens it, wanders, comes back and orders", () =>
    befriended(thabo));

  await test.step("the referrer sees a pending friend, and a mail was captured", async () => {
    await home.reload();
    await expect(widget(home)).toContainText("Your referrals");
    await expect(friend(home, "Thabo N.")).toContainText("Ordered");
    await expect(friend(home, "Thabo N.")).toContainText("Waiting for service");
    await openMail(admin, DEMO.newcomer, /^Thabo N\. ordered with your code$/);
    await expect(admin.getByText("Kept here").first()).toBeVisible();
    await expect(mailText(admin)).toContainText("Thabo N.");
  });

  /**
   * The day on which the friend of an order counts: 30 days of service later by the calendar of the
   * billing zone, at the next full hour, when the job runs. Late in the evening that is a day later.
   */
  async function countsOn(orderId: string, days = 30): Promise<string> {
    const referral = await referralOf(sql, orderId);
    if (!referral?.activated_at || !referral.qualifies_at) throw new Error("it is not active");
    const since = dayNumber(localDate(referral.activated_at, ZONE));
    expect(dayNumber(localDate(referral.qualifies_at, ZONE))).toBe(since + days);
    const nextRun = Math.ceil(referral.qualifies_at.getTime() / HOUR_MS) * HOUR_MS;
    return formatDate(new Date(nextRun), ZONE);
  }

  await test.step("an admin activates the order, and the widget names the date", async () => {
    await activateInAdmin(admin, thabo);
    const date = await countsOn(first.orderId);
    await home.reload();
    await expect(friend(home, "Thabo N.")).toContainText("Day 1 of 30");
    await expect(friend(home, "Thabo N.")).toContainText(`counts on ${date}`);
    await expect(widget(home)).toContainText(
      `One more friend, and Thabo's 30 days end on ${date}.`,
    );
  });

  await test.step("a suspension of two days stops the clock, and ends nothing", async () => {
    await admin.goto(`/admin/orders?q=${encodeURIComponent(thabo.email)}`);
    const row = admin.getByRole("row").filter({ hasText: thabo.email });
    await row.getByRole("button", { name: /^Suspend/ }).click();
    const title = "Suspend this service";
    await confirmWithReason(admin, title, "The debit order was returned", "Suspend service");
    await home.reload();
    await expect(friend(home, "Thabo N.")).toContainText("so the days stand still");
    await expect(friend(home, "Thabo N.")).not.toContainText("debit order");
    await sql`
      select private.set_service_status(s.id, 'active', 'It was paid', null, s.suspended_at + interval '2 days')
      from public.customer_services as s where s.order_id = ${first.orderId}`;
    const date = await countsOn(first.orderId, 32);
    await home.reload();
    await expect(friend(home, "Thabo N.")).toContainText(`counts on ${date}`);
  });

  const second =
    await test.step("a second friend changes the package before the installation", async () => {
      const placed = await befriended(anele);
      await admin.goto(`/admin/orders?q=${encodeURIComponent(anele.email)}`);
      await admin.getByRole("button", { name: /^Change package/ }).click();
      const asked = dialog(admin, "Change the package");
      await asked.getByLabel("New package").selectOption({ value: "fibre-100" });
      await confirmWithReason(admin, "Change the package", "Asked by phone", "Change package");
      expect(await referralOf(sql, placed.orderId)).toMatchObject({ status: "pending" });
      await activateInAdmin(admin, anele);
      const date = await countsOn(placed.orderId);
      await home.reload();
      await expect(friend(home, "Anele C.")).toContainText(`counts on ${date}`);
      await expect(widget(home)).toContainText("Your free month lands when");
      return placed;
    });

  await test.step("a third friend forgot the code, and an admin attaches it", async () => {
    const zama = newPerson({ firstName: "Zama", lastName: "Khumalo" });
    const { customer_id, order_id } = await orderOnSite(zama);
    await admin.goto(`/admin/customers/${customer_id}/referrals`);
    await admin.getByRole("button", { name: "Attach a code" }).click();
    const title = "Attach a forgotten code";
    await dialog(admin, title).getByLabel("Code of the person who invited").fill(link);
    await confirmWithReason(admin, title, "Told us by phone who invited her", "Attach code");
    expect(await referralOf(sql, order_id)).toMatchObject({ status: "pending", source: "admin" });
    await home.reload();
    await expect(friend(home, "Zama K.")).toContainText("Ordered");
    await openMail(admin, DEMO.newcomer, /^Zama K\. is linked to you$/);
  });

  const qualifiedAt = new Date(Date.now() + 33 * DAY_MS);
  await test.step("30 days pass: nobody counts who has not paid", async () => {
    await runJob("billing", new Date(Date.now() + 3 * DAY_MS));
    await runJob("qualify", qualifiedAt);
    for (const { orderId } of [first, second]) {
      expect((await referralOf(sql, orderId)).status).toBe("active");
    }
  });

  await test.step("the payments are recorded: both count, and a free month is there", async () => {
    for (const { orderId } of [first, second]) {
      const { invoice_number } = one(
        await sql<{ invoice_number: string }[]>`
          select i.invoice_number
          from public.customer_invoices as i join public.customer_services as s on s.id = i.service_id
          where s.order_id = ${orderId} order by i.period_start limit 1`,
      );
      await admin.goto(`/invoices/${invoice_number}`);
      await admin.getByRole("button", { name: "Record a payment" }).click();
      const asked = dialog(admin, "Record a payment");
      await asked.getByRole("button", { name: /^All that is outstanding/ }).click();
      await asked.getByRole("button", { name: "Record payment" }).click();
      await expect(asked).toBeHidden();
    }
    // Who owes something earns nothing; other tests may have billed the referrer.
    await sql`
      select public.record_invoice_payment(i.invoice_number, i.outstanding_cents, now(), 'all of it')
      from private.open_invoices as i where i.customer_id = ${referrer.id}`;
    const { qualified, rewards_granted } = await runJob("qualify", qualifiedAt);
    expect(qualified).toBeGreaterThanOrEqual(2);
    expect(rewards_granted).toBeGreaterThanOrEqual(1);
    expect((await runJob("notify", qualifiedAt)).failed).toBe(0);

    const fed = await sql<{ reward_id: string | null }[]>`
      select distinct reward_id from public.customer_referrals
      where order_id in (${first.orderId}, ${second.orderId}) and status = 'qualified'`;
    expect(one(fed).reward_id).not.toBeNull();

    await home.reload();
    await expect(friend(home, "Thabo N.")).toContainText("counted towards a free month.");
    await expect(friend(home, "Anele C.")).toContainText("counted towards a free month.");
    await expect(widget(home)).toContainText("It comes off your next invoice");
    await openMail(admin, DEMO.newcomer, /^You earned a free month$/);
    await expect(mailText(admin)).toContainText(referrer.firstName);
  });

  // The first cycle that begins after the month was earned, on its first morning.
  const cycle = nextPeriod(periodContaining(qualifiedAt, ZONE), ZONE);
  const billedAt = new Date(cycle.startsAt.getTime() + 6 * HOUR_MS);
  const invoices = () => sql<{ id: string; row: Record<string, unknown> }[]>`
    select id, to_jsonb(i) as row from public.customer_invoices as i
    where period_start = ${cycle.start} order by invoice_number`;

  const used =
    await test.step("the next cycle is billed: the referrer's month is free", async () => {
      const { free_months } = await runJob("billing", billedAt);
      expect(free_months).toBeGreaterThanOrEqual(1);
      const invoice = one(
        await sql<
          { invoice_number: string; amount_due_cents: number; amount_waived_cents: number }[]
        >`
        select invoice_number, amount_due_cents::integer, amount_waived_cents::integer
        from public.customer_invoices
        where customer_id = ${referrer.id} and period_start = ${cycle.start}`,
      );
      expect(invoice.amount_due_cents).toBe(0);
      const price = formatMoney(invoice.amount_waived_cents);

      await home.reload();
      await expect(widget(home)).toContainText(`Used on ${invoice.invoice_number}: ${price}`);
      await widget(home).getByRole("link", { name: invoice.invoice_number }).click();
      const sheet = home.getByRole("article", { name: `Tax invoice ${invoice.invoice_number}` });
      const lines = sheet.getByRole("row");
      await expect(lines.filter({ hasText: "Fibre 50/50" })).toContainText(price);
      await expect(lines.filter({ hasText: "Referral reward: free month" })).toContainText(
        `-${price}`,
      );
      await expect(detail(sheet, "Amount due")).toHaveText("R 0.00");
      return invoice;
    });

  await test.step("the friends' invoices are normal", async () => {
    for (const { page, orderId } of [first, second]) {
      const invoice = one(
        await sql<{ invoice_number: string; price: number; is_free_month: boolean }[]>`
          select i.invoice_number, i.is_free_month, s.monthly_price_cents::integer as price
          from public.customer_invoices as i
          join public.customer_services as s on s.id = i.service_id
          where s.order_id = ${orderId} and i.period_start = ${cycle.start}`,
      );
      expect(invoice.is_free_month).toBe(false);
      const sheet = await openInvoice(page, invoice.invoice_number);
      await expect(detail(sheet, "Amount due")).toHaveText(formatMoney(invoice.price));
      await expect(sheet).not.toContainText("Referral reward");
    }
  });

  await test.step("billing the cycle again changes nothing", async () => {
    const before = await invoices();
    const again = await runJob("billing", billedAt);
    expect(again).toMatchObject({ invoices: 0, free_months: 0, skipped: before.length });
    expect(await invoices()).toEqual(before);
    expect(before.length).toBeGreaterThan(3);
    await home.goto("/dashboard");
    await expect(widget(home)).toContainText(`Used on ${used.invoice_number}`);
    await expect(widget(home)).not.toContainText("comes off your next invoice");
  });

  const rewards = `/admin/customers/${referrer.id}/rewards`;
  await test.step("an admin grants a month with a reason, and revokes it with one", async () => {
    await admin.goto(rewards);
    await admin.getByRole("button", { name: "Grant a free month" }).click();
    await confirmWithReason(
      admin,
      "Grant a free month",
      "Sorry for the outage on Monday",
      "Grant free month",
    );
    const granted = admin.getByRole("row").filter({ hasText: "Granted by hand" });
    await expect(granted).toContainText("Sorry for the outage on Monday");
    await expect(granted).toContainText("Pending");

    await granted.getByRole("button", { name: /^Revoke the free month of/ }).click();
    await confirmWithReason(
      admin,
      "Revoke this free month",
      "Granted to the wrong customer",
      "Revoke free month",
    );
    await expect(granted).toContainText("Revoked");
    await expect(granted).toContainText("Granted to the wrong customer");

    await admin.getByRole("link", { name: "Audit log" }).click();
    const entries = admin.getByRole("listitem");
    await expect(
      entries.filter({ hasText: "Naledi Khumalo granted a free month" }).first(),
    ).toContainText("Sorry for the outage on Monday");
    await expect(
      entries.filter({ hasText: "Naledi Khumalo revoked a free month" }).first(),
    ).toContainText("Granted to the wrong customer");

    expect((await runJob("notify")).failed).toBe(0);
    await openMail(admin, DEMO.newcomer, /^A free month as goodwill$/);
    await expect(mailText(admin)).toContainText("Sorry for the outage on Monday");
    await openMail(admin, DEMO.newcomer, /^A free month was taken back$/);
    await expect(mailText(admin)).toContainText("Granted to the wrong customer");
  });

  await test.step("the support user can do neither", async () => {
    const context = await newBrowser({ email: DEMO.support });
    const page = await context.newPage();
    await page.goto(rewards);
    await expect(page.getByRole("table", { name: /^Free months of/ })).toBeVisible();
    await expect(page.getByRole("button", { name: /Grant|Revoke/ })).toHaveCount(0);

    const api = `/api/admin/customers/${referrer.id}/referrals`;
    const reward = one(
      await sql<{ id: string }[]>`
        select id from public.referral_rewards
        where customer_id = ${referrer.id} and status = 'applied'`,
    );
    const reason = "Because I would like to";
    for (const [action, data] of [
      ["grant", { reason }],
      ["revoke", { reason, reward_id: reward.id }],
    ] as const) {
      const answer = await context.request.post(`${api}/${action}`, { data });
      expect(answer.status()).toBe(403);
      expect(await answer.json()).toMatchObject({ error: { code: "forbidden" } });
    }
  });

  await test.step("the referrer's own phone in another notation: an order, no referral", async () => {
    const page = await (await newBrowser()).newPage();
    await page.goto(link);
    await expect(invitation(page)).toBeVisible();
    await page.goto("/order/account?package=fibre-50");
    const local = `0${referrer.phone.slice(3)}`;
    const spaced = `${local.slice(0, 3)} ${local.slice(3, 6)}-${local.slice(6)}`;
    await fillOrder(page, newPerson({ firstName: "Aisha", lastName: "Again", phone: spaced }));
    await expect(placeOrderButton(page)).toBeEnabled();
    const orderId = await submitOrder(page);
    await expect(page.getByText("The referral code was not applied")).toBeVisible();
    await expect(
      page.getByText("codes are meant for inviting somebody else", { exact: false }),
    ).toBeVisible();
    // The number on the page is the one that was typed. Of its other owner nothing is said.
    await expect(page.getByRole("main")).not.toContainText(DEMO.newcomer);
    expect(await findReferral(sql, orderId)).toBeNull();
    expect(await attemptOf(sql, orderId)).toBe("self_referral");
    await home.reload();
    await expect(widget(home)).not.toContainText("Aisha A.");
  });

  await test.step("every invariant holds", async () => {
    expect(await runJob("verify")).toMatchObject({ violations: 0 });
  });
});
