import { newAddress, newTag } from "@/tests/support/people";
import { findReferral } from "@/tests/support/rows";
import { customerOnSite, DEMO, demoCustomer, newPerson, orderOnSite } from "./support/accounts";
import { attemptOf, flagsOf, mailsTo } from "./support/database";
import { fillOrder, openMail, placeOrderButton, submitOrder } from "./support/pages";
import { expect, test } from "./support/test";

const ALERTS = "alerts@acmefibre.example";

test("the referrer's own address in another spelling earns nothing", async ({ sql }) => {
  const name = newTag();
  const referrer = await customerOnSite(sql, { email: `${name}.own@gmail.com` });
  const alias = newPerson({ email: `${name.toUpperCase()}own+friend@googlemail.com` });
  const order = await orderOnSite(alias, { code: referrer.code });
  expect(order.referral).toEqual({ status: "not_applied", reason: "self_referral" });
  expect(await findReferral(sql, order.order_id)).toBeNull();
  expect(await attemptOf(sql, order.order_id)).toBe("self_referral");
});

test("the referrer's own phone earns nothing, however it is written", async ({ sql }) => {
  const referrer = await customerOnSite(sql);
  const national = referrer.phone.slice(3);
  for (const phone of [
    `0${national}`,
    `0027${national}`,
    `+27 (0)${national.slice(0, 2)} ${national.slice(2, 5)}-${national.slice(5)}`,
  ]) {
    const order = await orderOnSite(newPerson({ phone }), { code: referrer.code });
    expect(order.referral, phone).toEqual({ status: "not_applied", reason: "self_referral" });
    expect(await findReferral(sql, order.order_id), phone).toBeNull();
  }
});

test("a friend counts for one person only: the second code is kindly refused", async ({
  page,
  sql,
}) => {
  const first = await customerOnSite(sql);
  const second = await customerOnSite(sql);
  const name = newTag();
  const guest = newPerson({ email: `${name}@gmail.com` });
  expect((await orderOnSite(guest, { code: first.code })).referral.status).toBe("recorded");

  await page.goto(second.link);
  await page.goto("/order/account?package=fibre-100");
  await fillOrder(page, newPerson({ email: `${name}+again@gmail.com` }));
  const orderId = await submitOrder(page);
  await expect(page.getByText("The referral code was not applied")).toBeVisible();
  const main = page.getByRole("main");
  await expect(main).toContainText("people who are new to us and were not invited before");
  await expect(main).not.toContainText(first.firstName);
  expect(await findReferral(sql, orderId)).toBeNull();
  expect(await attemptOf(sql, orderId)).toBe("duplicate_referral");
});

test("an existing customer cannot be somebody's new friend", async ({ sql }) => {
  const referrer = await customerOnSite(sql);
  const customer = await customerOnSite(sql);
  const order = await orderOnSite(customer, { code: referrer.code, packageSlug: "fibre-200" });
  expect(order.customer_id).toBe(customer.id);
  expect(order.referral).toEqual({ status: "not_applied", reason: "duplicate_referral" });
});

test("the code of a suspended customer does not work, and does not say why", async ({
  page,
  sql,
}) => {
  const { code } = await demoCustomer(sql, DEMO.suspended);
  await page.goto("/order/account?package=fibre-50");
  await page.getByLabel("Referral code").fill(code);
  await expect(page.getByText("This code can't be used. You can still order.")).toBeVisible();
  await fillOrder(page, newPerson());
  await expect(placeOrderButton(page)).toBeEnabled();
  const orderId = await submitOrder(page);
  const main = page.getByRole("main");
  await expect(main).toContainText("it cannot be used at the moment");
  await expect(main).not.toContainText(/suspend|overdue|unpaid/i);
  expect(await attemptOf(sql, orderId)).toBe("referrer_not_eligible");

  const known = await page.request.get(`/api/referrals/validate?code=${code}`);
  const unknown = await page.request.get("/api/referrals/validate?code=REF-00000000");
  expect(known.status()).toBe(unknown.status());
  expect(await known.json()).toEqual(await unknown.json());
});

