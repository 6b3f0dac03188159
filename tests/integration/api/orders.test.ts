import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { REFERRAL_COOKIE } from "@/lib/referrals/referral-cookie";
import {
  adminAccount,
  Browser,
  type CallOptions,
  type CustomerAccount,
  call,
  customerAccount,
  dataOf,
  errorOf,
  refusalOf,
} from "@/tests/support/api";
import { newPackage } from "@/tests/support/builders";
import { sharedDatabase } from "@/tests/support/database";
import { eventually } from "@/tests/support/eventually";
import { newAddress, newEmail, newPhone, orderBody } from "@/tests/support/people";
import { countOf, one, referralOf } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

const placedSchema = z.strictObject({
  order_id: z.guid(),
  order_number: z.string().regex(/^[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}$/),
  customer_id: z.guid(),
  referral: z.strictObject({
    status: z.enum(["recorded", "not_applied", "none"]),
    reason: z.string().optional(),
  }),
  signed_in: z.boolean(),
});

let slug: string;
let referrer: CustomerAccount;
beforeAll(async () => {
  slug = (await newPackage(sql)).slug;
  referrer = await customerAccount(sql);
});

const order = (browser: Browser, body: object, options: CallOptions = {}) =>
  browser.post("/api/orders/create", body, {
    ...options,
    headers: { "idempotency-key": randomUUID(), ...options.headers },
  });

const placed = async (browser: Browser, body: object, options?: CallOptions) =>
  dataOf(await order(browser, body, options), placedSchema, 201);

/** Spelled with letters that are read as digits, and separated oddly. */
const typedOddly = (code: string) =>
  ` ${code.toLowerCase().replace("-", " ").replaceAll("0", "o").replaceAll("1", "l")} `;

describe("ordering", () => {
  test("makes a customer, signs them in by cookie, and records the referral", async () => {
    const browser = new Browser({ "user-agent": "Order test/1.0" });
    const body = orderBody(slug, { referral_code: referrer.customer.referral_code });
    const answer = await placed(browser, body);
    expect(answer.referral).toEqual({ status: "recorded" });
    expect(answer.signed_in).toBe(true);

    expect(browser.sessionCookies().length).toBeGreaterThan(0);
    const own = dataOf(
      await browser.post("/api/customer/referrals"),
      z.object({ referral_code: z.string() }),
    );
    const customer = one(await sql`select * from customers where id = ${answer.customer_id}`);
    expect(own.referral_code).toBe(customer.referral_code);
    expect(customer).toMatchObject({
      email: body.account.email,
      first_name: "Lerato",
      phone: body.account.phone,
    });
    const referral = one(
      await sql`select * from customer_referrals where order_id = ${answer.order_id}`,
    );
    expect(referral).toMatchObject({
      referrer_id: referrer.customer.id,
      referred_customer_id: answer.customer_id,
      status: "pending",
      source: "typed",
      user_agent: "Order test/1.0",
    });
    const service = one(
      await sql`select status from customer_services where order_id = ${answer.order_id}`,
    );
    expect(service.status).toBe("pending");
  });

  test("queues the referrer's mail, which is captured right after the answer", async () => {
    const mine = await customerAccount(sql, { firstName: "Nomsa" });
    await placed(new Browser(), orderBody(slug, { referral_code: mine.customer.referral_code }));
    const mail = await eventually(async () => {
      const [row] = await sql`
        select * from notifications
        where customer_id = ${mine.customer.id} and template = 'referral_signup'
          and status = 'captured'`;
      return row;
    });
    expect(mail).toMatchObject({ recipient: mine.email });
    expect(mail.subject).toContain("Lerato");
    expect(mail.text_body).toContain("Lerato M.");
    expect(`${mail.html}${mail.text_body}`).not.toContain("Mokoena");
  });

  test("without a code records none", async () => {
    const answer = await placed(new Browser(), orderBody(slug));
    expect(answer.referral).toEqual({ status: "none" });
  });

  test.each([
    ["lower case with spaces and letters for digits", typedOddly],
    ["without its prefix", (code: string) => code.slice(-8)],
    ["dotted", (code: string) => code.split("").join(".")],
  ])("accepts a code typed %s", async (_notation, spell) => {
    const mine = await customerAccount(sql);
    const answer = await placed(
      new Browser(),
      orderBody(slug, { referral_code: spell(mine.customer.referral_code) }),
    );
    expect(answer.referral).toEqual({ status: "recorded" });
  });

  test.each([
    ["unknown", "REF-ZZZZZZZZ"],
    ["nonsense", "'; drop table customers; --"],
    ["endless", "A".repeat(5_000)],
    ["emoji", "🎉🎉🎉🎉🎉🎉🎉🎉"],
  ])("goes through with a code that is %s, and keeps what was typed", async (_kind, code) => {
    const answer = await placed(new Browser(), orderBody(slug, { referral_code: code }));
    expect(answer.referral).toEqual({ status: "not_applied", reason: "invalid_code" });
    const row = one(
      await sql`select referral_code, referral_outcome from orders where id = ${answer.order_id}`,
    );
    expect(row.referral_outcome).toBe("not_applied");
    expect(code.startsWith(row.referral_code) || code === row.referral_code).toBe(true);
  });
});

