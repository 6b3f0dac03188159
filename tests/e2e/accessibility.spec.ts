import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import type { Sql } from "postgres";
import { one } from "@/tests/support/rows";
import { customerOnSite, DEMO, newPerson, orderOnSite, signIn } from "./support/accounts";
import {
  dialog,
  fillDetails,
  fillHome,
  goToDetails,
  placeOrderButton,
  submitOrder,
  widget,
} from "./support/pages";
import { expect, test } from "./support/test";

// A trace would record every change of size and scheme, which costs more than the checks.
test.use({ contextOptions: { reducedMotion: "reduce" }, trace: "off" });

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WIDTHS = [360, 1280] as const;
const SCHEMES = ["light", "dark"] as const;

/** Waits until nothing moves any more. */
async function settled(page: Page): Promise<void> {
  // A change of scheme would fade from parent to child to child, frame by frame.
  await page.addStyleTag({ content: "*, ::before, ::after { transition: none !important }" });
  await page.evaluate(async () => {
    for (let calm = 0; calm < 3; ) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const isMoving = document.getAnimations().some(({ playState }) => playState === "running");
      calm = isMoving ? 0 : calm + 1;
    }
  });
}

/** What axe finds, one line for each rule and place. */
async function findings(page: Page): Promise<string[]> {
  await settled(page);
  // Without a helper page of its own for each run, which takes most of the time otherwise.
  const axe = new AxeBuilder({ page }).withTags(TAGS).setLegacyMode(true);
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target }) => `${id} (${help}): ${target.join(" ")}`),
  );
}

/** Judges what is on the page now, in both schemes and at both widths; then how it fits on 320 px. */
async function judge(page: Page, name: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      expect.soft(await findings(page), `${name}, ${width} px, ${colorScheme}`).toEqual([]);
    }
  }
  await page.setViewportSize({ width: 320, height: 640 });
  // A chart draws itself anew a moment after its frame has shrunk.
  await expect
    .configure({ soft: true })
    .poll(() => page.evaluate(() => document.documentElement.scrollWidth), {
      message: `${name} scrolls sideways at 320 px`,
    })
    .toBeLessThanOrEqual(320);
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** Opens each page, waits until its heading is there and nothing loads any more, and judges it. */
async function judgeEach(page: Page, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await test.step(path, async () => {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
      await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
      await judge(page, path);
    });
  }
}

const newestInvoice = async (sql: Sql, email: string): Promise<string> =>
  one(
    await sql<{ invoice_number: string }[]>`
      select i.invoice_number from public.customer_invoices as i
      join public.customers as c on c.id = i.customer_id
      where c.email = ${email} and i.is_free_month
      order by i.issued_at desc limit 1`,
  ).invoice_number;

test("public pages", async ({ page, sql }) => {
  test.setTimeout(120_000);
  const referrer = await customerOnSite(sql);
  await page.goto(referrer.link);
  await judgeEach(page, [
    "/",
    "/packages",
    "/terms",
    "/order/account",
    "/order/account?package=fibre-50",
    "/sign-in",
    "/forgot-password",
    "/nowhere",
  ]);
  await page.goto("/order/account?package=fibre-50");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByLabel("Street and number")).toBeFocused();
  await judge(page, "the home with mistakes");
  await fillHome(page, newPerson({ postalCode: "7784" }));
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("button", { name: "Tell me when it opens" })).toBeVisible();
  await judge(page, "a home that cannot be connected");
  const person = newPerson();
  await page.getByLabel("Postal code").fill(person.postalCode);
  await goToDetails(page);
  await placeOrderButton(page).click();
  await expect(page.getByLabel("First name")).toBeFocused();
  await judge(page, "the details with mistakes");
  await fillDetails(page, person);
  await submitOrder(page);
  await judge(page, "the confirmation");
});

test("customer pages", async ({ newBrowser, sql }) => {
  test.setTimeout(120_000);
  const firstVisit = await (await newBrowser(await customerOnSite(sql))).newPage();
  await judgeEach(firstVisit, ["/dashboard"]);
  const page = await (await newBrowser({ email: DEMO.referrer })).newPage();
  await judgeEach(page, ["/dashboard", "/refer", "/invoices/INV-0000-000000"]);
  await page.goto("/dashboard");
  await page.getByRole("button", { name: "QR code" }).click();
  await expect(dialog(page, "Show this to a friend")).toBeVisible();
  await judge(page, "the QR code");

  const rewarded = await (await newBrowser({ email: DEMO.rewarded })).newPage();
  const number = await newestInvoice(sql, DEMO.rewarded);
  await judgeEach(rewarded, ["/dashboard", `/invoices/${number}`]);
});

