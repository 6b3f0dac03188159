import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { linkTo } from "@/tests/support/account-mails";
import {
  adminAccount,
  Browser,
  call,
  customerAccount,
  dataOf,
  errorOf,
  newAccount,
  publicClient,
  refusalOf,
  tokenClient,
} from "@/tests/support/api";
import { newPackage } from "@/tests/support/builders";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { newEmail, orderBody, PASSWORD } from "@/tests/support/people";
import { countOf } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

describe("signing in", () => {
  test("starts a session in cookies that scripts cannot read, and says where home is", async () => {
    const { email, customer } = await customerAccount(sql);
    const browser = new Browser();
    const data = dataOf(
      await browser.post("/api/auth/sign-in", {
        email: ` ${email.toUpperCase()} `,
        password: PASSWORD,
      }),
      z.unknown(),
    );
    expect(data).toEqual({
      home: "/dashboard",
      customer: { id: customer.id, first_name: "Thandi", last_name: "Nkosi", email },
      admin: null,
      needs_second_factor: false,
    });
    const [name = ""] = browser.sessionCookies();
    expect(browser.cookies.get(name)?.attributes).toEqual(
      expect.arrayContaining(["path=/", "samesite=lax"]),
    );
    expect(browser.cookies.get(name)?.attributes).toContain("httponly");
  });

  test("leads admins to the admin, with what they may do, and strangers to the packages", async () => {
    const support = await adminAccount(sql, "support");
    const data = dataOf(
      await new Browser().post("/api/auth/sign-in", { email: support.email, password: PASSWORD }),
      z.object({ home: z.string(), admin: z.object({ permissions: z.array(z.string()) }) }),
    );
    expect(data).toEqual({ home: "/admin", admin: { permissions: ["customers:view"] } });
    const nobody = await newAccount();
    const other = dataOf(
      await new Browser().post("/api/auth/sign-in", { email: nobody.email, password: PASSWORD }),
      z.object({ home: z.string() }),
    );
    expect(other.home).toBe("/packages");
  });

  test("with another browser is told to the owner by mail, once per browser", async () => {
    const { email, userId } = await customerAccount(sql);
    const told = () =>
      countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from notifications
        where template = 'new_device' and recipient = ${email}`);
    const home = await new Browser().signIn(email);
    expect(home.cookies.get("device")?.attributes).toEqual(
      expect.arrayContaining(["httponly", "samesite=lax", "max-age=34560000"]),
    );
    await home.post("/api/auth/sign-out");
    await home.signIn(email);
    expect(await told()).toBe(0);
    const other = await new Browser().signIn(email);
    await other.signIn(email);
    expect(await told()).toBe(1);
    // A cookie that is not ours is replaced.
    const forged = new Browser();
    forged.cookies.set("device", { value: "x", attributes: [] });
    await forged.signIn(email);
    expect(await told()).toBe(2);
    expect(
      await countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from account_devices where auth_user_id = ${userId}`),
    ).toBe(3);
  });

  test("answers alike for a wrong password and an unknown address", async () => {
    const { email } = await customerAccount(sql);
    const browser = new Browser();
    const wrong = await browser.post("/api/auth/sign-in", { email, password: "wrong password" });
    const unknown = await browser.post("/api/auth/sign-in", {
      email: newEmail("unknown"),
      password: "wrong password",
    });
    expect(refusalOf(wrong)).toBe("401 unauthenticated");
    expect(unknown.text).toBe(wrong.text);
    expect(browser.sessionCookies()).toEqual([]);
  });

  test("names the fields that are missing", async () => {
    const error = errorOf(await new Browser().post("/api/auth/sign-in", { email: "" }));
    expect(error).toMatchObject({ status: 400, code: "invalid_request" });
    expect(Object.keys(error.fields).sort()).toEqual(["email", "password"]);
    for (const message of Object.values(error.fields)) {
      expect(message).not.toMatch(/Invalid input|expected|received/);
    }
  });

  test("from another site, or by a link, is refused", async () => {
    const { email } = await customerAccount(sql);
    const foreign = await call("POST", "/api/auth/sign-in", {
      json: { email, password: PASSWORD },
      headers: { origin: "https://evil.example" },
    });
    expect(refusalOf(foreign)).toBe("403 cross_site");
    expect(foreign.headers.getSetCookie()).toEqual([]);
    expect(refusalOf(await call("GET", `/api/auth/sign-in?email=${email}`))).toBe(
      "405 method_not_allowed",
    );
  });
});

