/** The team, what one person may not do alone, and the log of it all. */
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import Papa from "papaparse";
import { linkTo } from "@/tests/support/account-mails";
import { newEmail } from "@/tests/support/people";
import { one } from "@/tests/support/rows";
import { customerOnSite, DEMO, DEMO_PASSWORD } from "./support/accounts";
import { confirmWithReason, dialog } from "./support/pages";
import { DATA_DIR } from "./support/stack";
import { expect, test } from "./support/test";

const member = (page: Page, email: string) => page.getByRole("row").filter({ hasText: email });

test("somebody is invited, works with their role, is demoted and removed at once", async ({
  newBrowser,
}) => {
  const email = newEmail("colleague");
  const owner = await (await newBrowser({ email: DEMO.owner })).newPage();

  await test.step("the invitation names what is missing, and is sent", async () => {
    await owner.goto("/admin");
    await owner.getByRole("link", { name: "Team", exact: true }).click();
    await owner.getByRole("button", { name: "Invite somebody" }).click();
    const invite = dialog(owner, "Invite somebody to the team");
    await invite.getByRole("button", { name: "Send the invitation" }).click();
    await expect(invite.getByLabel("Name")).toHaveAccessibleDescription(/Enter a name/);
    await invite.getByLabel("Name").fill("Sipho Khumalo");
    await invite.getByLabel("E-mail address").fill(email);
    await invite.getByLabel("Role").selectOption("billing");
    await invite.getByRole("button", { name: "Send the invitation" }).click();
    await expect(owner.getByText("Invitation sent")).toBeVisible();
    await expect(member(owner, email)).toContainText("Invited");
    await expect(member(owner, email)).toContainText("Never");
  });

  const colleague = await (await newBrowser()).newPage();
  await test.step("the link leads to a password and to the admin area", async () => {
    await colleague.goto(await linkTo(DATA_DIR, email));
    await colleague.getByRole("button", { name: "Accept" }).click();
    await expect(colleague).toHaveURL(/\/reset-password/);
    const password = colleague.getByLabel("New password");
    await password.fill("password1");
    await colleague.getByRole("button", { name: "Save the password" }).click();
    await expect(password).toHaveAccessibleDescription(/list of common passwords/);
    await password.fill("four unrelated green words");
    await colleague.getByRole("button", { name: "Save the password" }).click();
    await expect(colleague).toHaveURL(/\/admin/);
    await colleague.goto("/admin/approvals");
    await expect(colleague.getByRole("heading", { level: 1 })).toHaveText("Approvals");
    // What the role may not do is not offered.
    await expect(colleague.getByRole("link", { name: "Team", exact: true })).toHaveCount(0);
    await owner.reload();
    await expect(member(owner, email)).toContainText("Active");
  });

  await test.step("a demotion counts in the open session; a removal ends it", async () => {
    await owner.getByRole("button", { name: "Change Sipho Khumalo's access" }).click();
    const change = dialog(owner, "Change Sipho Khumalo's access");
    await change.getByLabel("Role").selectOption("support");
    await confirmWithReason(owner, "Change Sipho Khumalo's access", "Moves to support", "Save");
    await expect(member(owner, email)).toContainText("Support");
    await colleague.reload();
    await expect(colleague.getByRole("heading", { level: 1 })).not.toHaveText("Approvals");

    await owner.getByRole("button", { name: "Change Sipho Khumalo's access" }).click();
    await change.getByRole("checkbox", { name: "May use the admin area" }).click();
    await confirmWithReason(owner, "Change Sipho Khumalo's access", "Left the company", "Save");
    await expect(member(owner, email)).toContainText("No access");
    await colleague.goto("/admin");
    await expect(colleague.getByRole("heading", { name: "Overview" })).toHaveCount(0);
  });

  await test.step("the last owner has no button for themselves", async () => {
    await expect(member(owner, DEMO.owner)).toContainText("(you)");
    await expect(member(owner, DEMO.owner).getByRole("button")).toHaveCount(0);
  });
});

