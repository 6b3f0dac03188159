import { randomBytes, randomUUID } from "node:crypto";
import postgres, { type ISql, type Sql } from "postgres";
import { z } from "zod";
import { createMigratedDatabase, MIGRATIONS } from "@/supabase/local/stack/stack";
import { activeService, newAuthUser, newPackage } from "./builders";
import { testStack } from "./context";

export { activeService, newAuthUser, newPackage } from "./builders";

/** A pool or one transaction of it. */
export type Queries = ISql;

function connectTo(url: string, max: number): Sql {
  return postgres(url, { max, onnotice: () => {}, connection: { application_name: "test" } });
}

/** One connection, as the database's owner, to the database that the data API serves. */
export function sharedDatabase(max = 2): Sql {
  return connectTo(testStack().dbUrl, max);
}

export type OwnDatabase = {
  url: string;
  sql: Sql;
  /** Further connections of one's own; closed by `drop`. */
  pool(max: number): Sql;
  drop(): Promise<void>;
};

/** A migrated database that nobody else uses: it may be damaged, and is dropped at the end. */
export async function ownDatabase(migrations = MIGRATIONS): Promise<OwnDatabase> {
  const stack = testStack();
  const name = `test_${randomBytes(6).toString("hex")}`;
  const url = await createMigratedDatabase(stack, name, migrations);
  const pools: Sql[] = [];
  const pool = (max: number) => {
    const made = connectTo(url, max);
    pools.push(made);
    return made;
  };
  return {
    url,
    sql: pool(4),
    pool,
    async drop() {
      await Promise.all(pools.map((open) => open.end({ timeout: 1 })));
      const admin = connectTo(stack.dbUrl, 1);
      await admin.unsafe(`drop database if exists ${name} with (force)`).finally(() => admin.end());
    },
  };
}

/** The only row of a result. */
export function one<T>(rows: readonly T[]): T {
  const [row, ...rest] = rows;
  if (row === undefined || rest.length > 0) throw new Error(`${rows.length} rows, not one`);
  return row;
}

export type Failure = { code: string; message: string; detail: string };

/** What the database says when it refuses; fails when it does not. */
export async function refusal(work: PromiseLike<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    return { code: error.code, message: error.message, detail: error.detail ?? "" };
  }
  throw new Error("the database did not refuse");
}

