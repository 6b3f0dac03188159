/**
 * A project that confirms e-mail addresses before their accounts can sign in, as hosted ones do
 * unless told otherwise: the order, the links, and the people who are not the address's owner.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Site } from "@/supabase/local/commands/next-server";
import { linksTo, linkTo } from "@/tests/support/account-mails";
import { type Answer, Browser, dataOf, errorOf, refusalOf } from "@/tests/support/api";
import { newPackage } from "@/tests/support/builders";
import { clientOfCaller } from "@/tests/support/clients";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { newEmail, orderBody, PASSWORD } from "@/tests/support/people";
import { one } from "@/tests/support/rows";
import { ownSite, ROOMY } from "@/tests/support/site";

let own: OwnStack;
let site: Site;
let slug: string;

beforeAll(async () => {
  process.env.LITE_AUTH_BCRYPT_COST ??= "4";
  own = await ownStack({ confirmEmails: true });
  site = await ownSite(own.stack, ROOMY);
  slug = (await newPackage(own.sql)).slug;
});
afterAll(async () => {
  await site?.stop();
  await own?.stop();
});

const VICTIM_PASSWORD = "the victim's own words";
const placedSchema = z.object({ customer_id: z.guid(), signed_in: z.boolean() });

const browser = () => new Browser({}, site.url);
const order = (email: string, password = PASSWORD, key: string = crypto.randomUUID()) =>
  browser().post("/api/orders/create", orderBody(slug, { account: { email, password } }), {
    headers: { "idempotency-key": key },
  });
const placed = (answer: Answer) => dataOf(answer, placedSchema, 201);
const signIn = (email: string, password: string) =>
  browser().post("/api/auth/sign-in", { email, password });
const linkOf = (email: string) => linkTo(own.dataDir, email);
const ownerOf = async (customerId: string) =>
  one(await own.sql`select auth_user_id from customers where id = ${customerId}`).auth_user_id;

/** The auth server as anybody reaches it, past our site. */
const stranger = () => clientOfCaller(own.stack.apiUrl, own.stack.publishableKey).auth;

/** Whether a password opens an account, through our site or past it. */
async function opens(email: string, password: string): Promise<boolean[]> {
  const here = await signIn(email, password);
  const there = await stranger().signInWithPassword({ email, password });
  return [here.status === 200, there.data.session !== null];
}

describe("an order where addresses are confirmed first", () => {
  test("leads through the mail, on any device, to the dashboard", async () => {
    const email = newEmail("confirm");
    const answer = await order(email);
    const { customer_id, signed_in } = placed(answer);
    expect(signed_in).toBe(false);
    expect(answer.headers.getSetCookie().join()).not.toMatch(/sb-.+-auth-token(\.\d+)?=/);
    expect(await ownerOf(customer_id)).toBeNull();
    expect(refusalOf(await signIn(email, PASSWORD))).toBe("403 email_unconfirmed");

    const link = await linkOf(email);
    expect(link).toMatch(/\/auth\/confirm\?token_hash=\w+&type=signup$/);
    // A mail scanner opens links, and presses no button.
    for (let round = 0; round < 2; round += 1) {
      const { pathname, search } = new URL(link);
      const page = await browser().get(pathname + search);
      expect(page.status).toBe(200);
      expect(page.text).toContain("Confirm my address");
    }
    const device = browser();
    expect(await device.pressLink(link)).toBe("/dashboard");
    expect((await device.get("/api/customer/dashboard")).status).toBe(200);
    expect(await ownerOf(customer_id)).not.toBeNull();
    expect(await opens(email, PASSWORD)).toEqual([true, true]);

    expect(await browser().pressLink(link)).toBe("/auth/confirm?type=signup&problem=expired");
    const again = await browser().get("/auth/confirm?type=signup&problem=expired");
    expect(again.text).toContain("If you pressed the button before");
  });

  test("answers a retry under the same key alike, before and after the confirmation", async () => {
    const email = newEmail("retry");
    const body = orderBody(slug, { account: { email } });
    const key = { headers: { "idempotency-key": crypto.randomUUID() } };
    const first = dataOf(await browser().post("/api/orders/create", body, key), z.json(), 201);
    const second = await browser().post("/api/orders/create", body, key);
    expect(dataOf(second, z.json(), 201)).toEqual(first);
    const device = browser();
    // The retry did not take the password away that was chosen with the order.
    expect(await device.pressLink(await linkOf(email))).toBe("/dashboard");
    expect(await opens(email, PASSWORD)).toEqual([true, true]);
  });

  test("is refused a second time until the address is confirmed", async () => {
    const email = newEmail("twice");
    placed(await order(email));
    const refused = errorOf(await order(email));
    expect(refused).toMatchObject({ status: 403, code: "email_unconfirmed" });
    expect(refused.message).toContain("Open the link");
  });
});

