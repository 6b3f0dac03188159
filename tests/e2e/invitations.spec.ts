import { findReferral } from "@/tests/support/rows";
import { customerOnSite, newPerson } from "./support/accounts";
import { fillOrder, invitation, submitOrder } from "./support/pages";
import { expect, test } from "./support/test";

const ORDER = "/order/account?package=fibre-50";

test("the order form follows an invitation that another tab opens", async ({
  page,
  context,
  sql,
}) => {
  const first = await customerOnSite(sql, { firstName: "Nomsa" });
  const second = await customerOnSite(sql, { firstName: "Sibusiso" });
  const field = page.getByLabel("Referral code");
  await page.goto(ORDER);
  await expect(field).toHaveValue("");

  const other = await context.newPage();
  await other.goto(first.link);
  await expect(field).toHaveValue(first.code);
  await expect(page.getByText("Nomsa invited you")).toBeVisible();
  await other.goto(second.link);
  await expect(field).toHaveValue(second.code);

  // What the person typed themselves stays.
  await field.fill(first.code);
  await other.goto(`${second.link}&again`);
  await expect(field).toHaveValue(first.code);
  await fillOrder(page, newPerson());
  expect(await findReferral(sql, await submitOrder(page))).toMatchObject({ source: "typed" });
});

test("an invitation restored from storage reaches the form, and the order without a word", async ({
  page,
  context,
  sql,
}) => {
  const referrer = await customerOnSite(sql, { firstName: "Nomsa" });
  await page.goto(referrer.link);
  await expect(invitation(page)).toContainText("Invited by Nomsa");
  await expect
    .poll(() => page.evaluate(() => localStorage.getItem("referral")))
    .toContain(referrer.code);
  await context.clearCookies();
  await page.goto(ORDER);
  await expect(page.getByLabel("Referral code")).toHaveValue(referrer.code);
  await fillOrder(page, newPerson());
  expect(await findReferral(sql, await submitOrder(page))).toMatchObject({ source: "link" });
});

test("an order without a code is one from which the person took it away, and keeps the invitation", async ({
  page,
  context,
  sql,
}) => {
  const referrer = await customerOnSite(sql);
  await page.goto(referrer.link);
  await page.goto(ORDER);
  await page.getByLabel("Referral code").fill("");
  await fillOrder(page, newPerson());
  expect(await findReferral(sql, await submitOrder(page))).toBeNull();
  const cookies = await context.cookies();
  expect(cookies.find(({ name }) => name === "referral")?.value).toContain(referrer.code);
  expect(await page.evaluate(() => localStorage.getItem("referral"))).toContain(referrer.code);
});

test("a code typed before the scripts of the page run stays, and is checked", async ({
  page,
  sql,
}) => {
  const referrer = await customerOnSite(sql, { firstName: "Nomsa" });
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/_next/static/**/*.js", async (route) => {
    await released;
    await route.continue();
  });
  await page.goto(ORDER, { waitUntil: "commit" });
  const field = page.getByLabel("Referral code");
  await field.fill(referrer.code.toLowerCase());
  release();
  await expect(page.getByText("Nomsa invited you")).toBeVisible();
  await expect(field).toHaveValue(referrer.code.toLowerCase());
});

test("a whole message pasted into the field is a code", async ({ page, sql }) => {
  const referrer = await customerOnSite(sql, { firstName: "Nomsa" });
  const message =
    "Hi! I have been with them for a year now and I am really happy with the internet at home. " +
    `If you order with my link, it helps me too: ${referrer.link}. See you on Thursday! 🎉`;
  await page.goto(ORDER);
  const field = page.getByLabel("Referral code");
  await field.fill(message);
  await expect(page.getByText("Nomsa invited you")).toBeVisible();
  await field.blur();
  await expect(field).toHaveValue(referrer.code);
  await fillOrder(page, newPerson());
  expect(await findReferral(sql, await submitOrder(page))).toMatchObject({ status: "pending" });
});

test("half a code is neither judged nor rewritten while it is typed", async ({ page, sql }) => {
  const { code } = await customerOnSite(sql, { firstName: "Nomsa" });
  await page.goto(ORDER);
  const field = page.getByLabel("Referral code");
  const half = code.slice(0, -3);
  await field.pressSequentially(half);
  await expect(page.getByText("A code looks like REF-7K2M9QXA.")).toBeVisible();
  await expect(page.getByText("This code can't be used.")).toHaveCount(0);
  await field.blur();
  await expect(field).toHaveValue(half);
  await field.press("End");
  await field.pressSequentially(code.slice(-3));
  await expect(page.getByText("Nomsa invited you")).toBeVisible();
});

test("the confirmation says the order number, and the form what the friend sees", async ({
  page,
  sql,
}) => {
  const referrer = await customerOnSite(sql);
  await page.goto(referrer.link);
  await page.goto(ORDER);
  await expect(page.getByText("your friend sees your first name")).toBeVisible();
  await fillOrder(page, newPerson());
  const orderId = await submitOrder(page);
  const [row] = await sql`select order_number from orders where id = ${orderId}`;
  await expect(page.getByRole("main")).toContainText(`Your order number is ${row?.order_number}`);
});

test("an invited friend lands on a page of their own, and its first package leads to the order", async ({
  page,
  sql,
}) => {
  const referrer = await customerOnSite(sql, { firstName: "Nomsa" });
  await page.goto(referrer.link);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Nomsa invites you to");
  await expect(page.getByRole("main")).not.toContainText(/free month|reward|earn/i);
  await page.getByRole("link", { name: "See the packages" }).click();
  const packages = page.getByRole("region", { name: "Choose your package" });
  await expect(packages).toBeInViewport();
  await packages
    .getByRole("link", { name: /^Order/ })
    .first()
    .click();
  await expect(page.getByText("Nomsa invited you")).toBeVisible();
});
