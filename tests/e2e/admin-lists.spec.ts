import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import Papa from "papaparse";
import { newLetters, newTag } from "@/tests/support/people";
import { one, referralOf } from "@/tests/support/rows";
import { customerOnSite, DEMO, newPerson, orderOnSite } from "./support/accounts";
import { expect, test } from "./support/test";

const palette = (page: Page): Locator => page.getByRole("dialog", { name: "Find anything" });

/** Opens the search by a key; the page listens once its scripts have loaded. */
async function findBy(page: Page, key: string): Promise<Locator> {
  await expect(async () => {
    await page.keyboard.press(key);
    await expect(palette(page)).toBeVisible({ timeout: 1000 });
  }).toPass();
  const input = palette(page).getByRole("combobox");
  await expect(input).toBeFocused();
  return input;
}

test("⌘K and / find a customer, an order, an invoice and a page by the keyboard alone", async ({
  newBrowser,
  sql,
}) => {
  const lastName = `Zwáne${newLetters()}`;
  const customer = await customerOnSite(sql, { firstName: "Nomvula", lastName });
  const { order_number: orderNumber } = one(
    await sql<{ order_number: string }[]>`
      select order_number from public.orders where id = ${customer.orderId}`,
  );
  const { invoice_number: invoiceNumber } = one(
    await sql<{ invoice_number: string }[]>`
      select invoice_number from public.customer_invoices order by issued_at limit 1`,
  );
  const page = await (await newBrowser({ email: DEMO.support })).newPage();
  await page.goto("/admin");

  await test.step("a part of a name without its accent, and the last digits of a phone", async () => {
    for (const [key, text] of [
      ["/", lastName.replace("á", "a").slice(2).toLowerCase()],
      ["ControlOrMeta+k", customer.phone.slice(-7)],
    ] as const) {
      const input = await findBy(page, key);
      await input.fill(text);
      const found = palette(page).getByRole("option", { name: `Nomvula ${lastName}` });
      await expect(found).toBeVisible();
      await expect(found).toHaveAttribute("data-highlighted", "");
      await page.keyboard.press("Enter");
      await expect(page).toHaveURL(`/admin/customers/${customer.id}/summary`);
      await expect(palette(page)).toBeHidden();
    }
  });

  await test.step("an order, as it is said on the phone, and an invoice", async () => {
    await (await findBy(page, "/")).fill(orderNumber.toLowerCase());
    await expect(palette(page).getByRole("option", { name: orderNumber })).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`/admin/orders?q=${orderNumber}`);
    await expect(page.getByRole("row").filter({ hasText: lastName })).toHaveCount(1);

    await (await findBy(page, "/")).fill(invoiceNumber.toLowerCase());
    await expect(palette(page).getByRole("option", { name: invoiceNumber })).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`/invoices/${invoiceNumber}`);
    // The invoice stands in the frame of the admin area.
    await expect(page.getByRole("navigation", { name: "Admin" })).toBeVisible();
  });

  await test.step("pages, and none that the role may not open", async () => {
    const input = await findBy(page, "/");
    await input.fill("mailb");
    await expect(palette(page).getByRole("option", { name: "Mailbox" })).toBeVisible();
    await input.fill("programme");
    await expect(palette(page).getByText("Nothing found.")).toBeVisible();
    await input.fill("nobody has this name");
    await expect(palette(page).getByText("Nothing found.")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(palette(page)).toBeHidden();
  });

  await test.step("a slash that is typed into a field stays a slash", async () => {
    await page.goto("/admin/customers");
    const box = page.getByRole("searchbox");
    await box.press("/");
    await expect(box).toHaveValue("/");
    await expect(palette(page)).toHaveCount(0);
  });
});

