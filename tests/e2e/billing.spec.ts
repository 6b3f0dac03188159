import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import type { Sql } from "postgres";
import { formatMoney } from "@/lib/money";
import { activateOrder } from "@/tests/support/orders";
import { one } from "@/tests/support/rows";
import { customerOnSite, DEMO } from "./support/accounts";
import { detail, dialog } from "./support/pages";
import { expect, test } from "./support/test";

const startDialog = (page: Page) => dialog(page, "Start a billing run");
const opener = (page: Page) => page.getByRole("button", { name: "Start a run" });
const confirm = (page: Page) => startDialog(page).getByRole("button", { name: "Start the run" });
const progress = (page: Page) =>
  page.getByRole("progressbar", { name: "Services with their invoice" });
/** The figure of that name. */
const figure = (page: Page, name: string) =>
  page.getByText(name, { exact: true }).locator("..").getByRole("definition").first();

/** The key of each request to start a run that the page sends from now on. */
function keysSent(page: Page): string[] {
  const keys: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/api/admin/billing/runs")) {
      keys.push(request.headers()["idempotency-key"] ?? "");
    }
  });
  return keys;
}

/** How many runs there are; for a cycle, by its first day, or in all. */
async function runs(sql: Sql, periodStart: string | null = null): Promise<number> {
  return one(
    await sql<{ n: number }[]>`
      select count(*)::integer as n from public.billing_runs
      where ${periodStart}::date is null or period_start = ${periodStart}`,
  ).n;
}

