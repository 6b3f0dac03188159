import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { fraudEvidenceSchema, isSelfReferral } from "@/lib/fraud/fraud-rules";
import { hasUnshowableCharacter } from "@/lib/identity/names";
import { newAdmin, newCustomer, newReferrer, type TestCustomer } from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import {
  activateOrder,
  activeFriend,
  orderInput,
  placeOrder,
  sendOrder,
} from "@/tests/support/orders";
import { newPhone } from "@/tests/support/people";
import { countOf, one } from "@/tests/support/rows";

let db: OwnDatabase;
let sql: Sql;
let billing: string;
let owner: string;
beforeAll(async () => {
  db = await ownDatabase();
  sql = db.sql;
  billing = await newAdmin(sql, "billing");
  owner = await newAdmin(sql, "owner");
});
afterAll(() => db.drop());

const ADDRESS = { line1: "9 Kloof Street", city: "Cape Town", postal_code: "8005" };
const PROFILE = {
  first_name: "Naledi",
  last_name: "Dube",
  address: ADDRESS,
  vat_number: "4123456789",
};
const reason = "Married, and moved the office";

const change = (customer: TestCustomer, profile: unknown) =>
  asUser(
    sql,
    customer.auth_user_id,
    (as) => as`select public.update_my_profile(${as.json(profile as never)}) as profile`,
  );
const changeAs = (admin: string, customerId: string, profile: unknown, why = reason) =>
  asUser(
    sql,
    admin,
    (as) => as`
      select public.update_customer_profile(${customerId}, ${as.json(profile as never)}, ${why})
        as profile`,
  );

const stored = async (id: string) =>
  one(await sql`select first_name, last_name, address, vat_number from customers where id = ${id}`);

const auditOf = z.array(
  z.looseObject({
    action: z.string(),
    actor_id: z.string().nullable(),
    reason: z.string().nullable(),
    before: z.unknown(),
    after: z.unknown(),
  }),
);
/** The changes of a customer's profile in the audit log, as an admin reads them on their page. */
async function changesOf(customerId: string) {
  const { entries } = one(
    await asUser(
      sql,
      billing,
      (as) => as<{ entries: unknown }[]>`
        select public.admin_get_customer_referrals(${customerId}) -> 'audit' as entries`,
    ),
  );
  return auditOf.parse(entries).filter(({ action }) => action.startsWith("profile."));
}

