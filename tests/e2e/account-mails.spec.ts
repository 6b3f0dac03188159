import { linkTo } from "@/tests/support/account-mails";
import { clientOfServer } from "@/tests/support/clients";
import { newEmail } from "@/tests/support/people";
import { customerOnSite, signIn } from "./support/accounts";
import { signInByForm } from "./support/pages";
import { DATA_DIR, stack } from "./support/stack";
import { expect, test } from "./support/test";

test("a forgotten password is chosen anew on another device, by a link that works once", async ({
  page,
  sql,
  newBrowser,
}) => {
  const customer = await customerOnSite(sql);
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  // The page before has a field of the same name.
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Forgot your password?");
  await page.getByLabel("E-mail address").fill(customer.email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByText("Please check your inbox")).toBeVisible();

  const link = await linkTo(DATA_DIR, customer.email);
  const phone = await (await newBrowser()).newPage();
  await phone.goto(link);
  await expect(phone.getByRole("heading", { name: "Choose a new password" })).toBeVisible();
  await phone.getByRole("button", { name: "Go on" }).click();
  await expect(phone).toHaveURL(/\/reset-password/);
  await phone.getByLabel("New password").fill("three unrelated words");
  await phone.getByRole("button", { name: "Save the password" }).click();
  await expect(phone).toHaveURL(/\/dashboard/);

  // The old password has ended.
  await page.goto("/sign-in");
  await signInByForm(page, customer.email, customer.password);
  await expect(page.getByRole("alert").getByText("is not right")).toBeVisible();
  await signIn(await newBrowser(), { email: customer.email, password: "three unrelated words" });

  const again = await (await newBrowser()).newPage();
  await again.goto(link);
  await again.getByRole("button", { name: "Go on" }).click();
  await expect(again.getByRole("heading", { name: "This link no longer works" })).toBeVisible();
  await again.getByRole("link", { name: "Send me a new link" }).click();
  await expect(again).toHaveURL(/\/forgot-password/);
});

test("an address that is not confirmed is confirmed without scripts, by a link sent again", async ({
  page,
  browser,
}) => {
  const email = newEmail("unconfirmed");
  const password = "correct horse battery";
  const server = clientOfServer(stack.apiUrl, stack.secretKey);
  const made = await server.auth.admin.createUser({ email, password });
  expect(made.error).toBeNull();

  await page.goto("/sign-in");
  await signInByForm(page, email, "another password");
  await expect(page.getByRole("alert").getByText("is not right")).toBeVisible();
  await signInByForm(page, email, password);
  await expect(page.getByText("Confirm your e-mail address first")).toBeVisible();
  await page.getByRole("button", { name: "Send the link again" }).click();
  await expect(page.getByText(`A new link to ${email} is on its way`)).toBeVisible();

  const context = await browser.newContext({ javaScriptEnabled: false });
  const plain = await context.newPage();
  await plain.goto(await linkTo(DATA_DIR, email));
  await plain.getByRole("button", { name: "Confirm my address" }).click();
  await expect(plain).toHaveURL(/\/packages/);
  await plain.goto("/sign-in");
  await expect(plain).toHaveURL(/\/packages/);
  await context.close();

  await page.goto("/sign-in");
  await signInByForm(page, email, password);
  await expect(page).toHaveURL(/\/packages/);
});
