import type { Page } from "@playwright/test";
import type { Sql } from "postgres";
import { customerOnSite, DEMO, demoCustomer, newPerson } from "./support/accounts";
import { goToDetails } from "./support/pages";
import { SITE_URL } from "./support/stack";
import { expect, test } from "./support/test";

/*
 * In the language `pseudo` every text of the catalogue is disguised, 40 % longer, and between ⟦ and ⟧.
 * What else stands on a page is data, or a text that nobody can translate.
 */

/** Names and texts that the team has written, which the catalogue does not have. */
async function providersWords(sql: Sql): Promise<string[]> {
  const rows = await sql<{ words: string | null }[]>`
    select name as words from public.service_packages
    union all select description from public.service_packages
    union all select brand_name from public.billing_settings
    union all select support_email from public.billing_settings
    union all select regexp_split_to_table(payment_instructions, '\n') from public.billing_settings
    union all select reason from public.credit_notes`;
  return rows
    .flatMap(({ words }) => (words ? [words] : []))
    .toSorted((a, b) => b.length - a.length);
}

/** What a page may show outside the catalogue, besides the words of the provider and people's names. */
const DATA = [
  // Names of other companies' services, and the key that the library of toasts adds to its label.
  /WhatsApp|SMS|alt\+T/g,
  // Addresses of pages and mailboxes, codes, numbers of invoices.
  /https?:\/\/\S+|\S+@\S+|localhost\S*|REF-[0-9A-Z]+|[A-Z]{2,8}-\d[\d-]*/g,
  // Months and days; their words come from the catalogue, and stand inside other texts.
  /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b|\b(?:today|tomorrow|yesterday)\b|\bin \d+ days?\b|\b\d+ days? ago\b/g,
  // Amounts.
  /−?R\s?\d[\d\s\u00a0]*(?:\.\d\d)?/g,
];

/** What people see or hear, except in parts that name another language than the page. */
const textsOf = (page: Page) =>
  page.evaluate(() => {
    const unseen =
      "script, style, noscript, template, body [lang], [data-nextjs-announcer], nextjs-portal";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const nodes: string[] = [];
    while (walker.nextNode()) {
      const node = walker.currentNode as Text;
      if (!node.parentElement?.closest(unseen)) nodes.push(node.data);
    }
    const names = [
      "aria-label",
      "aria-description",
      "title",
      "placeholder",
      "alt",
      "aria-valuetext",
    ];
    const attributes = names.flatMap((name) =>
      [...document.querySelectorAll(`body [${name}]:not(body [lang], body [lang] *)`)].map(
        (node) => node.getAttribute(name) ?? "",
      ),
    );
    const values = [...document.querySelectorAll("body :is(textarea, option)")].map((node) =>
      node instanceof HTMLTextAreaElement ? node.value : "",
    );
    return { body: nodes, others: [document.title, ...attributes, ...values] };
  });

/** The parts of texts that stand outside every pair of marks. A text may have another inside. */
function outside(nodes: readonly string[]): string[] {
  let depth = 0;
  return nodes.flatMap((node) => {
    let rest = "";
    for (const letter of node) {
      if (letter === "⟦") depth += 1;
      else if (letter === "⟧") depth -= 1;
      else if (depth === 0) rest += letter;
    }
    return rest.trim() === "" ? [] : [rest];
  });
}

/** What is left of the page's texts without the catalogue's and without data. */
async function strangers(page: Page, allowed: readonly string[]): Promise<string[]> {
  const { body, others } = await textsOf(page);
  const found = [...outside(body), ...others.flatMap((text) => outside([text]))];
  return found.flatMap((text) => {
    let rest = text.replace(/\s+/g, " ");
    for (const word of allowed) rest = rest.replaceAll(word, " ");
    for (const pattern of DATA) rest = rest.replace(pattern, " ");
    return /\p{Letter}{2}/u.test(rest) ? [text.trim()] : [];
  });
}

/** How much wider than the window the page is, and what in it is cut off. */
const overflow = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const cut = [...document.querySelectorAll("body :is(a, button, label, h1, h2, h3, p, dt, dd)")]
      .filter((node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 1)
      .filter((node) => getComputedStyle(node).display !== "inline")
      .map((node) => node.textContent?.trim().slice(0, 60));
    return { wider: Math.max(0, scrollWidth - clientWidth), cut };
  });

const speak = (page: Page, language: string) =>
  page.context().addCookies([{ name: "language", value: language, url: SITE_URL }]);

/** Judges what the page shows now, wide and narrow. */
async function judge(page: Page, name: string, allowed: readonly string[]): Promise<void> {
  await expect(page.getByText("⟦").first(), name).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    expect.soft(await strangers(page, allowed), `${name}, ${width} px`).toEqual([]);
    expect.soft(await overflow(page), `${name}, ${width} px`).toEqual({ wider: 0, cut: [] });
    const { body } = await textsOf(page);
    expect.soft(body.join(" "), `${name}: every value is known`).not.toMatch(/undefined|\[object/);
  }
}

