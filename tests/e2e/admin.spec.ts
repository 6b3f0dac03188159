import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import Papa from "papaparse";
import { newTag } from "@/tests/support/people";
import { one, referralOf } from "@/tests/support/rows";
import { customerOnSite, DEMO, newPerson, orderOnSite } from "./support/accounts";
import { rewardsOf } from "./support/database";
import {
  activateInAdmin,
  confirmWithReason,
  dialog,
  friend,
  openMail,
  widget,
} from "./support/pages";
import { expect, test } from "./support/test";

const grantDialog = (page: Page) => dialog(page, "Grant a free month");
const rewardsPath = (id: string) => `/admin/customers/${id}/rewards`;

test("a search takes every character literally", async ({ newBrowser, sql }) => {
  const tag = newTag();
  const customer = await customerOnSite(sql, { email: `l_${tag}@literal.test` });
  await customerOnSite(sql, { email: `la${tag}@literal.test` });
  const page = await (await newBrowser({ email: DEMO.support })).newPage();
  await page.goto("/admin/customers");
  const box = page.getByRole("searchbox");
  for (const term of ["%zz", "_zz", "a,b().:*zz", "'; drop table customers; --"]) {
    await box.fill(term);
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page).toHaveURL((url) => url.searchParams.get("q") === term);
    await expect(page.getByText("No customer found")).toBeVisible();
  }
  await box.fill(`l_${tag}`);
  await box.press("Enter");
  await expect(page).toHaveURL((url) => url.searchParams.get("q") === `l_${tag}`);
  const rows = page.getByRole("table").getByRole("row").filter({ hasText: "@" });
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText(customer.email);

  for (const term of [customer.code, customer.email, customer.phone]) {
    await page.goto(`/admin/customers?q=${encodeURIComponent(term)}`);
    await expect(rows).toHaveCount(1);
  }
});

