import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { issuedInvoice } from "@/tests/support/invoices";
import { newPhone } from "@/tests/support/people";
import { one } from "@/tests/support/rows";
import { customerOnSite, DEMO } from "./support/accounts";
import { detail, dialog, fillHome, goToDetails, submitOrder } from "./support/pages";
import { expect, test } from "./support/test";

const TODAY = new Date().toLocaleDateString("sv-SE", { timeZone: "Africa/Johannesburg" });
const REASON = "Asked for it on the phone";

async function findings(page: Page): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
}

async function owingCustomer(sql: Parameters<typeof customerOnSite>[0], lastName: string) {
  const customer = await customerOnSite(sql, { firstName: "Palesa", lastName });
  const { id: serviceId } = one(
    await sql<{ id: string }[]>`
      select id from public.customer_services where customer_id = ${customer.id}`,
  );
  const issue = (month: string, dueOn: string) =>
    issuedInvoice(sql, {
      customerId: customer.id,
      serviceId,
      month,
      dueOn,
      issuedAt: `${month}-01T06:00:00Z`,
    });
  const older = await issue("2026-09", "2026-09-30");
  const newer = await issue("2026-10", "2099-10-30");
  return { ...customer, older, newer };
}

test("an admin records a payment, takes it back, and reads a bank file; the customer sees the account", async ({
  newBrowser,
  sql,
}) => {
  const customer = await owingCustomer(sql, "Payer");
  const { older, newer } = customer;
  const admin = await (await newBrowser({ email: DEMO.billing })).newPage();
  const own = await (await newBrowser(customer)).newPage();
  const balance = (page: Page) => page.getByRole("region", { name: /^(Balance|Credit)$/ });

  await test.step("the customer reads what is owed, what is overdue and how to pay", async () => {
    await own.goto("/dashboard");
    await expect(own.getByText(/R.799\.00 is overdue/)).toBeVisible();
    await own.getByRole("link", { name: "See your invoices" }).click();
    await expect(balance(own)).toContainText(/R.1.598\.00/);
    await expect(balance(own)).toContainText("How to pay");
    expect(await findings(own)).toEqual([]);
  });

  await test.step("the dialog spells out what a payment does before it is recorded", async () => {
    await admin.goto(`/admin/customers/${customer.id}/account`);
    await admin.getByRole("button", { name: "Record a payment" }).press("Enter");
    const opened = dialog(admin, "Record a payment");
    const amount = opened.getByLabel("Amount in ZAR");
    await expect(amount).toBeFocused();
    await opened.getByRole("button", { name: "Record payment" }).click();
    await expect(amount).toHaveAccessibleDescription(/Use an amount like 250/);
    await amount.fill("100.50");
    await expect(amount).toHaveAccessibleDescription(/A part payment: R.698\.50 of/);
    await amount.fill("1000");
    await expect(amount).toHaveAccessibleDescription(/This settles.*R.201\.00 goes to/);
    await amount.fill("1700");
    await expect(amount).toHaveAccessibleDescription(
      /This settles.*R.799\.00 goes to.*R.102\.00 stays as the customer's credit/,
    );
    await opened.getByLabel(/^Reference/).fill("Salary account");
    expect(await findings(admin)).toEqual([]);
    await opened.getByRole("button", { name: "Record payment" }).click();
    await expect(opened).toBeHidden();
    await expect(balance(admin)).toContainText(/R.102\.00/);
    await expect(admin.getByRole("listitem").filter({ hasText: "Salary account" })).toBeVisible();
    await own.reload();
    await expect(own.getByRole("region", { name: "Credit", exact: true })).toContainText(
      /R.102\.00/,
    );
    await expect(own.getByRole("button", { name: /Take back/ })).toHaveCount(0);
  });

  await test.step("and takes it back with a reason, on the invoice", async () => {
    await admin.goto(`/invoices/${older.number}`);
    await admin.getByRole("button", { name: /^Take back/ }).click();
    const opened = dialog(admin, "Take this payment back");
    await opened.getByRole("button", { name: "Returned by the bank" }).click();
    await opened.getByRole("button", { name: "Take back", exact: true }).click();
    await expect(opened).toBeHidden();
    await expect(admin.getByRole("button", { name: /^Take back/ })).toHaveCount(0);
    await own.reload();
    await expect(balance(own)).toContainText(/R.1.598\.00/);
    await expect(own.getByRole("main")).toContainText("Returned by the bank");
  });

  await test.step("a bank file is tried first, and says what is wrong with which row", async () => {
    await admin.goto("/admin/billing/payments/import");
    const file = [
      "invoice_number,amount,paid_on,reference",
      `${newer.number},799.00,${TODAY},EFT 1`,
      `${newer.number},799.00,${TODAY},EFT 1`,
      `INV-1999-999999,10.00,${TODAY},`,
    ].join("\n");
    await admin.getByLabel("CSV file").setInputFiles({
      name: "bank.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(file),
    });
    const judged = admin.getByRole("status").filter({ hasText: "can be recorded" });
    await expect(judged).toContainText("1 payment can be recorded; 2 rows cannot.");
    await expect(judged).toContainText("Row 3: Skipped");
    await expect(judged).toContainText("Row 4: There is no invoice with this number.");
    await own.reload();
    await expect(balance(own)).toContainText(/R.1.598\.00/);
    await admin.getByRole("button", { name: "Record these payments" }).click();
    await expect(admin.getByText("1 payment recorded")).toBeVisible();
    await own.reload();
    await expect(balance(own)).toContainText(/R.799\.00/);
    expect(await findings(own)).toEqual([]);
  });

  await test.step("support looks, and is offered nothing", async () => {
    const support = await (await newBrowser({ email: DEMO.support })).newPage();
    await support.goto(`/admin/customers/${customer.id}/account`);
    await expect(balance(support)).toContainText(/R.799\.00/);
    for (const name of ["Record a payment", /^Take back/, "Change"]) {
      await expect(support.getByRole("button", { name })).toHaveCount(0);
    }
  });
});

