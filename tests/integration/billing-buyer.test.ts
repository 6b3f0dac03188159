import { describe, expect, it } from "vitest";
import { billingWorld } from "@/tests/support/billing";
import { newAuthUser } from "@/tests/support/builders";
import { creditInvoice } from "@/tests/support/invoices";
import { activateOrder, orderInput, sendOrder } from "@/tests/support/orders";

const own = billingWorld();

const HOME = { line1: "1 Loop Street", city: "Cape Town", postal_code: "8001" };
const SECOND_HOME = { line1: "7 Beach Road", city: "Hermanus", postal_code: "7200" };
const OFFICE = { line1: "9 Kloof Street", city: "Cape Town", postal_code: "8005" };

/** Who is billed by each invoice of a customer, and where the service is; by month and site. */
async function buyersOf(customerId: string) {
  const rows = await own.sql<{ month: string; number: string; buyer: Record<string, unknown> }[]>`
    select i.period_start::text as month, i.invoice_number as number, i.buyer
    from public.customer_invoices as i where i.customer_id = ${customerId}
    order by i.period_start, i.buyer ->> 'site' nulls first, i.invoice_number`;
  return rows.map((row) => ({ ...row }));
}

describe("the buyer of an invoice", () => {
  it("is the account as it is when the invoice is issued; each service keeps its own site", async () => {
    const { sql } = own;
    const email = `buyer-${Date.now()}@example.test`;
    const authUserId = await newAuthUser(sql, { email });
    const order = async (address: typeof HOME, at: string) => {
      const input = await orderInput(sql, { email, authUserId, firstName: "Thandi" });
      const answer = await sendOrder(
        sql,
        { ...input, address, address_key: JSON.stringify(address) },
        at,
      );
      await activateOrder(sql, answer.order_id, at);
      return answer.customer_id;
    };
    const customer = await order(HOME, "2026-09-20T08:00:00Z");
    await own.bill({ asOf: "2026-10-01T06:00:00Z" }, { period: "2026-10" });
    // A second order of the same account goes elsewhere. The account and its address stay.
    expect(await order(SECOND_HOME, "2026-10-20T08:00:00Z")).toBe(customer);
    await own.bill({ asOf: "2026-11-01T06:00:00Z" }, { period: "2026-11" });

    const before = await buyersOf(customer);
    expect(before.map(({ month, buyer }) => [month, buyer.address, buyer.site])).toEqual([
      ["2026-10-01", HOME, undefined],
      ["2026-11-01", HOME, undefined],
      ["2026-11-01", HOME, SECOND_HOME],
    ]);
    const first = before[0];
    if (!first) throw new Error("an invoice was issued");
    await creditInvoice(sql, first.number, 100);

    const profile = {
      first_name: "Naledi",
      last_name: "Dube",
      address: OFFICE,
      vat_number: "4123456789",
    };
    await sql`
      select private.change_profile(${customer}, ${sql.json(profile)},
        'profile.changed_by_customer', null, ${authUserId}, '2026-11-20T08:00:00Z')`;
    expect(await buyersOf(customer)).toEqual(before);
    // A later credit note corrects the invoice as it was issued, to the same buyer.
    await creditInvoice(sql, first.number, 100, { asOf: "2026-11-21T08:00:00Z" });
    const notes = await sql<{ buyer: unknown }[]>`
      select buyer from public.credit_notes where customer_id = ${customer}`;
    expect(notes.map(({ buyer }) => buyer)).toEqual([first.buyer, first.buyer]);

    await own.bill({ asOf: "2026-12-01T06:00:00Z" }, { period: "2026-12" });
    const after = (await buyersOf(customer)).filter(({ month }) => month === "2026-12-01");
    expect(after.map(({ buyer }) => buyer)).toEqual(
      [HOME, SECOND_HOME].map((site) => ({
        name: "Naledi Dube",
        email,
        address: OFFICE,
        vat_number: "4123456789",
        site,
      })),
    );
    expect((await buyersOf(customer)).slice(0, before.length)).toEqual(before);
    await sql`
      select private.set_service_status(s.id, 'cancelled', 'moved away', null, '2026-12-15T08:00:00Z')
      from public.customer_services as s where s.customer_id = ${customer}`;
  });
});