test("the customer at a glance answers both questions, with replies to copy and links on", async ({
  newBrowser,
  sql,
}) => {
  const referrer = await customerOnSite(sql, { firstName: "Glenda", lastName: newLetters() });
  const person = newPerson({ firstName: "Fikile", lastName: newLetters() });
  const order = await orderOnSite(person, { code: referrer.code });
  const context = await newBrowser({ email: DEMO.billing });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  await page.goto(`/admin/customers/${referrer.id}`);
  await expect(page).toHaveURL(`/admin/customers/${referrer.id}/summary`);

  const friends = page.getByRole("region", { name: "Did my friend" });
  await expect(friends.getByRole("listitem")).toHaveCount(1);
  await expect(friends).toContainText(`Fikile ${person.lastName}`);
  await expect(friends).toContainText("Pending");
  await friends.getByRole("button", { name: "Copy reply" }).click();
  const reply = await page.evaluate(() => navigator.clipboard.readText());
  expect(reply).toMatch(/Fikile/);
  await expect(friends).toContainText(reply);

  const month = page.getByRole("region", { name: "When does my free month land" });
  await expect(month).toContainText("No free month is waiting.");
  await expect(month).toContainText("1 friend of yours can still count towards the next one.");
  await expect(page.getByRole("region", { name: "Who referred this customer" })).toContainText(
    "Nobody",
  );

  await test.step("a free month that was given is named at once, with its invoice", async () => {
    await page.getByRole("button", { name: "Grant a free month" }).click();
    const grant = page.getByRole("dialog", { name: "Grant a free month" });
    await grant.getByLabel("Reason").fill("The installation came three weeks late");
    await grant.getByRole("button", { name: "Grant free month" }).click();
    await expect(month).toContainText("You have one free month.");
    await expect(page.getByRole("region", { name: "What happened" })).toContainText("free month");
  });

  await test.step("the friend is one click away, and says who referred them", async () => {
    await friends.getByRole("link", { name: `Fikile ${person.lastName}` }).click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Fikile");
    await page.goto(`/admin/customers/${order.customer_id}/summary`);
    await expect(page.getByRole("region", { name: "Who referred this customer" })).toContainText(
      `Glenda ${referrer.lastName}`,
    );
    const { id } = await referralOf(sql, order.order_id);
    expect(id).toBeTruthy();
    await page
      .getByRole("region", { name: "What happened" })
      .getByRole("link", { name: /Ordered/ })
      .first()
      .click();
    await expect(page).toHaveURL(/\/admin\/orders\?q=/);
    await expect(page.getByRole("row").filter({ hasText: person.email })).toHaveCount(1);
  });
});

/** The names of the customers on the page, from top to bottom. */
const namesOn = (page: Page) =>
  page.getByRole("table").getByRole("rowheader").getByRole("link").allInnerTexts();

test("a list is sorted, sized, paged both ways and shows chosen columns, all by its address", async ({
  newBrowser,
}) => {
  const page = await (await newBrowser({ email: DEMO.support })).newPage();
  const names = (of: readonly string[] | RegExp) =>
    of instanceof RegExp
      ? expect(page).toHaveURL(of)
      : expect.poll(() => namesOn(page)).toEqual(of);
  await page.goto("/admin/customers");
  await page.getByRole("link", { name: "Customer", exact: true }).click();
  await names(/sort=full_name/);
  await expect(page.getByRole("columnheader", { name: "Customer", exact: true })).toHaveAttribute(
    "aria-sort",
    "ascending",
  );
  const first = await namesOn(page);
  expect(first).toHaveLength(25);
  await expect(page.getByRole("link", { name: "Previous page" })).toHaveCount(0);

  await page.getByRole("link", { name: "Next page" }).click();
  await names(/cursor=/);
  await expect(page.getByRole("link", { name: "Previous page" })).toBeVisible();
  const second = await namesOn(page);
  expect(second).not.toEqual(first);
  await page.getByRole("link", { name: "Previous page" }).click();
  await names(/before=/);
  await names(first);
  await page.getByRole("link", { name: "Next page" }).click();
  await names(second);

  await page.getByText("Columns", { exact: true }).click();
  await page.getByLabel("Phone", { exact: true }).uncheck();
  await page.getByRole("button", { name: "Show these" }).click();
  await expect(page.getByRole("columnheader", { name: "Phone" })).toHaveCount(0);
  await expect(page.getByRole("columnheader", { name: "Code" })).toHaveCount(1);
  await names(/sort=full_name/);
  await names(first);

  await page.getByRole("link", { name: "50 rows on a page" }).click();
  await names(/size=50/);
  await expect.poll(async () => (await namesOn(page)).length).toBe(50);
  await expect(page.getByRole("columnheader", { name: "Phone" })).toHaveCount(0);

  await page.getByRole("searchbox").fill("demo.test");
  await page.getByRole("button", { name: "Search" }).click();
  await names(/q=demo\.test/);
  await expect(page.getByText(/^\d+ customers?$/)).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Phone" })).toHaveCount(0);
});