test("admin pages", async ({ newBrowser, sql }) => {
  test.setTimeout(210_000);
  const customer = await customerOnSite(sql);
  await orderOnSite(newPerson({ line1: customer.line1 }), { code: customer.code });
  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  const mail = one(
    await sql<{ id: string }[]>`
      select id from public.notifications where status = 'captured' order by created_at limit 1`,
  );
  const run = one(
    await sql<{ id: string }[]>`
      select id from public.billing_runs order by started_at desc limit 1`,
  );
  const path = `/admin/customers/${customer.id}`;
  await judgeEach(page, [
    "/admin",
    "/admin/customers",
    "/admin/customers?q=nobody-has-this-name",
    `${path}/referrals`,
    `${path}/rewards`,
    `${path}/audit`,
    "/admin/referrals",
    "/admin/review",
    "/admin/orders",
    "/admin/billing",
    "/admin/billing/preview",
    "/admin/billing/invoices",
    "/admin/billing/reports",
    "/admin/billing/unbilled",
    `/admin/billing/runs/${run.id}`,
    "/admin/mailbox",
    `/admin/mailbox/${mail.id}`,
    "/admin/mailbox/addresses",
    "/admin/mailbox/settings",
    "/admin/programme",
    "/admin/team/api-keys",
  ]);
  await page.goto(`${path}/rewards`);
  await page.getByRole("button", { name: "Grant a free month" }).click();
  const asked = dialog(page, "Grant a free month");
  await asked.getByRole("button", { name: "Grant free month" }).click();
  await expect(asked.getByLabel("Reason")).toBeFocused();
  await judge(page, "the grant dialog with a mistake");
  await page.goto("/admin/billing/preview");
  await page.getByRole("button", { name: "Start a run" }).click();
  const start = dialog(page, "Start a billing run");
  await start.getByRole("button", { name: "Start the run" }).click();
  await expect(start.getByLabel("Reason")).toBeFocused();
  await judge(page, "the start dialog with a mistake");
});

test("admin lists", async ({ newBrowser, sql }) => {
  test.setTimeout(210_000);
  // Names are anybody's: long ones, and those that are read from the right.
  const customer = await customerOnSite(sql, {
    firstName: "עליזה",
    lastName: "Wolfeschlegelsteinhausenbergerdorff",
  });
  await orderOnSite(newPerson(), { code: customer.code });
  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  const path = `/admin/customers/${customer.id}`;
  await judgeEach(page, [
    `${path}/summary`,
    `${path}/mails`,
    `${path}/account`,
    "/admin/approvals",
    "/admin/claims",
    "/admin/audit",
    "/admin/mailbox/addresses",
    "/admin/billing/payments",
    "/admin/billing/payments/import",
  ]);
  await page.goto(`/admin/orders?q=${customer.code}`);
  await page.getByText("Columns", { exact: true }).click();
  await expect(page.getByLabel("Referred by")).toBeVisible();
  await judge(page, "the columns of the orders");
  await page.goto("/admin/customers");
  await page.getByText("Views", { exact: true }).click();
  await expect(page.getByLabel("Name of a new view")).toBeVisible();
  await judge(page, "the views of the customers");
});

/** Moves on with the Tab key until the control has the focus. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  await expect(control).toBeVisible();
  await expect(control).toBeEnabled();
  for (let presses = 0; presses < 60; presses += 1) {
    if (await control.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  await expect(control).toBeFocused();
}

test("by keyboard alone: sign in, copy the link, show the QR code, sign out", async ({
  page,
  context,
  sql,
}) => {
  const customer = await customerOnSite(sql);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/sign-in");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByLabel("E-mail address"));
  await page.keyboard.type(customer.email);
  await tabTo(page, page.getByLabel("Password", { exact: true }));
  await page.keyboard.type(customer.password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/dashboard");

  await expect(widget(page)).toBeVisible();
  await tabTo(page, page.getByRole("button", { name: "Copy link" }));
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(customer.link);

  const opener = page.getByRole("button", { name: "QR code" });
  await tabTo(page, opener);
  await page.keyboard.press("Space");
  const shown = dialog(page, "Show this to a friend");
  await expect(shown).toBeVisible();
  for (let presses = 0; presses < 4; presses += 1) {
    await page.keyboard.press("Tab");
    await expect
      .poll(() => shown.evaluate((element) => element.contains(document.activeElement)), {
        message: "the focus stays in the dialog",
      })
      .toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(shown).toBeHidden();
  await expect(opener).toBeFocused();

  for (let presses = 0; presses < 60; presses += 1) {
    const out = page.getByRole("button", { name: "Sign out" });
    if (await out.evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press("Shift+Tab");
  }
  await expect(page.getByRole("button", { name: "Sign out" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/");
  await page.goto("/dashboard");
  await expect(page).toHaveURL(/\/sign-in/);
});

/** Controls lower than 44 pixels; links within a sentence may be as high as it. */
const lowControls = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    Array.from(
      document.querySelectorAll<HTMLElement>("a, button, summary, input, textarea, select"),
    )
      .filter((control) => {
        const { width, height } = control.getBoundingClientRect();
        return width > 1 && height < 44 && getComputedStyle(control).display !== "inline";
      })
      .map((control) => `${control.tagName} ${control.textContent || control.ariaLabel}`),
  );

test("on a touch screen every control is high enough for a finger", async ({ browser, sql }) => {
  const customer = await customerOnSite(sql);
  const phone = await browser.newContext({
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  const page = await phone.newPage();
  for (const path of [
    "/",
    `/?ref=${customer.code}`,
    "/packages",
    "/order/account?package=fibre-50",
  ]) {
    await page.goto(path);
    expect([path, await lowControls(page)]).toEqual([path, []]);
  }
  await signIn(phone, customer);
  await page.goto("/dashboard");
  await expect(page.getByRole("button", { name: "Copy link" })).toBeVisible();
  expect(await lowControls(page)).toEqual([]);
  await phone.close();
});
