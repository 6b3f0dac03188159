import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { BillingDatabase } from "@/lib/billing/billing-database";
import type { RunControl } from "@/lib/billing/billing-run";
import { draftInvoices } from "@/lib/billing/drafts";
import { dryRun } from "@/lib/billing/dry-run";
import {
  describe as describeFailure,
  ErrorList,
  MAX_ERRORS,
  runError,
} from "@/lib/billing/run-errors";
import { AppError } from "@/lib/errors";
import type { InvoiceDraft } from "@/lib/invoicing/invoice";
import { periodFromMonth } from "@/lib/invoicing/period";
import { billingSettings, customerFacts, id, reward, serviceFacts } from "@/tests/support/facts";
import { stubClient } from "@/tests/support/stub-client";

const terms = {
  period: periodFromMonth("2026-12", "Africa/Johannesburg"),
  settings: { ...billingSettings(), vat_changes: [] },
  asOf: new Date("2026-12-01T06:00:00Z"),
  rewardsEnabled: true,
};

/** The facts of a customer as the database sends them. */
const facts = (n: number, changes: Parameters<typeof customerFacts>[0] = {}) => {
  const { asOf: _asOf, ...sent } = customerFacts({
    customer_id: id(n),
    services: [serviceFacts(100 + n)],
    ...changes,
  });
  return { ...sent };
};

/** A dry run over these pages of customers, with what was said and seen. */
async function run(
  pages: object[][],
  {
    usedRewards = new Set<string>(),
    signal = new AbortController().signal,
    onSeen = () => {},
  }: { usedRewards?: ReadonlySet<string>; signal?: AbortSignal; onSeen?: () => void } = {},
) {
  const seen: InvoiceDraft[] = [];
  const progress: Parameters<RunControl["onProgress"]>[0][] = [];
  const warn = vi.fn();
  const stub = stubClient(
    ...pages.map((customers, at) => ({
      status: 200,
      body: JSON.stringify({
        customers,
        ...(at === 0 ? { counts: { services_total: 5, skipped: 2 } } : {}),
      }),
    })),
  );
  const summary = await dryRun(
    new BillingDatabase(stub.server),
    terms,
    { batchSize: 2, signal, onProgress: (step) => progress.push(step), log: { warn } },
    {
      usedRewards,
      onDrafts: async (drafts) => {
        seen.push(...drafts);
        onSeen();
      },
    },
  );
  return { summary, seen, progress, warn, asked: stub.requests };
}

describe("a dry run", () => {
  test("reads page by page, adds up, and shows each invoice", async () => {
    const { summary, seen, progress, asked } = await run([
      [facts(1, { rewards: [reward(1)] }), facts(2)],
      [facts(3)],
    ]);
    expect(summary).toMatchObject({
      run_id: null,
      period_start: "2026-12-01",
      period_end: "2027-01-01",
      invoices: 3,
      free_months: 1,
      waived_cents: 79_900,
      total_cents: 2 * 79_900,
      skipped: 2,
      errors: [],
    });
    expect(seen.map(({ customer_id }) => customer_id)).toEqual([id(1), id(2), id(3)]);
    expect(progress.at(-1)).toEqual({ services_total: 5, services_done: 5, errors: 0 });
    expect(asked).toHaveLength(2);
  });

  test("uses no free month that something before it would use", async () => {
    const customers = [
      facts(1, { rewards: [reward(1), reward(2)] }),
      facts(2, { rewards: [reward(3)] }),
    ];
    const { summary, seen } = await run([customers, []], {
      usedRewards: new Set([reward(1).id, reward(3).id]),
    });
    expect(summary.free_months).toBe(1);
    expect(seen.map(({ referral_reward_id }) => referral_reward_id)).toEqual([reward(2).id, null]);
    // Facts that are no rewards are left to the check of the facts.
    const broken = await run(
      [
        [
          { ...facts(4), rewards: "none" },
          { ...facts(5), rewards: [null] },
        ],
        [],
      ],
      {
        usedRewards: new Set([reward(1).id]),
      },
    );
    expect(broken.summary.errors.map(({ customer_id }) => customer_id)).toEqual([id(4), id(5)]);
    expect(broken.warn).toHaveBeenCalledTimes(2);
  });

  test("that is stopped ends after the page in hand, and says so", async () => {
    const stop = new AbortController();
    const { summary, asked } = await run([[facts(1), facts(2)], [facts(3)]], {
      signal: stop.signal,
      onSeen: () => stop.abort(),
    });
    expect(asked).toHaveLength(1);
    expect(summary.invoices).toBe(2);
    expect(summary.errors).toEqual([runError("The dry run was stopped before its end.")]);
  });
});

