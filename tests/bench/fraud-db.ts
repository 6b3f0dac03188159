import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Sql } from "postgres";
import { assessReferral, type FraudVerdict } from "@/lib/fraud/fraud-rules";
import { FRAUD_WINDOWS } from "@/lib/fraud/fraud-signals";
import { type PreparedOrder, preparedOrderSchema } from "@/lib/fraud/schemas";
import type { AddressInput } from "@/lib/identity/address";
import { identityOf } from "@/lib/identity/identity";
import { mailboxOf } from "@/lib/identity/mailbox";
import { normalisePhone } from "@/lib/identity/phone";
import { DEFAULT_TERMS, id } from "@/tests/support/facts";
import { MemoryEvidence } from "@/tests/support/fraud-gather";
import {
  type Member,
  makeFraudWorld,
  type World,
  type WorldOrder,
} from "@/tests/support/fraud-world";
import { ownStack } from "@/tests/support/own-stack";
import { type Judged, outcomeOf, printMisses, summarise } from "./fraud";
import { addCrowd } from "./fraud-crowd";

/**
 * `npm run bench -- fraud --db`: the same labelled world, with the evidence gathered by the
 * database. Every order is prepared, judged and placed by the product's own functions. Says what
 * is caught, where the verdict differs from the one in memory, and how long the evidence takes.
 */

const LONG_AGO = "2024-06-01T08:00:00Z";

interface Latency {
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  max_ms: number;
}

const rounded = (ms: number) => Math.round(ms * 100) / 100;

function latencyOf(times: readonly number[]): Latency {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99), max_ms: at(1) };
}

/** One place and person as stored rows: the same keys that an order writes. */
const stored = (email: string, address: AddressInput) => {
  const { address_key, address_near_keys, mailbox } = identityOf({ email, address });
  return { address_key, address_near_keys, mailbox };
};

interface Person {
  id: string;
  email: string;
  phone: string | null;
  address: AddressInput;
  ip: string | null;
  service: "active" | "suspended" | "cancelled";
  cancelledAt: string | null;
}

async function insertPeople(sql: Sql, people: readonly Person[], packageId: string): Promise<void> {
  const rows = people.map((person) => ({
    ...person,
    ...stored(person.email, person.address),
    order_id: randomUUID(),
  }));
  for (let from = 0; from < rows.length; from += 500) {
    const batch = JSON.stringify(rows.slice(from, from + 500));
    await sql`
      with given as (
        select g.*, array(select jsonb_array_elements_text(g.address_near_keys)) as near_keys
        from jsonb_to_recordset(${batch}::text::jsonb) as g (
          id uuid, email text, phone text, address jsonb, ip inet, service text, "cancelledAt" timestamptz,
          address_key text, address_near_keys jsonb, mailbox text, order_id uuid)
      ), people as (
        insert into public.customers
          (id, email, mailbox, first_name, last_name, phone, address, address_key, address_near_keys, created_at)
        select id, email, mailbox, 'Thandi', 'Nkosi', phone, address, address_key, near_keys, ${LONG_AGO}
        from given
      ), ordered as (
        insert into public.orders
          (id, customer_id, package_id, status, installation_address, address_key, address_near_keys, ip_address,
           activated_at, created_at)
        select order_id, id, ${packageId}, 'active', address, address_key, near_keys, ip, ${LONG_AGO}, ${LONG_AGO}
        from given
      )
      insert into public.customer_services
        (customer_id, order_id, package_id, status, monthly_price_cents, activated_at, suspended_at, cancelled_at)
      select id, order_id, ${packageId}, service, 79900, ${LONG_AGO},
        case service when 'suspended' then ${LONG_AGO}::timestamptz + interval '1 day' end, "cancelledAt"
      from given`;
  }
}

const memberPerson = (member: Member): Person => ({
  id: id(member.id),
  email: member.email,
  phone: normalisePhone(member.phone),
  address: member.address,
  ip: member.ips[0] ?? null,
  service: member.active ? "active" : "suspended",
  cancelledAt: null,
});