/** Runs statements with the rights and the session of a signed-in user, as the data API does. */
export async function asUser<T>(
  sql: Sql,
  userId: string | null,
  work: (transaction: ISql) => Promise<T>,
): Promise<T> {
  const box: { value?: T } = {};
  await sql.begin(async (transaction) => {
    const claims = userId === null ? {} : { sub: userId, role: "authenticated" };
    await transaction`
      select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
    await transaction.unsafe(`set local role ${userId === null ? "anon" : "authenticated"}`);
    box.value = await work(transaction);
  });
  return box.value as T;
}

let counter = 0;
/** A number that no other builder call of this process got. */
export function nextNumber(): number {
  counter += 1;
  return counter;
}

const salt = randomBytes(3).toString("hex");
const uniquePhone = () =>
  `+2782${String(Number.parseInt(salt, 16) % 1000).padStart(3, "0")}${String(nextNumber()).padStart(5, "0")}`;
const uniqueEmail = () => `person-${salt}-${nextNumber()}@example.test`;

export type TestCustomer = {
  id: string;
  auth_user_id: string;
  email: string;
  phone: string;
  referral_code: string;
};

export async function newCustomer(
  sql: Sql,
  given: { email?: string; phone?: string; firstName?: string; authUserId?: string } = {},
): Promise<TestCustomer> {
  const email = given.email ?? uniqueEmail();
  const authUserId = given.authUserId ?? (await newAuthUser(sql, { email }));
  return one(
    await sql<TestCustomer[]>`
      insert into customers (auth_user_id, email, first_name, last_name, phone)
      values (${authUserId}, ${email}, ${given.firstName ?? "Thandi"}, 'Nkosi',
        ${given.phone ?? uniquePhone()})
      returning id, auth_user_id, email, phone, referral_code`,
  );
}

/** A customer who may refer: with an active service and nothing overdue. */
export async function newReferrer(
  sql: Sql,
  given: Parameters<typeof newCustomer>[1] = {},
): Promise<TestCustomer> {
  const customer = await newCustomer(sql, given);
  await activeService(sql, customer.id);
  return customer;
}

export async function newAdmin(
  sql: Sql,
  role: "support" | "reviewer" | "billing" | "owner",
): Promise<string> {
  const email = uniqueEmail();
  const id = await newAuthUser(sql, { email });
  await sql`
    insert into admin_users (auth_user_id, email, name, role)
    values (${id}, ${email}, ${`Admin ${role}`}, ${role})`;
  return id;
}

export type Flag = {
  signal: string;
  severity: "flag" | "hold";
  weight?: number;
  evidence?: Record<string, string>;
};

export type OrderChanges = {
  key?: string;
  hash?: string;
  authUserId?: string;
  email?: string;
  firstName?: string;
  phone?: string;
  packageSlug?: string;
  code?: string | null;
  enabled?: boolean;
  flags?: Flag[];
  blocked?: string;
  alertEmail?: string;
};

export type OrderAnswer = {
  order_id: string;
  customer_id: string;
  referral: { status: "recorded" | "not_applied" | "none"; reason?: string };
};

const orderAnswer = z.object({
  order_id: z.string(),
  customer_id: z.string(),
  referral: z.object({
    status: z.enum(["recorded", "not_applied", "none"]),
    reason: z.string().optional(),
  }),
});

/** Everything that `place_order` takes. The person, the key and the package are new by default. */
export async function orderInput(sql: Sql, given: OrderChanges = {}) {
  const email = given.email ?? uniqueEmail();
  return {
    idempotency_key: given.key ?? randomUUID(),
    request_hash: given.hash ?? "hash",
    auth_user_id: given.authUserId ?? (await newAuthUser(sql, { email })),
    email,
    first_name: given.firstName ?? "Lerato",
    last_name: "Mokoena",
    phone: given.phone ?? uniquePhone(),
    address: { line1: "1 Main Road", city: "Cape Town", postal_code: "8001" },
    address_key: `key-${nextNumber()}`,
    package_slug: given.packageSlug ?? (await newPackage(sql)).slug,
    referral_code: given.code ?? null,
    source: "link",
    referrals_enabled: given.enabled ?? true,
    ip_address: "198.51.100.7",
    user_agent: "Test browser",
    alert_email: given.alertEmail ?? null,
    assessment: {
      verdict: given.blocked ? "blocked" : "allowed",
      reason: given.blocked ?? null,
      flags: (given.flags ?? []).map((flag) => ({ weight: 10, ...flag })),
      alert: given.alertEmail !== undefined,
    },
  };
}

export type OrderInput = Awaited<ReturnType<typeof orderInput>>;

export async function sendOrder(sql: Sql, input: OrderInput, asOf: string): Promise<OrderAnswer> {
  for (;;) {
    const { basis } = one(
      await sql<{ basis: string }[]>`
        select private.referrals_made((private.find_referrer(${input.referral_code})).id) as basis`,
    );
    try {
      const row = one(
        await sql<{ answer: unknown }[]>`
          select public.place_order(
            ${sql.json({ ...input, assessment_basis: Number(basis) })}, ${asOf}) as answer`,
      );
      return orderAnswer.parse(row.answer);
    } catch (error) {
      // Another friend of the same referrer was faster: judge again, as the service does.
      if (!(error instanceof Error && error.message === "assessment_stale")) throw error;
    }
  }
}

export async function placeOrder(
  sql: Sql,
  asOf: string,
  given: OrderChanges = {},
): Promise<OrderAnswer> {
  return sendOrder(sql, await orderInput(sql, given), asOf);
}

export async function activateOrder(sql: Sql, orderId: string, asOf: string): Promise<string> {
  const row = one(
    await sql<{ id: string }[]>`
      select private.activate_order(${orderId}, null, ${asOf}) ->> 'id' as id`,
  );
  return row.id;
}

/** A friend who ordered with the code and was activated at that moment. Returns ids. */
export async function activeFriend(
  sql: Sql,
  referrer: TestCustomer,
  at: string,
  given: OrderChanges = {},
): Promise<{ order: string; service: string; referral: string; customer: string }> {
  const answer = await placeOrder(sql, at, { ...given, code: referrer.referral_code });
  const service = await activateOrder(sql, answer.order_id, at);
  const referral = one(
    await sql<{ id: string }[]>`
      select id from customer_referrals where order_id = ${answer.order_id}`,
  );
  return {
    order: answer.order_id,
    service,
    referral: referral.id,
    customer: answer.customer_id,
  };
}

export type ReferralRow = {
  id: string;
  status: string;
  status_reason: string | null;
  referred_at: Date;
  activation_due_at: Date;
  activated_at: Date | null;
  qualifies_at: Date | null;
  qualified_at: Date | null;
  reward_id: string | null;
  program_version: number;
};

export async function referralOf(sql: Sql, orderId: string): Promise<ReferralRow> {
  return one(
    await sql<ReferralRow[]>`select * from customer_referrals where order_id = ${orderId}`,
  );
}

export async function qualify(
  sql: Sql,
  asOf: string,
  grant = true,
): Promise<{ qualified: number; rewards_granted: number }> {
  const row = one(
    await sql<{ answer: unknown }[]>`select public.qualify_referrals(${asOf}, ${grant}) as answer`,
  );
  return z.object({ qualified: z.number(), rewards_granted: z.number() }).parse(row.answer);
}

/** A version of the terms with these changes, in force from now on. */
export async function newTerms(
  sql: Sql,
  changes: Record<string, string | number | boolean | null>,
): Promise<number> {
  const row = one(
    await sql<{ version: number }[]>`
      insert into referral_program
      select (jsonb_populate_record(p, ${sql.json(changes)} || jsonb_build_object(
        'version', p.version + 1, 'reason', 'changed by a test', 'created_at', now()))).*
      from referral_program as p
      where p.version = (select max(version) from referral_program)
      returning version`,
  );
  return row.version;
}

export async function countOf(rows: PromiseLike<readonly { n: number }[]>): Promise<number> {
  return one(await rows).n;
}

/** How many mails of a template were queued for somebody. */
export async function mailCount(sql: Sql, template: string, customerId: string): Promise<number> {
  return countOf(sql<{ n: number }[]>`
    select count(*)::integer as n from notifications
    where template = ${template} and customer_id = ${customerId}`);
}

const verdictSchema = z.object({
  violations: z.number(),
  details: z.array(z.object({ invariant: z.number(), rule: z.string(), entity: z.string() })),
});

export async function verify(sql: Queries): Promise<z.infer<typeof verdictSchema>> {
  const row = one(await sql<{ verdict: unknown }[]>`select public.verify_invariants() as verdict`);
  return verdictSchema.parse(row.verdict);
}
