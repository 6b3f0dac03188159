import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nameProblem } from "@/lib/identity/names";
import { newCustomer, newReferrer } from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { later, T0 } from "@/tests/support/moments";
import { HONEST_NAMES, NO_NAMES } from "@/tests/support/names";
import { activateOrder, placeOrder } from "@/tests/support/orders";
import { one } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

const areNames = async (texts: readonly string[]) => {
  const rows = await db.sql<{ name: string; ok: boolean }[]>`
    select t as name, private.is_person_name(t) as ok
    from jsonb_array_elements_text(${db.sql.json([...texts])}) as t`;
  return new Map(rows.map(({ name, ok }) => [name, ok]));
};

/** What only the application refuses: the database has no list of all scripts. */
const APPLICATION_ONLY = [
  "an emoji",
  "a digit in a circle",
  "half a character",
  "seven words",
  "a text that is too long",
  "a full sentence",
  "a sentence that ends",
  "an ellipsis",
  "marks stacked on one letter",
  "a domain behind initials",
];

describe("a name in the database", () => {
  it("can be whatever people bear", async () => {
    const verdicts = await areNames(HONEST_NAMES);
    expect(HONEST_NAMES.filter((name) => !verdicts.get(name))).toEqual([]);
  });

  it("holds no direction marks, digits, addresses or markup, whoever writes it", async () => {
    const wrong = NO_NAMES.filter(([kind]) => !APPLICATION_ONLY.includes(kind));
    const verdicts = await areNames(wrong.map(([, text]) => text));
    expect(wrong.filter(([, text]) => verdicts.get(text))).toEqual([]);
    for (const firstName of ["Win 1000", "evil.example", "Le\u202erato"]) {
      const [first, last] = [
        await refusal(newCustomer(db.sql, { firstName })),
        await refusal(newCustomer(db.sql, { lastName: firstName })),
      ];
      expect(first.message).toMatch(/customers_first_name_check/);
      expect(last.message).toMatch(/customers_last_name_check/);
    }
  });

  it("is never refused there when the application accepts it", async () => {
    const letters = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
    const likely = fc
      .array(
        fc.oneof(
          fc.constantFrom("J.", "St.", "-", "'", " ", "O’", "de", "É", "e\u0301", "李", "a\u200db"),
          fc.stringMatching(/^\p{L}{1,6}$/u),
        ),
        { minLength: 1, maxLength: 6 },
      )
      .map((parts) => parts.join("").trim());
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(letters, likely), { minLength: 50, maxLength: 150 }),
        async (texts) => {
          const names = texts.filter((text) => text !== "" && nameProblem(text) === null);
          compared += names.length;
          const verdicts = await areNames(names);
          expect(names.filter((name) => !verdicts.get(name))).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
    expect(compared).toBeGreaterThan(500);
  });
});

describe("the number of an order", () => {
  it("is short, unique and permanent, and found however it is said", async () => {
    const placed = [];
    for (let n = 0; n < 20; n += 1) placed.push(await placeOrder(db.sql, T0));
    const rows = await db.sql<{ id: string; order_number: string }[]>`
      select id, order_number from orders where id = any (${placed.map((one) => one.order_id)})`;
    expect(new Set(rows.map((row) => row.order_number)).size).toBe(20);
    for (const { order_number } of rows) {
      expect(order_number).toMatch(/^[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}$/);
    }
    const [{ id, order_number: number } = { id: "", order_number: "" }] = rows;
    for (const said of [
      number.toLowerCase(),
      number.replace("-", " "),
      ` ${number.replace("-", "")} `,
      number.replaceAll("0", "O").replaceAll("1", "l"),
    ]) {
      const found = one(
        await db.sql<{ number: string }[]>`select private.order_number_of(${said}) as number`,
      );
      expect(found.number).toBe(number);
    }
    const change = await refusal(
      db.sql`update orders set order_number = '000-000' where id = ${id}`,
    );
    expect(change.message).toBe("immutable_row");
  });
});

describe("the person who ordered", () => {
  const mailsOf = (customerId: string) =>
    db.sql<{ template: string; payload: Record<string, unknown>; dedupe_key: string }[]>`
      select template, payload, dedupe_key from notifications
      where customer_id = ${customerId} and template in ('order_received', 'service_active')
      order by created_at, template`;

  it("is told that the order is in and that the service is active, once each", async () => {
    const referrer = await newReferrer(db.sql, { firstName: "Nomsa" });
    const answer = await placeOrder(db.sql, T0, { code: referrer.referral_code });
    const received = one(await mailsOf(answer.customer_id));
    expect(received).toMatchObject({
      template: "order_received",
      dedupe_key: `order_received:${answer.order_id}`,
      payload: { order_number: answer.order_number, inviter: "Nomsa", referral: "recorded" },
    });
    await activateOrder(db.sql, answer.order_id, later(3));
    await activateOrder(db.sql, answer.order_id, later(3));
    expect((await mailsOf(answer.customer_id)).map((mail) => mail.template)).toEqual([
      "order_received",
      "service_active",
    ]);
  });

  it("is told of no inviter when the code was refused or none was given", async () => {
    const refused = await placeOrder(db.sql, T0, { code: "REF-ZZZZZZZZ" });
    const without = await placeOrder(db.sql, T0);
    expect(one(await mailsOf(refused.customer_id)).payload).toMatchObject({
      inviter: null,
      referral: "not_applied",
    });
    expect(one(await mailsOf(without.customer_id)).payload).toMatchObject({
      inviter: null,
      referral: "none",
    });
  });
});
