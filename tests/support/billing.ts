/**
 * A database and data API in which nobody but the test's own customers are billed, and the billing
 * service on it.
 */
import type { Sql } from "postgres";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import {
  type BillingServiceOptions,
  CompliantBillingService,
  type RunCycleOptions,
} from "@/lib/billing/compliant-billing-service";
import { fixedClock } from "@/lib/clock";
import type { Supabase } from "@/lib/supabase/clients";
import { type OwnStack, ownStack } from "./own-stack";
import { violations } from "./rows";

type Options = Omit<BillingServiceOptions, "clock">;

/** The billing service at a moment (ISO 8601). Rewards are enabled, unless told otherwise. */
export const billingAt = (
  asOf: string | Date,
  { rewardsEnabled = true, ...options }: Omit<Options, "rewardsEnabled"> & Partial<Options>,
): CompliantBillingService =>
  new CompliantBillingService({ ...options, rewardsEnabled, clock: fixedClock(asOf) });

/** Without a moment, it is the morning of 1 December 2026. */
type BillingSetup = Partial<Options> & { asOf?: string };

export interface BillingWorld extends Readonly<Pick<OwnStack, "sql" | "client" | "dataDir">> {
  /** Further superuser connections. */
  connect(max: number): Sql;
  /** The billing service at a moment. */
  billing(setup?: BillingSetup): CompliantBillingService;
  /** One billing run. */
  bill(
    setup?: BillingSetup,
    options?: RunCycleOptions,
  ): ReturnType<CompliantBillingService["runCycle"]>;
}

/**
 * The billing world of a test file, from its first test to its last. A run bills whatever is due:
 * after each test every service is ended, and no invariant may be broken.
 */
export function billingWorld(): BillingWorld {
  let own: OwnStack | undefined;
  const started = (): OwnStack => {
    if (!own) throw new Error("the billing world starts with the first test");
    return own;
  };
  beforeAll(async () => {
    own = await ownStack();
  });
  afterAll(() => own?.stop());
  afterEach(async () => {
    await endAllServices(started().sql);
    expect(await violations(started().sql)).toEqual([]);
  });
  const billing = ({ asOf = "2026-12-01T06:00:00Z", ...options }: BillingSetup = {}) =>
    billingAt(asOf, { client: started().client, ...options });
  return {
    get sql() {
      return started().sql;
    },
    get client() {
      return started().client;
    },
    get dataDir() {
      return started().dataDir;
    },
    connect: (max) => started().connect(max),
    billing,
    bill: (setup = {}, options = {}) => billing(setup).runCycle(options),
  };
}

/** Ends every service, so that later billing runs in this database do not see them. */
async function endAllServices(sql: Sql): Promise<void> {
  await sql`
    update public.customer_services set status = 'cancelled', cancelled_at = activated_at
    where status = 'active'`;
}

type Answer = { data: unknown; error: unknown; status: number };

/** A client whose calls pass through `around`, which may act before or after, or answer itself. */
export function intercepted<C extends Supabase>(
  client: C,
  around: (name: string, call: () => Promise<Answer>) => Promise<Answer>,
): C {
  return new Proxy(client, {
    get(target, property) {
      if (property !== "rpc") return Reflect.get(target, property);
      return (name: never, args: never) =>
        around(name, async () => (await target.rpc(name, args)) as Answer);
    },
  });
}

/** What supabase-js answers when nobody listens. */
export const UNREACHABLE: Answer = {
  data: null,
  error: { message: "TypeError: fetch failed", code: "" },
  status: 0,
};