test("a finance team sees what a run will do, what it did, and takes the files with it", async ({
  newBrowser,
  sql,
}) => {
  const late = await customerOnSite(sql, { firstName: "Belinda" }, { active: false });
  const since = new Date(Date.now() - 40 * 86_400_000).toISOString();
  await activateOrder(sql, late.orderId, since);
  const page = await (await newBrowser({ email: DEMO.billing })).newPage();

  await test.step("the menu counts what is not billed, and leads to it", async () => {
    await page.goto("/admin");
    await page.getByRole("link", { name: /months not billed$/ }).click();
    await expect(page).toHaveURL("/admin/billing/unbilled");
    const row = page.getByRole("row").filter({ hasText: "Belinda Khoza" }).first();
    await expect(row).toContainText("Not billed yet");
  });

  await test.step("the preview names each line, and the months that come first", async () => {
    await page.goto("/admin/billing/preview");
    await page.getByRole("link", { name: /this cycle$/ }).click();
    const lines = page.getByRole("region", { name: "Line by line" });
    await lines.getByRole("button", { name: /^Earlier months/ }).click();
    await expect(lines.getByRole("row").filter({ hasText: "Belinda Khoza" }).first()).toBeVisible();
    await expect(page.getByRole("region", { name: "Earlier months first" })).toContainText("R");
    await lines.getByRole("button", { name: /^New/ }).click();
    await expect(lines.getByRole("button", { name: /^New/ })).toHaveAttribute(
      "aria-pressed",
      "true",
    );
    const comparison = page.getByRole("region", { name: "Against the month before" });
    await expect(comparison).toContainText("as invoiced");
    await expect(comparison).toContainText("after the run");
  });

  await test.step("the run lists its invoices, and its file has them", async () => {
    await page.goto("/admin/billing");
    await opener(page).click();
    await expect(detail(startDialog(page), "Before it, for earlier months")).toHaveText(
      /^[1-9]\d* invoices?$/,
    );
    await confirm(page).click();
    await expect(page).toHaveURL(/\/admin\/billing\/runs\/[0-9a-f-]{36}$/);
    await expect(page.getByRole("main")).toContainText("Completed");
    const sums = page.getByRole("region", { name: "For the accounts" });
    await expect(detail(sums, "Invoice numbers")).toHaveText(/^INV-/);
    const completions = page.getByRole("region", { name: /^Earlier months completed/ });
    await expect(completions.getByRole("link").first()).toBeVisible();
    const invoices = page.getByRole("region", { name: /^Its invoices/ });
    await expect(invoices.getByRole("link", { name: /^INV-/ }).first()).toBeVisible();
    const download = page.waitForEvent("download");
    await sums.getByRole("link", { name: "This run as CSV" }).click();
    const text = await readFile(await (await download).path(), "utf8");
    expect(text.startsWith("\ufeffrow,kind,number")).toBe(true);
    const first = await invoices.getByRole("link", { name: /^INV-/ }).first().innerText();
    expect(text).toContain(first);
    await page.goto("/admin/billing/unbilled");
    await expect(page.getByText("Belinda Khoza")).toHaveCount(0);
  });

  await test.step("the reports add up the month that was chosen", async () => {
    await page.getByRole("link", { name: "Reports", exact: true }).click();
    const vat = page.getByRole("region", { name: "VAT by the month supplied" });
    await expect(vat.getByRole("row").nth(1)).toContainText("15\u00a0% VAT");
    const wide = one(
      await sql<{ from: string; to: string; total: number }[]>`
        select to_char(min(period_start), 'YYYY-MM-DD') as from,
          to_char(max(period_start), 'YYYY-MM-DD') as to,
          sum(total_cents)::int - (select sum(total_cents)::int from public.credit_notes) as total
        from public.customer_invoices`,
    );
    await page.getByLabel("From", { exact: true }).fill(wide.from);
    await page.getByLabel("To", { exact: true }).fill(wide.to);
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page).toHaveURL((url) => url.searchParams.get("from") === wide.from);
    const all = vat.getByRole("row").filter({ hasText: "All months" });
    await expect(all).toContainText(formatMoney(wide.total));
    const owed = page.getByRole("region", { name: "Free months that are owed" });
    await expect(owed.getByRole("table").first()).toContainText("R");
    const exports = page.getByRole("region", { name: "Files for the accounts" });
    await exports.getByText("What the columns mean").first().click();
    await expect(exports.getByText("invoice_number").first()).toBeVisible();
    const download = page.waitForEvent("download");
    await exports.getByRole("link", { name: "Payments as CSV" }).click();
    expect((await download).suggestedFilename()).toBe("payments.csv");
    await page.goto("/admin/billing/reports?from=2026-03-01&to=2026-02-01");
    await expect(page.getByText("a last day that is not before it")).toBeVisible();
  });

  await test.step("somebody who may not export finds no file", async () => {
    const support = await (await newBrowser({ email: DEMO.support })).newPage();
    await support.goto("/admin/billing/reports");
    await expect(support.getByRole("region", { name: "VAT by the month supplied" })).toBeVisible();
    await expect(support.getByRole("link", { name: /as CSV$/ })).toHaveCount(0);
  });
});