test("what visitors read comes from the catalogue and fits on a phone", async ({ page, sql }) => {
  const referrer = await customerOnSite(sql, { firstName: "Nomsa" });
  const person = newPerson();
  const words = [...(await providersWords(sql)), "Nomsa", person.line1, person.city];
  await speak(page, "pseudo");
  for (const path of [
    "/",
    "/packages",
    "/refer",
    "/terms",
    "/sign-in",
    "/sign-in?next=/dashboard",
    "/forgot-password",
    "/confirm-email",
    "/reset-password",
    "/mail-preferences",
    "/auth/confirm",
    "/order/account",
    "/nothing-here",
  ]) {
    await test.step(path, async () => {
      await page.goto(path);
      await judge(page, path, words);
    });
  }

  await test.step("the order in its steps, with an invitation", async () => {
    await page.goto(referrer.link);
    await judge(page, "the invitation", words);
    await page.goto("/order/account?package=fibre-50");
    await judge(page, "the home", words);
    const submit = (intent: string) => page.locator(`button[value=${intent}]:not([aria-hidden])`);
    await page.locator("[name='account.address.postal_code']").fill("80");
    await submit("continue").click();
    await expect(page.getByRole("alert").first()).toBeVisible();
    await judge(page, "mistakes in the home", words);
    await page.locator("[name='account.address.line1']").fill(person.line1);
    await page.locator("[name='account.address.city']").fill(person.city);
    await page.locator("[name='account.address.postal_code']").fill("7784");
    await submit("continue").click();
    await expect(page.locator("[name='wait.email']")).toBeVisible();
    await judge(page, "a home out of reach", words);
    await page.locator("[name='account.address.postal_code']").fill(person.postalCode);
    await page.locator("button[value=continue], button[value=wait]").last().waitFor();
    await submit("continue").click();
    await expect(page.locator("[name='account.email']")).toBeVisible();
    await judge(page, "the person", words);
    await submit("place").click();
    await expect(page.getByRole("alert").first()).toBeVisible();
    await judge(page, "mistakes in the person", words);
    for (const [name, value] of [
      ["first_name", person.firstName],
      ["last_name", person.lastName],
      ["phone", person.phone],
      ["email", person.email],
      ["password", person.password],
    ] as const) {
      await page.locator(`[name='account.${name}']`).fill(value);
    }
    await submit("place").click();
    await expect(page).toHaveURL(/\/order\/confirmation\?/);
    await judge(page, "the confirmation", [...words, person.firstName]);
  });
});

test("what customers read comes from the catalogue and fits on a phone", async ({
  newBrowser,
  sql,
}) => {
  const people = await sql<{ name: string }[]>`
    select distinct unnest(array[first_name || ' ' || last_name, first_name || ' ' || left(last_name, 1) || '.', first_name]) as name
    from public.customers`;
  const names = people.map(({ name }) => name).toSorted((a, b) => b.length - a.length);
  const words = [...(await providersWords(sql)), ...names];
  for (const email of [DEMO.referrer, DEMO.rewarded, DEMO.newcomer, DEMO.suspended]) {
    const page = await (await newBrowser({ email })).newPage();
    await speak(page, "pseudo");
    for (const path of [
      "/dashboard",
      "/profile",
      "/security",
      "/mail-preferences",
      "/invitation-card",
      "/invoices",
    ]) {
      await test.step(`${email} ${path}`, async () => {
        await page.goto(path);
        await judge(page, `${email} ${path}`, words);
      });
    }
    const invoice = page.locator("main a[href^='/invoices/']").first();
    if (email === DEMO.rewarded) {
      await invoice.click();
      await expect(page.getByRole("article")).toBeVisible();
      await judge(page, "an invoice", words);
      await page.goto("/invoices/INV-0000-000000");
      await judge(page, "no invoice", words);
    }
    await page.close();
  }
});

for (const language of ["af", "zu"] as const) {
  test(`no page is wider than a phone or cuts a word in ${language}`, async ({
    newBrowser,
    sql,
  }) => {
    const { code } = await demoCustomer(sql, DEMO.referrer);
    const visitor = await (await newBrowser()).newPage();
    const customer = await (await newBrowser({ email: DEMO.referrer })).newPage();
    for (const [page, paths] of [
      [
        visitor,
        [
          "/",
          "/packages",
          "/refer",
          "/terms",
          "/sign-in",
          "/forgot-password",
          `/?ref=${code}`,
          "/order/account?package=fibre-50",
        ],
      ],
      [customer, ["/dashboard", "/profile", "/security", "/mail-preferences", "/invoices"]],
    ] as const) {
      await speak(page, language);
      await page.setViewportSize({ width: 360, height: 800 });
      for (const path of paths) {
        await page.goto(path);
        await expect(page.locator("html")).toHaveAttribute("lang", `${language}-ZA`);
        await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
        expect.soft(await overflow(page), path).toEqual({ wider: 0, cut: [] });
      }
    }
  });
}