test("what is typed while a list loads stays with its focus, and fields follow the address else", async ({
  newBrowser,
}) => {
  const page = await (await newBrowser({ email: DEMO.support })).newPage();
  await page.goto("/admin/customers");
  const box = page.getByRole("searchbox");
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route(
    (url) => url.pathname === "/admin/customers" && url.searchParams.get("q") === "demo",
    async (route) => {
      await held;
      await route.continue();
    },
  );
  await box.fill("demo");
  const asked = page.waitForRequest((request) => request.url().includes("q=demo"));
  await box.press("Enter");
  await asked;
  await box.pressSequentially(".test");
  answer();
  await expect(page).toHaveURL(/q=demo(?:&|$)/);
  await expect(page.getByRole("link", { name: "Clear the filters" })).toBeVisible();
  await expect(box).toHaveValue("demo.test");
  await expect(box).toBeFocused();

  await box.press("Enter");
  await expect(page).toHaveURL(/q=demo\.test/);
  await page.goBack();
  await expect(page).toHaveURL(/q=demo(?:&|$)/);
  await expect(box).toHaveValue("demo");
  await page.getByRole("link", { name: "Clear the filters" }).click();
  await expect(page).not.toHaveURL(/q=/);
  await expect(box).toHaveValue("");
});

test("the overview keeps its comparison when days are chosen, and names what it cannot show", async ({
  newBrowser,
}) => {
  const page = await (await newBrowser({ email: DEMO.support })).newPage();
  await page.goto("/admin?days=7&compare=year");
  await expect(page.getByRole("link", { name: "7 days" })).toHaveAttribute("aria-current", "true");
  await page.getByText("Other days", { exact: true }).click();
  await page.getByLabel("From", { exact: true }).fill("2026-01-01");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page).toHaveURL(/from=2026-01-01/);
  await expect(page).toHaveURL(/compare=year/);
  await expect(page.getByRole("link", { name: "A year before" })).toHaveAttribute(
    "aria-current",
    "true",
  );
  await page.goto("/admin?days=often");
  await expect(page.getByRole("main")).toContainText("Choose from 1 to 730 days.");
});

test("the team is searched, filtered and sorted by its address like every list", async ({
  newBrowser,
}) => {
  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  await page.goto("/admin/team");
  await page.getByRole("searchbox").fill("DEMO.test");
  await page.getByRole("combobox", { name: "Role" }).selectOption("billing");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page).toHaveURL(/role=billing/);
  await expect(page.getByRole("rowheader").filter({ hasText: DEMO.billing })).toHaveCount(1);
  await expect(page.getByRole("rowheader").filter({ hasText: DEMO.support })).toHaveCount(0);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export these as CSV" }).click(),
  ]);
  const text = await readFile(await download.path(), "utf8");
  const { data } = Papa.parse<Record<string, string>>(text.trim(), { header: true });
  expect(data.map((row) => row.role)).toEqual(data.map(() => "billing"));
  expect(data.map((row) => row.email)).toContain(DEMO.billing);
  await page.getByRole("link", { name: "No access", exact: true }).click();
  await expect(page).toHaveURL(/access=ended/);
  await page.goto("/admin/team/api-keys?standing=revoked&q=nothing+like+this");
  await expect(page.getByRole("main")).toContainText("No key matches");
});

