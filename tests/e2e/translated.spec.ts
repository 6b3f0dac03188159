/** Pages while the browser translates them, or an extension rewrites their text. */
import type { Page } from "@playwright/test";
import { customerOnSite, DEMO, newPerson } from "./support/accounts";
import { dialog, fillDetails, fillHome, placeOrderButton, widget } from "./support/pages";
import { expect, test } from "./support/test";

/**
 * Replaces every text node by two nested elements with the same text, as translators do, and goes on
 * with what the page adds later.
 */
async function translate(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const isOurs = (node: Node) => node.parentElement?.closest("font[data-translated]") !== null;
    function rewrite(node: Node): void {
      if (node instanceof Text) {
        const parent = node.parentElement;
        if (!node.data.trim() || !parent || isOurs(node)) return;
        if (["SCRIPT", "STYLE", "TEXTAREA", "OPTION", "TITLE"].includes(parent.tagName)) return;
        const outer = document.createElement("font");
        outer.dataset.translated = "";
        const inner = document.createElement("font");
        inner.textContent = node.data;
        outer.append(inner);
        node.replaceWith(outer);
        return;
      }
      for (const child of [...node.childNodes]) rewrite(child);
    }
    const begin = () => {
      rewrite(document.body);
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes) for (const node of addedNodes) rewrite(node);
      }).observe(document.body, { childList: true, subtree: true });
    };
    // Translators begin once the page is there. Before hydration React would put its own text back.
    const isAlive = (node: Element) => Object.keys(node).some((key) => key.startsWith("__react"));
    const whenAlive = () => {
      const nodes = [...document.querySelectorAll("main :is(h1, h2, button, input)")];
      const isDone = nodes.length > 0 && nodes.every(isAlive);
      if (isDone || performance.now() > 5_000) begin();
      else setTimeout(whenAlive, 50);
    };
    addEventListener("load", () => setTimeout(whenAlive, 300));
  });
}

/** Waits until the text of the page was rewritten. */
const isTranslated = (page: Page) =>
  expect(page.locator("main font[data-translated]").first()).toBeVisible();

test("the public forms work while their text is rewritten", async ({ page, sql }) => {
  const referrer = await customerOnSite(sql, { firstName: "Nomsa" });
  await translate(page);
  await page.goto("/order/account?package=fibre-50");
  await isTranslated(page);
  const code = page.getByLabel("Referral code");
  for (const [typed, verdict] of [
    ["REF-00000000", "This code can't be used."],
    [referrer.code, "Nomsa"],
    ["", null],
    [referrer.code, "Nomsa"],
  ] as const) {
    await code.fill(typed);
    if (verdict) {
      await expect(page.getByRole("status").filter({ hasText: verdict })).toBeVisible();
    }
  }
  const next = page.getByRole("button", { name: "Continue" });
  await next.click();
  await expect(page.getByLabel("Street and number")).toHaveAttribute("aria-invalid", "true");
  await fillHome(page, newPerson({ postalCode: "7784" }));
  await next.click();
  await expect(page.getByRole("button", { name: "Tell me when it opens" })).toBeVisible();
  const person = newPerson();
  await page.getByLabel("Postal code").fill(person.postalCode);
  await page.getByRole("button", { name: /Continue|Check another/ }).click();
  await expect(page.getByLabel("First name")).toBeVisible();
  await placeOrderButton(page).click();
  await expect(page.getByLabel("First name")).toHaveAttribute("aria-invalid", "true");
  await page.getByRole("button", { name: "Show characters" }).click();
  await fillDetails(page, person);
  await placeOrderButton(page).click();
  await expect(page).toHaveURL(/\/order\/confirmation\?/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Thank you");

  await page.context().clearCookies();
  await page.goto("/sign-in");
  await isTranslated(page);
  const signIn = page.getByRole("button", { name: "Sign in" });
  await signIn.click();
  await expect(page.getByLabel("E-mail address")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await signIn.click();
  await expect(page.getByRole("main").getByRole("alert")).toBeVisible();
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await signIn.click();
  await expect(page).toHaveURL("/dashboard");

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/");
  await page.goto("/forgot-password");
  await isTranslated(page);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByLabel("E-mail address")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByRole("main").getByRole("status")).toContainText(person.email);
});

test("the customer's forms and dialogs work while their text is rewritten", async ({
  newBrowser,
  sql,
}) => {
  const customer = await customerOnSite(sql);
  const page = await (await newBrowser(customer)).newPage();
  await translate(page);
  await page.goto("/dashboard");
  await isTranslated(page);
  await page.getByRole("button", { name: "Copy code" }).click();
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.getByLabel("Your message to a friend").fill("Molo!");
  await widget(page).getByText("More ways to send it").click();
  await page.getByRole("button", { name: "QR code" }).click();
  await expect(dialog(page, "Show this to a friend")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog(page, "Show this to a friend")).toBeHidden();
  await page.evaluate(() => dispatchEvent(new Event("focus")));

  await page.goto("/profile");
  await isTranslated(page);
  await page.getByLabel("City or town").fill("");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByLabel("City or town")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("City or town").fill("Paarl");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Your details are saved")).toBeVisible();

  await page.goto("/reset-password");
  await isTranslated(page);
  await page.getByLabel("New password").fill("other words for once");
  await page.getByRole("button", { name: "Save the password" }).click();
  await expect(page.getByLabel("Present password")).toBeVisible();
});

test("the dialogs of the team work while their text is rewritten", async ({ newBrowser, sql }) => {
  const customer = await customerOnSite(sql);
  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  await translate(page);
  await page.goto(`/admin/customers/${customer.id}/rewards`);
  await isTranslated(page);
  await page.getByRole("button", { name: /^Grant/ }).click();
  const opened = page.getByRole("dialog");
  await expect(opened).toBeVisible();
  await opened.getByRole("button", { name: /^Grant/ }).click();
  await expect(opened.getByLabel("Reason")).toHaveAttribute("aria-invalid", "true");
  await opened.getByLabel("Reason").fill("Goodwill after an outage");
  await opened.getByRole("button", { name: /^Grant/ }).click();
  await expect(opened).toBeHidden();
  await page.getByRole("button", { name: /^Revoke/ }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
});