describe("a code that cannot be applied never stops the order, and the reason is general", () => {
  const reasonOf = async (body: object) => {
    const answer = await placed(new Browser(), body);
    expect(answer.referral.status).toBe("not_applied");
    const attempt = one(
      await sql`select * from referral_attempts where order_id = ${answer.order_id}`,
    );
    expect(attempt.reason).toBe(answer.referral.reason);
    expect(
      await countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from customer_referrals where order_id = ${answer.order_id}`),
    ).toBe(0);
    return answer.referral.reason;
  };

  test("the referrer's own phone in another notation", async () => {
    const mine = await customerAccount(sql);
    const local = `0${mine.customer.phone.slice(3, 5)} ${mine.customer.phone.slice(5)}`;
    const body = orderBody(slug, {
      referral_code: mine.customer.referral_code,
      account: { phone: local },
    });
    expect(await reasonOf(body)).toBe("self_referral");
  });

  test("the referrer's own e-mail with a tag", async () => {
    const mine = await customerAccount(sql);
    const body = orderBody(slug, {
      referral_code: mine.customer.referral_code,
      account: { email: mine.email.replace("@", "+second@") },
    });
    expect(await reasonOf(body)).toBe("self_referral");
  });

  test("somebody who is a customer already", async () => {
    const known = await customerAccount(sql);
    const body = orderBody(slug, {
      referral_code: referrer.customer.referral_code,
      account: { email: known.email.replace("@", "+again@") },
    });
    expect(await reasonOf(body)).toBe("duplicate_referral");
  });

  test("a referrer who is suspended", async () => {
    const mine = await customerAccount(sql, { service: "suspended" });
    const body = orderBody(slug, { referral_code: mine.customer.referral_code });
    expect(await reasonOf(body)).toBe("referrer_not_eligible");
  });

  test("the eleventh friend of a month", async () => {
    const mine = await customerAccount(sql);
    for (let n = 0; n < 10; n += 1) {
      const body = orderBody(slug, { referral_code: mine.customer.referral_code });
      expect((await placed(new Browser(), body)).referral.status).toBe("recorded");
    }
    const body = orderBody(slug, { referral_code: mine.customer.referral_code });
    expect(await reasonOf(body)).toBe("rate_limited");
    const alerts = await countOf(sql<{ n: number }[]>`
      select count(*)::integer as n from notifications
      where template = 'suspicious_activity' and payload ->> 'referrer_id' = ${mine.customer.id}`);
    expect(alerts).toBeGreaterThan(0);
  });
});

describe("an invitation that the browser remembers", () => {
  const remember = async (browser: Browser, code: string) => {
    dataOf(
      await browser.post("/api/referrals/visit", { code }),
      z.object({ valid: z.literal(true) }),
    );
    expect(browser.cookies.get(REFERRAL_COOKIE)?.attributes).toEqual(
      expect.arrayContaining(["httponly", "samesite=lax", "path=/"]),
    );
  };

  test("counts when no code is typed, and is used up by the order", async () => {
    const mine = await customerAccount(sql);
    const browser = new Browser();
    await remember(browser, mine.customer.referral_code);
    const answer = await placed(browser, orderBody(slug));
    expect(answer.referral).toEqual({ status: "recorded" });
    const row = one(
      await sql`select source from customer_referrals where order_id = ${answer.order_id}`,
    );
    expect(row.source).toBe("link");
    expect(browser.cookies.has(REFERRAL_COOKIE)).toBe(false);
  });

  test("still counts as the link's when the form sends it along", async () => {
    const mine = await customerAccount(sql);
    const browser = new Browser();
    await remember(browser, mine.customer.referral_code);
    const body = orderBody(slug, { referral_code: typedOddly(mine.customer.referral_code) });
    const answer = await placed(browser, body);
    const row = one(
      await sql`select source from customer_referrals where order_id = ${answer.order_id}`,
    );
    expect(row.source).toBe("link");
  });

  test.each([[null], [""], ["  "]])("is dropped by the explicit answer %j", async (code) => {
    const browser = new Browser();
    await remember(browser, referrer.customer.referral_code);
    const answer = await placed(browser, orderBody(slug, { referral_code: code }));
    expect(answer.referral).toEqual({ status: "none" });
  });

  test("gives way to a code that is typed", async () => {
    const mine = await customerAccount(sql);
    const browser = new Browser();
    await remember(browser, referrer.customer.referral_code);
    const body = orderBody(slug, { referral_code: mine.customer.referral_code });
    const answer = await placed(browser, body);
    const row = one(
      await sql`
        select referrer_id, source from customer_referrals where order_id = ${answer.order_id}`,
    );
    expect(row).toMatchObject({ referrer_id: mine.customer.id, source: "typed" });
  });
});

describe("repeating an order", () => {
  test("with the same key and request gives the same answer and one order", async () => {
    const key = randomUUID();
    const body = orderBody(slug);
    const options = { headers: { "idempotency-key": key } };
    const first = await placed(new Browser(), body, options);
    // The first answer was lost: the retry comes without its cookies, and ends signed in as well.
    const browser = new Browser();
    const second = await placed(browser, body, options);
    expect(second).toEqual(first);
    expect(browser.sessionCookies().length).toBeGreaterThan(0);
    expect(
      await countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from orders where customer_id = ${first.customer_id}`),
    ).toBe(1);
  });

  test("five times at once makes one order", async () => {
    const options = { headers: { "idempotency-key": randomUUID() } };
    const body = orderBody(slug, { referral_code: referrer.customer.referral_code });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => placed(new Browser(), body, options)),
    );
    expect(new Set(answers.map((answer) => answer.order_id)).size).toBe(1);
    expect(new Set(answers.map((answer) => answer.referral.status))).toEqual(new Set(["recorded"]));
  });

  test("with the same key and another request is refused", async () => {
    const options = { headers: { "idempotency-key": randomUUID() } };
    const body = orderBody(slug);
    await placed(new Browser(), body, options);
    const other = { ...body, account: { ...body.account, last_name: "Khumalo" } };
    expect(refusalOf(await order(new Browser(), other, options))).toBe(
      "409 idempotency_key_reused",
    );
  });

  test("with somebody else's key and no password opens no account", async () => {
    const options = { headers: { "idempotency-key": randomUUID() } };
    const body = orderBody(slug);
    await placed(new Browser(), body, options);
    const thief = new Browser();
    const guess = { ...body, account: { ...body.account, password: "another password" } };
    expect(refusalOf(await order(thief, guess, options))).toBe("409 email_taken");
    expect(thief.sessionCookies()).toEqual([]);
  });

  test("under an address that is taken, with another password, says so at the field", async () => {
    const known = await customerAccount(sql);
    const body = orderBody(slug, {
      account: { email: known.email, password: "another password" },
    });
    const browser = new Browser();
    const error = errorOf(await order(browser, body));
    expect(error).toMatchObject({ status: 409, code: "email_taken" });
    expect(Object.keys(error.fields)).toEqual(["account.email"]);
    expect(browser.sessionCookies()).toEqual([]);
  });

  test("as a returning customer with the right password places a second order", async () => {
    const email = newEmail("returning");
    const phone = newPhone();
    const first = await placed(new Browser(), orderBody(slug, { account: { email, phone } }));
    const body = orderBody(slug, {
      account: { email, phone },
      referral_code: referrer.customer.referral_code,
    });
    const second = await placed(new Browser(), body);
    expect(second.customer_id).toBe(first.customer_id);
    expect(second.order_id).not.toBe(first.order_id);
    expect(second.referral).toEqual({ status: "not_applied", reason: "duplicate_referral" });
  });
});

