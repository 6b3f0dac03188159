import type { Page } from "@playwright/test";
import { PASSWORD } from "@/tests/support/people";
import { one, referralOf } from "@/tests/support/rows";
import {
  customerOnSite,
  DEMO,
  DEMO_PASSWORD,
  newPerson,
  orderOnSite,
  signIn,
} from "./support/accounts";
import { attemptOf, setPaused } from "./support/database";
import {
  dialog,
  fillDetails,
  fillHome,
  fillOrder,
  friend,
  goToDetails,
  invitation,
  openMail,
  placeOrderButton,
  signInByForm,
  submitOrder,
  widget,
} from "./support/pages";
import { expect, test } from "./support/test";

const ORDER = "/order/account?package=fibre-50";

test.describe("an invitation", () => {
  test("survives navigation, reload, sign-in and the loss of its cookie", async ({
    page,
    context,
    sql,
  }) => {
    const referrer = await customerOnSite(sql, { firstName: "Nomsa" });
    const visitor = await customerOnSite(sql);
    const banner = invitation(page);

    await page.goto(`/terms?ref=${referrer.code}`);
    await expect(banner).toContainText("Invited by Nomsa");
    await page.getByRole("link", { name: "Packages" }).first().click();
    await expect(page).toHaveURL(/\/packages$/);
    await page.reload();
    await expect(banner).toContainText("Invited by Nomsa");

    await page.getByRole("link", { name: "Sign in" }).click();
    await signInByForm(page, visitor.email, PASSWORD);
    await expect(page).toHaveURL(/\/dashboard$/);
    // Somebody who is a customer already is not greeted as a new friend.
    await page.goto("/packages");
    await expect(banner).toContainText("the invitation by Nomsa does not apply to you");

    await context.clearCookies();
    await page.goto("/packages");
    await expect(banner).toContainText("Invited by Nomsa");
    const cookies = await context.cookies();
    expect(cookies.find(({ name }) => name === "referral")).toMatchObject({
      httpOnly: true,
      sameSite: "Lax",
    });
    const visits = await sql`
      select from public.referral_visits where referrer_id = ${referrer.id}`;
    expect(visits).toHaveLength(1);
  });

  test("by the short link leads to the packages", async ({ page, sql }) => {
    const referrer = await customerOnSite(sql, { firstName: "Nomsa" });
    await page.goto(`/r/${referrer.code.toLowerCase()}`);
    await expect(page).toHaveURL(/\/packages\?ref=/);
    await expect(invitation(page)).toContainText("Invited by Nomsa");
    for (const path of ["/r/no-code", "/r/%2F%2Fevil.example"]) {
      const answer = await page.request.get(path, { maxRedirects: 0 });
      expect(answer.status(), path).toBe(307);
      expect(answer.headers().location, path).toBe("/packages");
    }
  });

  test("with a code that cannot be used shows nothing alarming, and keeps the good one", async ({
    page,
    sql,
  }) => {
    const referrer = await customerOnSite(sql, { firstName: "Nomsa" });
    for (const code of ["REF-00000000", "nonsense", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"]) {
      await page.goto(`/packages?ref=${code}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(invitation(page)).toHaveCount(0);
      await expect(page.getByRole("main").getByRole("alert")).toHaveCount(0);
    }
    await page.goto(`/packages?ref=${referrer.code}`);
    await page.goto("/packages?ref=REF-00000000");
    await expect(invitation(page)).toContainText("Invited by Nomsa");
    await page.goto(ORDER);
    await expect(page.getByLabel("Referral code")).toHaveValue(referrer.code);
  });

  test("is the last one that was opened", async ({ page, sql }) => {
    const first = await customerOnSite(sql, { firstName: "Nomsa" });
    const last = await customerOnSite(sql, { firstName: "Sibusiso" });
    await page.goto(first.link);
    await page.goto(last.link);
    await expect(invitation(page)).toContainText("Invited by Sibusiso");
    await page.goto(ORDER);
    await expect(page.getByLabel("Referral code")).toHaveValue(last.code);
  });
});

test.describe("the order form", () => {
  test("checks a typed code while it is typed, in any notation", async ({ page, sql }) => {
    const { code } = await customerOnSite(sql, { firstName: "Zodwa" });
    const body = code.slice(-8);
    const notations = [
      code.toLowerCase(),
      body,
      ` ${code.replace("-", " ")} `,
      `${body.slice(0, 4)} ${body.slice(4)}`,
      code.replaceAll("0", "O").replaceAll("1", "l"),
    ];
    await page.goto(ORDER);
    const field = page.getByLabel("Referral code");
    const verdict = page.getByRole("status").filter({ hasText: /invited you|can't be used/ });
    for (const notation of notations) {
      await field.fill("");
      await expect(verdict).toHaveCount(0);
      await field.fill(notation);
      await expect(verdict, notation).toHaveText("Zodwa invited you");
    }
    await field.fill("REF-00000000");
    await expect(verdict).toHaveText("This code can't be used. You can still order.");
    await field.fill(`${code.slice(0, 3)} ${body.slice(0, 4)} ${body.slice(4)}`.toLowerCase());
    await field.blur();
    await expect(field).toHaveValue(code);

    const person = newPerson({ firstName: "Musa", lastName: "Radebe" });
    await fillOrder(page, person);
    const orderId = await submitOrder(page);
    expect(await referralOf(sql, orderId)).toMatchObject({ status: "pending", source: "typed" });
  });

  test("keeps what was typed, says what is wrong, and moves to the first mistake", async ({
    page,
  }) => {
    await page.goto(ORDER);
    await fillHome(page, newPerson({ city: "", postalCode: "80" }));
    await page.getByRole("button", { name: "Continue" }).click();
    const city = page.getByLabel("City or town");
    await expect(city).toBeFocused();
    await expect(city).toHaveAccessibleDescription(/Enter the city/);
    await expect(page.getByLabel("Postal code")).toHaveAccessibleDescription(/4 digits/);
    await fillHome(page, newPerson());
    await goToDetails(page);

    const typed = { phone: "12", firstName: "Karabo", password: "short" };
    await fillDetails(page, newPerson({ ...typed, email: "karabo@" }));
    await placeOrderButton(page).click();
    const phone = page.getByLabel("Phone number");
    await expect(phone).toBeFocused();
    await expect(phone).toHaveAccessibleDescription(/082 123 4567/);
    const email = page.getByLabel("E-mail address");
    await expect(email).toHaveAccessibleDescription(/name@example\.com/);
    await expect(page.getByLabel("First name")).toHaveValue("Karabo");
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("short");
    await expect(phone).toHaveValue("12");

    const person = newPerson();
    await email.fill(person.email);
    await phone.fill(person.phone);
    await placeOrderButton(page).click();
    await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
    await fillDetails(page, person);
    await submitOrder(page);
  });

  test("places one order when the answer got lost and the button is pressed again", async ({
    page,
    sql,
  }) => {
    const referrer = await customerOnSite(sql);
    const person = newPerson();
    await page.goto(referrer.link);
    await page.goto(ORDER);
    await fillOrder(page, person);
    await page.route(
      "**/order/account**",
      async (route) => {
        if (route.request().method() !== "POST") return route.fallback();
        await route.fetch();
        await route.abort("connectionreset");
      },
      { times: 1 },
    );
    await placeOrderButton(page).click();
    const failure = page.getByRole("alert").filter({ hasText: "could not reach the server" });
    await expect(failure).toBeVisible();
    await expect(page.getByLabel("Phone number")).toHaveValue(person.phone);
    const orderId = await submitOrder(page);
    await expect(page.getByText("Your friend's invitation is recorded")).toBeVisible();
    const orders = await sql<{ id: string }[]>`
      select o.id from public.orders as o join public.customers as c on c.id = o.customer_id
      where c.email = ${person.email}`;
    expect(one(orders).id).toBe(orderId);
  });

  test("asks a taken e-mail address to sign in, with everything kept", async ({ page, sql }) => {
    const customer = await customerOnSite(sql);
    await page.goto(ORDER);
    const person = newPerson({ email: customer.email, password: "another password" });
    await fillOrder(page, person);
    await placeOrderButton(page).click();
    await expect(page.getByLabel("E-mail address")).toBeFocused();
    await expect(page.getByLabel("Phone number")).toHaveValue(person.phone);

    await page.getByLabel("Password", { exact: true }).fill(customer.password);
    await page.getByRole("button", { name: "Sign in here" }).click();
    await expect(page.getByRole("heading", { name: "Ordering with your account" })).toBeVisible();
    const order = await submitOrder(page);
    const [row] = await sql`
      select customer_id, installation_address ->> 'line1' as line1 from public.orders
      where id = ${order}`;
    expect(row).toEqual({ customer_id: customer.id, line1: person.line1 });
  });

  test("keeps what was typed in this tab, but no password, and its two steps are a way back", async ({
    page,
  }) => {
    const person = newPerson();
    await page.goto(ORDER);
    await fillOrder(page, person);
    await page.reload();
    await expect(page.getByRole("heading", { name: "Who is it for?" })).toBeVisible();
    await expect(page.getByLabel("Phone number")).toHaveValue(person.phone);
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
    await page.goBack();
    await expect(page.getByLabel("Street and number")).toHaveValue(person.line1);
    await page.goForward();
    await expect(page.getByLabel("Phone number")).toBeVisible();

    // Another package, by the links of the pages.
    await page
      .getByRole("link", { name: /^Change the package|^Change/ })
      .first()
      .click();
    await page.getByRole("link", { name: "Order Fibre 100/100" }).click();
    await expect(page.getByLabel("Street and number")).toHaveValue(person.line1);
    await goToDetails(page);
    await expect(page.getByLabel("E-mail address")).toHaveValue(person.email);
    await page.getByLabel("Password", { exact: true }).fill(person.password);
    await submitOrder(page);
    const kept = () => page.evaluate(() => sessionStorage.getItem("order-draft"));
    await expect.poll(kept).toBeNull();
  });

  test("suggests suburbs, and offers a mail where no home can be connected yet", async ({
    page,
    sql,
  }) => {
    const referrer = await customerOnSite(sql, { firstName: "Nomsa" });
    const person = newPerson();
    await page.goto(referrer.link);
    await page.goto(ORDER);
    await page.getByLabel("Suburb").pressSequentially("gard");
    await expect(page.locator('datalist option[value="Gardens, Cape Town, 8001"]')).toHaveCount(1);
    await page.getByLabel("Suburb").fill("Gardens, Cape Town, 8001");
    await expect(page.getByLabel("Suburb")).toHaveValue("Gardens");
    await expect(page.getByLabel("City or town")).toHaveValue("Cape Town");
    await expect(page.getByLabel("Postal code")).toHaveValue("8001");

    await page.getByLabel("Suburb").fill("");
    await fillHome(page, { ...person, postalCode: "7806" });
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByLabel("Suburb")).toHaveAccessibleDescription(/Constantia, Hout Bay/);
    await page.getByLabel("Suburb").fill("Hout Bay");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByText("The invitation by Nomsa is kept", { exact: false })).toBeVisible();
    await page.getByLabel("Your first name").fill(person.firstName);
    await page.getByLabel("Your e-mail address").fill(person.email);
    await page.getByRole("button", { name: "Tell me when it opens" }).click();
    await expect(page.getByText("You are on the list")).toBeVisible();
    const rows = await sql`
      select suburb, postal_code, package_slug, referral_code from public.coverage_waits
      where email = ${person.email}`;
    expect(Array.from(rows)).toEqual([
      {
        suburb: "Hout Bay",
        postal_code: "7806",
        package_slug: "fibre-50",
        referral_code: referrer.code,
      },
    ]);
  });

  test("shows the confirmation to the customer alone, who can correct a wrong code there", async ({
    page,
    newBrowser,
    sql,
  }) => {
    const referrer = await customerOnSite(sql);
    await page.goto(ORDER);
    await page.getByLabel("Referral code").fill("REF-00000000");
    await fillOrder(page, newPerson());
    await submitOrder(page);
    const { pathname, search } = new URL(page.url());
    const stranger = await (await newBrowser()).newPage();
    await stranger.goto(pathname + search);
    await expect(stranger).toHaveURL(/\/sign-in\?next=/);
    const other = await (await newBrowser(referrer)).newPage();
    await other.goto(pathname + search);
    await expect(other.getByText("Thank you")).toHaveCount(0);

    await expect(page.getByText("Was it the wrong code?")).toBeVisible();
    await page.getByLabel("Code of the person who invited you").fill(referrer.code);
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByText("We have asked the person to confirm it")).toBeVisible();
  });

  test("offers the packages again when the one in the address is not on sale", async ({ page }) => {
    await page.goto("/order/account?package=dial-up");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(
      "Which package would you like?",
    );
    await page.getByRole("link", { name: "Order Fibre 100/100" }).click();
    await expect(page).toHaveURL(/package=fibre-100$/);
    await expect(page.getByRole("main")).toContainText("R 999.00");
  });
});

test.describe("signing in", () => {
  const HOSTILE = [
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "https://evil.example/dashboard",
    "javascript:alert(1)",
  ];

  test("leads on within this site only", async ({ page, context, sql }) => {
    const customer = await customerOnSite(sql);
    for (const [next, destination] of [
      ["/terms?from=mail#top", "/terms?from=mail#top"],
      ["//evil.example", "/dashboard"],
      ["javascript:alert(1)", "/dashboard"],
    ] as const) {
      await context.clearCookies();
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
      await signInByForm(page, customer.email, customer.password);
      await expect(page, next).toHaveURL(destination);
    }
    // Signed in already: the server decides by the same rule.
    for (const next of HOSTILE) {
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
      await expect(page, next).toHaveURL("/dashboard");
    }
  });

  test("says that the details do not match without saying which, and keeps the address", async ({
    page,
  }) => {
    await page.goto("/sign-in");
    const messages: string[] = [];
    for (const email of [DEMO.newcomer, "nobody@example.com"]) {
      await signInByForm(page, email, "not the password");
      const alert = page.getByRole("main").getByRole("alert");
      await expect(alert).toBeVisible();
      messages.push(await alert.innerText());
      await expect(page.getByLabel("E-mail address")).toHaveValue(email);
    }
    expect(messages[0]).toBe(messages[1]);
  });

  test("returns to the page that asked for it", async ({ page }) => {
    await page.goto("/dashboard");
    await expect(page).toHaveURL(/\/sign-in\?next=%2Fdashboard$/);
    await signInByForm(page, DEMO.suspended, DEMO_PASSWORD);
    await expect(page).toHaveURL("/dashboard");
  });
});

test.describe("the referral widget", () => {
  test("copies code and link, and shares them", async ({ page, context, sql }) => {
    const customer = await customerOnSite(sql);
    await signIn(context, customer);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto("/dashboard");
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await expect(widget(page).getByText(customer.code, { exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Copy code" }).click();
    await expect.poll(copied).toBe(customer.code);
    await page.getByRole("button", { name: "Copy link" }).click();
    await expect.poll(copied).toBe(customer.link);

    const words = "Molo! Here is who connects my home:";
    await page.getByLabel("Your message to a friend").fill(words);
    await widget(page).getByText("More ways to send it").click();
    for (const [name, scheme] of [
      ["WhatsApp", "https://wa.me/?text="],
      ["E-mail", "mailto:?subject="],
      ["SMS", "sms:?&body="],
    ] as const) {
      const href = await widget(page).getByRole("link", { name }).getAttribute("href");
      expect(href?.startsWith(scheme), String(href)).toBe(true);
      expect(decodeURIComponent(href ?? "")).toContain(`${words}\n${customer.link}`);
    }

    const opener = page.getByRole("button", { name: "QR code" });
    await opener.click();
    const shown = dialog(page, "Show this to a friend");
    await expect(shown.getByRole("img", { name: /^QR code of http/ })).toBeVisible();
    await expect(shown).toContainText(customer.code);
    const saved = page.waitForEvent("download");
    await shown.getByRole("button", { name: "Download the picture" }).click();
    expect((await saved).suggestedFilename()).toBe(`${customer.code}.png`);
    await page.keyboard.press("Escape");
    await expect(shown).toBeHidden();
    await expect(opener).toBeFocused();
  });

  test("invites to share on the first visit, and says when codes do not work yet", async ({
    newBrowser,
    sql,
  }) => {
    const active = await customerOnSite(sql);
    const page = await (await newBrowser(active)).newPage();
    await page.goto("/dashboard");
    await expect(widget(page)).toContainText("Invite a friend, and a month is free");
    await expect(widget(page).getByRole("heading", { name: "How it works" })).toBeVisible();
    await expect(widget(page).getByRole("heading", { name: /^Friends/ })).toHaveCount(0);

    const waiting = await customerOnSite(sql, {}, { active: false });
    const other = await (await newBrowser(waiting)).newPage();
    await other.goto("/dashboard");
    await expect(widget(other)).toContainText("once your own service is active");
    await expect(other.getByText("Your order is with us.", { exact: false })).toBeVisible();
  });

  test("says that the programme is paused, and an order goes through without its code", async ({
    page,
    context,
    newBrowser,
    sql,
  }) => {
    const customer = await customerOnSite(sql);
    await signIn(context, customer);
    await setPaused(sql, true);
    try {
      await page.goto("/dashboard");
      await expect(widget(page)).toContainText("The referral programme is paused");
      await expect(widget(page).getByRole("button", { name: "Copy link" })).toHaveCount(0);

      const visitor = await (await newBrowser()).newPage();
      await visitor.goto(customer.link);
      await expect(visitor.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(invitation(visitor)).toHaveCount(0);
      await visitor.goto(ORDER);
      await visitor.getByLabel("Referral code").fill(customer.code);
      await expect(visitor.getByText("This code can't be used.", { exact: false })).toBeVisible();
      await fillOrder(visitor, newPerson());
      const orderId = await submitOrder(visitor);
      await expect(visitor.getByText("is paused", { exact: false })).toBeVisible();
      expect(await attemptOf(sql, orderId)).toBe("program_paused");
    } finally {
      await setPaused(sql, false);
    }
    await page.reload();
    await expect(widget(page).getByRole("button", { name: "Copy link" })).toBeVisible();
  });

  test("keeps what it shows when a refresh fails, and offers to try again", async ({
    page,
    context,
    sql,
  }) => {
    const customer = await customerOnSite(sql);
    await signIn(context, customer);
    await page.clock.install();
    await page.goto("/dashboard");
    await expect(widget(page).getByRole("button", { name: "Copy link" })).toBeEnabled();
    await orderOnSite(newPerson({ firstName: "Bandile", lastName: "Gumede" }), {
      code: customer.code,
    });

    await page.route("**/api/customer/dashboard", (route) => route.abort("internetdisconnected"));
    const notice = page.getByRole("status").filter({ hasText: "We could not refresh this" });
    await expect(async () => {
      await page.clock.fastForward("01:05");
      await expect(notice).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await expect(widget(page).getByText(customer.code, { exact: true })).toBeVisible();

    await page.unroute("**/api/customer/dashboard");
    await notice.getByRole("button", { name: "Try again" }).click();
    await expect(friend(page, "Bandile G.")).toContainText("Ordered");
    await expect(notice).toBeHidden();
  });

  test("asks to sign in again when the session ended meanwhile", async ({ page, context, sql }) => {
    await signIn(context, await customerOnSite(sql));
    await page.clock.install();
    await page.goto("/dashboard");
    await expect(widget(page).getByRole("button", { name: "Copy link" })).toBeEnabled();
    await context.clearCookies();
    await expect(async () => {
      await page.clock.fastForward("01:05");
      await expect(page.getByText("You are signed out")).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await expect(page.getByRole("link", { name: "Sign in again" })).toBeVisible();
  });
});

test("a page whose data cannot be read says so, and works again by its retry", async ({
  page,
  context,
  sql,
}) => {
  await signIn(context, await customerOnSite(sql));
  await sql`alter function public.get_my_dashboard rename to get_my_dashboard_away`;
  try {
    await page.goto("/dashboard");
    await expect(page.getByText("We could not load your account")).toBeVisible();
    await expect(page.getByRole("main")).not.toContainText("get_my_dashboard");
  } finally {
    await sql`alter function public.get_my_dashboard_away rename to get_my_dashboard`;
  }
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(widget(page)).toBeVisible();
});

test("a message instead of a name is refused; a name with an apostrophe is shown as it is", async ({
  newBrowser,
  sql,
}) => {
  const name = "O'Brien";
  const customer = await customerOnSite(sql, { firstName: name });
  const guest = newPerson({ firstName: name, lastName: "D’Arcy" });
  const visitor = await (await newBrowser()).newPage();
  await visitor.goto(customer.link);
  await expect(invitation(visitor)).toContainText(`Invited by ${name}`);
  await visitor.goto(ORDER);
  await fillHome(visitor, guest);
  await goToDetails(visitor);
  for (const message of ["<img src=x onerror=alert(1)>", "evil.example", "Call 0821234567"]) {
    await fillDetails(visitor, { ...guest, firstName: message });
    await placeOrderButton(visitor).click();
    const field = visitor.getByLabel("First name");
    await expect(field).toBeFocused();
    await expect(field).toHaveAttribute("aria-invalid", "true");
  }
  await fillDetails(visitor, guest);
  await submitOrder(visitor);
  await expect(visitor.getByText(`Your order is linked to ${name}`)).toBeVisible();

  const own = await (await newBrowser(customer)).newPage();
  await own.goto("/dashboard");
  await expect(friend(own, `${name} D.`)).toBeVisible();
  const admin = await (await newBrowser({ email: DEMO.owner })).newPage();
  await openMail(admin, customer.email, /ordered with your code$/);
  await expect(admin.frameLocator("iframe").getByText(`${name} D.`).first()).toBeVisible();
});

test("markup in what people write is shown as text: reasons, packages, addresses and mails", async ({
  newBrowser,
  sql,
}) => {
  const hostile = '<img src=x onerror="document.title=1"> & <b>bold</b>';
  const customer = await customerOnSite(sql, { firstName: "Lerato", line1: hostile });
  await sql`
    with sold as (
      insert into public.service_packages (slug, name, monthly_price_cents)
      values ('e2e-' || gen_random_uuid(), ${hostile}, 69900) returning id)
    update public.customer_services set package_id = (select id from sold)
    where customer_id = ${customer.id}`;
  await sql`select private.grant_reward(${customer.id}, ${hostile}, null, null, now())`;

  const own = await (await newBrowser(customer)).newPage();
  const admin = await (await newBrowser({ email: DEMO.owner })).newPage();
  const isText = async (page: Page) => {
    await expect(page.getByText(hostile).first()).toBeVisible();
    await expect(page.locator("img[src=x], main b")).toHaveCount(0);
  };
  await own.goto("/dashboard");
  await isText(own);
  for (const path of [
    `/admin/customers/${customer.id}/rewards`,
    `/admin/customers/${customer.id}/audit`,
    `/admin/orders?q=${customer.code}`,
  ]) {
    await admin.goto(path);
    await isText(admin);
  }
  await openMail(admin, customer.email, /^A free month as goodwill$/);
  await isText(admin);
  const mail = admin.frameLocator("iframe");
  await expect(mail.getByText(hostile).first()).toBeVisible();
  await expect(mail.locator("img[src=x]")).toHaveCount(0);
});