/** Writes the world's members, with their services, debts and referrers, as rows. */
async function load(sql: Sql, world: World): Promise<string> {
  const [pack] = await sql<{ id: string }[]>`
    insert into public.service_packages (slug, name, monthly_price_cents)
    values ('bench-fraud', 'Fibre 100/50', 79900) returning id`;
  const packageId = pack?.id ?? "";
  await insertPeople(sql, world.members.map(memberPerson), packageId);
  await insertPeople(
    sql,
    world.served.map(({ address, until }, n) => ({
      id: randomUUID(),
      email: `served${n}@gone.example`,
      phone: null,
      address,
      ip: null,
      service: "cancelled" as const,
      cancelledAt: new Date(until).toISOString(),
    })),
    packageId,
  );
  for (const member of world.members.filter(({ referredBy }) => referredBy !== null)) {
    await sql`
      insert into public.customer_referrals
        (referrer_id, referral_code, referred_customer_id, referred_email, referred_mailbox, order_id, status,
         referred_at, activated_at, qualifies_at)
      select ${id(member.referredBy ?? 0)}, c.referral_code, c.id, c.email, c.mailbox, o.id, 'active',
        ${LONG_AGO}, ${LONG_AGO}, ${LONG_AGO}
      from public.customers as c join public.orders as o on o.customer_id = c.id
      where c.id = ${id(member.id)}`;
  }
  for (const member of world.members) {
    for (const ip of member.ips.slice(1)) {
      await sql`
        insert into public.orders (customer_id, package_id, status, ip_address, cancelled_at, created_at)
        values (${id(member.id)}, ${packageId}, 'cancelled', ${ip}, ${LONG_AGO}, ${LONG_AGO})`;
    }
    if (member.overdue) await owe(sql, id(member.id));
  }
  await sql`select private.draw_identity_key()`;
  for (const { kind, value } of erasedIdentities(world)) {
    await sql`
      insert into private.erased_identities (kind, hash, erased_at)
      values (${kind}, private.identity_hash(${kind}, ${value}), ${LONG_AGO}) on conflict do nothing`;
  }
  await sql.unsafe("analyze");
  return packageId;
}

const erasedIdentities = ({ erased }: World) => [
  ...erased.emails.map((email) => ({ kind: "email", value: mailboxOf(email) ?? "" })),
  ...erased.phones.map((phone) => ({ kind: "phone", value: normalisePhone(phone) ?? "" })),
  ...erased.addresses.map((address) => ({
    kind: "address",
    value: identityOf({ email: "", address }).address_key,
  })),
];

/** An invoice that is overdue since long ago. */
async function owe(sql: Sql, customerId: string): Promise<void> {
  await sql.unsafe("set session_replication_role = replica");
  await sql`
    insert into public.customer_invoices
      (invoice_number, customer_id, service_id, period_start, period_end, issued_at, due_on, vat_bps, price_cents,
       subtotal_cents, vat_cents, total_cents, amount_due_cents, seller, buyer, line_items)
    select 'BENCH-' || s.id, s.customer_id, s.id, '2024-07-01', '2024-08-01', '2024-07-01T08:00:00Z', '2024-07-31',
      1500, 79900, 69478, 10422, 79900, 79900, '{}', '{}',
      '[{"description": "Fibre", "quantity": 1, "amount_cents": 79900}]'
    from public.customer_services as s where s.customer_id = ${customerId}`;
  await sql.unsafe("set session_replication_role = origin");
}

const textAt = (at: number) => new Date(at).toISOString();

async function prepare(sql: Sql, facts: object, at: string): Promise<PreparedOrder> {
  const [row] = await sql<{ prepared: unknown }[]>`
    select public.prepare_order(${sql.json(facts as never)}, ${at}) as prepared`;
  return preparedOrderSchema.parse(row?.prepared);
}

/**
 * Milliseconds for which the process of a connection ran on a processor: what a query costs, however
 * busy the machine is. Null where the system does not tell.
 */