test("a customer's three tabs have addresses of their own", async ({ newBrowser, sql }) => {
  const customer = await customerOnSite(sql, { firstName: "Palesa", lastName: "Tabs" });
  await orderOnSite(newPerson({ lastName: "Listed" }), { code: customer.code });
  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  await page.goto(`/admin/customers?q=${customer.code}`);
  await page.getByRole("link", { name: "Palesa Tabs" }).click();
  await expect(page).toHaveURL(`/admin/customers/${customer.id}/referrals`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Palesa Tabs");

  const tabs = page.getByRole("navigation", { name: /Palesa Tabs/ });
  for (const [name, path, content] of [
    ["Rewards", "rewards", "No rewards yet"],
    ["Audit log", "audit", "activated the order"],
    ["Referrals", "referrals", "Lerato Listed"],
  ] as const) {
    await tabs.getByRole("link", { name }).click();
    await expect(page).toHaveURL(`/admin/customers/${customer.id}/${path}`);
    await expect(tabs.getByRole("link", { name })).toHaveAttribute("aria-current", "page");
    await expect(page.getByRole("main")).toContainText(content);
  }
  await page.goBack();
  await page.reload();
  await expect(page.getByText("Entries cannot be changed or deleted.")).toBeVisible();
});

test("a free month is granted once, whatever happens to the request", async ({
  newBrowser,
  sql,
}) => {
  const customer = await customerOnSite(sql);
  const page = await (await newBrowser({ email: DEMO.billing })).newPage();
  await page.goto(rewardsPath(customer.id));
  const open = page.getByRole("button", { name: "Grant a free month" });
  const confirm = grantDialog(page).getByRole("button", { name: "Grant free month" });
  const reason = grantDialog(page).getByLabel("Reason");

  await test.step("a reason is needed", async () => {
    await open.click();
    await confirm.click();
    await expect(reason).toBeFocused();
    await expect(reason).toHaveAccessibleDescription(/Please give a reason/);
    await reason.fill(" no ");
    await confirm.click();
    await expect(reason).toHaveAccessibleDescription(/at least 3 characters/);
    expect(await rewardsOf(sql, customer.id)).toEqual({});
  });

  await test.step("the text is kept when it fails, and when the answer gets lost", async () => {
    await page.route("**/referrals/grant*", (route) => route.abort("connectionfailed"), {
      times: 1,
    });
    await reason.fill("Two weeks of outages in your street");
    await confirm.click();
    const alert = grantDialog(page).getByRole("alert");
    await expect(alert).toContainText("could not reach the server");
    await expect(reason).toHaveValue("Two weeks of outages in your street");

    await page.route(
      "**/referrals/grant*",
      async (route) => {
        await route.fetch();
        await route.abort("connectionreset");
      },
      { times: 1 },
    );
    await confirm.click();
    await expect(confirm).toBeEnabled();
    await expect(alert).toContainText("could not reach the server");
    expect(await rewardsOf(sql, customer.id)).toEqual({ pending: 1 });
    await confirm.click();
    await expect(grantDialog(page)).toBeHidden();
    await expect(page.getByText("Free month granted")).toBeVisible();
    expect(await rewardsOf(sql, customer.id)).toEqual({ pending: 1 });
  });

  await test.step("another one asks first, and a double click grants one", async () => {
    await open.click();
    await expect(reason).toHaveValue("");
    await reason.fill("And one more, for the patience");
    await confirm.click();
    await expect(grantDialog(page)).toContainText("was granted a free month already");
    await expect(reason).toHaveValue("And one more, for the patience");
    const another = grantDialog(page).getByRole("button", { name: "Grant another free month" });
    await another.click();
    await expect(grantDialog(page)).toContainText("Tick the box");
    await grantDialog(page).getByRole("checkbox").check();
    await another.dblclick();
    await expect(grantDialog(page)).toBeHidden();
    await expect(page.getByRole("row").filter({ hasText: "Granted by hand" })).toHaveCount(2);
    expect(await rewardsOf(sql, customer.id)).toEqual({ pending: 2 });
  });
});

test("a free month is revoked with a reason, and the customer is told", async ({
  newBrowser,
  sql,
}) => {
  const customer = await customerOnSite(sql);
  const context = await newBrowser({ email: DEMO.billing });
  const page = await context.newPage();
  const own = await (await newBrowser(customer)).newPage();
  await page.goto(rewardsPath(customer.id));
  await page.getByRole("button", { name: "Grant a free month" }).click();
  await confirmWithReason(page, "Grant a free month", "A welcome present", "Grant free month");
  await own.goto("/dashboard");
  await expect(widget(own)).toContainText("Given to you on");

  // In another window it is revoked first: the conflict is explained, and nothing is done twice.
  const reward = one(
    await sql<{ id: string }[]>`
      select id from public.referral_rewards where customer_id = ${customer.id}`,
  );
  await page.getByRole("button", { name: /^Revoke the free month of/ }).click();
  const title = "Revoke this free month";
  const asked = dialog(page, title);
  await asked.getByLabel("Reason").fill("It was meant for a neighbour");
  const other = await context.request.post(`/api/admin/customers/${customer.id}/referrals/revoke`, {
    data: { reward_id: reward.id, reason: "It was meant for another neighbour" },
  });
  expect(other.status()).toBe(200);
  await asked.getByRole("button", { name: "Revoke free month" }).click();
  await expect(asked.getByRole("alert")).not.toBeEmpty();
  await expect(asked.getByLabel("Reason")).toHaveValue("It was meant for a neighbour");
  await asked.getByRole("button", { name: "Cancel" }).click();

  const row = page.getByRole("row").filter({ hasText: "Granted by hand" });
  await expect(row).toContainText("It was meant for another neighbour");
  await expect(row.getByRole("button")).toHaveCount(0);
  await own.reload();
  await expect(widget(own)).not.toContainText("comes off your next invoice");

  expect(await rewardsOf(sql, customer.id)).toEqual({ revoked: 1 });
});

test("support sees everything and can change nothing", async ({ newBrowser, sql }) => {
  const customer = await customerOnSite(sql);
  const friendOrder = await orderOnSite(newPerson(), { code: customer.code });
  const context = await newBrowser({ email: DEMO.support });
  const page = await context.newPage();

  await page.goto(rewardsPath(customer.id));
  await expect(page.getByText("No rewards yet")).toBeVisible();
  await expect(page.getByRole("button", { name: /Grant|Revoke/ })).toHaveCount(0);
  await page.goto(`/admin/orders?q=${customer.code}`);
  await expect(page.getByRole("row").filter({ hasText: customer.email })).toHaveCount(1);
  await expect(
    page.getByRole("button", { name: /^(Activate|Cancel|Change|Suspend|Reactivate)/ }),
  ).toHaveCount(0);
  const nav = page.getByRole("navigation", { name: "Admin" });
  await expect(nav.getByRole("link", { name: "Customers" })).toBeVisible();
  await expect(nav.getByRole("link", { name: /Review|Programme/ })).toHaveCount(0);

  for (const path of ["/admin/review", "/admin/programme"]) {
    expect((await page.goto(path))?.status()).toBe(403);
    await expect(page).toHaveURL(path);
    await expect(
      page.getByRole("heading", { level: 1, name: "Your role may not open this page" }),
    ).toBeVisible();
  }
  const reason = "I would like to see what happens";
  for (const [path, data] of [
    [`customers/${customer.id}/referrals/grant`, { reason }],
    [`orders/${friendOrder.order_id}/activate`, {}],
    [`orders/${friendOrder.order_id}/cancel`, { reason }],
  ] as const) {
    const answer = await context.request.post(`/api/admin/${path}`, { data });
    expect(answer.status(), path).toBe(403);
  }
  expect(await rewardsOf(sql, customer.id)).toEqual({});
  const refused = await sql`
    select from public.audit_log
    where action = 'access.refused' and entity_id in (${customer.id}, ${friendOrder.order_id})`;
  expect(refused.length).toBeGreaterThanOrEqual(1);
});

test("the admin area is closed to customers and strangers", async ({ page, newBrowser, sql }) => {
  const customer = await customerOnSite(sql);
  const own = await (await newBrowser(customer)).newPage();
  for (const path of ["/admin", "/admin/mailbox", rewardsPath(customer.id)]) {
    await own.goto(path);
    await expect(own).toHaveURL("/dashboard");
    await page.goto(path);
    await expect(page).toHaveURL(/\/sign-in\?next=%2Fadmin/);
  }
});

test("the review queue is worked by keyboard alone", async ({ newBrowser, sql }) => {
  const referrer = await customerOnSite(sql);
  const home = { line1: referrer.line1, postalCode: referrer.postalCode };
  const cases = [];
  for (const lastName of ["Cottage", "Copycat"]) {
    const guest = newPerson({ ...home, firstName: "Refilwe", lastName });
    const { order_id } = await orderOnSite(guest, { code: referrer.code });
    cases.push({ guest, orderId: order_id, title: `Refilwe ${lastName}, referred by` });
  }
  const [cottage, copycat] = cases;
  if (!cottage || !copycat) throw new Error("two cases were made");

  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  await page.goto("/admin/review");
  const heading = page.getByRole("heading", { level: 2, name: /, referred by/ });
  const next = page.getByRole("link", { name: "Next page" });
  const queue = page.getByRole("region", { name: "Queue" });
  await expect(heading).toBeVisible();
  /** Goes down the queue with the key alone, from its top, until a case is shown. */
  async function reach(title: string) {
    await page.goto("/admin/review", { waitUntil: "networkidle" });
    await expect(heading).toBeVisible();
    for (;;) {
      const rows = await queue.getByRole("listitem").count();
      for (let row = 0; row < rows; row += 1) {
        if ((await heading.textContent())?.includes(title)) return;
        const before = (await heading.textContent()) ?? "";
        await page.keyboard.press("j");
        if (row + 1 < rows) await expect(heading).not.toHaveText(before);
      }
      if (!(await next.isVisible())) break;
      await page.goto((await next.getAttribute("href")) ?? "");
      await expect(heading).toBeVisible();
    }
    await expect(heading).toContainText(title);
  }
  await reach(cottage.title);
  const shown = (await heading.textContent()) ?? "";
  await page.keyboard.press("k");
  await page.keyboard.press("j");
  await expect(heading).toHaveText(shown);
  await expect(page.getByRole("region", { name: "Side by side" })).toContainText(
    "Same on both sides",
  );

  /** Types the reason and goes on to the last button, which confirms. */
  async function decide(key: "c" | "r", title: string, reason: string) {
    await page.keyboard.press(key);
    const asked = dialog(page, title);
    await expect(asked.getByLabel("Reason")).toBeFocused();
    // Letters are text here, not shortcuts.
    await page.keyboard.type(reason);
    await expect(asked.getByLabel("Reason")).toHaveValue(reason);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect(asked).toBeHidden();
  }
  await decide("c", "Clear this referral", "A cottage with a jack, checked by phone");
  await expect(heading).not.toContainText(cottage.title);
  await expect(heading).toBeFocused();
  await reach(copycat.title);
  await decide("r", "Reject this referral", "The same person under another name");
  await expect(queue.getByText("Refilwe", { exact: false })).toHaveCount(0);

  expect(await referralOf(sql, cottage.orderId)).toMatchObject({ status: "pending" });
  expect(await referralOf(sql, copycat.orderId)).toMatchObject({ status: "rejected" });
  await page.goto(`/admin/customers/${referrer.id}/audit`);
  await expect(page.getByRole("main")).toContainText("A cottage with a jack, checked by phone");
  await expect(page.getByRole("main")).toContainText("The same person under another name");
});

test("orders are activated and suspended with a reason, and the referrer's widget follows", async ({
  newBrowser,
  sql,
}) => {
  const referrer = await customerOnSite(sql);
  const guest = newPerson({ firstName: "Wandile", lastName: "Stopped" });
  const { order_id } = await orderOnSite(guest, { code: referrer.code });
  const page = await (await newBrowser({ email: DEMO.billing })).newPage();
  const own = await (await newBrowser(referrer)).newPage();

  await activateInAdmin(page, guest);
  await own.goto("/dashboard");
  await expect(friend(own, "Wandile S.")).toContainText("Day 1 of 30");

  const row = page.getByRole("row").filter({ hasText: guest.email });
  await row.getByRole("button", { name: /^Suspend/ }).click();
  const title = "Suspend this service";
  await expect(dialog(page, title)).toContainText("stand still");
  await confirmWithReason(page, title, "The debit order was returned", "Suspend service");
  await expect(row).toContainText("Service suspended");
  await expect(row.getByRole("button", { name: /^Reactivate/ })).toBeVisible();
  expect(await referralOf(sql, order_id)).toMatchObject({ status: "active" });

  await own.reload();
  await expect(friend(own, "Wandile S.")).toContainText("so the days stand still");
  await expect(friend(own, "Wandile S.")).not.toContainText("debit order");
});

test("the export is a CSV that a spreadsheet reads without running anything", async ({
  newBrowser,
  sql,
}) => {
  const referrer = await customerOnSite(sql);
  const guest = newPerson({ firstName: "-Anna", lastName: "O'Brien Jr." });
  await orderOnSite(guest, { code: referrer.code });
  const page = await (await newBrowser({ email: DEMO.support })).newPage();
  await page.goto(`/admin/referrals?q=${referrer.code}`);
  await expect(page.getByRole("row").filter({ hasText: guest.email })).toHaveCount(1);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export these as CSV" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("referrals.csv");
  const text = await readFile(await download.path(), "utf8");
  const { data, errors } = Papa.parse<Record<string, string>>(text.replace(/^\ufeff/, ""), {
    header: true,
    skipEmptyLines: true,
  });
  expect(errors).toEqual([]);
  expect(one(data)).toMatchObject({
    referral_code: referrer.code,
    friend: "'-Anna O'Brien Jr.",
    friend_email: guest.email,
    status: "pending",
  });
});

test("the mailbox shows a mail as it looks, in a frame that can do nothing", async ({
  newBrowser,
  sql,
}) => {
  const referrer = await customerOnSite(sql, { firstName: "Dumisani" });
  await orderOnSite(newPerson({ firstName: "Lindiwe", lastName: "Xaba" }), { code: referrer.code });
  const page = await (await newBrowser({ email: DEMO.support })).newPage();
  await openMail(page, referrer.email, /^Lindiwe X\. ordered with your code$/);
  const frame = page.getByTitle(/^Mail: Lindiwe X\./);
  await expect(frame).toHaveAttribute("sandbox", "");
  const mail = page.frameLocator("iframe");
  await expect(mail.getByText("Dumisani", { exact: false }).first()).toBeVisible();
  await expect(page.getByRole("main")).not.toContainText("xaba@");
  await expect(page.getByRole("button", { name: "Send again" })).toHaveCount(0);
});

test("a version of the terms is scheduled, compared, and withdrawn", async ({ newBrowser }) => {
  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  const soon = new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10);
  await page.goto("/admin/programme");
  await page.getByLabel("Days until a friend counts").fill("44");
  await page.getByRole("button", { name: /^Save as version/ }).click();
  const opened = page.getByRole("dialog");
  await expect(opened.getByRole("region", { name: "Effect on what is open" })).toContainText(
    /open referrals? keeps? the terms of the day/,
  );
  await opened.getByLabel("Counts from").fill(soon);
  await opened.getByLabel("Reason").fill("Longer from then on");
  await opened.getByRole("button", { name: "Save new version" }).click();
  await expect(opened).toBeHidden();
  const card = page.getByRole("region", { name: /^Version \d+ counts from/ });
  await expect(card).toContainText("Longer from then on");
  const compared = page.getByRole("region", { name: "Versions side by side" });
  await expect(
    compared.getByRole("row").filter({ hasText: "Days until a friend counts" }),
  ).toContainText(/Differs\s*30\s*44/);
  await card.getByRole("button", { name: "Withdraw" }).click();
  await opened.getByLabel("Reason").fill("Not decided yet");
  await opened.getByRole("button", { name: "Withdraw it" }).click();
  await expect(card).toHaveCount(0);
});

