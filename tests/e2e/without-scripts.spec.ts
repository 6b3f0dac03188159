import type { Page } from "@playwright/test";
import { newAddress } from "@/tests/support/people";
import { findReferral } from "@/tests/support/rows";
import { customerOnSite, DEMO, DEMO_PASSWORD, newPerson } from "./support/accounts";
import { fillDetails, fillHome, goToDetails, signInByForm, submitOrder } from "./support/pages";
import { expect, test } from "./support/test";

test.use({ javaScriptEnabled: false });

const alert = (page: Page) => page.getByRole("main").getByRole("alert");

test("without scripts a friend orders, signs in, sees the dashboard and signs out", async ({
  page,
  sql,
}) => {
  const referrer = await customerOnSite(sql, { firstName: "Nomsa" });
  const person = newPerson({ firstName: "Karabo" });

  await test.step("the invitation leads to the order, and its code is judged by the server", async () => {
    await page.goto(referrer.link);
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Nomsa invites you to");
    await page
      .getByRole("link", { name: /^Order/ })
      .first()
      .click();
    await expect(page.getByText("Nomsa invited you")).toBeVisible();
    const code = page.getByLabel("Referral code");
    await expect(code).toHaveValue(referrer.code);
    await fillHome(page, person);
    await code.fill("REF-00000000");
    await page.getByRole("button", { name: "Check the code" }).click();
    await expect(page.getByText("This code can't be used. You can still order.")).toBeVisible();
    await expect(page.getByLabel("Street and number")).toHaveValue(person.line1);
    await code.fill(referrer.code.toLowerCase());
    await page.getByRole("button", { name: "Check the code" }).click();
    await expect(page.getByText("Nomsa invited you")).toBeVisible();
  });

  await test.step("mistakes come back with what was typed, but without the password", async () => {
    await page.getByLabel("Postal code").fill("80");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByLabel("Postal code")).toHaveAccessibleDescription(/4 digits/);
    await page.getByLabel("Postal code").fill("7784");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByText("We do not reach this address yet")).toBeVisible();
    await page.getByLabel("Postal code").fill(person.postalCode);
    await page.getByRole("button", { name: "Check another address" }).click();
    await expect(page.getByText("We can connect this address.")).toBeVisible();
    await fillDetails(page, { ...person, phone: "12" });
    await page.getByRole("button", { name: "Place the order" }).click();
    await expect(page.getByLabel("Phone number")).toHaveAccessibleDescription(/082 123 4567/);
    await expect(page.getByLabel("First name")).toHaveValue(person.firstName);
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
    await page.getByRole("button", { name: /^Change/ }).click();
    await expect(page.getByLabel("Street and number")).toHaveValue(person.line1);
    await goToDetails(page);
  });

  await test.step("the order is placed with the invitation", async () => {
    await fillDetails(page, person);
    const order = await submitOrder(page);
    expect(await findReferral(sql, order)).toMatchObject({ status: "pending" });
    await expect(page.getByText("Your order is linked to Nomsa", { exact: false })).toBeVisible();
  });

  await test.step("signing out and in again leads to the dashboard", async () => {
    await page.goto("/dashboard");
    await expect(page.getByText("Your order is with us.", { exact: false })).toBeVisible();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL("/");
    await page.goto("/dashboard");
    await expect(page).toHaveURL(/\/sign-in\?next=%2Fdashboard$/);
    await signInByForm(page, person.email, "not the password");
    await expect(alert(page)).toBeVisible();
    await expect(page.getByLabel("E-mail address")).toHaveValue(person.email);
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
    await signInByForm(page, person.email, person.password);
    await expect(page).toHaveURL("/dashboard");
    await expect(page.getByText("Your order is with us.", { exact: false })).toBeVisible();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL("/");
  });
});

test("without scripts an account is opened inside the order, and a double press orders once", async ({
  page,
  sql,
}) => {
  const customer = await customerOnSite(sql);
  const person = newPerson({ email: customer.email, password: customer.password });
  await page.goto("/order/account?package=fibre-100");
  await fillHome(page, person);
  await goToDetails(page);
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in here" }).click();
  await expect(page.getByRole("heading", { name: "Ordering with your account" })).toBeVisible();
  await page.getByRole("button", { name: "Place the order" }).dblclick();
  await expect(page.getByRole("heading", { name: "Thank you, your order is in" })).toBeVisible();
  const orders = await sql`
    select id from public.orders where customer_id = ${customer.id} and id <> ${customer.orderId}`;
  expect(orders).toHaveLength(1);
});

test("without scripts a link to choose a password is asked for, alike for everybody", async ({
  page,
}) => {
  for (const email of [DEMO.newcomer, "nobody@example.com"]) {
    await page.goto("/forgot-password");
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByLabel("E-mail address")).toHaveAccessibleDescription(
      /Enter your e-mail/,
    );
    await page.getByLabel("E-mail address").fill(email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByRole("main").getByRole("status")).toContainText(
      `If there is an account for ${email}`,
    );
  }
});

test("a form that another site posts is refused, and signs nobody in or out", async ({
  page,
  context,
  sql,
}) => {
  const customer = await customerOnSite(sql);
  await page.goto("/sign-in");
  await signInByForm(page, customer.email, customer.password);
  await expect(page).toHaveURL("/dashboard");
  const answer = await context.request.post("/sign-out", {
    headers: { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    form: {},
  });
  expect(answer.status()).toBe(403);
  await page.goto("/dashboard");
  await expect(page).toHaveURL("/dashboard");

  const other = await context.browser()?.newContext({
    extraHTTPHeaders: { "x-forwarded-for": newAddress(), origin: "https://evil.example" },
    javaScriptEnabled: false,
  });
  const stranger = await other?.newPage();
  await stranger?.goto("/sign-in");
  if (stranger) await signInByForm(stranger, DEMO.newcomer, DEMO_PASSWORD);
  await stranger?.goto("/dashboard");
  await expect(stranger ?? page).toHaveURL(/\/sign-in/);
  await other?.close();
});
