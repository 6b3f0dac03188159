import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { teamMemberSchema, teamSchema } from "@/lib/access/team-schemas";
import { auditRowSchema } from "@/lib/admin/audit-schemas";
import type { Role } from "@/lib/permissions";
import { linkTo } from "@/tests/support/account-mails";
import {
  type Account,
  adminAccount,
  adminAccounts,
  Browser,
  call,
  customerAccount,
  dataOf,
  errorOf,
  refusalOf,
  tokenClient,
} from "@/tests/support/api";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { eventually } from "@/tests/support/eventually";
import { newEmail, PASSWORD } from "@/tests/support/people";
import { countOf, refusalsOf } from "@/tests/support/rows";

const sql = sharedDatabase();
afterAll(() => sql.end());

let admins: Record<Role, Account>;
beforeAll(async () => {
  admins = await adminAccounts(sql);
});
const reason = "Agreed by telephone";
const page = z.object({ entries: z.array(auditRowSchema), next_cursor: z.string().nullable() });

describe("the team", () => {
  test("an invited person accepts by the link in the mail, and the role counts from then on", async () => {
    const email = newEmail("invited");
    const invited = dataOf(
      await call("POST", "/api/admin/team", {
        token: admins.owner.token,
        json: { email, name: "Naledi Dube", role: "billing" },
      }),
      teamMemberSchema,
      201,
    );
    expect(invited).toMatchObject({ role: "billing", accepted_at: null, is_active: true });
    const link = new URL(await linkTo(testStack().dataDir, email));
    const browser = new Browser();
    const opened = await browser.call("POST", "/auth/confirm/open", {
      raw: new URLSearchParams({
        token_hash: link.searchParams.get("token_hash") ?? "",
        type: "invite",
      }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(opened.headers.get("location")).toContain("/reset-password");
    expect((await browser.get("/api/admin/audit")).status).toBe(200);
    const team = dataOf(
      await call("GET", "/api/admin/team", { token: admins.owner.token }),
      teamSchema,
    );
    expect(team.members.find((member) => member.id === invited.id)?.accepted_at).not.toBeNull();
  });

  test("a demotion counts at once; one's own is a conflict; support reads nothing", async () => {
    const other = await adminAccount(sql, "billing");
    const team = dataOf(
      await call("GET", "/api/admin/team", { token: admins.owner.token }),
      teamSchema,
    );
    const idOf = (email: string) => team.members.find((m) => m.email === email)?.id ?? "";
    const put = (id: string, json: object) =>
      call("PUT", `/api/admin/team/${id}`, { token: admins.owner.token, json });
    expect((await call("GET", "/api/admin/audit", { token: other.token })).status).toBe(200);
    dataOf(
      await put(idOf(other.email), { role: "support", is_active: true, reason }),
      teamMemberSchema,
    );
    expect(refusalOf(await call("GET", "/api/admin/audit", { token: other.token }))).toBe(
      "403 forbidden",
    );
    const own = () => put(idOf(admins.owner.email), { role: "support", is_active: true, reason });
    // With another owner: the last one is refused as such.
    await adminAccount(sql, "owner");
    expect(refusalOf(await own())).toBe("409 own_account");
    expect(refusalOf(await call("GET", "/api/admin/team", { token: admins.support.token }))).toBe(
      "403 forbidden",
    );
  });

  test("the embedded server has no second factor, and requiring one is refused with a sentence", async () => {
    const team = dataOf(
      await call("GET", "/api/admin/team", { token: admins.owner.token }),
      teamSchema,
    );
    const answer = await call("PUT", "/api/admin/team/settings", {
      token: admins.owner.token,
      json: { second_factor_required: true, reason, expected_version: team.settings.version },
    });
    expect(refusalOf(answer)).toBe("409 second_factor_not_set_up");
    const browser = await new Browser().signIn(admins.owner.email);
    const enrolment = await browser.post("/api/auth/second-factor", { name: "My phone" });
    expect(refusalOf(enrolment)).toBe("409 second_factor_unavailable");
  });
});

describe("a second grant within a day", () => {
  test("names who and when, and goes through when confirmed", async () => {
    const { customer } = await customerAccount(sql);
    const grant = (token: string, more: object = {}) =>
      call("POST", `/api/admin/customers/${customer.id}/referrals/grant`, {
        token,
        json: { reason, ...more },
      });
    expect((await grant(admins.billing.token)).status).toBe(201);
    const warned = errorOf(await grant(admins.owner.token));
    expect(warned).toMatchObject({ status: 409, code: "grant_recent" });
    expect(warned.message).toContain("Admin billing");
    expect(warned.fields).toMatchObject({
      granted_by: "Admin billing",
      granted_at: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
    });
    expect((await grant(admins.owner.token, { confirm_recent: true })).status).toBe(201);
  });
});

describe("the password once more", () => {
  test("a session of eleven minutes gives it, and a wrong one opens nothing", async () => {
    const owner = await adminAccount(sql, "owner");
    const browser = await new Browser().signIn(owner.email);
    await sql`
      update auth.sessions set created_at = now() - interval '11 minutes'
      where user_id = ${owner.userId}`;
    const invite = () =>
      browser.post("/api/admin/team", { email: newEmail("x"), name: "New", role: "support" });
    expect(refusalOf(await invite())).toBe("403 password_needed");
    const wrong = errorOf(await browser.post("/api/auth/password/confirm", { password: "nope" }));
    expect(wrong.fields.password).toBeTruthy();
    expect(refusalOf(await invite())).toBe("403 password_needed");
    await browser.post("/api/auth/password/confirm", { password: PASSWORD });
    expect((await invite()).status).toBe(201);
  });
});

describe("the audit log", () => {
  test("keeps an attempt that the data API refused, once", async () => {
    const { customer } = await customerAccount(sql);
    const support = await adminAccount(sql, "support");
    const { error, status } = await tokenClient(support.token).rpc("grant_reward", {
      p_customer_id: customer.id,
      p_reason: reason,
    });
    expect([status, error?.message]).toEqual([403, "forbidden"]);
    expect(await refusalsOf(sql, support.userId, "reward.grant")).toBe(1);
    await call("POST", `/api/admin/customers/${customer.id}/referrals/grant`, {
      token: support.token,
      json: { reason },
    });
    expect(await refusalsOf(sql, support.userId, "reward.grant")).toBe(2);
    const rewards = await countOf(sql<{ n: number }[]>`
      select count(*)::integer as n from referral_rewards where customer_id = ${customer.id}`);
    expect(rewards).toBe(0);
  });

  test("pages, filters and exports, and the export is in it with filter and rows", async () => {
    const { customer } = await customerAccount(sql);
    await call("POST", `/api/admin/customers/${customer.id}/referrals/grant`, {
      token: admins.billing.token,
      json: { reason: "=cmd() for the test" },
    });
    const ask = (query: string) =>
      call("GET", `/api/admin/audit?${query}`, { token: admins.billing.token });
    const list = dataOf(await ask("action=reward&q=%3Dcmd()&limit=1"), page);
    expect(list.entries[0]).toMatchObject({
      action: "reward.granted",
      actor_name: "Admin billing",
      customer_id: customer.id,
    });
    for (const query of ["cursor=x", "from=2026-02-30", "limit=0", "format=xml", "action=%25"]) {
      expect([query, refusalOf(await ask(query))]).toEqual([query, "400 invalid_request"]);
    }
    const csv = await ask("action=reward&q=%3Dcmd()&format=csv");
    expect(csv.headers.get("content-type")).toContain("text/csv");
    expect(csv.text).toContain("'=cmd() for the test");
    const exported = await eventually(async () => {
      const rows = await sql<{ after: object }[]>`
        select after from audit_log
        where action = 'export.completed' and actor_id = ${admins.billing.userId}
        order by id desc limit 1`;
      return rows[0]?.after;
    });
    expect(exported).toMatchObject({ rows: 1, filter: { action: "reward" } });
  });

  test("has the sign-ins of admins and their failures, and those of nobody else", async () => {
    const owner = await adminAccount(sql, "owner");
    const { email } = await customerAccount(sql);
    await new Browser().signIn(owner.email);
    await new Browser().post("/api/auth/sign-in", { email: owner.email, password: "wrong one" });
    await new Browser().post("/api/auth/sign-in", { email, password: "wrong one" });
    const rows = await sql<{ action: string }[]>`
      select action from audit_log where actor_id = ${owner.userId} and action like 'sign_in.%'
      order by id`;
    expect(rows.map(({ action }) => action)).toEqual(["sign_in.succeeded", "sign_in.failed"]);
  });
});

describe("less to learn from outside", () => {
  test("a password is changed with the present one, and ends other sessions", async () => {
    const { email } = await customerAccount(sql);
    const [mine, other] = [await new Browser().signIn(email), await new Browser().signIn(email)];
    const change = (json: object) => mine.post("/api/auth/password", json);
    const password = "vier olifante dans nou";
    expect(errorOf(await change({ password })).fields.current_password).toBeTruthy();
    const wrong = errorOf(await change({ password, current_password: "not mine" }));
    expect(wrong.fields.current_password).toBeTruthy();
    const weak = errorOf(await change({ password: "password1", current_password: PASSWORD }));
    expect(weak.fields.password).toMatch(/common passwords/);
    expect((await change({ password, current_password: PASSWORD })).status).toBe(200);
    expect((await mine.get("/api/customer/dashboard")).status).toBe(200);
    expect(refusalOf(await other.get("/api/customer/dashboard"))).toBe("401 unauthenticated");
  });

  test.each(["TRACE", "TRACK", "PROPFIND"])("%s gets 405", async (method) => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(`${testStack().siteUrl}/api/health`, { method }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    // Node's HTTP parser answers what it does not know with 400, before the site is asked.
    expect(method === "TRACK" ? [400, 405] : [405]).toContain(status);
  });
});
