/** Acts of the team with their effect before and after, one by one and in bulk. */
import { readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { newLetters } from "@/tests/support/people";
import { one } from "@/tests/support/rows";
import { customerOnSite, DEMO, DEMO_PASSWORD } from "./support/accounts";
import { dialog, signInByForm } from "./support/pages";
import { expect, test } from "./support/test";

async function findings(page: Page): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
}

test("a grant says its effect before, survives a lost session, and says what was done", async ({
  newBrowser,
  sql,
}) => {
  const customer = await customerOnSite(sql, { firstName: "Bonani", lastName: "Effect" });
  const context = await newBrowser({ email: DEMO.billing });
  const page = await context.newPage();
  const opened = dialog(page, "Grant a free month");
  const effect = opened.getByRole("region", { name: "What this does" });
  const reason = opened.getByLabel("Reason");

  await test.step("the dialog spells out value, invoice and queue", async () => {
    await page.goto(`/admin/customers/${customer.id}/rewards`);
    await page.getByRole("button", { name: "Grant a free month" }).click();
    await expect(effect).toContainText(/It takes R.799\.00 off the invoice of/);
    await expect(effect).toContainText("No other free month is used before it.");
    expect(await findings(page)).toEqual([]);
  });

  await test.step("the session ends in the middle, and the text is there after signing in", async () => {
    await reason.fill("Two days without a connection");
    await context.clearCookies();
    await opened.getByRole("button", { name: "Grant free month" }).click();
    await expect(opened.getByRole("alert")).toContainText("Your session has ended");
    await opened.getByRole("link", { name: "Sign in again" }).click();
    await expect(page).toHaveURL(/\/sign-in\?next=/);
    await signInByForm(page, DEMO.billing, DEMO_PASSWORD);
    await expect(page).toHaveURL(new RegExp(`/admin/customers/${customer.id}/rewards`));
    await expect(reason).toHaveValue("Two days without a connection");
  });

  await test.step("the answer says what was done, and the next dialog warns", async () => {
    await opened.getByRole("button", { name: "Grant free month" }).click();
    await expect(opened).toBeHidden();
    await expect(page.getByText(/It is the next to be used, and it is valid until/)).toBeVisible();
    await page.getByRole("button", { name: "Grant a free month" }).click();
    await expect(reason).toHaveValue("");
    await expect(effect).toContainText("1 other free month is used before it");
    await expect(effect).toContainText("Two days without a connection");
  });

  await test.step("a role that is lost in the middle is said, and the text stays", async () => {
    const { auth_user_id: id } = one(
      await sql<{ auth_user_id: string }[]>`
        select auth_user_id from public.admin_users where email = ${DEMO.billing}`,
    );
    await reason.fill("A third day");
    await sql`update public.admin_users set role = 'support' where auth_user_id = ${id}`;
    try {
      await opened.getByRole("button", { name: "Grant free month" }).click();
      await expect(opened.getByRole("alert")).toContainText("not allowed to do this");
      await expect(opened.getByRole("alert")).toContainText("your text is kept");
      await expect(reason).toHaveValue("A third day");
    } finally {
      await sql`update public.admin_users set role = 'billing' where auth_user_id = ${id}`;
    }
  });
});

test("a bulk job is tried, started, and done row by row", async ({ newBrowser, sql }) => {
  const first = await customerOnSite(sql, { firstName: "Cebisa", lastName: "Bulk" });
  const second = await customerOnSite(sql, { firstName: "Duma", lastName: "Bulk" });
  const suburb = newLetters();
  const page = await (await newBrowser({ email: DEMO.billing })).newPage();
  await page.goto("/admin/bulk");
  await page
    .getByLabel("Rows", { exact: true })
    .fill(`${first.email}\n${second.code}\nnobody@x.test`);
  await page.getByLabel("Reason", { exact: true }).fill(`An outage in ${suburb}`);
  expect(await findings(page)).toEqual([]);
  await page.getByRole("button", { name: "Plan and try it" }).click();

  await expect(page).toHaveURL(/\/admin\/bulk\/[0-9a-f-]{36}$/);
  await expect(page.getByText("Dry run: 2 rows can be done, 0 cannot.")).toBeVisible();
  const rows = page.getByRole("table", { name: "Rows of the bulk job" });
  await expect(rows.getByText("A free month can be granted")).toHaveCount(2);
  await expect(rows.getByText("Nothing was found by this.")).toBeVisible();
  expect(await findings(page)).toEqual([]);

  await page.getByRole("button", { name: "Start", exact: true }).click();
  await dialog(page, "Start this job").getByRole("button", { name: "Start" }).click();
  await expect(page.getByText("2 done, 1 not done, 0 waiting.")).toBeVisible();
  await expect(rows.getByText("Free month granted")).toHaveCount(2);
  const granted = one(
    await sql<{ n: number }[]>`
      select count(*)::integer as n from public.referral_rewards
      where customer_id in (${first.id}, ${second.id}) and source = 'manual'`,
  );
  expect(granted.n).toBe(2);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download the results" }).click();
  expect((await download).suggestedFilename()).toBe("bulk-job.csv");

  await page.goto("/admin/bulk");
  await page.getByRole("searchbox", { name: "Job" }).fill(`in ${suburb.toUpperCase()}`);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/q=/);
  const main = page.getByRole("main");
  await expect(main.getByText(`An outage in ${suburb}`)).toHaveCount(1);
  await page.getByRole("link", { name: "Done", exact: true }).click();
  await expect(main.getByText("3 rows: 2 done, 1 not done")).toHaveCount(1);
  const list = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export these as CSV" }).click();
  expect(await readFile(await (await list).path(), "utf8")).toContain(`An outage in ${suburb}`);
  await page.getByRole("link", { name: "Stopped", exact: true }).click();
  await expect(main.getByText("No job matches")).toBeVisible();
});