describe("a request that cannot be an order", () => {
  test("names every field that is wrong, and writes nothing", async () => {
    const email = newEmail("invalid");
    const error = errorOf(
      await order(new Browser(), {
        package_slug: "",
        account: {
          email: "nobody",
          password: "short",
          first_name: "  ",
          last_name: "Line\nbreak",
          phone: "12",
          address: { line1: "", city: 7 },
        },
      }),
    );
    expect(error).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(error.fields).sort()).toEqual([
      "account.address.city",
      "account.address.line1",
      "account.address.postal_code",
      "account.email",
      "account.first_name",
      "account.last_name",
      "account.password",
      "account.phone",
      "package_slug",
    ]);
    for (const message of Object.values(error.fields)) {
      expect(message).toMatch(/^[A-Z].*\.$/);
      expect(message).not.toMatch(/Invalid input|expected|received/);
    }
    const unknown = errorOf(
      await order(new Browser(), orderBody("no-such-package", { account: { email } })),
    );
    expect(unknown).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(unknown.fields)).toEqual(["package_slug"]);
    expect(
      await countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from auth.users where email = ${email}`),
    ).toBe(0);
  });

  test.each([
    ["no key", {}],
    ["a key with a space", { "idempotency-key": "two words" }],
    ["a key of 201 characters", { "idempotency-key": "k".repeat(201) }],
  ])("is refused with %s, before an account is made", async (_name, headers) => {
    const body = orderBody(slug);
    const error = errorOf(await new Browser().post("/api/orders/create", body, { headers }));
    expect(error).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(error.fields)).toEqual(["Idempotency-Key"]);
    expect(
      await countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from auth.users where email = ${body.account.email}`),
    ).toBe(0);
  });

  test("keeps texts as they were given: they are for people", async () => {
    const address = {
      line1: `<img src=x onerror=alert(1)> O'Brien & "co"`,
      city: "Cape Town",
      postal_code: "8001",
    };
    const name = "Łucja O’Brien-Nkosi";
    const answer = await placed(
      new Browser(),
      orderBody(slug, { account: { first_name: name, address } }),
    );
    const row = one(
      await sql`select first_name, address from customers where id = ${answer.customer_id}`,
    );
    expect(row).toEqual({ first_name: name, address });
  });

  test.each([
    ["first_name", "Win 1000 at evil.example"],
    ["last_name", "\u202eevil"],
    ["first_name", "You won. Call us"],
  ])("refuses a message in a name (%s: %j), and makes no account", async (field, text) => {
    const body = orderBody(slug, { account: { [field]: text } });
    const error = errorOf(await order(new Browser(), body));
    expect(error).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(error.fields)).toEqual([`account.${field}`]);
    expect(
      await countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from auth.users where email = ${body.account.email}`),
    ).toBe(0);
  });
});

test("the address of an order is the one that the trusted proxy saw", async () => {
  const honest = newAddress();
  const mine = await customerAccount(sql);
  const body = orderBody(slug, { referral_code: mine.customer.referral_code });
  const answer = await placed(new Browser(), body, {
    headers: { "x-forwarded-for": `203.0.113.99, ${honest}` },
  });
  const row = one(
    await sql`
      select host(ip_address) as address from customer_referrals
      where order_id = ${answer.order_id}`,
  );
  expect(row.address).toBe(honest);
});

test("a friend at the referrer's address is recorded, and held for a reviewer", async () => {
  const shared = { line1: `${randomUUID()} Kloof Street`, city: "Cape Town", postal_code: "8001" };
  const first = await placed(new Browser(), orderBody(slug, { account: { address: shared } }));
  const billing = await adminAccount(sql, "billing");
  dataOf(
    await call("POST", `/api/admin/orders/${first.order_id}/activate`, { token: billing.token }),
    z.unknown(),
  );
  const { referral_code } = one(
    await sql`select referral_code from customers where id = ${first.customer_id}`,
  );
  const friend = await placed(
    new Browser(),
    orderBody(slug, { referral_code, account: { address: shared } }),
  );
  expect(friend.referral).toEqual({ status: "recorded" });
  const referral = await referralOf(sql, friend.order_id);
  const flags = await sql`
    select signal, severity, status from referral_flags where referral_id = ${referral.id}`;
  expect(flags).toContainEqual({
    signal: "same_address_as_referrer",
    severity: "hold",
    status: "open",
  });
});

test("a code that is nothing but too long never stops an order, wherever it is cut", async () => {
  for (const length of [63, 199]) {
    const code = `${"a".repeat(length)}😀`;
    const answer = await placed(new Browser(), orderBody(slug, { referral_code: code }));
    expect(answer.referral).toMatchObject({ status: "not_applied" });
  }
});

test("ordering is a POST from the own site", async () => {
  const body = orderBody(slug);
  expect(refusalOf(await call("GET", "/api/orders/create"))).toBe("405 method_not_allowed");
  const foreign = await call("POST", "/api/orders/create", {
    json: body,
    headers: { origin: "https://evil.example", "idempotency-key": randomUUID() },
  });
  expect(refusalOf(foreign)).toBe("403 cross_site");
  const fetched = await call("POST", "/api/orders/create", {
    json: body,
    headers: { "sec-fetch-site": "cross-site", "idempotency-key": randomUUID() },
  });
  expect(refusalOf(fetched)).toBe("403 cross_site");
  expect(
    await countOf(sql<{ n: number }[]>`
      select count(*)::integer as n from auth.users where email = ${body.account.email}`),
  ).toBe(0);
});