async function processorTime(sql: Sql): Promise<() => number | null> {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return () => {
    try {
      return Number(readFileSync(`/proc/${row?.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
    } catch {
      return null;
    }
  };
}

/** Places one order of the world and returns its verdict and how long gathering and judging took. */
async function orderOf(sql: Sql, order: WorldOrder, code: string, processor: () => number | null) {
  const at = textAt(order.at);
  const visitor = randomUUID();
  if (order.visitedAt !== null) {
    await sql`
      insert into public.referral_visits (visitor_id, referrer_id, referral_code, visited_at)
      values (${visitor}, ${id(order.referrer)}, ${code}, ${textAt(order.visitedAt)})`;
  }
  const address = order.address;
  const facts = {
    idempotency_key: randomUUID(),
    package_slug: "bench-fraud",
    email: order.email,
    phone: normalisePhone(order.phone),
    address,
    ...identityOf({ email: order.email, address }),
    visitor_id: visitor,
    ip_address: order.ip,
    user_agent: order.userAgent,
    referral_code: code,
    windows: FRAUD_WINDOWS,
  };
  const ran = processor();
  const began = performance.now();
  const prepared = await prepare(sql, facts, at);
  const gathered = performance.now();
  const work = ran === null ? null : (processor() ?? ran) - ran;
  await sql`select 1`;
  const roundTrip = performance.now() - gathered;
  const judging = performance.now();
  if (prepared.evidence === null) throw new Error(`no evidence for ${order.kind}`);
  const verdict = assessReferral(prepared.evidence, prepared.terms, prepared.fraud_settings);
  const judged = performance.now();
  const user = randomUUID();
  await sql`
    insert into auth.users (id, email, email_confirmed_at) values (${user}, ${`${user}@accounts.example`}, ${at})`;
  const [row] = await sql<{ placed: { referral: { status: string; reason?: string } } }[]>`
    select public.place_order(${sql.json({
      ...facts,
      request_hash: "bench",
      auth_user_id: user,
      must_be_new: true,
      first_name: "Lerato",
      last_name: "Mokoena",
      source: "link",
      referrals_enabled: true,
      assessment: verdict,
      assessment_basis: prepared.evidence.counts.total,
      alert_email: "alerts@example.com",
      judged: { evidence: prepared.evidence, settings_version: prepared.fraud_settings.version },
    } as never)}, ${at}) as placed`;
  const isRecorded = row?.placed.referral.status === "recorded";
  return {
    verdict,
    isRecorded,
    roundTrip,
    work,
    gather: gathered - began,
    judge: judged - judging,
  };
}

const namesOf = (verdict: FraudVerdict): string =>
  verdict.verdict === "blocked"
    ? verdict.reason
    : verdict.flags.map(({ signal, severity }) => `${signal}:${severity}`).join(" ");

export interface FraudDatabaseSize {
  seed: number;
  /** Share of the whole world, in per cent. */
  percent: number;
  /** Customers beside those of the world. */
  customers: number;
}

export async function benchFraudDatabase({
  seed,
  percent,
  customers,
}: FraudDatabaseSize): Promise<object> {
  const own = await ownStack();
  const sql = own.connect(1);
  try {
    await addCrowd(sql, customers);
    const world = makeFraudWorld(seed, percent / 100);
    await load(sql, world);
    const codes = new Map(
      (
        await sql<
          { id: string; referral_code: string }[]
        >`select id, referral_code from public.customers`
      ).map((row) => [row.id, row.referral_code]),
    );
    const memory = new MemoryEvidence(world);
    const judged: Judged[] = [];
    const differences: string[] = [];
    const gather: number[] = [];
    const judge: number[] = [];
    const roundTrips: number[] = [];
    const works: number[] = [];
    const processor = await processorTime(sql);
    for (const order of world.orders) {
      const code = codes.get(id(order.referrer)) ?? "";
      const inMemory = assessReferral(memory.gather(order), DEFAULT_TERMS);
      const { verdict, isRecorded, ...times } = await orderOf(sql, order, code, processor);
      if (verdict.verdict === "accepted") memory.record(order);
      if (isRecorded !== (verdict.verdict === "accepted")) {
        differences.push(
          `${order.kind}: the order was ${isRecorded ? "recorded" : "refused"} against the verdict`,
        );
      }
      if (namesOf(inMemory) !== namesOf(verdict)) {
        differences.push(
          `${order.label}, ${order.kind}: memory [${namesOf(inMemory)}], database [${namesOf(verdict)}]`,
        );
      }
      gather.push(times.gather);
      judge.push(times.judge);
      roundTrips.push(times.roundTrip);
      if (times.work !== null) works.push(times.work);
      judged.push({ order, verdict, outcome: outcomeOf(verdict) });
    }
    const summary = summarise(judged);
    console.log(JSON.stringify(summary, null, 1));
    printMisses(judged);
    console.log(`Verdicts that differ from those in memory: ${differences.length}`);
    for (const line of differences.slice(0, 40)) console.log(`  ${line}`);
    const latency = {
      gather: latencyOf(gather),
      gather_processor: latencyOf(works),
      empty_query: latencyOf(roundTrips),
      judge: latencyOf(judge),
    };
    console.table(latency);
    return {
      bench: "fraud",
      source: "database",
      seed,
      customers,
      ...summary,
      differences: differences.length,
      latency,
    };
  } finally {
    await own.stop();
  }
}