test("the customer and an admin change what invoices name, and issued ones keep it", async ({
  newBrowser,
  sql,
}) => {
  const customer = await owingCustomer(sql, "Mover");
  const own = await (await newBrowser(customer)).newPage();
  const phone = newPhone();

  await test.step("the form keeps what was typed, and says what is wrong beside the field", async () => {
    await own.goto("/dashboard");
    await own.getByRole("link", { name: "Your details" }).click();
    await expect(own.getByRole("heading", { level: 1, name: "Your details" })).toBeVisible();
    await expect(own.getByLabel("Street and number")).toHaveValue(customer.line1);
    await own.getByLabel("First name").fill("Call 1000 now");
    await own.getByLabel("Street and number").fill("9 Kloof Street");
    await own.getByRole("button", { name: "Save", exact: true }).click();
    await expect(own.getByLabel("First name")).toBeFocused();
    await expect(own.getByLabel("First name")).toHaveAccessibleDescription("A name has no digits.");
    await expect(own.getByLabel("Street and number")).toHaveValue("9 Kloof Street");
    expect(await findings(own)).toEqual([]);
    await own.getByLabel("First name").fill("Naledi");
    await own.getByLabel("Phone number").fill("");
    await own.getByRole("button", { name: "Save", exact: true }).click();
    await expect(own.getByLabel("Phone number")).toHaveAccessibleDescription(
      "Enter your phone number.",
    );
    await own.getByLabel("Phone number").fill(phone.replace("+27", "0"));
    await own.getByLabel(/^VAT number/).fill("4123456789");
    await own.getByRole("button", { name: "Save", exact: true }).click();
    await expect(own.getByText("Your details are saved")).toBeVisible();
    await own.reload();
    await expect(own.getByLabel("First name")).toHaveValue("Naledi");
    await expect(own.getByLabel("Phone number")).toHaveValue(phone);
  });

  await test.step("an invoice that was issued still names what it named", async () => {
    await own.goto(`/invoices/${customer.older.number}`);
    const sheet = own.getByRole("article", { name: /^Tax invoice/ });
    await expect(sheet).toContainText("Thandi Nkosi");
    await expect(sheet).not.toContainText("Kloof");
  });

  await test.step("an admin changes it with a reason, and the audit log says from what to what", async () => {
    const admin = await (await newBrowser({ email: DEMO.billing })).newPage();
    await admin.goto(`/admin/customers/${customer.id}/account`);
    await admin
      .getByRole("region", { name: "Details" })
      .getByRole("button", { name: "Change" })
      .click();
    const opened = admin.getByRole("dialog", { name: /^Change the details of/ });
    await expect(opened.getByLabel("Phone number")).toHaveValue(phone);
    await opened.getByLabel("Street and number").fill("10 Kloof Street");
    await opened.getByLabel("Reason").fill(REASON);
    expect(await findings(admin)).toEqual([]);
    await opened.getByRole("button", { name: "Save details" }).click();
    await expect(opened).toBeHidden();
    await admin.goto(`/admin/customers/${customer.id}/audit`);
    const main = admin.getByRole("main");
    await expect(main).toContainText(REASON);
    await expect(main).toContainText(
      "The customer changed their phone number, billing address, first name and VAT number",
    );
    await expect(main).toContainText("10 Kloof Street");
  });

  await test.step("a second order goes to its own place, and is billed to the account", async () => {
    await own.goto("/order/account?package=fibre-50");
    await expect(own.getByText("billing address", { exact: false }).first()).toBeVisible();
    await expect(own.getByLabel("Street and number")).toHaveValue("10 Kloof Street");
    await fillHome(own, { ...customer, line1: "7 Beach Road", city: "Hermanus" });
    await goToDetails(own);
    // What is known is shown, not asked again.
    await expect(own.getByText(customer.email)).toBeVisible();
    await expect(own.getByLabel("Password", { exact: true })).toHaveCount(0);
    const order = await submitOrder(own);
    const row = one(
      await sql`
        select o.customer_id, o.installation_address ->> 'line1' as site,
          private.buyer_document(c, o.id) -> 'address' ->> 'line1' as billed,
          private.buyer_document(c, o.id) -> 'site' ->> 'line1' as named, c.first_name
        from public.orders as o join public.customers as c on c.id = o.customer_id
        where o.id = ${order}`,
    );
    expect(row).toEqual({
      customer_id: customer.id,
      site: "7 Beach Road",
      billed: "10 Kloof Street",
      named: "7 Beach Road",
      first_name: "Naledi",
    });
  });
});

