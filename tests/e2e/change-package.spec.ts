import AxeBuilder from "@axe-core/playwright";
import { issuedInvoice } from "@/tests/support/invoices";
import { one } from "@/tests/support/rows";
import { customerOnSite, DEMO } from "./support/accounts";
import { detail, dialog } from "./support/pages";
import { expect, test } from "./support/test";

const TITLE = "Change the package";

test("an admin changes the package by keyboard, and the customer sees from when it costs what", async ({
  newBrowser,
  sql,
}) => {
  const customer = await customerOnSite(sql, { firstName: "Karabo", lastName: "Upgraded" });
  const service = one(
    await sql<{ id: string; month: string }[]>`
      select s.id, to_char(now() at time zone private.billing_time_zone(), 'YYYY-MM') as month
      from public.customer_services as s where s.customer_id = ${customer.id}`,
  );
  const wanted = one(
    await sql<{ name: string; slug: string }[]>`
      insert into public.service_packages (slug, name, monthly_price_cents)
      values ('e2e-' || gen_random_uuid(), 'Fibre 900/450', 169900) returning name, slug`,
  );
  // The cycle is invoiced already: package and price take effect on the first of the next month.
  await issuedInvoice(sql, {
    customerId: customer.id,
    serviceId: service.id,
    month: service.month,
  });
  const { day } = one(
    await sql<{ day: string }[]>`
      select to_char(private.price_change_day(${service.id}, now()), 'FMDD Mon YYYY') as day`,
  );

  const page = await (await newBrowser({ email: DEMO.billing })).newPage();
  const asked = dialog(page, TITLE);
  const choice = asked.getByLabel("New package");
  const reason = asked.getByLabel("Reason");

  await test.step("the dialog tells the day, and what is missing", async () => {
    await page.goto(`/admin/orders?q=${customer.code}`);
    await page.getByRole("button", { name: /^Change package: Karabo Upgraded/ }).press("Enter");
    await expect(choice).toBeFocused();
    await expect(detail(asked, "Takes effect on")).toHaveText(day);
    await asked.getByRole("button", { name: "Change package" }).press("Enter");
    await expect(choice).toBeFocused();
    await expect(choice).toHaveAccessibleDescription(/Please choose a package/);
    await expect(reason).toHaveAccessibleDescription(/Please give a reason/);
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([]);
  });

  await test.step("it is done, and the table says so", async () => {
    await choice.selectOption({ value: wanted.slug });
    await reason.fill("Asked for more speed by phone");
    await asked.getByRole("button", { name: "Change package" }).click();
    await expect(asked).toBeHidden();
    await expect(page.getByText("Package changed")).toBeVisible();
    const row = page.getByRole("row").filter({ hasText: "Karabo Upgraded" });
    await expect(row).toContainText("Fibre 900/450");
    await expect(row).toContainText(/R.1.699\.00 a month/);
    await expect(row).toContainText(`takes effect on ${day}`);
    await page.goto(`/admin/customers/${customer.id}/audit`);
    const entry = page.getByRole("listitem").filter({ hasText: "changed the package" });
    await expect(entry).toContainText("Asked for more speed by phone");
    await expect(entry).toContainText(day);
  });

  await test.step("the customer sees the old price until then, and the new one after", async () => {
    const own = await (await newBrowser(customer)).newPage();
    await own.goto("/dashboard");
    const card = own.getByRole("region", { name: "Service" });
    await expect(card).toContainText("Fibre 900/450");
    await expect(card).toContainText(/R.1.699\.00 a month, including VAT/);
    await expect(card).toContainText(new RegExp(`Takes effect on ${day}. Until then .* at R.`));
    await expect(own.getByRole("region", { name: "Next invoice" })).toContainText(/R.1.699\.00/);
  });

  await sql`update public.service_packages set is_active = false where slug = ${wanted.slug}`;
});
