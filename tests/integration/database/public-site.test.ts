/** What the public pages read: how long installations take, and the versions of the terms. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newReferrer, newTerms } from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";
import { activateOrder, placeOrder } from "@/tests/support/orders";
import { one } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

const DAY = 86_400_000;
const START = Date.parse("2026-03-01T08:00:00Z");

async function installationDays(): Promise<number | null> {
  const { site } = one(
    await db.sql<{ site: { installation_days: number | null } }[]>`
      select public.get_public_site() as site`,
  );
  return site.installation_days;
}

/** An order of that day, active so many days later. */
async function installed(day: number, days: number): Promise<void> {
  const orderedAt = new Date(START + day * DAY);
  const { order_id } = await placeOrder(db.sql, orderedAt.toISOString());
  await db.sql`update orders set created_at = ${orderedAt} where id = ${order_id}`;
  await activateOrder(db.sql, order_id, new Date(orderedAt.getTime() + days * DAY).toISOString());
}

describe("how long an installation takes", () => {
  it("is said once twenty services can say it: the days of eight in ten", async () => {
    expect(await installationDays()).toBeNull();
    for (let n = 0; n < 16; n += 1) await installed(n, 5);
    for (let n = 16; n < 19; n += 1) await installed(n, 25);
    expect(await installationDays()).toBeNull();
    await installed(19, 25);
    expect(await installationDays()).toBe(5);
    for (let n = 20; n < 24; n += 1) await installed(n, 7);
    expect(await installationDays()).toBe(7);
  });
});

describe("a version of the terms", () => {
  interface Versions {
    terms: Record<string, unknown> | null;
    current_version: number;
    versions: { version: number; in_force_from: string }[];
  }
  const read = async (version: number | null) =>
    one(await db.sql<{ found: Versions }[]>`select public.get_terms_versions(${version}) as found`)
      .found;

  it("stays readable when another is in force, without the thresholds of the fraud rules", async () => {
    const referrer = await newReferrer(db.sql);
    const { order_id } = await placeOrder(db.sql, new Date(START).toISOString(), {
      code: referrer.referral_code,
    });
    const old = (await read(null)).current_version;
    const version = await newTerms(db.sql, { referrals_required: 7, velocity_alert: 3 });
    const current = await read(null);
    expect(current).toMatchObject({ current_version: version, terms: { referrals_required: 7 } });
    expect(current.versions.map((one) => one.version)).toEqual([version, old]);
    expect((await read(old)).terms).toMatchObject({ version: old, referrals_required: 2 });
    for (const hidden of ["velocity_alert", "reason", "created_by", "created_at"]) {
      expect(current.terms).not.toHaveProperty(hidden);
    }
    expect((await read(99)).terms).toBeNull();

    const { friend } = one(
      await db.sql<{ friend: { terms_version: number } }[]>`
        select private.friend_document(r) as friend from customer_referrals as r
        where r.order_id = ${order_id}`,
    );
    expect(friend.terms_version).toBe(old);
  });
});
