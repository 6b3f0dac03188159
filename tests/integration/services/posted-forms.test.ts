/** The forms as they are posted, with and without scripts: what they do, and what they answer. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { answerClaim, answerErasureRequest, answerProfile } from "@/lib/composition/account-forms";
import {
  answerLinkRequest,
  answerNewPassword,
  answerSecondFactor,
  answerSignIn,
} from "@/lib/composition/auth-forms";
import { answerOrderForm } from "@/lib/composition/order-form";
import { ownOrder } from "@/lib/composition/own-order";
import { LINK_SENT, SAVED } from "@/lib/form-state";
import { af } from "@/lib/language/messages/af";
import { HOME, OFFERED_CODE_FIELD } from "@/lib/orders/order-form";
import { serialiseReferralCookie } from "@/lib/referrals/referral-cookie";
import {
  adminAccount,
  type CustomerAccount,
  customerAccount,
  enterStackEnvironment,
  newAccount,
} from "@/tests/support/api";
import { newPackage } from "@/tests/support/builders";
import { sharedDatabase } from "@/tests/support/database";
import { enterEnvironment } from "@/tests/support/environment";
import { visitor } from "@/tests/support/next-request";
import { newAddress, newEmail, newPhone, newTag, PASSWORD } from "@/tests/support/people";
import { one } from "@/tests/support/rows";

vi.mock("next/headers", async () => (await import("@/tests/support/next-request")).nextHeaders);
vi.mock("next/server", async (original) => ({
  ...(await original<typeof import("next/server")>()),
  after: (await import("@/tests/support/next-request")).after,
}));

const sql = sharedDatabase();
const passOn = globalThis.fetch;
/** Answers of the database that a test puts in place of the real ones, by the function's name. */
let answers: Record<string, unknown> = {};
let restore: () => void;
let slug: string;
let referrer: CustomerAccount;

beforeAll(async () => {
  restore = enterStackEnvironment({ TRUSTED_PROXY_HOPS: "1", RATE_LIMIT_FACTOR: "1000" });
  slug = (await newPackage(sql)).slug;
  referrer = await customerAccount(sql);
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const name = pathname.replace(/^.*\/rpc\//, "");
    return name in answers ? Response.json(answers[name]) : passOn(input, init);
  });
});
afterAll(async () => {
  vi.unstubAllGlobals();
  restore();
  await sql.end();
});
beforeEach(() => {
  visitor.reset();
  answers = {};
  // As our script posts it: the browser itself would be redirected.
  visitor.headers = new Headers({
    "next-action": "1",
    "x-forwarded-for": newAddress(),
    "user-agent": "Test browser",
  });
});
afterEach(() => visitor.runLater());

