import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newAdmin, newAuthUser } from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { one } from "@/tests/support/rows";

let db: OwnDatabase;
let sql: Sql;
let billing: string;
beforeAll(async () => {
  db = await ownDatabase();
  sql = db.sql;
  billing = await newAdmin(sql, "billing");
});
afterAll(() => db.drop());

interface Settings {
  version: number;
  payment_instructions: string;
}

const read = async (): Promise<Settings> =>
  one(
    await asUser(
      sql,
      billing,
      (as) => as<{ settings: Settings }[]>`select public.get_payment_instructions() as settings`,
    ),
  ).settings;

const change = (text: string, version: number, given: { as?: string; session?: string } = {}) =>
  asUser(
    sql,
    given.as ?? billing,
    (as) => as<{ settings: Settings }[]>`
      select public.update_payment_instructions(${text}, 'The bank changed our account', ${version})
        as settings`,
    given.session,
  );

/** The settings that count on a day (`YYYY-MM-DD`). */
const on = async (day: string) =>
  one(
    await sql<{ vat_bps: number; payment_instructions: string }[]>`
      select s.vat_bps, s.payment_instructions from private.billing_settings_on(${day}) as s`,
  );

describe("payment instructions", () => {
  it("are a new version of the settings, audited, and count on every day from today", async () => {
    const { version } = await read();
    // A rate that is known to change later brings no earlier account number back.
    await sql`
      insert into billing_settings
      select (jsonb_populate_record(s, jsonb_build_object(
        'version', s.version + 1, 'vat_bps', 1600, 'effective_on', '2999-04-01'))).*
      from billing_settings as s where s.version = ${version}`;
    const { settings } = one(await change(" Bank A\r\nAccount 1 \n", version + 1));
    expect(settings).toEqual({
      version: version + 3,
      payment_instructions: "Bank A\nAccount 1",
    });
    expect(await on("2999-03-31")).toEqual({
      vat_bps: 1500,
      payment_instructions: "Bank A\nAccount 1",
    });
    expect(await on("2999-04-01")).toEqual({
      vat_bps: 1600,
      payment_instructions: "Bank A\nAccount 1",
    });
    expect((await on("2026-01-01")).payment_instructions).not.toContain("Bank A");
    const rows = await sql`
      select l.actor_id, l.reason, l.after ->> 'payment_instructions' as text from audit_log as l
      where l.action = 'billing_settings.added' and l.after ->> 'payment_instructions' like 'Bank A%'`;
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      expect(row).toEqual({
        actor_id: billing,
        reason: "The bank changed our account",
        text: "Bank A\nAccount 1",
      });
    }
  });

  it("are refused to others, from an old page, and without a recent password", async () => {
    const before = await read();
    const { version } = before;
    for (const other of [
      await newAdmin(sql, "support"),
      await newAdmin(sql, "reviewer"),
      await newAuthUser(sql),
    ]) {
      expect(await refusal(change("Bank B", version, { as: other }))).toMatchObject({
        message: "forbidden",
      });
    }
    expect(await refusal(change("Bank B", version - 1))).toMatchObject({
      message: "version_conflict",
    });
    const { id: session } = one(
      await sql<{ id: string }[]>`
        insert into auth.sessions (id, user_id, aal, created_at, updated_at)
        values (gen_random_uuid(), ${billing}, 'aal1', now() - interval '11 minutes', now())
        returning id`,
    );
    expect(await refusal(change("Bank B", version, { session }))).toMatchObject({
      message: "password_needed",
    });
    expect(await read()).toEqual(before);
  });

  it.each([
    ["a direction mark", "Account \u202e0001"],
    ["a line separator", "Bank\u2028Account"],
    ["a control character", "Bank\u0007"],
    ["more than a thousand characters", "x".repeat(1001)],
  ])("with %s are refused", async (_what, text) => {
    const before = await read();
    expect(await refusal(change(text, before.version))).toMatchObject({
      code: "PT400",
      message: "invalid_request",
    });
    expect(await read()).toEqual(before);
  });
});