test("a dangerous act asks for the password once more, and goes on from there", async ({
  newBrowser,
  sql,
}) => {
  const context = await newBrowser({ email: DEMO.owner });
  const page = await context.newPage();
  await page.goto("/admin/team");
  await sql`
    update auth.sessions as s set created_at = now() - interval '11 minutes'
    from auth.users as u where u.id = s.user_id and u.email = ${DEMO.owner}`;
  await page.getByRole("button", { name: "Change the rules" }).click();
  const rules = dialog(page, "Change the rules for the team");
  await rules.getByLabel("Hours until a request expires").fill("48");
  await rules.getByLabel("Reason").fill("Two days are enough");
  await rules.getByRole("button", { name: "Save the rules" }).click();
  const question = page.getByRole("dialog", { name: /password/i });
  await question.getByLabel("Password", { exact: true }).fill("not this one");
  await question.getByRole("button", { name: /confirm|go on|continue/i }).click();
  await expect(question).toContainText("not right");
  await question.getByLabel("Password", { exact: true }).fill(DEMO_PASSWORD);
  await question.getByRole("button", { name: /confirm|go on|continue/i }).click();
  await expect(page.getByText("Rules saved")).toBeVisible();
  await expect(page.getByRole("main")).toContainText("48");
});

test("a run ahead of its month waits for a second person, and an old request expires", async ({
  newBrowser,
  sql,
}) => {
  const asking = await (await newBrowser({ email: DEMO.owner })).newPage();
  const deciding = await (await newBrowser({ email: DEMO.billing })).newPage();
  const runs = async () =>
    one(await sql<{ n: number }[]>`select count(*)::integer as n from public.billing_runs`).n;
  const before = await runs();
  const title = "A billing run before its month begins";
  const waiting = (page: Page) =>
    page.getByRole("listitem").filter({ hasText: title }).filter({ hasText: "Waiting" }).first();

  async function ask(reason: string) {
    await asking.goto("/admin/billing");
    await asking.getByRole("button", { name: "Start a run" }).click();
    const start = dialog(asking, "Start a billing run");
    const months = start.getByLabel("Cycle");
    const last = await months.getByRole("option").last().getAttribute("value");
    const first = await months.getByRole("option").first().getAttribute("value");
    await months.selectOption((first ?? "") > (last ?? "") ? (first ?? "") : (last ?? ""));
    await start.getByLabel("Reason").fill(reason);
    await start.getByRole("button", { name: "Start the run" }).click();
    await expect(asking.getByText("A second person has to approve this run")).toBeVisible();
    await expect(asking).toHaveURL(/\/admin\/approvals/);
  }

  await test.step("whoever asked may withdraw it, and not approve it", async () => {
    await ask("The office is closed at the turn of the month");
    await expect(waiting(asking)).toContainText("The office is closed");
    await expect(waiting(asking).getByRole("button", { name: "Withdraw" })).toBeVisible();
    await expect(waiting(asking).getByRole("button", { name: "Approve" })).toHaveCount(0);
    expect(await runs()).toBe(before);
  });

  await test.step("a colleague sees who asked and why, and declines", async () => {
    await deciding.goto("/admin");
    await deciding.getByRole("link", { name: "Approvals", exact: true }).click();
    await expect(waiting(deciding)).toContainText("Naledi Khumalo");
    await expect(waiting(deciding)).toContainText("Expires on");
    await waiting(deciding).getByRole("button", { name: "Decline" }).click();
    await confirmWithReason(
      deciding,
      `Decline: ${title.toLowerCase()}`,
      "Not this month",
      "Decline",
    );
    await expect(deciding.getByText("Declined").first()).toBeVisible();
    expect(await runs()).toBe(before);
  });

  await test.step("a request that nobody decides expires, and can be asked again", async () => {
    await ask("Nobody is in the office");
    await sql`update public.approvals set expires_at = now() where status = 'pending'`;
    await deciding.reload();
    await expect(deciding.getByText("Nobody decided it by").first()).toBeVisible();
    await expect(deciding.getByRole("button", { name: "Approve" })).toHaveCount(0);
    await ask("Nobody is in the office, still");
    await deciding.reload();
    await expect(waiting(deciding)).toContainText("still");
  });

  await test.step("an approval carries it out, once", async () => {
    await waiting(deciding).getByRole("button", { name: "Approve" }).click();
    await confirmWithReason(deciding, `Approve: ${title.toLowerCase()}`, "As agreed", "Approve");
    await expect(deciding.getByText("Approved and carried out")).toBeVisible();
    expect(await runs()).toBe(before + 1);
    await asking.reload();
    await expect(asking.getByRole("main")).toContainText("As agreed");
  });
});