describe("a change of what invoices name", () => {
  it("by the customer is stored and audited with what it replaced", async () => {
    const customer = await newCustomer(sql);
    const before = await stored(customer.id);
    expect(one(await change(customer, PROFILE)).profile).toEqual({
      ...PROFILE,
      email: customer.email,
      phone: customer.phone,
    });
    expect(await stored(customer.id)).toEqual(PROFILE);
    expect(await changesOf(customer.id)).toMatchObject([
      {
        action: "profile.changed_by_customer",
        actor_id: customer.auth_user_id,
        reason: null,
        before,
        after: PROFILE,
      },
    ]);
  });

  it("by an admin needs a reason, and names only what changed", async () => {
    const customer = await newCustomer(sql);
    await change(customer, PROFILE);
    const next = { ...PROFILE, address: { ...ADDRESS, line1: "10 Kloof Street" } };
    expect(await refusal(changeAs(billing, customer.id, next, " x "))).toMatchObject({
      message: "invalid_request",
    });
    await changeAs(billing, customer.id, next);
    const [entry] = await changesOf(customer.id);
    expect(entry).toMatchObject({ action: "profile.changed", actor_id: billing, reason });
    expect(entry?.before).toEqual({ address: ADDRESS });
    expect(entry?.after).toEqual({ address: next.address });
    const { audit } = one(
      await asUser(
        sql,
        owner,
        (as) => as<{ audit: unknown }[]>`
          select public.list_audit(${customer.email}, null, 'profile.changed') -> 'entries' as audit`,
      ),
    );
    expect(auditOf.parse(audit)).toMatchObject([{ after: { address: next.address } }]);
  });

  it("without a difference writes nothing, and empty fields take values away", async () => {
    const customer = await newCustomer(sql);
    await change(customer, PROFILE);
    await change(customer, { ...PROFILE, first_name: "  Naledi " });
    expect(await changesOf(customer.id)).toHaveLength(1);
    await change(customer, {
      ...PROFILE,
      vat_number: " ",
      address: { ...ADDRESS, line2: "", suburb: null, floor: "a field that addresses lack" },
    });
    expect(await stored(customer.id)).toEqual({ ...PROFILE, vat_number: null });
  });

  it.each([
    ["a name without a letter", { first_name: "42" }],
    ["a name with a direction mark", { last_name: "Du\u202ebe" }],
    ["a name with a line separator", { first_name: "Na\u2028ledi" }],
    ["no name", { last_name: " " }],
    ["an address with a line separator", { address: { ...ADDRESS, line1: "1 Main\u2028=1+1" } }],
    ["an address with a control character", { address: { ...ADDRESS, city: "Cape\u0007Town" } }],
    ["an address with a direction mark", { address: { ...ADDRESS, suburb: "\u2067Gardens" } }],
    ["an address without a street", { address: { city: "Cape Town", postal_code: "8005" } }],
    ["no address", { address: null }],
    ["an address that is a list", { address: [] }],
    ["a number as a street", { address: { ...ADDRESS, line1: 12 } }],
    ["a long postal code", { address: { ...ADDRESS, postal_code: "8".repeat(13) } }],
    ["a phone number as people write it", { phone: "082 123 4567" }],
    ["a phone number of letters", { phone: "+27ABCDEFG" }],
    ["a VAT number in two lines", { vat_number: "41234\n56789" }],
    ["a long VAT number", { vat_number: "4".repeat(41) }],
  ])("to %s is refused, whoever asks", async (_what, wrong) => {
    const customer = await newCustomer(sql);
    const before = await stored(customer.id);
    for (const attempt of [
      () => change(customer, { ...PROFILE, ...wrong }),
      () => changeAs(billing, customer.id, { ...PROFILE, ...wrong }),
    ]) {
      expect(await refusal(attempt())).toMatchObject({
        code: "PT400",
        message: "invalid_request",
      });
    }
    expect(await stored(customer.id)).toEqual(before);
  });

  it("is for the customer and for admins who manage orders, never on their own account", async () => {
    const customer = await newCustomer(sql);
    for (const admin of [
      await newAdmin(sql, "support"),
      await newAdmin(sql, "reviewer"),
      (await newCustomer(sql)).auth_user_id,
    ]) {
      expect(await refusal(changeAs(admin, customer.id, PROFILE))).toMatchObject({
        message: "forbidden",
      });
    }
    const own = await newAdmin(sql, "owner", { authUserId: customer.auth_user_id });
    expect(await refusal(changeAs(own, customer.id, PROFILE))).toMatchObject({
      message: "own_account",
    });
    expect(
      await refusal(changeAs(billing, "00000000-0000-4000-8000-000000000000", PROFILE)),
    ).toMatchObject({ message: "not_found" });
  });

  it("is possible twenty times an hour", async () => {
    const customer = await newCustomer(sql);
    for (let n = 0; n < 20; n += 1) {
      await change(customer, { ...PROFILE, vat_number: String(4_000_000_000 + n) });
    }
    expect(await refusal(change(customer, PROFILE))).toMatchObject({
      code: "PT429",
      message: "rate_limited",
    });
  });
});

