/** Ordering where e-mail addresses are confirmed first, as hosted projects do: a system of its own. */
import type { Site } from "@/supabase/local/commands/next-server";
import { linksTo, linkTo } from "@/tests/support/account-mails";
import { newPackage } from "@/tests/support/builders";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { ownSite, ROOMY } from "@/tests/support/site";
import { newPerson } from "./support/accounts";
import { fillOrder, placeOrderButton, signInByForm } from "./support/pages";
import { expect, test } from "./support/test";

let own: OwnStack;
let site: Site;
let slug: string;
test.beforeAll(async () => {
  own = await ownStack({ confirmEmails: true });
  site = await ownSite(own.stack, ROOMY);
  slug = (await newPackage(own.sql, { name: "Fibre 50" })).slug;
});
test.afterAll(async () => {
  await site?.stop();
  await own?.stop();
});

test("an order leads through the mail, opened on another device, to the dashboard", async ({
  page,
  newBrowser,
}) => {
  const person = newPerson();

  await test.step("the order is placed, and asks to confirm the address", async () => {
    await page.goto(`${site.url}/order/account?package=${slug}`);
    await fillOrder(page, person);
    await placeOrderButton(page).click();
    await expect(page).toHaveURL(/\/order\/confirmation\?/);
    await expect(page.getByText("Please confirm your e-mail address")).toBeVisible();
    await page.goto(`${site.url}/dashboard`);
    await expect(page).toHaveURL(/\/sign-in/);
  });

  await test.step("signing in says what is missing, and offers the link again", async () => {
    await signInByForm(page, person.email, "another password of mine");
    await expect(page.getByRole("alert").getByText("is not right")).toBeVisible();
    await signInByForm(page, person.email, person.password);
    await expect(page.getByText("Confirm your e-mail address first")).toBeVisible();
    // A minute after the mail with the order, another one is sent.
    await own.sql`
      update auth.users set confirmation_sent_at = now() - interval '61 seconds'
      where email = ${person.email}`;
    await page.getByRole("button", { name: "Send the link again" }).click();
    await expect(page.getByText(`A new link to ${person.email} is on its way`)).toBeVisible();
    await expect.poll(() => linksTo(own.dataDir, person.email).length).toBe(2);
  });

  const link = await linkTo(own.dataDir, person.email);
  await test.step("a mail scanner that opens the link uses nothing up", async () => {
    const scanner = await (await newBrowser()).newPage();
    for (let round = 0; round < 2; round += 1) {
      await scanner.goto(link.replace(/^https?:\/\/[^/]+/, site.url));
      await expect(scanner.getByRole("button", { name: "Confirm my address" })).toBeVisible();
    }
    await scanner.goto(`${site.url}/dashboard`);
    await expect(scanner).toHaveURL(/\/sign-in/);
  });

  await test.step("a phone opens the link, presses the button, and is signed in", async () => {
    const phone = await (await newBrowser()).newPage();
    await phone.goto(link.replace(/^https?:\/\/[^/]+/, site.url));
    await phone.getByRole("button", { name: "Confirm my address" }).click();
    await expect(phone).toHaveURL(`${site.url}/dashboard`);
    await expect(phone.getByRole("heading", { level: 1 })).toContainText(person.firstName);

    await phone.goto(link.replace(/^https?:\/\/[^/]+/, site.url));
    await phone.getByRole("button", { name: "Confirm my address" }).click();
    await expect(phone.getByRole("heading", { name: "This link no longer works" })).toBeVisible();
    await phone.getByRole("link", { name: "You are signed in: go on" }).click();
    await expect(phone).toHaveURL(`${site.url}/dashboard`);
  });

  await test.step("the first browser signs in with the password of the order", async () => {
    await page.goto(`${site.url}/sign-in`);
    await signInByForm(page, person.email, person.password);
    await expect(page).toHaveURL(`${site.url}/dashboard`);
  });
});
