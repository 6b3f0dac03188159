import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { issuedInvoice } from "@/tests/support/invoices";
import { one } from "@/tests/support/rows";
import { customerOnSite, DEMO } from "./support/accounts";
import { detail, dialog } from "./support/pages";
import { expect, test } from "./support/test";

const TITLE = "Credit this invoice";

async function findings(page: Page): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
}

test("an admin credits a part of an invoice by keyboard, and the customer sees it", async ({
  newBrowser,
  sql,
}) => {
  const customer = await customerOnSite(sql, { firstName: "Ayanda", lastName: "Credited" });
  const service = one(
    await sql<{ id: string }[]>`
      select id from public.customer_services where customer_id = ${customer.id}`,
  );
  const invoice = await issuedInvoice(sql, { customerId: customer.id, serviceId: service.id });
  const invoicePath = `/invoices/${invoice.number}`;
  const context = await newBrowser({ email: DEMO.billing });
  const page = await context.newPage();
  const opened = dialog(page, TITLE);
  const amount = opened.getByLabel("Amount in ZAR, including VAT");
  const reason = opened.getByLabel("Reason");
  const confirm = opened.getByRole("button", { name: "Issue credit note" });

  await test.step("the dialog says what is wrong, and keeps what was typed", async () => {
    await page.goto(invoicePath);
    await page.getByRole("button", { name: TITLE }).press("Enter");
    await expect(amount).toBeFocused();
    await page.keyboard.type("900");
    await page.keyboard.press("Enter");
    await expect(amount).toBeFocused();
    await expect(amount).toHaveAccessibleDescription(/At most R.799\.00 is left to credit/);
    await expect(reason).toHaveAccessibleDescription(/Please give a reason/);
    expect(await findings(page)).toEqual([]);
    await opened.getByRole("button", { name: /All that is left/ }).press("Enter");
    await expect(amount).toHaveValue("799");
    await expect(amount).toHaveAccessibleDescription(/R.104\.22 of it is VAT/);
    await amount.fill("100,50");
    await reason.fill("Two days without a connection");
    await page.keyboard.press("Escape");
    await expect(opened).toBeHidden();
    await page.getByRole("button", { name: TITLE }).press("Enter");
    await expect(amount).toHaveValue("100,50");
    await expect(reason).toHaveValue("Two days without a connection");
  });

  await test.step("an answer that gets lost does not credit twice", async () => {
    await page.route(
      "**/credit-notes",
      async (route) => {
        await route.fetch();
        await route.abort("connectionreset");
      },
      { times: 1 },
    );
    await confirm.press("Enter");
    await expect(opened.getByRole("alert")).toContainText("could not reach the server");
    await confirm.press("Enter");
    await expect(opened).toBeHidden();
    await expect(page.getByText("Credit note issued")).toBeVisible();
    const { n } = one(
      await sql<{ n: number }[]>`
        select count(*)::integer as n from public.credit_notes where invoice_id = ${invoice.id}`,
    );
    expect(n).toBe(1);
  });

  await test.step("the invoice shows what was taken back and what remains", async () => {
    const credits = page.getByRole("region", { name: "Paid and credited since" });
    await expect(credits.getByRole("listitem")).toHaveText(/Credit note CRN-.*-R.100\.50/);
    await expect(detail(credits, "Payable")).toHaveText(/R.698\.50/);
    expect(await findings(page)).toEqual([]);
  });

  await test.step("the customer reads the credit note, and may not credit", async () => {
    const own = await (await newBrowser(customer)).newPage();
    await own.goto("/dashboard");
    const row = own.getByRole("listitem").filter({ hasText: invoice.number });
    await expect(row).toContainText(/R.100\.50 credited/);
    await row.getByRole("link", { name: invoice.number }).click();
    await expect(own.getByRole("button", { name: TITLE })).toHaveCount(0);
    await own.getByRole("link", { name: /^Credit note CRN-/ }).click();
    await expect(own).toHaveURL(/\/credit-notes\/CRN-\d{4}-\d{6}$/);
    const sheet = own.getByRole("article", { name: /^Credit note CRN-/ });
    await expect(sheet).toContainText("Two days without a connection");
    await expect(detail(sheet, "Corrects tax invoice")).toContainText(invoice.number);
    await expect(detail(sheet, "Credit, excluding VAT")).toHaveText(/R.87\.39/);
    await expect(detail(sheet, "VAT 15%")).toHaveText(/R.13\.11/);
    await expect(detail(sheet, "Credit, including VAT")).toHaveText(/R.100\.50/);
    expect(await findings(own)).toEqual([]);
    await own.setViewportSize({ width: 320, height: 640 });
    await own.emulateMedia({ colorScheme: "dark" });
    expect(await findings(own)).toEqual([]);
    expect(await own.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    await own.emulateMedia({ media: "print", colorScheme: "dark" });
    await expect(own.getByRole("navigation")).toBeHidden();
    await expect(own.getByRole("button")).toHaveCount(0);
    await expect(own.locator("body")).toHaveCSS("background-color", "rgb(255, 255, 255)");
  });

  await test.step("the audit log says who did it and why", async () => {
    await page.goto(`/admin/customers/${customer.id}/audit`);
    await expect(page.getByText(/issued credit note CRN-/)).toBeVisible();
    await expect(page.getByRole("main")).toContainText("Two days without a connection");
  });

  await test.step("nothing is offered once all is credited, nor to who may only look", async () => {
    await page.goto(invoicePath);
    await page.getByRole("button", { name: TITLE }).click();
    await opened.getByRole("button", { name: /All that is left/ }).click();
    await reason.fill("The rest as well");
    await confirm.click();
    await expect(opened).toBeHidden();
    await expect(page.getByText("Credited", { exact: true }).first()).toBeVisible();
    await expect(page.getByRole("button", { name: TITLE })).toHaveCount(0);
    const support = await (await newBrowser({ email: DEMO.support })).newPage();
    const other = await issuedInvoice(sql, {
      customerId: customer.id,
      serviceId: service.id,
      month: "2026-10",
    });
    await support.goto(`/invoices/${other.number}`);
    await expect(support.getByRole("article", { name: /^Tax invoice/ })).toBeVisible();
    await expect(support.getByRole("button", { name: TITLE })).toHaveCount(0);
  });
});
