import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "@/lib/clock";
import { createOrderSchema } from "@/lib/orders/schemas";
import {
  type CustomerAccount,
  customerAccount,
  publicClient,
  secretClient,
} from "@/tests/support/api";
import { newPackage } from "@/tests/support/builders";
import { sharedDatabase } from "@/tests/support/database";
import { newPhone, orderBody } from "@/tests/support/people";
import { countOf, mailCount } from "@/tests/support/rows";
import { orderServiceWith } from "@/tests/support/services";

const FRIENDS = 8;
const sql = sharedDatabase();
afterAll(() => sql.end());

let slug: string;
let referrer: CustomerAccount;
beforeAll(async () => {
  slug = (await newPackage(sql)).slug;
  referrer = await customerAccount(sql);
});

describe("friends of one referrer who order in the same moment", () => {
  it("are judged against each other, as if they had come one by one", async () => {
    const address = { line1: `7 ${randomUUID()} Street`, city: "Cape Town", postal_code: "8001" };
    const phone = newPhone();
    const placed = await Promise.all(
      Array.from({ length: FRIENDS }, () =>
        orderServiceWith({
          server: secretClient(),
          caller: publicClient(),
          clock: systemClock,
          rewardsEnabled: true,
          alertEmail: `alerts-${referrer.customer.id}@fibre.example`,
        }).createOrder({
          order: createOrderSchema.parse(
            orderBody(slug, {
              referral_code: referrer.customer.referral_code,
              account: { phone, address },
            }),
          ),
          idempotencyKey: randomUUID(),
          rememberedCode: null,
          visitorId: null,
          ipAddress: null,
          userAgent: null,
        }),
      ),
    );
    expect(placed.map(({ referral }) => referral.status)).toEqual(
      Array.from({ length: FRIENDS }, () => "recorded"),
    );
    const held = (signal: string) =>
      countOf(sql<{ n: number }[]>`
        select count(*)::integer as n
        from referral_flags as f join customer_referrals as r on r.id = f.referral_id
        where r.referrer_id = ${referrer.customer.id} and f.signal = ${signal}`);
    // All but the first share address and phone with an earlier friend; from the sixth on it is too fast.
    expect(await held("same_address_as_referral")).toBe(FRIENDS - 1);
    expect(await held("same_phone_as_referral")).toBe(FRIENDS - 1);
    expect(await held("velocity")).toBe(FRIENDS - 5);
    const alerts = await countOf(sql<{ n: number }[]>`
      select count(*)::integer as n from notifications
      where recipient = ${`alerts-${referrer.customer.id}@fibre.example`}`);
    // One a day for one referrer.
    expect(alerts).toBe(1);
    expect(await mailCount(sql, "referral_signup", referrer.customer.id)).toBe(FRIENDS);
  });
});