test("payment instructions are changed by billing, and are on the open invoice at once", async ({
  newBrowser,
  sql,
}) => {
  const customer = await owingCustomer(sql, "Reader");
  const admin = await (await newBrowser({ email: DEMO.billing })).newPage();
  await admin.goto("/admin/billing/payments/import");
  const card = admin.getByRole("region", { name: "How customers pay" });
  await card.getByRole("button", { name: "Change" }).click();
  const opened = dialog(admin, "Change how customers pay");
  await opened.getByLabel("Payment instructions").fill("Bank of the Cape\nAccount 62 000 111");
  await opened.getByLabel("Reason").fill("The bank changed our account");
  await opened.getByRole("button", { name: "Save", exact: true }).click();
  await expect(opened).toBeHidden();
  await expect(card).toContainText("Account 62 000 111");
  const own = await (await newBrowser(customer)).newPage();
  await own.goto(`/invoices/${customer.older.number}`);
  const howTo = own.getByRole("region", { name: "How to pay" });
  await expect(howTo).toContainText("Account 62 000 111");
  await expect(howTo).toContainText(customer.older.number);
  await own.emulateMedia({ media: "print" });
  await expect(howTo).toBeVisible();
  await expect(detail(own.getByRole("article"), "Amount due")).toHaveText(/R.799\.00/);
});