describe("a phone number", () => {
  const numbersOf = async (id: string) =>
    one(
      await sql<{ phone: string | null; former_phones: string[] }[]>`
        select phone, former_phones from customers where id = ${id}`,
    );
  /** A customer who changed the number that they had when they ordered. */
  async function moved() {
    const customer = await newReferrer(sql);
    const [old, next] = [customer.phone, newPhone()];
    await change(customer, { ...PROFILE, phone: next });
    return { customer, old, next };
  }
  const outcomeOf = async (given: { phone: string; code: string }) =>
    (await placeOrder(sql, new Date().toISOString(), given)).referral;
  const evidenceOf = async (phone: string, referrer: TestCustomer) => {
    const input = await orderInput(sql, { phone, code: referrer.referral_code });
    return fraudEvidenceSchema.parse(
      one(
        await sql<{ e: unknown }[]>`
          select private.order_evidence(${sql.json(input as never)}, c, now()) as e
          from customers as c where c.id = ${referrer.id}`,
      ).e,
    );
  };

  it("is changed with an audit row, and the ones before are kept", async () => {
    const { customer, old, next } = await moved();
    expect(await numbersOf(customer.id)).toEqual({ phone: next, former_phones: [old] });
    expect(await changesOf(customer.id)).toMatchObject([
      { before: { phone: old }, after: { phone: next } },
    ]);
    await changeAs(billing, customer.id, { ...PROFILE, phone: old });
    expect(await numbersOf(customer.id)).toEqual({ phone: old, former_phones: [next] });
    await change(customer, PROFILE);
    expect(await numbersOf(customer.id)).toEqual({ phone: old, former_phones: [next] });
  });

  it("cannot be changed more than fifty times", async () => {
    const { customer } = await moved();
    await sql`
      update customers set former_phones = array(select '+27715' || lpad(n::text, 6, '0') from generate_series(1, 50) as n)
      where id = ${customer.id}`;
    expect(
      await refusal(changeAs(billing, customer.id, { ...PROFILE, phone: newPhone() })),
    ).toMatchObject({ message: "rate_limited" });
  });

  it("makes nobody another person: who orders with a former one of the referrer is the referrer", async () => {
    const { customer, old, next } = await moved();
    for (const phone of [old, next]) {
      expect(await outcomeOf({ phone, code: customer.referral_code })).toMatchObject({
        status: "not_applied",
        reason: "self_referral",
      });
      expect(isSelfReferral(await evidenceOf(phone, customer))).toBe(true);
    }
    expect(isSelfReferral(await evidenceOf(newPhone(), customer))).toBe(false);
  });

  it("that a friend or another customer had is still theirs", async () => {
    const { customer, old } = await moved();
    const { elsewhere } = await evidenceOf(old, await newReferrer(sql));
    expect(elsewhere?.phone_customer_ids).toEqual([customer.id]);

    const referrer = await newReferrer(sql);
    const friend = await activeFriend(sql, referrer, new Date().toISOString());
    const [row] = await sql<{ id: string; phone: string }[]>`
      select id, phone from customers where id = ${friend.customer}`;
    if (!row) throw new Error("no friend");
    await changeAs(billing, row.id, { ...PROFILE, phone: newPhone() });
    const { matches, friends } = await evidenceOf(row.phone, referrer);
    expect(matches.same_phone_referral_ids).toEqual([friend.referral]);
    // What the pattern of numbers is read from is what the friend ordered with.
    expect(friends?.map(({ phone }) => phone)).toEqual([row.phone]);
  });

  it("that somebody had who was erased is known when they come back", async () => {
    const customer = await newCustomer(sql);
    const old = customer.phone;
    await change(customer, { ...PROFILE, phone: newPhone() });
    await sql`select private.erase_customer(${customer.id}, 'Asked for it', ${owner}, now())`;
    expect(await numbersOf(customer.id)).toEqual({ phone: null, former_phones: [] });
    expect((await evidenceOf(old, await newReferrer(sql))).returned).toEqual(["phone"]);
  });

  it("is found among former ones by an index", async () => {
    const plan = await sql.begin(async (as) => {
      await as`set local enable_seqscan = off`;
      return as<{ "QUERY PLAN": string }[]>`
        explain select c.id from customers as c
        where c.phone = '+27821234567'
          or (c.former_phones @> array['+27821234567'] and c.former_phones <> '{}')`;
    });
    const text = plan.map((line) => line["QUERY PLAN"]).join(" ");
    expect(text).toContain("customers_former_phones");
    expect(text).toContain("customers_phone");
  });
});

describe("an erasure", () => {
  it("deletes what earlier changes replaced, keeps that they happened, and allows no other", async () => {
    const customer = await newCustomer(sql);
    await change(customer, PROFILE);
    await sql`select private.erase_customer(${customer.id}, 'Asked for it', ${owner}, now())`;
    expect(
      await countOf(sql<{ n: number }[]>`
        select count(*)::integer as n from private.profile_changes
        where customer_id = ${customer.id}`),
    ).toBe(0);
    expect(await changesOf(customer.id)).toMatchObject([
      { action: "profile.changed_by_customer", before: null, after: null },
    ]);
    const { text } = one(
      await sql<{ text: string }[]>`
        select string_agg(l::text, ' ') as text from audit_log as l
        where customer_id = ${customer.id}`,
    );
    expect(text).not.toMatch(/Naledi|Kloof|4123456789/);
    expect(await refusal(changeAs(billing, customer.id, PROFILE))).toMatchObject({
      message: "not_found",
    });
  });
});

describe("the place by which the fraud rules compare people", () => {
  it("stays where they first ordered, whatever their billing address becomes", async () => {
    const input = await orderInput(sql);
    const { customer_id: id, order_id } = await sendOrder(sql, input, "2026-05-01T08:00:00Z");
    await activateOrder(sql, order_id, "2026-05-02T08:00:00Z");
    const evidence = async () =>
      one(
        await sql<{ e: { address: unknown; address_key: unknown } }[]>`
          select private.referrer_evidence(c, now()) as e from customers as c where c.id = ${id}`,
      ).e;
    const before = await evidence();
    expect(before).toMatchObject({ address: input.address, address_key: input.address_key });
    await changeAs(billing, id, PROFILE);
    expect(await stored(id)).toMatchObject({ address: ADDRESS });
    expect(await evidence()).toEqual(before);
  });
});

describe("a line that cannot be shown safely", () => {
  it("is the same for the database as for the application, for every character", async () => {
    const points = Array.from({ length: 0x110000 }, (_, n) => n).filter(
      (n) => n !== 0 && !(n >= 0xd800 && n <= 0xdfff),
    );
    const [row] = await sql<{ refused: number[] }[]>`
      select array_agg(n order by n) as refused from unnest(${points}::integer[]) as n
      where not private.is_plain_line('a' || chr(n) || 'b')`;
    expect(row?.refused).toEqual(
      points.filter((n) => hasUnshowableCharacter(`a${String.fromCodePoint(n)}b`)),
    );
  });
});
