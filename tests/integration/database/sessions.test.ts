/**
 * A token lives for up to an hour, and with asymmetric keys nobody asks the auth server about it.
 * So the database looks whether the session that it names still exists.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newAdmin, newReferrer } from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { countOf, one } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

async function newSession(userId: string, notAfter: Date | null = null): Promise<string> {
  const id = randomUUID();
  await db.sql`
    insert into auth.sessions (id, user_id, created_at, updated_at, not_after)
    values (${id}, ${userId}, now(), now(), ${notAfter})`;
  return id;
}

const endSession = (id: string) => db.sql`delete from auth.sessions where id = ${id}`;

/** What somebody may do in a session: their permission, and the customers that they see. */
const rightsIn = (userId: string, sessionId: string) =>
  asUser(
    db.sql,
    userId,
    async (tx) =>
      one(
        await tx<{ may: boolean; seen: number }[]>`
          select public.has_permission('billing:manage_invoices') as may,
            (select count(*)::integer from public.customers) as seen`,
      ),
    sessionId,
  );

describe("a session that was ended", () => {
  it("takes an admin's rights at once, while the token still lives", async () => {
    const customer = await newReferrer(db.sql);
    const admin = await newAdmin(db.sql, "billing");
    const [kept, ended] = [await newSession(admin), await newSession(admin)];
    const grantIn = (session: string) =>
      asUser(
        db.sql,
        admin,
        (tx) =>
          tx`select public.grant_reward(${customer.id}, 'Goodwill after an outage', p_confirm_recent => true)`,
        session,
      );
    expect(await rightsIn(admin, ended)).toMatchObject({ may: true });
    await grantIn(ended);
    await endSession(ended);
    expect(await rightsIn(admin, ended)).toEqual({ may: false, seen: 0 });
    expect(await refusal(grantIn(ended))).toMatchObject({
      code: "PT401",
      message: "unauthenticated",
    });
    // The other session of the same person goes on.
    await grantIn(kept);
    const granted = await countOf(db.sql<{ n: number }[]>`
      select count(*)::integer as n from referral_rewards where customer_id = ${customer.id}`);
    expect(granted).toBe(2);
  });

  it("takes a customer's view of their own account", async () => {
    const customer = await newReferrer(db.sql);
    const userId = customer.auth_user_id;
    const session = await newSession(userId);
    expect(await rightsIn(userId, session)).toEqual({ may: false, seen: 1 });
    await endSession(session);
    expect(await rightsIn(userId, session)).toEqual({ may: false, seen: 0 });
    const balance = asUser(db.sql, userId, (tx) => tx`select public.get_my_balance()`, session);
    expect(await refusal(balance)).toMatchObject({ code: "PT401" });
  });
});

describe("a session", () => {
  it("counts for the person who opened it alone, and until its end", async () => {
    const [admin, other] = [await newAdmin(db.sql, "owner"), await newAdmin(db.sql, "owner")];
    expect((await rightsIn(admin, await newSession(other))).may).toBe(false);
    const over = await newSession(admin, new Date(Date.now() - 1_000));
    expect((await rightsIn(admin, over)).may).toBe(false);
    const lasting = await newSession(admin, new Date(Date.now() + 60_000));
    expect((await rightsIn(admin, lasting)).may).toBe(true);
  });
});