test("a visitor chooses a language, orders in it, and goes back", async ({ page, sql }) => {
  const { code } = await demoCustomer(sql, DEMO.referrer);
  const choose = async (name: string) => {
    await page.getByRole("button", { name, exact: true }).click();
    await expect(page.getByRole("button", { name, exact: true })).toHaveAttribute(
      "aria-pressed",
      "true",
    );
  };
  const html = page.locator("html");

  await page.goto(`/?ref=${code}`);
  await choose("Afrikaans");
  await expect(html).toHaveAttribute("lang", "af-ZA");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("nooi jou");

  await page.goto("/order/account?package=fibre-50");
  await expect(html).toHaveAttribute("lang", "af-ZA");
  await page.locator("[name='account.address.postal_code']").fill("80");
  await page.locator("button[value=continue]:not([aria-hidden])").click();
  await expect(page.locator("[name='account.address.postal_code']")).toHaveAccessibleDescription(
    /’n Poskode het 4 syfers/,
  );

  await choose("English");
  await expect(page).toHaveURL(/\/order\/account\?package=fibre-50$/);
  await expect(html).toHaveAttribute("lang", "en-ZA");
  await goToDetailsAfterHome(page);
});

test("a customer chooses a language on the dashboard and reads it on every page", async ({
  newBrowser,
}) => {
  const page = await (await newBrowser({ email: DEMO.referrer })).newPage();
  await page.goto("/dashboard");
  await page.getByRole("button", { name: "isiZulu", exact: true }).click();
  await expect(page).toHaveURL("/dashboard");
  await expect(page.locator("html")).toHaveAttribute("lang", "zu-ZA");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Sawubona");
  await page.goto("/invoices");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ama-invoyisi nezinkokhelo");
  // A tax invoice is one document, in English.
  await page.locator("main a[href^='/invoices/']").first().click();
  await expect(page.getByRole("article")).toHaveAttribute("lang", "en-ZA");
  await expect(page.getByRole("article")).toContainText("Tax invoice");
});

/** The first step of the order, filled in English. */
async function goToDetailsAfterHome(page: Page): Promise<void> {
  const person = newPerson();
  await page.getByLabel("Street and number").fill(person.line1);
  await page.getByLabel("City or town").fill(person.city);
  await page.getByLabel("Postal code").fill(person.postalCode);
  await goToDetails(page);
}

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the choice of a language works as well", async ({ page }) => {
    await page.goto("/packages");
    await page.getByRole("button", { name: "isiZulu", exact: true }).click();
    await expect(page).toHaveURL("/packages");
    await expect(page.locator("html")).toHaveAttribute("lang", "zu-ZA");
  });
});

test.describe("a browser set to isiZulu", () => {
  test.use({ locale: "zu-ZA" });

  test("gets pages and refusals in isiZulu, and keeps what its owner chooses", async ({ page }) => {
    await page.goto("/");
    await expect(page.locator("html")).toHaveAttribute("lang", "zu-ZA");
    const answer = await page.request.post("/api/auth/sign-in", {
      data: { email: "nobody", password: "" },
      headers: { "accept-language": "zu-ZA" },
    });
    expect(await answer.json()).toMatchObject({
      error: { fields: { password: "Faka iphasiwedi yakho." } },
    });
    await page.getByRole("button", { name: "English", exact: true }).click();
    await expect(page.locator("html")).toHaveAttribute("lang", "en-ZA");
  });
});

test("a language that does not exist, or comes from elsewhere, is refused", async ({ request }) => {
  const unknown = await request.post("/language", { form: { language: "xx" } });
  expect(unknown.status()).toBe(400);
  expect(await unknown.json()).toMatchObject({
    error: {
      fields: { language: "Choose one of these languages: English, Afrikaans, isiZulu." },
    },
  });
  expect((await request.post("/language", { form: { language: "pseudo" } })).status()).toBe(400);
  const foreign = await request.post("/language", {
    form: { language: "af" },
    headers: { origin: "https://elsewhere.example" },
  });
  expect(foreign.status()).toBe(403);

  for (const [referer, path] of [
    ["https://elsewhere.example/x", "/"],
    [`${SITE_URL}//elsewhere.example`, "/"],
    [`${SITE_URL}.elsewhere.example/x`, "/"],
    [`${SITE_URL}/packages?from=1`, "/packages?from=1"],
  ]) {
    const chosen = await request.post("/language", {
      form: { language: "af" },
      headers: { referer: referer ?? "" },
      maxRedirects: 0,
    });
    expect(chosen.status()).toBe(303);
    expect(new URL(chosen.headers().location ?? "", SITE_URL).href).toBe(`${SITE_URL}${path}`);
  }
});
