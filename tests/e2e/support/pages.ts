import { expect, type Locator, type Page } from "@playwright/test";
import type { Person } from "./accounts";

/** Signs in by the form. */
export async function signInByForm(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The banner that names who invited. */
export const invitation = (page: Page): Locator =>
  page.getByRole("complementary", { name: "Invitation" });

/** The referral widget of the dashboard, on the first visit and later. */
export const widget = (page: Page): Locator =>
  page.getByRole("region", { name: /^(Your referrals|Invite a friend)/ });

/** One friend in the widget, by the name that is shown, such as "Lerato M.". */
export const friend = (page: Page, name: string): Locator =>
  widget(page).getByRole("listitem").filter({ hasText: name }).first();

/** The first step of the order form: the home. */
export async function fillHome(page: Page, person: Person): Promise<void> {
  await page.getByLabel("Street and number").fill(person.line1);
  await page.getByLabel("City or town").fill(person.city);
  await page.getByLabel("Postal code").fill(person.postalCode);
}

/** The second step of the order form for somebody without an account. */
export async function fillDetails(page: Page, person: Person): Promise<void> {
  await page.getByLabel("First name").fill(person.firstName);
  await page.getByLabel("Last name").fill(person.lastName);
  await page.getByLabel("Phone number").fill(person.phone);
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
}

/** Goes on to the second step of the order form. */
export async function goToDetails(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "Who is it for?" })).toBeVisible();
}

/** Fills in the order form from its first step, except for the code. */
export async function fillOrder(page: Page, person: Person): Promise<void> {
  await fillHome(page, person);
  await goToDetails(page);
  await fillDetails(page, person);
}

export const placeOrderButton = (page: Page): Locator =>
  page.getByRole("button", { name: "Place the order" });

/** Presses the button and waits for the confirmation; returns the order's id. */
export async function submitOrder(page: Page): Promise<string> {
  await placeOrderButton(page).click();
  await expect(page).toHaveURL(/\/order\/confirmation\?/);
  await expect(page.getByRole("heading", { name: "Thank you, your order is in" })).toBeVisible();
  return new URL(page.url()).searchParams.get("order") ?? "";
}

/** The open dialog of that title. */
export const dialog = (page: Page, title: string): Locator =>
  page.getByRole("dialog", { name: title });

/** Opens the newest mail to somebody with that subject in the admin mailbox, on whatever page it is. */
export async function openMail(page: Page, recipient: string, subject: RegExp): Promise<void> {
  const found = page
    .getByRole("row")
    .filter({ hasText: recipient })
    .getByRole("link", { name: subject })
    .first();
  const table = page.getByRole("table", { name: "Mails", exact: true });
  const next = page.getByRole("link", { name: "Next page" });
  // A mail is written right after the answer that caused it: look again until it is there.
  await expect(async () => {
    await page.goto("/admin/mailbox");
    for (;;) {
      await expect(table).toBeVisible();
      if (await found.isVisible()) break;
      const href = await next.getAttribute("href", { timeout: 200 });
      await page.goto(href ?? "");
    }
  }).toPass();
  await found.click();
  await expect(page).toHaveURL(/\/admin\/mailbox\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("heading", { level: 1, name: subject })).toBeVisible();
}

/** The text version of the mail that is open in the mailbox. */
export const mailText = (page: Page): Locator =>
  page.getByRole("region", { name: "As plain text" });

/** The value that stands beside a term, such as "Amount due". */
export const detail = (scope: Locator, term: string): Locator =>
  scope.getByText(term, { exact: true }).locator("..").getByRole("definition");

/** Gives a reason in the open dialog of that title and confirms. */
export async function confirmWithReason(
  page: Page,
  title: string,
  reason: string,
  button: string,
): Promise<void> {
  const opened = dialog(page, title);
  await opened.getByLabel("Reason").fill(reason);
  await opened.getByRole("button", { name: button }).click();
  await expect(opened).toBeHidden();
}

/** Activates an order in the admin's list, found by the customer's e-mail address. */
export async function activateInAdmin(page: Page, person: Person): Promise<void> {
  await page.goto(`/admin/orders?q=${encodeURIComponent(person.email)}`);
  const name = `${person.firstName} ${person.lastName}`;
  const row = page.getByRole("row").filter({ hasText: person.email });
  await row.getByRole("button", { name: /^Activate/ }).click();
  const question = dialog(page, "Activate this order");
  await expect(question).toContainText(name);
  await question.getByRole("button", { name: "Activate" }).click();
  await expect(page.getByText("Order activated")).toBeVisible();
  await expect(row).toContainText("Active");
}