describe("a stranger who knows the address", () => {
  test("signs up first, and their password opens nothing once the owner ordered and confirmed", async () => {
    const email = newEmail("victim");
    const first = await stranger().signUp({ email, password: "the stranger's password" });
    expect(first.error).toBeNull();

    const { customer_id } = placed(await order(email, VICTIM_PASSWORD));
    expect(await opens(email, "the stranger's password")).toEqual([false, false]);

    const device = browser();
    const target = await device.pressLink(await linkOf(email));
    expect(target).toBe("/reset-password?next=%2Fdashboard");
    expect(await ownerOf(customer_id)).not.toBeNull();
    expect(await opens(email, "the stranger's password")).toEqual([false, false]);

    dataOf(await device.post("/api/auth/password", { password: VICTIM_PASSWORD }), z.unknown());
    expect(await opens(email, VICTIM_PASSWORD)).toEqual([true, true]);
    expect(await opens(email, "the stranger's password")).toEqual([false, false]);
  });

  test("orders after the owner did, and leaves a password that nobody knows", async () => {
    const email = newEmail("second");
    const { customer_id } = placed(await order(email, VICTIM_PASSWORD));
    expect(refusalOf(await order(email, "the stranger's password"))).toBe("403 email_unconfirmed");
    const device = browser();
    const target = await device.pressLink(await linkOf(email));
    expect(target).toBe("/reset-password?next=%2Fdashboard");
    expect(await ownerOf(customer_id)).not.toBeNull();
    expect(await opens(email, "the stranger's password")).toEqual([false, false]);
    dataOf(await device.post("/api/auth/password", { password: VICTIM_PASSWORD }), z.unknown());
    // The mark is gone: the next link leads to where it should.
    const user = one(
      await own.sql`select raw_app_meta_data as app from auth.users where email = ${email}`,
    );
    expect(user.app).not.toHaveProperty("password_unset");
  });

  test("signs up after the owner ordered, and changes nothing", async () => {
    const email = newEmail("late-stranger");
    placed(await order(email, VICTIM_PASSWORD));
    await stranger().signUp({ email, password: "the stranger's password" });
    expect(await browser().pressLink(await linkOf(email))).toBe("/dashboard");
    expect(await opens(email, VICTIM_PASSWORD)).toEqual([true, true]);
    expect(await opens(email, "the stranger's password")).toEqual([false, false]);
  });

  test("orders with the address of a confirmed account, and is told to sign in", async () => {
    const email = newEmail("confirmed");
    placed(await order(email, VICTIM_PASSWORD));
    await browser().pressLink(await linkOf(email));
    const refused = errorOf(await order(email, "the stranger's password"));
    expect(refused).toMatchObject({ status: 409, code: "email_taken" });
    expect(refused.fields["account.email"]).toContain("Sign in first");
    expect(await opens(email, VICTIM_PASSWORD)).toEqual([true, true]);
  });
});

describe("an account that was confirmed past the site, with a password that a stranger may have set", () => {
  test("opens with a link from a mail alone, and takes no order before", async () => {
    const email = newEmail("past");
    await stranger().signUp({ email, password: "the stranger's password" });
    const { customer_id } = placed(await order(email, VICTIM_PASSWORD));
    // As the auth server's own links do, which our templates do not use.
    await own.sql`update auth.users set email_confirmed_at = now() where email = ${email}`;
    const refused = errorOf(await signIn(email, "the stranger's password"));
    expect(refused).toMatchObject({ status: 401, code: "unauthenticated" });
    expect(refused.message).toContain("Choose a new password");
    expect(refusalOf(await order(email, "the stranger's password"))).toBe("409 email_taken");
    expect(await ownerOf(customer_id)).toBeNull();

    dataOf(await browser().post("/api/auth/password-reset", { email }), z.unknown());
    const device = browser();
    await device.pressLink(await linkOf(email));
    expect(await ownerOf(customer_id)).not.toBeNull();
    expect(await opens(email, "the stranger's password")).toEqual([false, false]);
  });
});

describe("the link", () => {
  test("ends after an hour, and a new one replaces it", async () => {
    const email = newEmail("late");
    placed(await order(email));
    const link = await linkOf(email);
    await own.sql`
      update auth.users set confirmation_sent_at = now() - interval '61 minutes'
      where email = ${email}`;
    expect(await browser().pressLink(link)).toBe("/auth/confirm?type=signup&problem=expired");
    dataOf(await browser().post("/api/auth/confirmation", { email }), z.unknown());
    const renewed = await linkOf(email);
    expect(renewed).not.toBe(link);
    expect(await browser().pressLink(link)).toBe("/auth/confirm?type=signup&problem=expired");
    expect(await browser().pressLink(renewed)).toBe("/dashboard");
  });

  test("is sent again at most once a minute, and the answer never tells who has an account", async () => {
    const email = newEmail("again");
    placed(await order(email));
    const known = await browser().post("/api/auth/confirmation", { email });
    const unknown = await browser().post("/api/auth/confirmation", { email: newEmail("nobody") });
    expect(dataOf(known, z.json())).toEqual({ requested: true });
    expect(unknown.text).toBe(known.text);
    expect(linksTo(own.dataDir, email)).toHaveLength(1);
  });

  test("of an invitation leads to a password, and makes nobody a customer", async () => {
    const email = newEmail("invited");
    const invited = await own.client.auth.admin.inviteUserByEmail(email);
    expect(invited.error).toBeNull();
    const device = browser();
    const target = await device.pressLink(await linkOf(email));
    expect(target).toBe("/reset-password?next=%2Fpackages");
    dataOf(await device.post("/api/auth/password", { password: VICTIM_PASSWORD }), z.unknown());
    expect(await opens(email, VICTIM_PASSWORD)).toEqual([true, true]);
  });

  test("of a recovery confirms the address too, and the order waits for its owner", async () => {
    const email = newEmail("recovered");
    const { customer_id } = placed(await order(email));
    dataOf(await browser().post("/api/auth/password-reset", { email }), z.unknown());
    const link = await linkOf(email);
    expect(link).toContain("type=recovery");
    const device = browser();
    expect(await device.pressLink(link)).toBe("/reset-password?next=%2Fdashboard");
    expect(await ownerOf(customer_id)).not.toBeNull();
  });
});