function posted(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

/** Where the browser itself is sent. */
async function redirectOf(work: Promise<unknown>): Promise<string> {
  const { digest } = z.object({ digest: z.string() }).parse(await work.catch((error) => error));
  return digest.split(";")[2] ?? digest;
}

async function signedIn(account: { email: string }, password = PASSWORD) {
  const state = await answerSignIn(posted({ email: account.email, password }));
  expect(state).toMatchObject({ failure: null, errors: {} });
  return state;
}

const newKey = () => randomBytes(16).toString("hex");

/** The order form, filled in by somebody new. */
const orderFields = (changes: Record<string, string> = {}): Record<string, string> => ({
  intent: "place",
  package_slug: slug,
  order_key: newKey(),
  [`${HOME}line1`]: `7 Loop Street ${newTag()}`,
  [`${HOME}suburb`]: "Gardens",
  [`${HOME}city`]: "Cape Town",
  [`${HOME}postal_code`]: "8001",
  "account.email": newEmail("friend"),
  "account.password": PASSWORD,
  "account.first_name": "Lerato",
  "account.last_name": "Mokoena",
  "account.phone": newPhone(),
  ...changes,
});
const order = (changes: Record<string, string> = {}, next = newKey()) =>
  answerOrderForm(posted(orderFields(changes)), next);

describe("a posted form", () => {
  test("keeps what was typed and puts each problem beside its field; a password never comes back", async () => {
    const state = await answerSignIn(posted({ email: "", password: "secret words" }));
    expect(state).toMatchObject({
      values: { email: "" },
      code: "invalid_request",
      goTo: null,
      errors: { email: expect.stringContaining("e-mail") },
    });
    expect(JSON.stringify(state)).not.toContain("secret words");
  });

  test("is refused from another site, and when it is too long", async () => {
    visitor.headers.set("origin", "https://elsewhere.test");
    expect(await answerSignIn(posted({ email: "a@b.test" }))).toMatchObject({
      code: "cross_site",
      values: {},
    });
    visitor.headers.delete("origin");
    const long = await answerSignIn(posted({ email: "x".repeat(70_000) }));
    expect(long).toMatchObject({ code: "payload_too_large", values: {} });
  });

  test("passes over fields of the framework and over files", async () => {
    const data = posted({ email: newEmail(), password: "wrong", $ACTION_ID_1: "x" });
    data.append("file", new Blob(["x"]), "x.txt");
    const state = await answerSignIn(data);
    expect(state.code).toBe("unauthenticated");
    expect(Object.keys(state.values)).toEqual(["email"]);
  });

  test("shows a fixed sentence for what broke on our side", async () => {
    answers.consume_rate_limits = { nothing: "that we know" };
    const state = await answerSignIn(posted({ email: newEmail(), password: PASSWORD }));
    expect(state).toMatchObject({ code: "internal", errors: {} });
    expect(state.failure).not.toMatch(/nothing|zod|invalid/i);
  });

  test("leads a browser without scripts on by itself", async () => {
    visitor.headers.delete("next-action");
    const { email } = await customerAccount(sql);
    const fields = { email, password: PASSWORD, next: "/invoices" };
    expect(await redirectOf(answerSignIn(posted(fields)))).toBe("/invoices");
  });
});

describe("the sign-in form", () => {
  test("opens the dashboard of a customer and the admin area of an admin, never another site", async () => {
    const { email } = await customerAccount(sql);
    expect(await signedIn({ email })).toMatchObject({ goTo: "/dashboard" });
    expect([...visitor.cookies.keys()].some((name) => name.includes("auth-token"))).toBe(true);
    expect(await signedIn(await adminAccount(sql, "support"))).toMatchObject({ goTo: "/admin" });
    const fields = { email, password: PASSWORD, next: "//elsewhere.test" };
    expect(await answerSignIn(posted(fields))).toMatchObject({ goTo: "/dashboard" });
  });

  test("answers a wrong password and an unknown address alike, and audits the try", async () => {
    const { email } = await customerAccount(sql);
    const wrong = await answerSignIn(posted({ email, password: "not this one" }));
    const unknown = await answerSignIn(posted({ email: newEmail(), password: "not this one" }));
    expect(wrong.failure).toBe(unknown.failure);
    expect([wrong.code, unknown.code]).toEqual(["unauthenticated", "unauthenticated"]);
  });

  test("sends the confirmation link again, to whoever waits for one", async () => {
    const state = await answerSignIn(posted({ intent: "resend", email: newEmail() }));
    expect(state).toMatchObject({ code: LINK_SENT, failure: null });
    const bad = await answerLinkRequest("confirmation", posted({ email: "nobody" }));
    expect(bad).toMatchObject({ code: "invalid_request", errors: { email: expect.any(String) } });
  });
});

describe("the forms of passwords", () => {
  test("a recovery link is asked for with the same answer for every address", async () => {
    const { email } = await customerAccount(sql);
    const known = await answerLinkRequest("recovery", posted({ email }));
    const unknown = await answerLinkRequest("recovery", posted({ email: newEmail() }));
    expect(known).toMatchObject({ code: LINK_SENT, failure: null });
    expect(unknown).toMatchObject({ code: LINK_SENT, failure: null });
  });

  test("a password is changed with the present one, and not without a session", async () => {
    const fresh = "plural marmot lantern";
    const fields = { password: fresh, current_password: PASSWORD };
    expect(await answerNewPassword(posted(fields))).toMatchObject({ code: "unauthenticated" });

    const account = await customerAccount(sql);
    await signedIn(account);
    const wrong = await answerNewPassword(
      posted({ password: fresh, current_password: "not this one" }),
    );
    expect(wrong.goTo).toBeNull();
    expect(wrong.failure ?? JSON.stringify(wrong.errors)).toBeTruthy();
    expect(await answerNewPassword(posted(fields))).toMatchObject({ goTo: "/dashboard" });
    visitor.cookies.clear();
    expect(await signedIn(account, fresh)).toMatchObject({ goTo: "/dashboard" });
  });

  test("a code of an authenticator app is refused where there is none", async () => {
    const fields = { factor_id: randomUUID(), code: "123456" };
    expect(await answerSecondFactor(posted(fields))).toMatchObject({ code: "unauthenticated" });
    await signedIn(await customerAccount(sql));
    const state = await answerSecondFactor(posted(fields));
    expect(state).toMatchObject({ goTo: null });
    expect(state.code).not.toBeNull();
    const short = await answerSecondFactor(posted({ ...fields, code: "12" }));
    expect(short.errors).toHaveProperty("code");
  });
});

describe("the forms of customers", () => {
  const profile = {
    first_name: "Zanele",
    last_name: "Khumalo",
    "address.line1": "3 Bree Street",
    "address.city": "Cape Town",
    "address.postal_code": "8001",
    vat_number: "4123456789",
  };

  test("the profile is saved for who is signed in", async () => {
    expect(await answerProfile(posted(profile))).toMatchObject({ code: "unauthenticated" });
    const account = await customerAccount(sql);
    await signedIn(account);
    expect(await answerProfile(posted(profile))).toMatchObject({ code: SAVED, failure: null });
    const saved = one(
      await sql<{ first_name: string; vat_number: string }[]>`
        select first_name, vat_number from public.customers where id = ${account.customer.id}`,
    );
    expect(saved).toEqual({ first_name: "Zanele", vat_number: "4123456789" });

    const wrong = await answerProfile(posted({ ...profile, vat_number: "4".repeat(41) }));
    expect(wrong).toMatchObject({
      values: { vat_number: "4".repeat(41) },
      errors: { vat_number: expect.any(String) },
    });
    expect(await answerProfile(posted({}))).toMatchObject({
      errors: { first_name: expect.any(String), "address.line1": expect.any(String) },
    });
  });

  test("an erasure is asked for once, and noted", async () => {
    expect(await answerErasureRequest(posted({}))).toMatchObject({ code: "unauthenticated" });
    const account = await customerAccount(sql);
    await signedIn(account);
    expect(await answerErasureRequest(posted({}))).toMatchObject({ code: SAVED });
    expect(await answerErasureRequest(posted({}))).toMatchObject({ code: SAVED });
    const { count } = one(
      await sql<{ count: number }[]>`
        select count(*)::int from public.erasure_requests where customer_id = ${account.customer.id}`,
    );
    expect(count).toBe(1);
  });

  test("a forgotten code is taken afterwards, or refused beside its field", async () => {
    expect(await answerClaim(posted({ referral_code: "X" }))).toMatchObject({
      code: "unauthenticated",
    });
    await signedIn(await customerAccount(sql, { service: "none" }));
    expect(await answerClaim(posted({}))).toMatchObject({
      errors: { referral_code: expect.any(String) },
    });
    const unknown = await answerClaim(posted({ referral_code: "NOSUCHCODE" }));
    expect(unknown.code).not.toBe(SAVED);
    expect(unknown.values).toMatchObject({ referral_code: "NOSUCHCODE" });
  });
});

describe("the order form", () => {
  test("asks for the home first, with the problems beside its fields", async () => {
    const state = await order({
      intent: "continue",
      [`${HOME}line1`]: "",
      [`${HOME}postal_code`]: "80",
    });
    expect(state).toMatchObject({
      step: "home",
      code: "invalid_request",
      errors: {
        [`${HOME}line1`]: expect.any(String),
        [`${HOME}postal_code`]: expect.stringContaining("4 digits"),
      },
    });
    expect(state.values).toMatchObject({ [`${HOME}city`]: "Cape Town" });
    expect(state.values).not.toHaveProperty("account.password");
  });

  test("goes on to the details, with the verdict on the code, and back", async () => {
    const code = referrer.customer.referral_code;
    const found = await order({ intent: "continue", referral_code: code.toLowerCase() });
    expect(found).toMatchObject({
      step: "details",
      failure: null,
      checkedCode: { valid: true, code },
    });
    const unknown = await order({ intent: "check_code", referral_code: "NOSUCHCODE" });
    expect(unknown).toMatchObject({ failure: null, checkedCode: { valid: false } });
    expect(await order({ intent: "check_code" })).toMatchObject({ checkedCode: null });
    expect(await order({ intent: "back" })).toMatchObject({ step: "home", failure: null });
    // An intent that no button has is the first step.
    expect(await order({ intent: "steal" })).toMatchObject({ step: "details" });
  });

  test("says where no home can be connected, and which suburbs can", async () => {
    answers.check_coverage = { coverage: "uncovered", suburbs: [] };
    expect(await order({ intent: "continue" })).toMatchObject({
      step: "home",
      coverage: "uncovered",
      failure: null,
    });
    expect(await order({ intent: "place" })).toMatchObject({ step: "home", goTo: null });

    const suburbs = ["Gardens", "Tamboerskloof", "Oranjezicht", "Vredehoek", "Zonnebloem"];
    answers.check_coverage = { coverage: "suburb_needed", suburbs };
    const needed = await order({ intent: "continue" });
    expect(needed.step).toBe("home");
    expect(needed.errors[`${HOME}suburb`]).toMatch(
      /Gardens, Tamboerskloof, Oranjezicht, Vredehoek …$/,
    );
    answers.check_coverage = { coverage: "suburb_needed", suburbs: ["Gardens"] };
    const single = await order({ intent: "continue" });
    expect(single.errors[`${HOME}suburb`]).toMatch(/Gardens$/);
  });

  test("puts somebody on the waiting list of their area, or goes on where it opened meanwhile", async () => {
    const wait = { intent: "wait", "wait.first_name": "Lerato", "wait.email": newEmail("waiting") };
    expect(await order({ ...wait, "wait.email": "nobody" })).toMatchObject({
      step: "home",
      errors: { "wait.email": expect.any(String) },
    });
    answers.wait_for_coverage = { waiting: true, coverage: "uncovered" };
    expect(await order(wait)).toMatchObject({
      isWaiting: true,
      step: "home",
      coverage: "uncovered",
    });
    answers.wait_for_coverage = { waiting: false, coverage: "covered" };
    expect(await order(wait)).toMatchObject({ isWaiting: false, step: "details" });
  });

  test("places an order with a new account, once per key, and shows it to that browser alone", async () => {
    const fields = orderFields({ referral_code: referrer.customer.referral_code });
    const placed = await answerOrderForm(posted(fields), newKey());
    expect(placed).toMatchObject({ failure: null, errors: {} });
    const orderId = placed.goTo?.replace("/order/confirmation?order=", "") ?? "";
    const again = await answerOrderForm(posted(fields), newKey());
    expect(again.goTo).toBe(placed.goTo);
    const { count } = one(
      await sql<{ count: number }[]>`
        select count(*)::int from public.customer_referrals as r join public.orders as o
          on o.customer_id = r.referred_customer_id where o.id = ${orderId}`,
    );
    expect(count).toBe(1);

    expect(await ownOrder(orderId)).toMatchObject({ order_id: orderId });
    visitor.cookies.clear();
    expect(await redirectOf(ownOrder(orderId))).toContain("/sign-in?next=");
    await signedIn(referrer);
    const hidden = await ownOrder(orderId).catch((error: unknown) => error);
    expect(String((hidden as { digest?: string }).digest)).toContain("404");
  });

  test("asks for the button once more when the details changed after an order, under a new key", async () => {
    const fields = orderFields();
    expect((await answerOrderForm(posted(fields), newKey())).goTo).not.toBeNull();
    const next = newKey();
    const changed = { ...fields, [`${HOME}line1`]: "8 Loop Street" };
    visitor.cookies.clear();
    const state = await answerOrderForm(posted(changed), next);
    expect(state).toMatchObject({
      code: "idempotency_key_reused",
      orderKey: next,
      step: "details",
    });
    expect(state.failure).toContain("press the button again");
  });

  test("says in the language of the page what is wrong", async () => {
    visitor.headers.set("x-page-language", "af");
    const home = await order({ intent: "continue", [`${HOME}postal_code`]: "80" });
    expect(home.failure).toBe(af.errors.invalid_request);
    expect(home.errors[`${HOME}postal_code`]).toBe(af.sentences.postalCodeForm);
    const person = await order({ "account.email": "nobody", "account.phone": "12" });
    expect(Object.values(person.errors).toSorted()).toEqual(
      [af.sentences.emailForm, af.sentences.phoneForm].toSorted(),
    );

    answers.check_coverage = { coverage: "suburb_needed", suburbs: ["Gardens"] };
    const needed = await order({ intent: "continue" });
    expect(needed.errors[`${HOME}suburb`]).toBe(
      af.sentences.someSuburbs.replace("{suburbs}", "Gardens"),
    );
    answers = {};

    const fields = orderFields();
    await answerOrderForm(posted(fields), newKey());
    const changed = { ...fields, [`${HOME}line1`]: "8 Loop Street" };
    visitor.cookies.clear();
    const used = await answerOrderForm(posted(changed), newKey());
    expect(used.failure).toBe(af.sentences.orderReceivedBefore);
  });

  test("keeps the step of the details for what is wrong there", async () => {
    const state = await order({ "account.email": "nobody", "account.phone": "12" });
    expect(state).toMatchObject({ step: "details", code: "invalid_request" });
    expect(Object.keys(state.errors).sort()).toEqual(["account.email", "account.phone"]);
    const gone = await order({ package_slug: "no-such-package" });
    expect(gone.failure).toBeTruthy();
    expect(gone.goTo).toBeNull();
  });

  test("a broken key or a form without one is refused, and gets a key", async () => {
    const state = await order({ order_key: "x" });
    expect(state).toMatchObject({ code: "invalid_request", goTo: null });
    const next = newKey();
    const { order_key: _, ...without } = orderFields({ intent: "back" });
    expect(await answerOrderForm(posted(without), next)).toMatchObject({ orderKey: next });
  });

  test("signs an existing customer in inside the form, and then asks nothing that is known", async () => {
    const account = await customerAccount(sql, { service: "none" });
    const wrong = await order({
      intent: "sign_in",
      "account.email": account.email,
      "account.password": "not this one",
    });
    expect(wrong).toMatchObject({ step: "details", code: "unauthenticated" });
    expect(await order({ intent: "sign_in", "account.email": "" })).toMatchObject({
      step: "details",
      errors: { "account.email": expect.any(String) },
    });
    const inside = await order({ intent: "sign_in", "account.email": account.email });
    expect(inside).toMatchObject({ step: "details", failure: null, goTo: null });

    visitor.cookies.set(
      "referral",
      serialiseReferralCookie({ code: referrer.customer.referral_code, firstName: "Thandi" }),
    );
    const state = await order({
      "account.email": "",
      "account.password": "",
      [OFFERED_CODE_FIELD]: "",
    });
    expect(state).toMatchObject({ failure: null, errors: {} });
    const orderId = state.goTo?.replace("/order/confirmation?order=", "") ?? "";
    const placed = one(
      await sql<{ customer_id: string }[]>`
        select customer_id from public.orders where id = ${orderId}`,
    );
    expect(placed.customer_id).toBe(account.customer.id);
    expect(await ownOrder(orderId)).toMatchObject({ order_id: orderId });
  });

  test("an account that is no customer yet orders with the details in the form", async () => {
    const account = await newAccount();
    await order({ intent: "sign_in", "account.email": account.email });
    const state = await order({ "account.email": account.email });
    expect(state).toMatchObject({ failure: null, errors: {} });
    expect(state.goTo).toContain("/order/confirmation?order=");
  });

  test("asks for a second factor where the session lacks one, and comes back", async () => {
    const account = await customerAccount(sql);
    answers.get_my_session = {
      user_id: account.userId,
      customer: null,
      admin: null,
      needs_second_factor: true,
      switches: { rewards: true, mail: true },
      is_paused: false,
      brand_name: "Acme Fibre",
      time_zone: "Africa/Johannesburg",
    };
    const state = await order({ intent: "sign_in", "account.email": account.email });
    expect(state.goTo).toBe(
      `/sign-in/code?next=${encodeURIComponent(`/order/account?package=${slug}`)}`,
    );
  });

  test("asks a person to prove that they are one, where that is set up", async () => {
    const leave = enterEnvironment({
      CAPTCHA_PROVIDER: "turnstile",
      CAPTCHA_SITE_KEY: "site",
      CAPTCHA_SECRET_KEY: createHash("sha256").update("x").digest("hex"),
    });
    try {
      expect(await order()).toMatchObject({ code: "captcha_failed", step: "details" });
    } finally {
      leave();
    }
  });
});