test("a run is started once and goes to its end; the next one finds nothing to do", async ({
  newBrowser,
  sql,
}) => {
  const customer = await customerOnSite(sql, { firstName: "Noluthando" });
  const page = await (await newBrowser({ email: DEMO.billing })).newPage();
  const before = await runs(sql);

  await test.step("a double click starts one", async () => {
    await page.goto("/admin");
    await page.getByRole("link", { name: "Billing", exact: true }).click();
    await opener(page).click();
    await expect(startDialog(page).getByLabel("Cycle")).toContainText("this cycle");
    await expect(detail(startDialog(page), "Invoices to issue")).toHaveText(/^[1-9]/);
    await expect(startDialog(page).getByLabel("Reason")).toHaveCount(0);
    const keys = keysSent(page);
    await confirm(page).dblclick();
    await expect(page).toHaveURL(/\/admin\/billing\/runs\/[0-9a-f-]{36}$/);
    await expect(page.getByRole("main")).toContainText("Completed");
    await expect(page.getByRole("status").filter({ hasText: "complete" })).toBeAttached();
    await expect(progress(page)).toHaveCount(0);
    await expect(figure(page, "Invoices issued")).toHaveText(/^[1-9]/);
    await expect(detail(page.getByRole("main"), "Started by")).toHaveText("Riaan Botha");
    expect(await runs(sql)).toBe(before + 1);
    expect([...new Set(keys)]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });

  await test.step("the invoice is in the list, found by the customer and by its number", async () => {
    await page.goto(`/admin/billing/invoices?q=${encodeURIComponent(customer.email)}`);
    const row = page.getByRole("row").filter({ hasText: customer.email });
    await expect(row).toHaveCount(1);
    await expect(row).toContainText("Due");
    const number = await row.getByRole("link", { name: /^INV-/ }).innerText();
    await page.getByRole("searchbox").fill(number.toLowerCase());
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page).toHaveURL((url) => url.searchParams.get("q") === number.toLowerCase());
    await expect(row).toHaveCount(1);
    await page.getByRole("link", { name: "Overdue" }).click();
    await expect(page.getByText("Nothing matches")).toBeVisible();
    await page.goto("/admin/billing/invoices?q=I%25V");
    await expect(page.getByText("Nothing matches")).toBeVisible();
    await page.goto("/admin/billing/invoices?status=free_month");
    const free = page.getByRole("row").filter({ has: page.getByRole("link", { name: /^INV-/ }) });
    await expect(free.first()).toContainText("Free month");
    await expect(free.filter({ hasNotText: "Free month" })).toHaveCount(0);
  });

  await test.step("again: nothing to do", async () => {
    await page.goto("/admin/billing");
    await expect(page.getByRole("row").nth(1)).toContainText("by Riaan Botha");
    await opener(page).click();
    await expect(startDialog(page)).toContainText("A run would find nothing to do");
    await confirm(page).click();
    await expect(page).toHaveURL(/\/admin\/billing\/runs\/[0-9a-f-]{36}$/);
    await expect(figure(page, "Invoices issued")).toHaveText("0");
    await expect(page.getByRole("main")).toContainText("Completed");
    expect(await runs(sql)).toBe(before + 2);
  });
});

test("the page follows a run while it goes on, and says when it was interrupted", async ({
  newBrowser,
  sql,
}) => {
  const id = randomUUID();
  await sql`
    select public.start_billing_run('1999-01-01', '1999-02-01', '1999-01-31T22:00:00Z', 'admin', true,
      p_run_id => ${id}, p_force_reason => 'A browser test')`;
  const done = (invoices: number) => sql`
    update public.billing_runs
    set services_total = 200, invoices = ${invoices}, heartbeat_at = now()
    where id = ${id}`;
  await done(50);
  const page = await (await newBrowser({ email: DEMO.billing })).newPage();
  const colleague = await (await newBrowser({ email: DEMO.support })).newPage();

  await page.goto(`/admin/billing/runs/${id}`);
  await expect(progress(page)).toHaveAttribute("aria-valuenow", "50");
  await expect(progress(page)).toHaveAttribute("aria-valuetext", "50 of 200 services");
  await done(150);
  await expect(progress(page)).toHaveAttribute("aria-valuenow", "150");
  await expect(page.getByRole("main")).toContainText("75 %");
  await expect(page.getByRole("main")).toContainText(/services? a second|Working/);
  await expect(page.getByRole("main")).toContainText(/About .+ left/);

  await sql`
    update public.billing_runs set heartbeat_at = now() - interval '16 minutes' where id = ${id}`;
  await expect(page.getByText("This run was interrupted")).toBeVisible();
  await page.getByRole("button", { name: "Start again" }).click();
  await expect(startDialog(page)).toContainText("1–31 Jan 1999");
  await page.keyboard.press("Escape");
  await colleague.goto(`/admin/billing/runs/${id}`);
  await expect(colleague.getByText("This run was interrupted")).toBeVisible();
  await expect(colleague.getByRole("button", { name: "Start again" })).toHaveCount(0);

  await done(0);
  await sql`select public.finish_billing_run(${id}, '[]')`;
  await page.reload();
  await expect(page.getByRole("main")).toContainText("Completed");
  await expect(progress(page)).toHaveCount(0);
});