test("a saved view follows its owner to another device, and nobody else", async ({
  newBrowser,
}) => {
  const name = `Pending ${newTag()}`;
  const page = await (await newBrowser({ email: DEMO.billing })).newPage();
  await page.goto("/admin/orders?status=pending&cols=status.created_at");
  await page.getByText("Views", { exact: true }).click();
  await page.getByLabel("Name of a new view").fill(name);
  await page.getByRole("button", { name: "Save this view" }).click();
  await expect(page.getByRole("link", { name })).toHaveAttribute("aria-current", "true");

  const other = await (await newBrowser({ email: DEMO.billing })).newPage();
  await other.goto("/admin/orders");
  await other.getByText("Views", { exact: true }).click();
  await other.getByRole("link", { name }).click();
  await expect(other).toHaveURL(/status=pending&cols=/);
  await expect(other.getByRole("columnheader", { name: "Package" })).toHaveCount(0);

  const colleague = await (await newBrowser({ email: DEMO.owner })).newPage();
  await colleague.goto("/admin/orders");
  await colleague.getByText("Views", { exact: true }).click();
  await expect(colleague.getByLabel("Name of a new view")).toBeVisible();
  await expect(colleague.getByRole("link", { name })).toHaveCount(0);

  // The panel stays open when one of its views is chosen.
  await other.getByRole("button", { name: `Delete the view ${name}` }).click();
  await expect(other.getByRole("link", { name })).toHaveCount(0);
});

test("a file of a list has exactly what is filtered, and its export is in the audit log", async ({
  newBrowser,
  sql,
}) => {
  const lastName = newLetters();
  const customer = await customerOnSite(sql, { lastName });
  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  await page.goto(`/admin/orders?q=${customer.code}`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export these as CSV" }).click(),
  ]);
  const text = await readFile(await download.path(), "utf8");
  expect(text.startsWith("\ufeff")).toBe(true);
  const { data } = Papa.parse<Record<string, string>>(text.trim(), { header: true });
  expect(data.map((row) => row.customer_email)).toEqual([customer.email]);
  expect(data[0]?.["ordered_at (Africa/Johannesburg)"]).toMatch(
    /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/,
  );
  await page.goto("/admin/audit?action=export");
  await expect(page.getByRole("main")).toContainText("exported 1 row: orders");

  const support = await (await newBrowser({ email: DEMO.support })).newPage();
  await support.goto("/admin/orders");
  await expect(support.getByRole("link", { name: /Export/ })).toHaveCount(0);
  expect((await support.request.get("/api/admin/lists/orders")).status()).toBe(403);
});

test("every list fits its page at 360, 768 and 1280 pixels, whatever a customer is called", async ({
  newBrowser,
  sql,
}) => {
  test.setTimeout(210_000);
  const customer = await customerOnSite(sql, {
    firstName: "عائشة",
    lastName: `Keihanaikukauakahihulihe${newLetters()}ekahaunaele`,
  });
  await orderOnSite(newPerson({ lastName: `Papandreou${newLetters()}${newLetters()}` }), {
    code: customer.code,
  });
  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  const path = `/admin/customers/${customer.id}`;
  for (const width of [360, 768, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const address of [
      "/admin/customers",
      "/admin/orders",
      "/admin/referrals",
      "/admin/claims",
      "/admin/approvals",
      "/admin/mailbox",
      "/admin/mailbox/addresses",
      "/admin/audit",
      "/admin/team",
      "/admin/team/api-keys",
      "/admin/bulk",
      "/admin/review",
      "/admin/billing",
      "/admin/billing/invoices",
      "/admin/billing/payments",
      "/admin/billing/unbilled",
      `${path}/referrals`,
      `${path}/rewards`,
      `${path}/account`,
      `${path}/mails`,
      `${path}/audit`,
    ]) {
      await page.goto(address);
      await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
      const tooWide = await page.evaluate(() => {
        const beyond = document.documentElement.scrollWidth - document.documentElement.clientWidth;
        const tables = [...document.querySelectorAll(".data-table")].map(
          ({ parentElement: frame }) => (frame ? frame.scrollWidth - frame.clientWidth : 0),
        );
        return { page: beyond, tables: tables.filter((pixels) => pixels > 0) };
      });
      // On tablets a table may scroll in its card; the page never does.
      const expected = width === 768 ? { page: 0 } : { page: 0, tables: [] };
      expect.soft(tooWide, `${address} at ${width} px`).toMatchObject(expected);
    }
  }
});