describe("invoices from the facts of customers", () => {
  const never = () => false;

  test("leave out the service whose facts break a rule, and use no free month of that customer", () => {
    const customer = facts(1, {
      rewards: [reward(1)],
      services: [serviceFacts(11, { price_cents: -1 }), serviceFacts(12)],
    });
    const { drafts, failures } = draftInvoices([customer, facts(2)], terms, never);
    expect(drafts.map(({ service_id, is_free_month }) => [service_id, is_free_month])).toEqual([
      [id(12), false],
      [id(102), false],
    ]);
    expect(failures).toEqual([
      { customer_id: id(1), service_id: id(11), message: expect.stringContaining("price_cents") },
    ]);
  });

  test("leave out a customer whose facts cannot be read at all, and say why", () => {
    const { drafts, failures } = draftInvoices(
      [{ customer_id: id(1), services: "none" }, facts(2)],
      terms,
      never,
    );
    expect(drafts).toHaveLength(1);
    expect(failures).toEqual([
      { customer_id: id(1), service_id: null, message: expect.stringMatching(/^[a-z_]+: /) },
    ]);
  });

  test("are not made again for a customer or a service that failed before", () => {
    const failed = new Set([id(1), id(21)]);
    const customers = [facts(1), facts(2, { services: [serviceFacts(21), serviceFacts(22)] })];
    const { drafts, failures } = draftInvoices(customers, terms, (one) => failed.has(one));
    expect(drafts.map(({ service_id }) => service_id)).toEqual([id(22)]);
    expect(failures).toEqual([]);
  });
});

describe("the errors of a run", () => {
  test("are named once each, a bounded number of them, with how many more there are", () => {
    const errors = new ErrorList();
    const error = (n: number) => ({ customer_id: id(n), service_id: null, message: "No price" });
    errors.add(error(0));
    errors.add({ ...error(0), message: "Something else" });
    expect(errors.list).toEqual([error(0)]);
    for (let n = 1; n < MAX_ERRORS + 3; n += 1) errors.add(error(n));
    errors.add(runError("The database is away."));
    expect([errors.count, errors.has(id(MAX_ERRORS + 2))]).toEqual([MAX_ERRORS + 4, true]);
    errors.close();
    expect(errors.list).toHaveLength(MAX_ERRORS + 2);
    expect(errors.list.at(-1)?.message).toBe("… and 3 more, named in the server's log.");
    const few = new ErrorList();
    few.add(error(1));
    few.close();
    expect(few.list).toHaveLength(1);
  });

  test("are one line for people, whatever failed", () => {
    const wrong = z.object({ price_cents: z.number() }).safeParse({ price_cents: "x" });
    expect(describeFailure(wrong.error)).toMatch(/^price_cents: /);
    expect(describeFailure(new z.ZodError([]))).toBe("The facts are not usable.");
    expect(describeFailure(new RangeError("too large"))).toBe("too large");
    expect(describeFailure(new AppError("unavailable"))).toContain("not available");
    expect(
      describeFailure(new AppError("internal", { cause: { message: "no such function" } })),
    ).toBe("no such function");
    expect(describeFailure(new AppError("internal"))).toBe("The reason is not known.");
    expect(describeFailure(7)).toBe("The reason is not known.");
  });
});