test("the programme is paused and resumed by its owner, with a reason each", async ({
  newBrowser,
  sql,
}) => {
  const page = await (await newBrowser({ email: DEMO.owner })).newPage();
  await page.goto("/admin/programme");
  const before = await sql<{ version: number }[]>`
    select max(version) as version from public.referral_program`;
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  try {
    await confirmWithReason(
      page,
      "Pause the programme",
      "Installations are behind",
      "Pause programme",
    );
    await expect(page.getByText("The programme is paused").first()).toBeVisible();
    await expect(page.getByRole("region", { name: "Needs a person" })).toContainText(
      "Installations are behind",
    );
    const customer = await (await newBrowser({ email: DEMO.newcomer })).newPage();
    await customer.goto("/invoices");
    await expect(customer.getByText("Referring friends is paused at the moment.")).toBeVisible();
  } finally {
    await page.goto("/admin/programme");
    await page.getByRole("button", { name: "Resume", exact: true }).click();
    await confirmWithReason(page, "Resume the programme", "We caught up", "Resume programme");
  }
  await expect(page.getByRole("heading", { name: /The programme is running/ })).toBeVisible();
  await expect(page.getByText("Installations are behind")).toBeVisible();
  const after = one(
    await sql<{ version: number; is_paused: boolean }[]>`
      select version, is_paused from public.referral_program order by version desc limit 1`,
  );
  expect(after).toEqual({ version: one(before).version + 2, is_paused: false });
});

test("the overview shows the period that is chosen, and its chart as a table too", async ({
  newBrowser,
}) => {
  const page = await (await newBrowser({ email: DEMO.support })).newPage();
  await page.goto("/admin");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.getByRole("link", { name: /^90 days/ }).click();
  await expect(page.getByRole("link", { name: /^90 days/ })).toHaveAttribute("aria-current", /.+/);
  await expect(page).toHaveURL(/\/admin\?.*90/);
  await expect(page.getByRole("table").first()).toBeAttached();
});
