/** Another system that sends many orders at once: the limits hold, and nothing is lost. */
import { randomUUID } from "node:crypto";
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordedReferralSchema } from "@/lib/orders/external-referral-schemas";
import { call, dataOf } from "@/tests/support/api";
import { newApiKey, type TestApiKey } from "@/tests/support/api-keys";
import { newReferrer } from "@/tests/support/builders";
import { sharedDatabase } from "@/tests/support/database";
import { newEmail, newPhone } from "@/tests/support/people";
import { countOf } from "@/tests/support/rows";

const AT_ONCE = 100;

let sql: Sql;
let key: TestApiKey;
beforeAll(async () => {
  sql = sharedDatabase();
  key = await newApiKey(sql);
});
afterAll(() => sql.end());

const friend = (referral_code: string) => ({
  referral_code,
  external_id: `ORD-${randomUUID()}`,
  email: newEmail("elsewhere"),
  phone: newPhone(),
  name: "Lerato Mokoena",
});

const record = async (order: object) => {
  const answer = await call("POST", "/api/v1/referrals", { token: key.secret, json: order });
  return { status: answer.status, data: dataOf(answer, recordedReferralSchema, answer.status) };
};

const rowsOf = (referrerId: string, table: "customer_referrals" | "referral_attempts") =>
  countOf(
    sql<{ n: number }[]>`
      select count(*)::integer as n from ${sql(table)} where referrer_id = ${referrerId}`,
  );

describe("a hundred orders with one code at once", () => {
  it("fill the places of the month, refuse the rest, and lose none", async () => {
    const referrer = await newReferrer(sql);
    for (let n = 0; n < 8; n += 1) await record(friend(referrer.referral_code));
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, () => record(friend(referrer.referral_code))),
    );
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    const recorded = answers.filter(({ data }) => data.status === "recorded");
    expect(recorded).toHaveLength(2);
    expect(new Set(recorded.map(({ data }) => data.referral_id)).size).toBe(2);
    expect(answers.filter(({ data }) => data.reason === "rate_limited")).toHaveLength(AT_ONCE - 2);
    expect(await rowsOf(referrer.id, "customer_referrals")).toBe(10);
    expect(await rowsOf(referrer.id, "referral_attempts")).toBe(AT_ONCE - 2);
  });

  it("are one friend when they are the same order", async () => {
    const referrer = await newReferrer(sql);
    const order = friend(referrer.referral_code);
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => record(order)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(1);
    expect(await rowsOf(referrer.id, "customer_referrals")).toBe(1);
  });

  it("are one friend when they are the same person under other ids", async () => {
    const [one, other] = [await newReferrer(sql), await newReferrer(sql)];
    const email = newEmail("elsewhere");
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        record({ ...friend((n % 2 ? one : other).referral_code), email }),
      ),
    );
    expect(answers.filter(({ data }) => data.status === "recorded")).toHaveLength(1);
    expect(answers.filter(({ data }) => data.reason === "duplicate_referral")).toHaveLength(39);
  });
});

describe("an event that is reported twenty times at once", () => {
  it("happens once", async () => {
    const referrer = await newReferrer(sql);
    const order = friend(referrer.referral_code);
    await record(order);
    const event = { type: "activated", at: new Date().toISOString() };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        call("POST", `/api/v1/referrals/${order.external_id}/events`, {
          token: key.secret,
          json: event,
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const applied = answers.filter(({ text }) => text.includes('"applied":true'));
    expect(applied).toHaveLength(1);
    expect(
      await countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from notifications
        where template = 'referral_activated' and customer_id = ${referrer.id}`),
    ).toBe(1);
  });
});
