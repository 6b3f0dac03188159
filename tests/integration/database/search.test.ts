import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SearchResult, searchResultSchema } from "@/lib/admin/search-schemas";
import { activeService, newAdmin, newAuthUser, newCustomer } from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { issuedInvoice } from "@/tests/support/invoices";
import { placeOrder } from "@/tests/support/orders";
import { one } from "@/tests/support/rows";

let db: OwnDatabase;
let support: string;
beforeAll(async () => {
  db = await ownDatabase();
  support = await newAdmin(db.sql, "support");
});
afterAll(() => db.drop());

const find = (q: string, user = support): Promise<SearchResult> =>
  asUser(db.sql, user, async (sql) =>
    searchResultSchema.parse(
      one(await sql<{ found: unknown }[]>`select public.admin_search(${q}) as found`).found,
    ),
  );

describe("a search of the admin area", () => {
  it("finds a person by parts of what one knows of them, in any order and without accents", async () => {
    const { id, referral_code } = await newCustomer(db.sql, {
      firstName: "Zoë",
      lastName: "Nkosi-Dvořák",
      email: "zoe.dvorak@fibre.test",
      phone: "+27821239876",
    });
    await newCustomer(db.sql, { firstName: "Zodwa", lastName: "Nkosi" });
    const body = referral_code.split("-")[1] ?? "";
    for (const q of [
      "zoe dvorak",
      "Dvořák Zoë",
      "vora ZO",
      "nkosi-dvo",
      "dvorak z",
      "zoe.dvorak@fibre",
      "9876",
      "082 123 9876",
      "+27 82 123 9876",
      "zoe 9876",
      referral_code,
      referral_code.toLowerCase(),
      referral_code.replace("-", " "),
      body.slice(0, 5),
      body.replaceAll("0", "O").replaceAll("1", "l"),
    ]) {
      expect([q, (await find(q)).customers.map((customer) => customer.id)]).toEqual([q, [id]]);
    }
  });

  it("lists those first whose name starts with the text", async () => {
    await newCustomer(db.sql, { firstName: "Ann", lastName: "Pillay", email: "q1@search.test" });
    await newCustomer(db.sql, { firstName: "Sam", lastName: "Pillay", email: "pill@search.test" });
    const exact = await newCustomer(db.sql, { firstName: "Pill", lastName: "Botha" });
    expect((await find("pill")).customers[0]?.id).toBe(exact.id);
  });

  it("finds orders and invoices by their numbers, whole or by the last digits", async () => {
    const { order_id, order_number } = await placeOrder(db.sql, "2026-06-01T10:00:00Z");
    expect(order_id).toBeTruthy();
    for (const q of [order_number, order_number.toLowerCase().replace("-", "")]) {
      expect((await find(q)).orders.map((order) => order.order_number)).toEqual([order_number]);
    }
    const customer = await newCustomer(db.sql);
    const { number } = await issuedInvoice(db.sql, {
      customerId: customer.id,
      serviceId: await activeService(db.sql, customer.id),
    });
    for (const q of [
      number,
      number.toLowerCase(),
      number.replaceAll("-", " "),
      String(Number(number.slice(-6))),
    ]) {
      expect([q, (await find(q)).documents.map((found) => found.number)]).toEqual([q, [number]]);
    }
  });

  it("takes every character literally, and finds nothing for what nobody has", async () => {
    await newCustomer(db.sql, { email: "under_score@literal.test" });
    expect((await find("under_score")).customers).toHaveLength(1);
    for (const q of [
      "under%score",
      "underXscore",
      "u%",
      "__",
      "\\_",
      "'; drop table customers; --",
      "%%%",
    ]) {
      expect([q, await find(q)]).toEqual([q, { customers: [], orders: [], documents: [] }]);
    }
  });

  it("is for people with customers:view, and says what it cannot look for", async () => {
    const stranger = await newAuthUser(db.sql);
    expect(await refusal(find("zoe", stranger))).toMatchObject({ code: "PT403" });
    expect(await refusal(find("   "))).toMatchObject({ code: "PT400" });
    expect(await refusal(find("x".repeat(121)))).toMatchObject({ code: "PT400" });
  });
});
