import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Account, adminAccount, call, customerAccount, dataOf } from "@/tests/support/api";
import { sharedDatabase } from "@/tests/support/database";
import { placeOrder } from "@/tests/support/orders";
import { newTag } from "@/tests/support/people";

const sql = sharedDatabase();
afterAll(() => sql.end());

let support: Account;
const tag = newTag();
const wanted = `a_${tag}@literal.test`;
beforeAll(async () => {
  support = await adminAccount(sql, "support");
  for (const email of [wanted, `ab${tag}@literal.test`]) {
    const { customer } = await customerAccount(sql, { email });
    await placeOrder(sql, new Date().toISOString(), { code: customer.referral_code });
  }
});

const customers = z.object({ customers: z.array(z.object({ email: z.string() })) });
const referrals = z.object({
  referrals: z.array(z.object({ referrer: z.object({ email: z.string() }) })),
});

/** E-mail addresses of the customers, and of the referrers, that a search finds. */
async function found(q: string) {
  const ask = (path: string) =>
    call("GET", `${path}?q=${encodeURIComponent(q)}`, { token: support.token });
  return [
    dataOf(await ask("/api/admin/customers"), customers).customers.map(({ email }) => email),
    dataOf(await ask("/api/admin/referrals"), referrals).referrals.map((row) => row.referrer.email),
  ];
}

describe("a search takes every character literally", () => {
  test("an underscore is an underscore", async () => {
    expect(await found(`a_${tag}`)).toEqual([[wanted], [wanted]]);
  });

  test.each([
    [`a%${tag}`],
    [`%${tag}`],
    [`__${tag}`],
    [`a\\_${tag}`],
    [`\\a_${tag}`],
    [`a_${tag}%`],
    [`a_${tag},email.neq.x`],
    [`a_${tag}').or(email`],
    [`(${tag}):*.`],
    ["'; drop table customers; --"],
    [`%\u0130_\\${tag}`],
  ])("%j finds nobody", async (q) => {
    expect(await found(q)).toEqual([[], []]);
  });
});
