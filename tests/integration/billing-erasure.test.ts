import type { PostgresError } from "postgres";
import { beforeEach, describe, expect, it } from "vitest";
import type { ServerClient } from "@/lib/supabase/clients";
import { billingWorld, intercepted } from "@/tests/support/billing";
import { ACTOR, activeService, newCustomer } from "@/tests/support/builders";
import { invoicesOf } from "@/tests/support/rows";

const own = billingWorld();

const NOVEMBER = "2026-11-22T08:00:00Z";

/** Bills October late, when nothing of it keeps its customers from being erased any more. */
const billOctober = (client: ServerClient, dryRun = false) =>
  own.bill(
    { client, asOf: NOVEMBER },
    { period: "2026-10", dryRun, ...(dryRun ? {} : { forceReason: "October was billed late" }) },
  );

/** Somebody whose only service ended in October and was not billed for its last days. */
async function leaver(): Promise<string> {
  const { id } = await newCustomer(own.sql);
  const service = await activeService(own.sql, id, { activatedAt: "2026-10-03T08:00:00Z" });
  await own.sql`
    update public.customer_services set status = 'cancelled', cancelled_at = '2026-10-15T08:00:00Z'
    where id = ${service}`;
  return id;
}

const erase = (id: string) =>
  own.sql`select private.erase_customer(${id}, 'Asked for it', ${ACTOR}, ${NOVEMBER})`;

describe("a customer who leaves", () => {
  beforeEach(async () => {
    // Long before October: nothing of what the other tests leave is due in it.
    await own.sql`
      update public.customer_services set cancelled_at = activated_at where status = 'cancelled'`;
  });

  it("once erased, is not billed for a cycle that is billed late, nor counted in it", async () => {
    const [erased, other] = [await leaver(), await leaver()];
    await erase(erased);
    expect(await billOctober(own.client, true)).toMatchObject({ invoices: 1, errors: [] });
    const { run_id, ...summary } = await billOctober(own.client);
    expect(summary).toMatchObject({ invoices: 1, skipped: 0, errors: [] });
    expect(
      await own.sql`select services_total::int from public.billing_runs where id = ${run_id}`,
    ).toEqual([{ services_total: 1 }]);
    expect(await invoicesOf(own.sql, erased)).toEqual([]);
    expect(await invoicesOf(own.sql, other)).toHaveLength(1);
  });

  it("cannot be erased while a run bills them: that invoice comes first", async () => {
    const [leaving, other] = [await leaver(), await leaver()];
    let refusal: unknown;
    const client = intercepted(own.client, async (name, call) => {
      if (name === "issue_invoices") {
        refusal ??= await erase(leaving).then(
          () => "erased",
          (error: PostgresError) => `${error.message}: ${error.detail}`,
        );
      }
      return call();
    });
    expect(await billOctober(client)).toMatchObject({ invoices: 2, errors: [] });
    expect(refusal).toBe("customer_not_erasable: final invoice");
    expect(await invoicesOf(own.sql, leaving)).toHaveLength(1);
    expect(await invoicesOf(own.sql, other)).toHaveLength(1);
  });
});
