import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { billingBatchSchema, soundCustomersSchema } from "@/lib/billing/schemas";
import { periodFromMonth } from "@/lib/invoicing/period";
import { buildInvoices } from "@/lib/rewards/build-invoices";
import { billingAt } from "@/tests/support/billing";
import { ACTOR, manyCustomers, pendingRewards } from "@/tests/support/builders";
import { billingSettings } from "@/tests/support/facts";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { violations } from "@/tests/support/rows";

let own: OwnStack;
beforeAll(async () => {
  own = await ownStack();
});
afterAll(() => own?.stop());

const PAIRS = 1_000;
const AS_OF = "2026-12-01T06:00:00Z";

describe("revoking a reward while the billing run applies it", () => {
  it("has exactly one winner, a thousand times", async () => {
    const { sql } = own;
    const ids = await manyCustomers(sql, PAIRS);
    await pendingRewards(sql, ids);
    const settings = billingSettings();
    const period = periodFromMonth("2026-12", settings.time_zone);
    const endsAt = period.endsAt.toISOString();
    const [started] = await sql<{ id: string }[]>`
      select public.start_billing_run(
        ${period.start}, ${period.end}, ${endsAt}, 'job', true, null, ${AS_OF}) ->> 'run_id' as id`;
    const runId = started?.id ?? "";
    const [page] = await sql<{ batch: unknown }[]>`
      select public.read_billing_batch(${period.start}, ${endsAt}, ${AS_OF}, null, ${PAIRS}) as batch`;
    const pairs = soundCustomersSchema
      .parse(billingBatchSchema.parse(page?.batch).customers)
      .map((known) => {
        const facts = { ...known, asOf: new Date(AS_OF) };
        const drafts = buildInvoices(facts, period, settings, { rewardsEnabled: true });
        return { customer: known.customer_id, reward: known.rewards[0]?.id ?? "", drafts };
      });
    expect(pairs.map(({ customer }) => customer)).toEqual(ids);

    // Revokers and appliers on connections of their own, so that neither waits for the other here.
    const revokers = own.connect(10);
    const appliers = own.connect(10);
    await Promise.all(
      [revokers, appliers].flatMap((pool) => Array.from({ length: 10 }, () => pool`select 1`)),
    );
    const revoke = async ({ customer, reward }: (typeof pairs)[number]) => {
      try {
        await revokers`
          select private.revoke_reward(${customer}, ${reward}, 'Mistake', ${ACTOR}, ${AS_OF})`;
        return "revoked";
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    };
    const apply = async ({ drafts }: (typeof pairs)[number]) => {
      const [row] = await appliers<{ issued: number }[]>`
        select (public.issue_invoices(
          ${runId}, ${appliers.json(drafts as never)}, ${AS_OF}) ->> 'issued')::int as issued`;
      return row?.issued === 1;
    };
    const outcomes = { revoked: 0, applied: 0 };
    let overtaken = 0;
    for (let start = 0; start < PAIRS; start += 10) {
      await Promise.all(
        pairs.slice(start, start + 10).map(async (pair, n) => {
          const revokeFirst = n % 2 === 0;
          const race = revokeFirst
            ? Promise.all([revoke(pair), apply(pair)])
            : Promise.all([apply(pair), revoke(pair)]).then(([a, r]) => [r, a] as const);
          const [revoked, applied] = await race;
          expect([revoked, applied]).toEqual(
            applied ? ["reward_not_pending", true] : ["revoked", false],
          );
          outcomes[applied ? "applied" : "revoked"] += 1;
          if (applied === revokeFirst) overtaken += 1;
        }),
      );
    }
    expect(outcomes.applied + outcomes.revoked).toBe(PAIRS);
    // Otherwise it was no race: both win often, and whoever set out first is overtaken at times.
    expect(Math.min(outcomes.applied, outcomes.revoked)).toBeGreaterThan(PAIRS / 20);
    expect(overtaken).toBeGreaterThan(PAIRS / 100);

    const [state] = await sql<Record<string, number>[]>`
      select count(*) filter (where w.status = 'applied' and i.id is not null)::int as applied,
        count(*) filter (where w.status = 'revoked' and i.id is null)::int as revoked
      from public.referral_rewards as w
      left join public.customer_invoices as i on i.referral_reward_id = w.id`;
    expect(state).toEqual(outcomes);

    // The same run bills whoever lost the month in full.
    const rest = await billingAt(AS_OF, { client: own.client }).runCycle({ workers: 4 });
    expect(rest).toMatchObject({
      run_id: runId,
      invoices: PAIRS,
      free_months: outcomes.applied,
      errors: [],
    });
    expect(await violations(sql)).toEqual([]);
  });
});
