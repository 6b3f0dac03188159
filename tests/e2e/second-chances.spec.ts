import { findReferral, referralOf } from "@/tests/support/rows";
import { customerOnSite, DEMO, newPerson, orderOnSite } from "./support/accounts";
import { confirmWithReason, dialog, friend } from "./support/pages";
import { expect, test } from "./support/test";

test("a forgotten code: the customer says it, the referrer confirms it, an admin attaches it", async ({
  newBrowser,
  sql,
}) => {
  const referrer = await customerOnSite(sql, { firstName: "Nomsa", lastName: "Dube" });
  const person = newPerson({ firstName: "Karabo", lastName: "Moyo" });
  const { order_id } = await orderOnSite(person);

  const theirs = await (await newBrowser(person)).newPage();
  await theirs.goto("/dashboard");
  await expect(theirs.getByRole("heading", { name: "Did somebody invite you?" })).toBeVisible();
  await theirs
    .getByLabel("Code of the person who invited you")
    .fill(`Nomsa sent me this: ${referrer.link}, thanks`);
  await theirs.getByRole("button", { name: "Send" }).click();
  await expect(
    theirs.getByText(`You told us that ${referrer.code} is the code of the person who invited you`),
  ).toBeVisible();
  await theirs.reload();
  await expect(theirs.getByText("We have asked the person to confirm it")).toBeVisible();

  const home = await (await newBrowser(referrer)).newPage();
  await home.goto("/dashboard");
  await home.getByRole("button", { name: "Yes, I invited Karabo M." }).click();
  await expect(home.getByText("Thank you. We look at it now.")).toBeVisible();
  expect(await findReferral(sql, order_id)).toBeNull();

  const admin = await (await newBrowser({ email: DEMO.billing })).newPage();
  await admin.goto("/admin/claims?status=confirmed");
  await admin.getByRole("button", { name: "Accept the claim of Karabo Moyo" }).click();
  await confirmWithReason(admin, "Attach this code", "Both sides say so", "Accept");
  await expect(admin.getByText("Code attached").first()).toBeVisible();
  expect(await referralOf(sql, order_id)).toMatchObject({ status: "pending", source: "admin" });

  await home.reload();
  await expect(friend(home, "Karabo M.")).toContainText("Karabo has ordered");
  await theirs.reload();
  await expect(theirs.getByText("We have asked the person")).toHaveCount(0);
});

test("an admin attaches a code, gives a late installation more time and an ended referral back", async ({
  newBrowser,
  sql,
}) => {
  const referrer = await customerOnSite(sql, { firstName: "Nomsa", lastName: "Dube" });
  const person = newPerson({ firstName: "Lindiwe", lastName: "Naidoo" });
  const { order_id, customer_id } = await orderOnSite(person);
  const admin = await (await newBrowser({ email: DEMO.billing })).newPage();
  const home = await (await newBrowser(referrer)).newPage();

  await test.step("the rule that stands against a code is named, and nothing typed is lost", async () => {
    await admin.goto(`/admin/customers/${customer_id}/referrals`);
    await admin.getByRole("button", { name: "Attach a code" }).click();
    const asked = dialog(admin, "Attach a forgotten code");
    await asked.getByLabel("Code of the person who invited").fill("REF-ZZZZZZZZ");
    await asked.getByLabel("Reason").fill("Told us by phone");
    await asked.getByRole("button", { name: "Attach code" }).click();
    await expect(asked.getByRole("alert")).toBeVisible();
    await expect(asked.getByLabel("Reason")).toHaveValue("Told us by phone");
    await asked.getByLabel("Code of the person who invited").fill(referrer.code);
    await asked.getByRole("button", { name: "Attach code" }).click();
    await expect(asked).toBeHidden();
    const attached = await referralOf(sql, order_id);
    expect(attached).toMatchObject({ status: "pending", source: "admin" });
  });

  await test.step("a late installation gets more time, and the widget says until when", async () => {
    await admin.goto(`/admin/referrals?q=${referrer.code}`);
    await admin.getByRole("button", { name: "Extend the referral of Lindiwe Naidoo" }).click();
    const asked = dialog(admin, "Give this referral more time");
    const until = new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10);
    await asked.getByLabel("Open until the end of").fill(until);
    await confirmWithReason(admin, "Give this referral more time", "The trench is late", "Extend");
    await home.goto("/dashboard");
    const { activation_due_at } = await referralOf(sql, order_id);
    expect(activation_due_at.toISOString().slice(0, 10)).toBe(until);
    await expect(friend(home, "Lindiwe N.")).toContainText("The service must be active by");
  });

  await test.step("an expired referral is given back", async () => {
    const { id } = await referralOf(sql, order_id);
    await sql`select private.expire_referral(${id}, now())`;
    await home.reload();
    await expect(friend(home, "Lindiwe N.")).toContainText("The service was not active by");
    await admin.goto(`/admin/referrals?q=${referrer.code}`);
    await admin.getByRole("button", { name: "Reinstate the referral of Lindiwe Naidoo" }).click();
    await confirmWithReason(admin, "Give this referral back", "Still to be installed", "Reinstate");
    await home.reload();
    await expect(friend(home, "Lindiwe N.")).toContainText("Lindiwe has ordered");
  });
});