describe("signing out", () => {
  test("ends the session of this browser, by POST alone", async () => {
    const { email } = await customerAccount(sql);
    const browser = await new Browser().signIn(email);
    expect((await browser.get("/api/customer/dashboard")).status).toBe(200);
    expect(refusalOf(await browser.get("/api/auth/sign-out"))).toBe("405 method_not_allowed");
    const kept = new Map(browser.cookies);
    dataOf(await browser.post("/api/auth/sign-out"), z.object({ signed_out: z.literal(true) }));
    expect(browser.sessionCookies()).toEqual([]);
    expect(refusalOf(await browser.get("/api/customer/dashboard"))).toBe("401 unauthenticated");
    expect(kept.size).toBeGreaterThan(0);
  });

  test("without a session is no error", async () => {
    dataOf(await new Browser().post("/api/auth/sign-out"), z.unknown());
  });
});

describe("the password", () => {
  test("can be changed by the person signed in, and the old one ends", async () => {
    const { email } = await customerAccount(sql);
    const browser = await new Browser().signIn(email);
    const fresh = `fresh ${randomUUID()}`;
    dataOf(
      await browser.post("/api/auth/password", { password: fresh, current_password: PASSWORD }),
      z.object({ changed: z.literal(true) }),
    );
    const old = await new Browser().post("/api/auth/sign-in", { email, password: PASSWORD });
    expect(refusalOf(old)).toBe("401 unauthenticated");
    await new Browser().signIn(email, fresh);
  });

  test("is changed in a browser alone: a token has no session to change it with", async () => {
    const account = await newAccount();
    const error = errorOf(
      await call("POST", "/api/auth/password", {
        token: account.token,
        json: { password: "a brand new password", current_password: PASSWORD },
      }),
    );
    expect(error).toMatchObject({ status: 401, code: "unauthenticated" });
    expect(error.message).toContain("browser");
    await new Browser().signIn(account.email);
  });

  test("when changed, ends the sessions in other browsers", async () => {
    const { email } = await customerAccount(sql);
    const [mine, other] = [await new Browser().signIn(email), await new Browser().signIn(email)];
    const sessions = () =>
      countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from auth.sessions s join auth.users u on u.id = s.user_id
        where u.email = ${email}`);
    const before = await sessions();
    expect(before).toBeGreaterThanOrEqual(2);
    const change = { password: "a brand new one", current_password: PASSWORD };
    dataOf(await mine.post("/api/auth/password", change), z.unknown());
    expect(await sessions()).toBe(1);
    expect((await mine.get("/api/customer/dashboard")).status).toBe(200);
    expect(other.sessionCookies().length).toBeGreaterThan(0);
  });

  test("is refused when it is too short, or when nobody is signed in", async () => {
    const { email } = await customerAccount(sql);
    const browser = await new Browser().signIn(email);
    const short = errorOf(await browser.post("/api/auth/password", { password: "short" }));
    expect(short).toMatchObject({ status: 400, fields: { password: expect.any(String) } });
    const nobody = await new Browser().post("/api/auth/password", { password: "long enough 1" });
    expect(refusalOf(nobody)).toBe("401 unauthenticated");
  });

  test("reset answers alike, whether the account exists", async () => {
    const { email } = await customerAccount(sql);
    const known = await new Browser().post("/api/auth/password-reset", { email });
    const unknown = await new Browser().post("/api/auth/password-reset", {
      email: newEmail("unknown"),
    });
    dataOf(known, z.object({ requested: z.literal(true) }));
    expect(unknown.text).toBe(known.text);
    expect(unknown.status).toBe(known.status);
  });

  test("reset reaches its owner on another device, works once, and ends the old password", async () => {
    const { email } = await customerAccount(sql);
    const asked = new Browser();
    dataOf(await asked.post("/api/auth/password-reset", { email }), z.unknown());
    const link = await linkTo(testStack().dataDir, email);

    const browser = new Browser();
    const opened = await browser.pressLink(link);
    expect(opened).toBe("/reset-password?next=%2Fdashboard");
    // A refused choice can be followed by another one, without asking for a second mail.
    const same = errorOf(await browser.post("/api/auth/password", { password: PASSWORD }));
    expect(Object.keys(same.fields)).toEqual(["password"]);
    dataOf(
      await browser.post("/api/auth/password", { password: "chosen after the mail" }),
      z.unknown(),
    );
    const again = await browser.post("/api/auth/password", {
      password: "chosen once more by link",
    });
    expect(Object.keys(errorOf(again).fields)).toEqual(["current_password"]);
    expect((await browser.get("/api/customer/dashboard")).status).toBe(200);
    const old = await new Browser().post("/api/auth/sign-in", { email, password: PASSWORD });
    expect(refusalOf(old)).toBe("401 unauthenticated");
    await new Browser().signIn(email, "chosen after the mail");

    expect(await new Browser().pressLink(link)).toBe("/auth/confirm?type=recovery&problem=expired");
  });

  test("of a stranger who signed up with the victim's address opens nothing once the victim has ordered", async () => {
    const { slug } = await newPackage(sql);
    const email = newEmail("victim");
    const own = "the victim's own words";
    const stranger = publicClient().auth;
    const signedUp = await stranger.signUp({ email, password: "the stranger's password" });
    const strangersToken = signedUp.data.session?.access_token ?? "";
    expect(strangersToken).not.toBe("");
    const order = (browser: Browser) =>
      browser.post("/api/orders/create", orderBody(slug, { account: { email, password: own } }), {
        headers: { "idempotency-key": randomUUID() },
      });
    // Addresses are not confirmed here, so the account is the stranger's until the owner proves it.
    expect(refusalOf(await order(new Browser()))).toBe("409 email_taken");
    expect(
      await countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from customers where email = ${email}`),
    ).toBe(0);

    dataOf(await new Browser().post("/api/auth/password-reset", { email }), z.unknown());
    const victim = new Browser();
    await victim.pressLink(await linkTo(testStack().dataDir, email));
    dataOf(await victim.post("/api/auth/password", { password: own }), z.unknown());
    dataOf(await order(victim), z.unknown(), 201);
    expect((await victim.get("/api/customer/dashboard")).status).toBe(200);

    const here = await new Browser().post("/api/auth/sign-in", {
      email,
      password: "the stranger's password",
    });
    expect(refusalOf(here)).toBe("401 unauthenticated");
    const there = await stranger.signInWithPassword({ email, password: "the stranger's password" });
    expect(there.data.session).toBeNull();
    // The session that the stranger began before ended with the new password.
    const session = await call("GET", "/api/customer/dashboard", { token: strangersToken });
    expect(refusalOf(session)).toBe("401 unauthenticated");
    const rows = await tokenClient(strangersToken).from("customers").select("email");
    expect(rows.data ?? []).toEqual([]);
  });

  test("link that is made up says what to do, and leads to no other site", async () => {
    const made = "/auth/confirm?token_hash=made-up&type=recovery&next=https://evil.example";
    expect(await new Browser().pressLink(made)).toBe("/auth/confirm?type=recovery&problem=expired");
    const page = await new Browser().get("/auth/confirm?type=recovery&problem=expired");
    expect(page.text).toContain("This link no longer works");
    expect(page.text).toContain("/forgot-password");
    const broken = await new Browser().pressLink("/auth/confirm?type=nonsense");
    expect(broken).toBe("/auth/confirm");
  });
});