test("the log is filtered, exported as CSV, and keeps what was refused and exported", async ({
  newBrowser,
  sql,
}) => {
  const customer = await customerOnSite(sql, { firstName: "Ayanda", lastName: "Logged" });
  const support = await newBrowser({ email: DEMO.support });
  const refused = await support.request.post(
    `/api/admin/customers/${customer.id}/referrals/grant`,
    { data: { reason: "Just trying" } },
  );
  expect(refused.status()).toBe(403);
  await (await support.newPage()).goto("/admin/audit");

  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  await page.goto("/admin/audit");
  const main = page.getByRole("main");
  await expect(main).toContainText("tried something that was refused");
  await page.getByLabel("What").selectOption("order");
  await page.getByLabel("Search").fill("Ayanda Logged");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page).toHaveURL(/action=order/);
  await expect(main).toContainText("activated the order");
  await expect(main).not.toContainText("tried something");

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export these as CSV" }).click(),
  ]);
  const text = await readFile(await download.path(), "utf8");
  const rows = Papa.parse<Record<string, string>>(text.trim(), { header: true }).data;
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row.action).toMatch(/^order\./);

  await page.getByRole("link", { name: "Clear the filters" }).click();
  await expect(page).toHaveURL(/\/admin\/audit$/);
  await page.getByLabel("What").selectOption("export");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page).toHaveURL(/action=export/);
  await expect(main).not.toContainText("activated the order");
  await expect(main).toContainText(/exported \d+ rows?: audit/);
  await page.getByLabel("From", { exact: true }).fill("2001-01-01");
  await page.getByLabel("To", { exact: true }).fill("2001-01-02");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(main).toContainText("Nothing matches");
});

test("a key for another system is shown once, records a friend, and is revoked", async ({
  newBrowser,
  sql,
}) => {
  const context = await newBrowser({ email: DEMO.owner });
  const page = await context.newPage();
  const name = `Order desk ${newEmail("key").split("@")[0]}`;
  const row = page.getByRole("row").filter({ hasText: name });
  let secret = "";

  await test.step("it is made with a name and what it may do", async () => {
    await page.goto("/admin/team");
    await page.getByRole("link", { name: "API keys" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("API keys");
    await page.getByRole("button", { name: "Create a key" }).click();
    const create = dialog(page, "Create an API key");
    await create.getByRole("button", { name: "Create the key" }).click();
    await expect(create.getByLabel("Name")).toHaveAccessibleDescription(/Enter a name/);
    await create.getByLabel("Name").fill(name);
    await create.getByRole("checkbox", { name: "Asks where a referral stands" }).click();
    await create.getByLabel("It ends").selectOption("90");
    await create.getByRole("button", { name: "Create the key" }).click();
    const made = dialog(page, `The key “${name}”`);
    await expect(made).toContainText("the only time you see this key");
    await expect(made.getByRole("button", { name: "Copy the key" })).toBeVisible();
    secret = (await made.getByText(/^rk_/).textContent()) ?? "";
    await made.getByRole("button", { name: "Done" }).click();
    await expect(row).toContainText("Active");
    await expect(row).toContainText("Never");
    await page.reload();
    await expect(page.getByRole("main")).not.toContainText(secret);
  });

  const order = (referral_code: string) =>
    context.request.post("/api/v1/referrals", {
      headers: { authorization: `Bearer ${secret}` },
      data: { referral_code, external_id: newEmail("order").replace("@", "."), name: "Sizwe Dube" },
    });

  await test.step("the other system records a friend, and the order shows its own id", async () => {
    const referrer = await customerOnSite(sql, { firstName: "Busi" });
    const answer = await order(referrer.code);
    expect(answer.status()).toBe(201);
    expect(await answer.json()).toMatchObject({ data: { status: "recorded" } });
    await page.goto("/admin/orders");
    await expect(page.getByRole("row").filter({ hasText: "Sizwe Dube" }).first()).toContainText(
      "Service elsewhere",
    );
    await page.goto("/admin/team/api-keys");
    await expect(row).not.toContainText("Never");
  });

  await test.step("it is revoked with a reason, and opens nothing more", async () => {
    await page.getByRole("button", { name: `Revoke the key ${name}` }).click();
    await confirmWithReason(page, `Revoke “${name}”`, "The system is replaced", "Revoke the key");
    await expect(row).toContainText("Revoked");
    await expect(row).toContainText("The system is replaced");
    expect((await order("REF-ZZZZZZZZ")).status()).toBe(401);
    await page.goto("/admin/audit");
    await expect(page.getByRole("main")).toContainText(`revoked the API key ${name}`);
    await expect(page.getByRole("main")).toContainText(`created the API key ${name}`);
  });
});