test("an unusual pace is held and reported, and the month's limit is not passed", async ({
  newBrowser,
  sql,
}) => {
  const referrer = await customerOnSite(sql, { firstName: "Busisiwe", lastName: "Quick" });
  const began = new Date();
  const orders = [];
  for (let n = 0; n < 11; n += 1) {
    orders.push(await orderOnSite(newPerson(), { code: referrer.code }));
  }
  const flags = await Promise.all(orders.map(({ order_id }) => flagsOf(sql, order_id)));
  const velocity = flags.map((of) => of.find(({ signal }) => signal === "velocity")?.severity);
  expect(velocity.slice(0, 5)).toEqual(Array(5).fill(undefined));
  expect(velocity.slice(5, 10)).toEqual(Array(5).fill("hold"));

  const statuses = orders.map(({ referral }) => referral.reason ?? referral.status);
  expect(statuses).toEqual([...Array(10).fill("recorded"), "rate_limited"]);

  const alerts = await mailsTo(sql, ALERTS, began);
  // One alert per referrer and day, however many of their friends are held.
  expect(alerts.filter((template) => template === "suspicious_activity")).toHaveLength(1);
  const admin = await (await newBrowser({ email: DEMO.owner })).newPage();
  await openMail(admin, ALERTS, /^Please review a referral of /);
  await expect(admin.getByRole("region", { name: "As plain text" })).toBeVisible();
});

test("a friend at the referrer's own address is held for a reviewer, side by side", async ({
  newBrowser,
  sql,
}) => {
  // A drawn name can read as a unit ("B503496227"); a street that only this test uses cannot.
  const referrer = await customerOnSite(sql, { line1: "12 Sparrow Rd", postalCode: "7700" });
  const guest = newPerson({
    lastName: "Sameplace",
    line1: "12, Sparrow ROAD",
    postalCode: "7700",
  });
  const { order_id, referral } = await orderOnSite(guest, { code: referrer.code });
  expect(referral.status).toBe("recorded");
  expect(await flagsOf(sql, order_id)).toContainEqual({
    signal: "same_address_as_referrer",
    severity: "hold",
    status: "open",
  });

  const admin = await (await newBrowser({ email: DEMO.owner })).newPage();
  await admin.goto(`/admin/customers/${referrer.id}/referrals`);
  const row = admin.getByRole("row").filter({ hasText: guest.email });
  await expect(row).toContainText("Same address as the referrer · on hold");
});

test("a throw-away mail address is noted, no more", async ({ sql }) => {
  const referrer = await customerOnSite(sql);
  const guest = newPerson({ email: `${newTag()}@mailinator.com` });
  const { order_id, referral } = await orderOnSite(guest, { code: referrer.code });
  expect(referral.status).toBe("recorded");
  expect(await flagsOf(sql, order_id)).toEqual([
    { signal: "disposable_email", severity: "flag", status: "open" },
  ]);
});

test("friends behind one carrier address are not held", async ({ sql }) => {
  const from = newAddress();
  const referrer = await customerOnSite(sql);
  for (let n = 1; n <= 4; n += 1) {
    const { order_id, referral } = await orderOnSite(newPerson(), { code: referrer.code, from });
    expect(referral.status).toBe("recorded");
    const flags = await flagsOf(sql, order_id);
    expect(flags.some(({ signal }) => signal === "shared_ip")).toBe(n > 2);
    expect(flags.filter(({ severity }) => severity === "hold")).toEqual([]);
  }
});

test("two friends on one device, or with one phone or home, are looked at", async ({ sql }) => {
  const referrer = await customerOnSite(sql);
  const device = { from: newAddress(), userAgent: `Phone ${newTag()}` };
  const first = newPerson();
  const second = newPerson({ phone: first.phone, line1: first.line1 });
  await orderOnSite(first, { code: referrer.code, ...device });
  const { order_id, referral } = await orderOnSite(second, { code: referrer.code, ...device });
  expect(referral.status).toBe("recorded");
  const flags = await flagsOf(sql, order_id);
  expect(flags.map(({ signal, severity }) => `${signal}: ${severity}`)).toEqual([
    "same_address_as_referral: hold",
    "same_device: flag",
    "same_phone_as_referral: hold",
  ]);
});

test("an order seconds after the visit is noted, no more", async ({ page, sql }) => {
  const referrer = await customerOnSite(sql);
  await page.goto(referrer.link);
  await page.goto("/order/account?package=fibre-25");
  await fillOrder(page, newPerson());
  const orderId = await submitOrder(page);
  await expect(page.getByText("Your friend's invitation is recorded")).toBeVisible();
  expect(await flagsOf(sql, orderId)).toEqual([
    { signal: "fast_order", severity: "flag", status: "open" },
  ]);
});