test("a cycle that has not begun asks for a reason, by keyboard too, and keeps what was typed", async ({
  newBrowser,
  sql,
}) => {
  const page = await (await newBrowser({ email: DEMO.billing })).newPage();
  await page.goto("/admin/billing/preview");
  await expect(page.getByText("This cycle has not begun")).toBeVisible();
  await expect(figure(page, "Invoices to issue")).toHaveText(/^[1-9]/);
  await expect(figure(page, "To be invoiced")).toHaveText(/^R/);
  await opener(page).focus();
  await page.keyboard.press("Enter");
  const cycle = startDialog(page).getByLabel("Cycle");
  await expect(cycle).toBeFocused();
  const month = await cycle.inputValue();
  const before = await runs(sql, `${month}-01`);
  const reason = startDialog(page).getByLabel("Reason");
  await page.keyboard.press("Tab");
  await expect(reason).toBeFocused();
  await page.keyboard.type("no");
  await confirm(page).press("Enter");
  await expect(reason).toBeFocused();
  await expect(reason).toHaveAccessibleDescription(/at least 3 characters/);
  await page.keyboard.type(" time is left in December");

  const keys = keysSent(page);
  await test.step("the answer gets lost", async () => {
    await page.route("**/api/admin/billing/runs", (route) => route.abort("connectionfailed"), {
      times: 1,
    });
    await confirm(page).click();
    await expect(startDialog(page).getByRole("alert")).toContainText("could not reach the server");
    await expect(reason).toHaveValue("no time is left in December");
  });

  await test.step("the server's own refusal stands beside the field", async () => {
    await page.route(
      "**/api/admin/billing/runs",
      (route) => route.continue({ postData: JSON.stringify({ period: month }) }),
      { times: 1 },
    );
    await confirm(page).click();
    await expect(reason).toBeFocused();
    await expect(reason).toHaveAccessibleDescription(/not begun|reason/);
    await expect(reason).toHaveAttribute("aria-invalid", "true");
    // The second try asked the same, so it came under the same key.
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  await page.keyboard.press("Escape");
  await expect(startDialog(page)).toBeHidden();
  await expect(opener(page)).toBeFocused();
  await opener(page).press("Enter");
  await expect(reason).toHaveValue("no time is left in December");
  await startDialog(page).getByLabel("Cycle").selectOption({ index: 1 });
  await expect(reason).toHaveCount(0);
  expect(await runs(sql, `${month}-01`)).toBe(before);
});

test("support reads runs and invoices, and finds no action", async ({ newBrowser }) => {
  const page = await (await newBrowser({ email: DEMO.support })).newPage();
  await page.goto("/admin/billing");
  const tabs = page.getByRole("navigation", { name: "Billing", exact: true });
  await expect(tabs.getByRole("link")).toHaveText([
    "Runs",
    "Invoices",
    "Payments",
    "Reports",
    /^Unbilled/,
  ]);
  await expect(opener(page)).toHaveCount(0);
  // The first row names what the columns are sorted by.
  await page.getByRole("table").getByRole("row").nth(1).getByRole("link").first().click();
  await expect(page).toHaveURL(/\/admin\/billing\/runs\//);
  await expect(page.getByRole("heading", { level: 1, name: /^Billing run for/ })).toBeVisible();
  await expect(page.getByRole("button", { name: /^Start/ })).toHaveCount(0);
  expect((await page.goto("/admin/billing/preview"))?.status()).toBe(403);
  expect((await page.goto("/admin/billing/payments/import"))?.status()).toBe(403);
  await expect(
    page.getByRole("heading", { level: 1, name: "Your role may not open this page" }),
  ).toBeVisible();
  await page.goto("/admin/billing/runs/00000000-0000-4000-8000-000000000000");
  await expect(page.getByRole("heading", { name: "We cannot find that" })).toBeVisible();
  await expect(page).toHaveTitle(/^Not found · /);
});

test("a preview that fails can be tried again", async ({ newBrowser }) => {
  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  await page.route("**/api/admin/billing/preview?*", (route) => route.abort("connectionfailed"), {
    times: 1,
  });
  await page.goto("/admin/billing/preview");
  await expect(page.getByText("The preview did not load")).toBeVisible();
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(figure(page, "Invoices to issue")).toHaveText(/^\d/);
});
