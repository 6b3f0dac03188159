import { z } from "zod";
import { AttachmentService } from "@/lib/admin/attachment-service";
import type { BillingSummary } from "@/lib/billing/schemas";
import { fixedClock } from "@/lib/clock";
import { jobsOf } from "@/lib/composition/jobs";
import { DAY_MS, localDate } from "@/lib/dates";
import { ERROR_CODES } from "@/lib/errors";
import { FraudDetection } from "@/lib/fraud/fraud-detection";
import type { PlacedOrder } from "@/lib/fraud/schemas";
import { identityOf } from "@/lib/identity/identity";
import { periodContaining } from "@/lib/invoicing/period";
import { NotificationService } from "@/lib/notifications/delivery";
import type { OrderRequest } from "@/lib/orders/order-service";
import { createOrderSchema } from "@/lib/orders/schemas";
import { normaliseReferralCode } from "@/lib/referrals/referral-code";
import { ReferralService } from "@/lib/referrals/referral-service";
import type { CallerClient } from "@/lib/supabase/clients";
import { sealAuditLog } from "@/lib/supabase/maintenance";
import { callRpc } from "@/lib/supabase/rpc";
import { billingAt } from "@/tests/support/billing";
import { orderServiceWith } from "@/tests/support/services";
import { isReady } from "./model";
import type { InvoiceState, OrderState, ReferralState, ServiceState, State } from "./state";
import {
  again,
  asAdmin,
  asStaff,
  Broken,
  choose,
  codeOf,
  type Deed,
  serverClient,
  statement,
  type Turn,
} from "./turn";
import type { JobName } from "./workers";
import { CHANGING_ADMIN, OWNER, PACKAGES, SECOND_ADMIN } from "./world";

/*
 * The registry of what actors do. To add an action, add an entry: how often it is drawn, with
 * which codes the product may refuse it, and what it does. Whatever it chooses, it draws.
 */

export interface Action {
  /** How often it is drawn, relative to the others; 0 for what is drawn on a schedule. */
  weight: number;
  /** Refusals that are right at one time or another. Everything else ends the walk. */
  refusals: readonly string[];
  /** It makes others lose their answers. */
  disturbs?: true;
  act(turn: Turn): Promise<Deed>;
}

const REASON = "Asked for by phone";
const NOT_ALLOWED = ["forbidden"] as const;
/** The second: the account was erased in the same instant. */
const ORDER_REFUSALS = ["email_taken", "version_conflict"] as const;
const SITE = "http://localhost:3000";
const ALERTS = "alerts@acmefibre.example";

/** A colleague was faster, the admin has granted enough this month, or rewards are off. */
const GRANT_REFUSALS = ["grant_recent", "grant_limit_reached", "program_paused"] as const;
/** The checks of a code that was forgotten. */
const LATE_CODE_REFUSALS = [
  ...NOT_ALLOWED,
  // The account was erased.
  "referral_code_unknown",
  "order_not_referable",
  "activation_window_over",
  "self_referral",
  "duplicate_referral",
  "referrer_not_eligible",
  "referral_limit_reached",
  "program_paused",
  "not_found",
] as const;

const nothing: Deed = null;

/* People and their orders. */

/** One person writes their address in many ways; every third has a Gmail address. */
function emailOf(person: number, spelling: number): string {
  const name = person % 3 === 0 ? `sim.person.${person}` : `sim-person-${person}`;
  const domain = person % 3 === 0 ? "gmail.com" : "example.test";
  if (spelling === 0) return `${name}@${domain}`;
  if (person % 3 !== 0) return `${name.toUpperCase()}+${spelling}@${domain}`;
  return `${name.replaceAll(".", "")}+${spelling}@googlemail.com`;
}

function spellCode(code: string, spelling: number): string {
  const spellings = [code, code.toLowerCase(), code.slice(-8), code.replaceAll("0", "O")];
  return spellings[spelling % spellings.length] ?? code;
}

/** Mostly somebody new; now and then one of the customers again. */
function someone(turn: Turn): { person: number; spelling: number } {
  const { draws, world } = turn;
  const isNew = draws.percent(world.people < 60 ? 80 : 10) || world.people === 0;
  const known = draws.whole(Math.max(world.people, 1));
  const spelling = draws.percent(50) ? 0 : draws.between(1, 3);
  if (!isNew) return { person: known, spelling };
  world.people += 1;
  return { person: world.people - 1, spelling };
}

function someCode(turn: Turn): string | null {
  const { draws, before } = turn;
  const spelling = draws.whole(4);
  const served = new Set(
    before.services.flatMap(({ status, customer }) => (status === "active" ? [customer] : [])),
  );
  // Few people bring many friends.
  const known = draws.percent(60) ? before.customers.slice(0, 4) : before.customers;
  const owner = choose(turn, known, isCustomer, ({ id }) => served.has(id));
  const kind = draws.weighted([
    ["code", 86],
    ["none", 9],
    ["unknown", 5],
  ]);
  if (kind === "none" || !owner) return null;
  return kind === "unknown" ? "REF-ZZZZZZZZ" : spellCode(owner.code, spelling);
}

interface Wish {
  person: number;
  spelling: number;
  code: string | null;
  key: string;
}

type Placed = Pick<PlacedOrder, "order_id" | "customer_id" | "referral">;

/** An order on the site: sign-up or sign-in, fraud verdict, and the transaction that writes. */
function orderOnSite(
  turn: Turn,
  caller: CallerClient,
  request: OrderRequest,
): () => Promise<Placed> {
  const service = orderServiceWith({
    server: turn.world.api,
    caller,
    clock: fixedClock(turn.at),
    rewardsEnabled: true,
    alertEmail: ALERTS,
  });
  return async () => {
    const { signed_in: _, ...placed } = await service.createOrder(request);
    return placed;
  };
}

/** The same without the sign-up, which is slow: the account is made in the database. */
function orderAtOnce(turn: Turn, request: OrderRequest): () => Promise<Placed> {
  const { world, draws } = turn;
  const { order, idempotencyKey, ipAddress, userAgent } = request;
  const { email, phone, address, first_name, last_name } = order.account;
  const client = serverClient(turn);
  const clock = fixedClock(turn.at);
  const rewardsEnabled = !draws.percent(3);
  const fraud = new FraudDetection({ client, clock });
  const referrals = new ReferralService({ client, clock, siteUrl: SITE, rewardsEnabled });
  const code = order.referral_code ? normaliseReferralCode(order.referral_code) : null;
  const facts = {
    idempotency_key: idempotencyKey,
    package_slug: order.package_slug,
    email,
    phone,
    address,
    ...identityOf({ email, address }),
    referral_code: code,
    visitor_id: null,
    ip_address: ipAddress,
    user_agent: userAgent,
  };
  return async () => {
    const account = await world.account(email);
    for (;;) {
      const { evidence, terms } = await fraud.gather(facts);
      try {
        return await referrals.createReferral({
          ...facts,
          request_hash: JSON.stringify([order.package_slug, email, code]),
          auth_user_id: account,
          first_name,
          last_name,
          address,
          source: "typed",
          assessment: evidence ? fraud.assess(evidence, terms) : null,
          assessment_basis: evidence?.counts.total ?? null,
          alert_email: ALERTS,
        });
      } catch (error) {
        // Another friend of the referrer was faster: judged again, as on the site.
        if (codeOf(error) !== "assessment_stale") throw error;
      }
    }
  };
}

/** What sends an order; sent again, it is the same order under the same key. */
function order(turn: Turn, wish: Wish): () => Promise<Placed> {
  const { draws } = turn;
  const { person } = wish;
  const house = draws.percent(25) ? draws.between(1, 6) : 1000 + person;
  const request: OrderRequest = {
    order: createOrderSchema.parse({
      package_slug: (draws.pick(PACKAGES) ?? PACKAGES[0]).slug,
      account: {
        email: emailOf(person, wish.spelling),
        password: "referral-demo",
        first_name: `Person ${"abcdefghij".charAt(person % 10)}`,
        last_name: "Dlamini",
        phone: `082 ${String(1_000_000 + person)}`,
        address: { line1: `${house} Loop Street`, city: "Cape Town", postal_code: "8001" },
      },
      referral_code: wish.code,
    }),
    idempotencyKey: wish.key,
    rememberedCode: null,
    visitorId: null,
    ipAddress: `198.51.100.${draws.between(1, 12)}`,
    userAgent: `Browser ${draws.between(1, 3)}`,
  };
  const visitor = draws.percent(8) ? turn.world.visitor() : null;
  return visitor ? orderOnSite(turn, visitor, request) : orderAtOnce(turn, request);
}

const outcomeOf = ({ referral }: Placed) =>
  referral.reason ? `${referral.status}: ${referral.reason}` : referral.status;

function expectOrder({ order_id, referral }: Placed) {
  return (after: State) => {
    if (!after.orders.some(({ id }) => id === order_id)) return `order ${order_id} is not there`;
    const recorded = after.referrals.some((row) => row.order === order_id);
    if (recorded !== (referral.status === "recorded")) {
      return `order ${order_id} said ${referral.status}, its referral says otherwise`;
    }
    return null;
  };
}

function same(answers: readonly unknown[], what: string): void {
  const [first, ...rest] = answers.map((answer) => JSON.stringify(answer));
  const other = rest.find((answer) => answer !== first);
  if (other !== undefined) throw new Broken(`${what} was answered ${first} and ${other}`);
}

/** A second request under the key of the first must be refused for that, and for nothing else. */
async function refusesKey(second: Promise<unknown>, otherwise: string): Promise<Deed> {
  const refusal: unknown = await second.then(
    () => new Broken(otherwise),
    (error: unknown) => error,
  );
  if (codeOf(refusal) !== "idempotency_key_reused") throw refusal;
  return { did: "refused the second" };
}

/* Whom an action is about. */

const ofCustomer = (row: { customer: string }, id: string) => row.customer === id;

const isCustomer = (row: { id: string }, id: string) => row.id === id;

/** The orders of a customer and of the friends who came through them. */
function ordersAround(turn: Turn) {
  const { referrals } = turn.before;
  return (row: { order: string | null; customer: string }, id: string) =>
    row.customer === id || referrals.some((one) => one.order === row.order && one.referrer === id);
}

function someOrder(turn: Turn, isReferred: boolean): OrderState | undefined {
  const around = ordersAround(turn);
  const waiting = new Set(
    turn.before.referrals.flatMap((row) => (row.status === "pending" ? [row.order] : [])),
  );
  const found = choose(
    turn,
    turn.before.orders,
    (row, id) => around({ ...row, order: row.id }, id),
    ({ id, status }) => status === "pending" && (!isReferred || waiting.has(id)),
  );
  if (found) turn.note(`order ${found.id} (${found.status})`);
  return found;
}

function someService(turn: Turn, isMeant: (row: ServiceState) => boolean) {
  const service = choose(turn, turn.before.services, ordersAround(turn), isMeant);
  if (service) {
    turn.round.touchedServices.add(service.id);
    turn.note(`service ${service.id} (${service.status})`);
  }
  return service;
}

async function setStatus(turn: Turn, from: ServiceState["status"], to: ServiceState["status"]) {
  // Those matter most whose days are being counted.
  const counted = new Set(
    turn.before.referrals.flatMap((row) => (row.status === "active" ? [row.order] : [])),
  );
  const wantsCounted = from === "active" && turn.draws.percent(60);
  const service = someService(turn, ({ status, order }) => {
    return status === from && (!wantsCounted || (order !== null && counted.has(order)));
  });
  if (!service) return nothing;
  await asAdmin(
    turn,
    "orders:manage",
    (sql, actor) =>
      sql`
        private.set_service_status(${service.id}, ${to}, ${REASON}, ${actor}, ${turn.at})`,
  );
  return { did: `${from} → ${to}` };
}

function someReferral(turn: Turn, isMeant: (row: ReferralState) => boolean) {
  const referral = choose(turn, turn.before.referrals, (row, id) => row.referrer === id, isMeant);
  if (referral) turn.note(`referral ${referral.id} (${referral.status})`);
  return referral;
}

/** Codes that were forgotten, as admins attach them. */
function attachments(turn: Turn): AttachmentService {
  const server = serverClient(turn);
  const clock = fixedClock(turn.at);
  const fraud = new FraudDetection({ client: server, clock });
  return new AttachmentService({ server, fraud, clock, alertEmail: ALERTS, rewardsEnabled: true });
}

/* The billing run. */

const OUTAGE = ERROR_CODES.unavailable.message;
/** What a statement that somebody stopped ends with. */
const STOPPED = ERROR_CODES.timed_out.message;
const CHANGING = "The account kept changing while it was billed. Run again.";

/** What a run that ended without a word of trouble must have done. */
function expectBilled(turn: Turn, summary: BillingSummary) {
  const { before, round } = turn;
  const { period_start: cycle, period_end: end, run_id: run } = summary;
  // Before the first instant of the next cycle in any zone.
  const cycleEnds = Date.parse(`${end}T00:00:00Z`) - 14 * 3_600_000;
  const cycleStarts = Date.parse(`${cycle}T00:00:00Z`) - 14 * 3_600_000;
  return (after: State): string | null => {
    const ofCycle = after.invoices.filter(({ period }) => period === cycle);
    const billed = new Map(ofCycle.map((invoice) => [invoice.service, invoice]));
    const now = new Map(after.services.map((service) => [service.id, service]));
    const earlier = new Set(before.invoices.map(({ id }) => id));
    const isNew = (row: InvoiceState) => row.run === run && !earlier.has(row.id);
    const isActive = ({ service }: InvoiceState) => now.get(service)?.status === "active";
    const troubled = new Set<string>();
    for (const { id, customer, status, activatedAt, price } of before.services) {
      if (round.touchedServices.has(id)) troubled.add(customer);
      const still = status === "active" && now.get(id)?.status === "active";
      if (!still || round.touchedServices.has(id) || activatedAt === null) continue;
      const invoice = billed.get(id);
      if (!invoice && activatedAt < cycleEnds) return `service ${id} was not billed for ${cycle}`;
      // A price that changed in the cycle makes the charge a mixture; suspended days are not charged.
      const isPlain = activatedAt < cycleStarts && !now.get(id)?.changed;
      if (isPlain && invoice && isNew(invoice) && invoice.due + invoice.waived !== price) {
        return `invoice ${invoice.number} charges ${invoice.due} + ${invoice.waived} for ${price}`;
      }
    }
    const isOff = round.rewardsSwitched || !before.rewardsOn;
    if (isOff || round.billsWithoutRewards) return null;
    if (after.runsWithoutRewards.some((id) => id === run)) return null;
    for (const reward of before.rewards) {
      const usable = reward.status === "pending" && reward.expiresAt > turn.at.getTime() + 60_000;
      const unused = after.rewards.some(
        ({ id, status }) => id === reward.id && status === "pending",
      );
      if (!usable || !unused || troubled.has(reward.customer)) continue;
      const invoices = ofCycle.filter(({ customer }) => customer === reward.customer);
      // It goes to the dearest whole month, and waits when that one was invoiced before.
      const dearest = Math.max(1, ...invoices.map(({ month }) => month ?? 0));
      const missed = invoices.some((row) => isNew(row) && row.month === dearest && isActive(row));
      if (missed && !invoices.some(({ waived }) => waived > 0)) {
        return `customer ${reward.customer} paid for ${cycle} with reward ${reward.id} unused`;
      }
    }
    return null;
  };
}

async function bill(turn: Turn, dryRun: boolean): Promise<Deed> {
  const { draws } = turn;
  const rewardsEnabled = !draws.percent(6);
  if (!rewardsEnabled && !dryRun) turn.round.billsWithoutRewards = true;
  const service = billingAt(turn.at, {
    client: serverClient(turn),
    rewardsEnabled,
    alertEmail: ALERTS,
  });
  const workers = draws.oneOf(1, 1, 2, 3);
  const batchSize = draws.oneOf(2, 5, 10, 200);
  turn.note(`${workers} workers, batches of ${batchSize}, rewards ${rewardsEnabled}`);
  const isTwice = !dryRun && draws.percent(10);
  const options = { dryRun, workers, batchSize, idempotencyKey: draws.uuid() };
  const runs = Array.from({ length: isTwice ? 2 : 1 }, () => service.billAll(options));
  const [summary, repeated] = await Promise.all(runs);
  if (!summary) throw new Error("no run was started");
  if (repeated) same([summary.run_id, repeated.run_id], "a run with one key");
  const troubles = summary.errors.filter(({ message }) => {
    // An earlier month that was completed stands before the message.
    const ends = (text: string) => message.endsWith(text);
    return !ends(CHANGING) && !(turn.round.disturbed && (ends(OUTAGE) || ends(STOPPED)));
  });
  if (troubles.length > 0) {
    throw new Broken(`the run ended with ${JSON.stringify(troubles)}`);
  }
  if (dryRun) {
    if (summary.run_id !== null) throw new Broken("a dry run opened a run");
    return { did: summary.invoices > 0 ? "rehearsed" : "nothing to rehearse" };
  }
  const did =
    summary.free_months > 0
      ? "with free months"
      : summary.invoices > 0
        ? "billed"
        : "all billed before";
  if (summary.errors.length > 0) return { did: "with errors" };
  return { did, expect: expectBilled(turn, summary) };
}

const countedSchema = z.object({ qualified: z.number(), rewards_granted: z.number() });
/** A cycle that is over is completed; one that has not begun is refused, or forced with a reason. */
async function billAnotherCycle(turn: Turn): Promise<Deed> {
  const { draws, world } = turn;
  const { start } = periodContaining(turn.at, world.settings.time_zone);
  const months = draws.oneOf(-1, 1);
  const month = new Date(Date.parse(`${start}T12:00:00Z`) + (months > 0 ? 40 : -10) * DAY_MS);
  const period = month.toISOString().slice(0, 7);
  const isForced = draws.percent(40);
  turn.note(`${period}, forced ${isForced}`);
  const service = billingAt(turn.at, { client: serverClient(turn), alertEmail: ALERTS });
  const isFuture = months > 0;
  try {
    await service.runCycle({ period, ...(isForced ? { forceReason: REASON } : {}) });
  } catch (error) {
    if (isForced || !isFuture || codeOf(error) !== "billing_cycle_future") throw error;
    return { did: "was refused" };
  }
  if (!isForced && isFuture) throw new Broken(`${period} was billed without being forced`);
  return { did: isForced ? "forced" : "completed" };
}

const answerOf = z.object({ reward_id: z.guid() });
const paymentSchema = z.object({ invoice_number: z.string(), recorded: z.boolean() });

/** A job in a process of its own, which is killed at a random point of it. */
const killing = (job: JobName): Action => ({
  weight: 0,
  refusals: [],
  disturbs: true,
  async act(turn) {
    const afterMs = turn.draws.between(0, 60);
    turn.note(`after ${afterMs} ms`);
    return { did: await turn.world.killed(job, turn.at, afterMs) };
  },
});

const define = <T extends Record<string, Action>>(actions: T) => actions;

export const ACTIONS = define({
  order: {
    weight: 15,
    refusals: ORDER_REFUSALS,
    async act(turn) {
      const { draws } = turn;
      const wish = { ...someone(turn), code: someCode(turn), key: draws.uuid() };
      turn.note(`person ${wish.person}.${wish.spelling} with ${wish.code}`);
      const replays = draws.percent(12);
      const send = order(turn, wish);
      if (!replays) {
        const placed = await again(send);
        return { did: outcomeOf(placed), expect: expectOrder(placed) };
      }
      // A double click: both requests are under way at once.
      const answers = await Promise.all([again(send), again(send)]);
      same(answers, "an order with one key");
      return { did: `twice: ${outcomeOf(answers[0])}`, expect: expectOrder(answers[0]) };
    },
  },

  "order through two codes": {
    weight: 1.5,
    refusals: ORDER_REFUSALS,
    async act(turn) {
      const { draws, before } = turn;
      const { person } = someone(turn);
      const wishes = [1, 2].map((spelling) => ({
        person,
        spelling,
        code: draws.pick(before.customers)?.code ?? null,
        key: draws.uuid(),
      }));
      turn.note(`person ${person} with ${wishes.map(({ code }) => code).join(" and ")}`);
      const sends = wishes.map((wish) => order(turn, wish));
      const placed = await Promise.all(sends.map((send) => again(send)));
      if (placed.filter(({ referral }) => referral.status === "recorded").length > 1) {
        throw new Broken(`person ${person} was referred twice`);
      }
      return { did: placed.map(outcomeOf).sort().join(" + ") };
    },
  },

  "order with a used key": {
    weight: 0.7,
    refusals: ORDER_REFUSALS,
    async act(turn) {
      const { draws } = turn;
      const key = draws.uuid();
      const wish = { ...someone(turn), code: null, key };
      const first = order(turn, wish);
      const other = order(turn, { ...wish, person: wish.person + 1 });
      await again(first);
      return refusesKey(again(other), "two different orders share a key");
    },
  },

  activate: {
    weight: 18,
    refusals: [...NOT_ALLOWED, "order_not_activatable"],
    async act(turn) {
      const found = someOrder(turn, turn.draws.percent(80));
      if (!found) return nothing;
      const answer = await asAdmin<{ already_active?: boolean }>(
        turn,
        "orders:manage",
        (sql, actor) => sql`private.activate_order(${found.id}, ${actor}, ${turn.at})`,
      );
      return {
        did: answer.already_active ? "was active" : "activated",
        expect: (after) =>
          after.orders.some(({ id, status }) => id === found.id && status === "active")
            ? null
            : `order ${found.id} is not active`,
      };
    },
  },

  "cancel an order": {
    weight: 1.5,
    refusals: [...NOT_ALLOWED, "order_not_cancellable"],
    async act(turn) {
      const found = someOrder(turn, false);
      if (!found) return nothing;
      await asAdmin(
        turn,
        "orders:manage",
        (sql, actor) => sql`private.cancel_order(${found.id}, ${actor}, ${REASON}, ${turn.at})`,
      );
      return { did: "cancelled" };
    },
  },

  suspend: {
    weight: 1.4,
    refusals: [...NOT_ALLOWED, "service_status_invalid"],
    act: (turn) => setStatus(turn, "active", "suspended"),
  },

  reactivate: {
    weight: 3,
    refusals: [...NOT_ALLOWED, "service_status_invalid"],
    act: (turn) => setStatus(turn, "suspended", "active"),
  },

  "cancel a service": {
    weight: 1.2,
    refusals: [...NOT_ALLOWED, "service_status_invalid"],
    act: (turn) => setStatus(turn, turn.draws.oneOf("active", "suspended"), "cancelled"),
  },

  "change the billing settings": {
    weight: 1,
    refusals: [],
    async act(turn) {
      const { draws, world } = turn;
      const days = draws.between(-20, 40);
      const effectiveOn = new Date(turn.at.getTime() + days * DAY_MS).toISOString().slice(0, 10);
      const rate = draws.oneOf(1400, 1500, 1600);
      const paymentDays = draws.oneOf(7, 14, 30);
      turn.note(`${rate} and ${paymentDays} days from ${effectiveOn}`);
      const made = await world.actors`
        insert into public.billing_settings
          (version, effective_on, currency, vat_bps, time_zone, invoice_prefix, payment_days, brand_name,
           support_email, seller, retention_years)
        select s.version + 1, ${effectiveOn}, s.currency, ${rate}, s.time_zone, s.invoice_prefix,
          ${paymentDays}, s.brand_name, s.support_email, s.seller, s.retention_years
        from public.billing_settings as s order by s.version desc limit 1
        on conflict (version) do nothing returning version`;
      return made.length > 0 ? { did: "changed" } : nothing;
    },
  },

  "change a price": {
    weight: 0.7,
    refusals: [],
    async act(turn) {
      const { draws } = turn;
      const { slug, price } = draws.pick(PACKAGES) ?? PACKAGES[0];
      const cents = price === 0 ? 0 : price + draws.between(-99, 99) * 100;
      turn.note(`${slug} for ${cents}`);
      await statement(turn, async (sql) => {
        await sql`
          update public.service_packages set monthly_price_cents = ${cents} where slug = ${slug}`;
      });
      return { did: "changed" };
    },
  },

  "turn a switch": {
    weight: 1.5,
    refusals: [],
    async act(turn) {
      const { draws, before, round } = turn;
      const name = draws.oneOf("rewards", "mail");
      const turnsOff = draws.percent(30);
      const isOff = !before.rewardsOn ? "rewards" : !before.mailOn ? "mail" : null;
      if (isOff === null && !turnsOff) return nothing;
      const [which, isOn] = isOff === null ? [name, false] : [isOff, true];
      if (which === "rewards") round.rewardsSwitched = true;
      turn.note(`${which} ${isOn ? "on" : "off"}`);
      await asAdmin(
        turn,
        "program:manage",
        (sql, actor) => sql`private.set_switch(${which}, ${isOn}, ${REASON}, ${actor}, ${turn.at})`,
        OWNER,
      );
      return { did: `${which} ${isOn ? "on" : "off"}` };
    },
  },

  "change the terms": {
    weight: 1.5,
    refusals: ["version_conflict"],
    async act(turn) {
      const { draws, before, world } = turn;
      const terms = {
        referrals_required: draws.between(1, 3),
        qualifying_days: draws.oneOf(1, 7, 30),
        paid_invoices_required: draws.oneOf(0, 1, 1, 1, 2),
        suspension_grace_days: draws.oneOf(2, 7, 7, 14),
        activation_window_days: draws.oneOf(7, 30, 30),
        reward_expiry_months: draws.oneOf(1, 2, 12),
        monthly_referral_limit: draws.oneOf(2, 4, 10),
        velocity_alert: draws.between(1, 5),
        reward_cap_cents: draws.oneOf(null, null, 30_000),
        reward_vat_treatment: draws.oneOf("discount", "discount", "consideration"),
        is_paused: !before.paused && draws.percent(5),
      };
      turn.note(JSON.stringify(terms));
      await asStaff(
        turn,
        OWNER,
        (sql) => sql<{ answer: unknown }[]>`
          select public.update_program(
            ${world.actors.json(terms)}, ${REASON}, ${before.terms}) as answer`,
      );
      return {
        did: "changed",
        expect: (after) => (after.terms > before.terms ? null : "there is no new version"),
      };
    },
  },

  qualify: {
    weight: 6,
    refusals: [],
    async act(turn) {
      const { before, round } = turn;
      const sum = await jobsOf(serverClient(turn), fixedClock(turn.at)).qualify();
      const now = turn.at.getTime();
      return {
        did: sum.rewards_granted > 0 ? "granted" : sum.qualified > 0 ? "counted" : "none due",
        expect(after) {
          const touched = new Set(
            before.services.flatMap(({ id, order }) =>
              round.touchedServices.has(id) ? [order] : [],
            ),
          );
          const late = after.referrals.find((row) => {
            const was = before.referrals.find(({ id }) => id === row.id);
            const isTouched = touched.has(row.order) || round.touchedAccounts.has(row.referred);
            return was && !isTouched && isReady(before, was, now) && isReady(after, row, now);
          });
          return late ? `referral ${late.id} was not counted` : null;
        },
      };
    },
  },

  "count without granting": {
    weight: 2,
    refusals: [],
    async act(turn) {
      // What the job does with the kill switch on. It leaves friends for the next runs to race for.
      const counted = await again(() =>
        callRpc(
          serverClient(turn),
          "qualify_referrals",
          { p_as_of: turn.at.toISOString(), p_grant: false },
          countedSchema,
        ),
      );
      if (counted.rewards_granted > 0) throw new Broken("granted with the kill switch on");
      return { did: counted.qualified > 0 ? "counted" : "none due" };
    },
  },

  bill: { weight: 6, refusals: [], act: (turn) => bill(turn, false) },

  "bill another cycle": { weight: 0.8, refusals: [], act: billAnotherCycle },

  "bill as a rehearsal": { weight: 1, refusals: [], act: (turn) => bill(turn, true) },

  grant: {
    weight: 9,
    refusals: [...NOT_ALLOWED, "not_found", ...GRANT_REFUSALS],
    async act(turn) {
      const { draws, before } = turn;
      const customer = choose(turn, before.customers, isCustomer);
      const key = draws.uuid();
      const isTwice = draws.percent(40);
      const confirms = draws.percent(75);
      if (!customer) return nothing;
      turn.note(`customer ${customer.id}`);
      // One admin, however often it is sent: keys belong to whoever chose them.
      const grant = () =>
        asAdmin(
          turn,
          "billing:manage_invoices",
          (sql, actor) =>
            sql`
              private.grant_reward(
                ${customer.id}, ${REASON}, ${key}, ${actor}, ${turn.at}, ${confirms})`,
          OWNER,
        );
      const answers = isTwice
        ? await Promise.all([again(grant), again(grant)])
        : [await again(grant)];
      same(answers, "a grant with one key");
      const { reward_id: id } = answerOf.parse(answers[0]);
      return {
        did: isTwice ? "granted, asked twice" : "granted",
        expect: (after) =>
          after.rewards.some((row) => row.id === id && row.customer === customer.id)
            ? null
            : `reward ${id} is not there`,
      };
    },
  },

  "grant with a used key": {
    weight: 0.7,
    refusals: ["not_found", ...GRANT_REFUSALS],
    async act(turn) {
      const { draws, before } = turn;
      const customer = choose(turn, before.customers, isCustomer);
      const key = draws.uuid();
      if (!customer) return nothing;
      const grant = (reason: string) =>
        again(() =>
          asAdmin(
            turn,
            "billing:manage_invoices",
            (sql, actor) =>
              sql`
                private.grant_reward(${customer.id}, ${reason}, ${key}, ${actor}, ${turn.at})`,
            OWNER,
          ),
        );
      await grant(REASON);
      return refusesKey(grant("An apology"), "two different grants share a key");
    },
  },

  revoke: {
    weight: 2.5,
    refusals: [...NOT_ALLOWED, "reward_not_pending"],
    async act(turn) {
      const { rewards, services } = turn.before;
      const billable = new Set(
        services.flatMap(({ status, customer }) => (status === "active" ? [customer] : [])),
      );
      const reward = choose(turn, rewards, ofCustomer, ({ status, customer }) => {
        return status === "pending" && billable.has(customer);
      });
      if (!reward) return nothing;
      turn.note(`reward ${reward.id} (${reward.status}) of ${reward.customer}`);
      await asAdmin(
        turn,
        "billing:manage_invoices",
        (sql, actor) =>
          sql`
            private.revoke_reward(${reward.customer}, ${reward.id}, ${REASON}, ${actor}, ${turn.at})`,
      );
      return {
        did: "revoked",
        expect: (after) =>
          after.rewards.some(({ id, status }) => id === reward.id && status === "revoked")
            ? null
            : `reward ${reward.id} is not revoked`,
      };
    },
  },

  review: {
    weight: 6,
    refusals: [...NOT_ALLOWED, "referral_not_reviewable", "referral_already_rewarded"],
    async act(turn) {
      const { draws, before } = turn;
      const referral = choose(
        turn,
        before.referrals,
        (row, id) => row.referrer === id,
        ({ openFlags }) => openFlags > 0,
      );
      const decision = draws.percent(75) ? "clear" : "reject";
      const grants = draws.percent(50);
      if (!referral) return nothing;
      turn.note(`${decision} referral ${referral.id} (${referral.status})`);
      await asAdmin(
        turn,
        "referrals:review",
        (sql, actor) =>
          sql`
            private.review_referral(
              ${referral.id}, ${decision}, ${REASON}, ${grants}, ${actor}, ${turn.at})`,
      );
      return {
        did: decision === "clear" ? "cleared" : "rejected",
        expect: (after) =>
          after.referrals.some(({ id, openFlags }) => id === referral.id && openFlags > 0)
            ? `referral ${referral.id} still has open flags`
            : null,
      };
    },
  },

  expire: {
    weight: 4,
    refusals: [],
    async act(turn) {
      const { before, round } = turn;
      const sum = await jobsOf(serverClient(turn), fixedClock(turn.at)).expire();
      const now = turn.at.getTime();
      const wasPending = new Set(
        [...before.referrals, ...before.rewards]
          .filter(({ status }) => status === "pending")
          .map(({ id }) => id),
      );
      const found = Object.entries(sum).filter(([, count]) => count > 0);
      return {
        did: found.length > 0 ? found.map(([what]) => what).join(" + ") : "none due",
        expect(after) {
          const referral = after.referrals.find(({ id, status, dueAt }) => {
            return status === "pending" && dueAt <= now && wasPending.has(id);
          });
          if (referral) return `referral ${referral.id} did not expire`;
          // What cannot be used now does not expire.
          if (round.rewardsSwitched || !before.rewardsOn) return null;
          const reward = after.rewards.find(({ id, status, expiresAt }) => {
            return status === "pending" && expiresAt <= now && wasPending.has(id);
          });
          return reward ? `reward ${reward.id} did not expire` : null;
        },
      };
    },
  },

  notify: {
    weight: 3,
    refusals: [],
    async act(turn) {
      const { world } = turn;
      const service = new NotificationService({
        client: serverClient(turn),
        clock: fixedClock(turn.at),
        sender: { toProvider: true, send: (mail) => world.deliver(mail, turn.draws) },
        settings: { siteUrl: SITE, alertEmail: ALERTS },
      });
      // The days of a walk are minutes of the real clock, which the gate and quiet hours follow.
      await world.observer`
        insert into public.mail_settings (version, quiet_from, quiet_until, reason)
        select max(version) + 1, 0, 0, 'No quiet hours' from public.mail_settings
        having not bool_or(quiet_from = quiet_until)
        on conflict do nothing`;
      await world.observer`
        update public.mail_gate
        set next_slot_at = now(), paused_until = null,
          next_probe_at = case when opened_at is not null then now() end`;
      const counts = await service.deliverDue({ limit: 6, maxBatches: 1 });
      const found = Object.entries(counts).filter(([, count]) => count > 0);
      return { did: found.length > 0 ? found.map(([what]) => what).join(" + ") : "none due" };
    },
  },

  "retry a mail": {
    weight: 0.7,
    refusals: ["notification_not_retryable"],
    async act(turn) {
      const mail = turn.draws.pick(turn.before.failedMails);
      if (!mail) return nothing;
      await asStaff(
        turn,
        OWNER,
        (sql) => sql<{ answer: unknown }[]>`select public.retry_notification(${mail.id}) as answer`,
      );
      return { did: "queued again" };
    },
  },

  pay: {
    weight: 6,
    refusals: ["invalid_request"],
    async act(turn) {
      const { draws, before } = turn;
      const open = before.invoices.filter(({ due, paid }) => due > 0 && !paid);
      const invoice = choose(turn, open, ofCustomer);
      if (!invoice) return nothing;
      // In full, in parts, or too much.
      const share = draws.oneOf(100, 100, 100, 40, 60, 150);
      const cents = Math.max(1, Math.round((invoice.outstanding * share) / 100));
      turn.note(`${invoice.number}: ${cents} cents`);
      const client = serverClient(turn);
      const payment = await again(() =>
        callRpc(
          client,
          "record_invoice_payment",
          {
            p_invoice_number: invoice.number,
            p_amount_cents: cents,
            p_paid_at: turn.at.toISOString(),
          },
          paymentSchema,
        ),
      );
      return { did: payment.recorded ? "paid" : "was paid" };
    },
  },

  "record a payment": {
    weight: 4,
    refusals: [...NOT_ALLOWED],
    async act(turn) {
      const { draws, before, world } = turn;
      // Also for an invoice that is paid: then it is the customer's credit.
      const invoice = choose(turn, before.invoices, ofCustomer, ({ due }) => due > 0);
      const key = draws.uuid();
      const share = draws.oneOf(1, 1, 0.3, 0.7, 1.2);
      const isTwice = draws.percent(30);
      if (!invoice) return nothing;
      const cents = Math.max(1, Math.round((invoice.outstanding || invoice.due) * share));
      turn.note(`${invoice.number}: ${cents} cents`);
      const paidOn = localDate(turn.at, world.settings.time_zone);
      const record = () =>
        asAdmin(
          turn,
          "billing:manage_invoices",
          (sql, actor) =>
            sql`
              private.record_payment(
                ${invoice.number}, ${cents}, ${paidOn}, 'cash', null, ${key}, ${actor}, ${turn.at})`,
          OWNER,
        );
      const answers = isTwice
        ? await Promise.all([again(record), again(record)])
        : [await again(record)];
      same(answers, "a payment with one key");
      return { did: invoice.outstanding > 0 ? "paid" : "paid too much" };
    },
  },

  "reverse a payment": {
    weight: 1.5,
    refusals: [...NOT_ALLOWED, "payment_already_reversed"],
    async act(turn) {
      const { before, round } = turn;
      const payment = choose(turn, before.payments, ofCustomer, ({ reversed }) => !reversed);
      if (!payment) return nothing;
      round.touchedAccounts.add(payment.customer);
      turn.note(`payment ${payment.id} of ${payment.customer}`);
      await asAdmin(
        turn,
        "billing:manage_invoices",
        (sql, actor) =>
          sql`private.reverse_payment(${payment.id}, ${REASON}, ${actor}, ${turn.at})`,
      );
      return {
        did: "reversed",
        expect: (after) =>
          after.payments.some(({ id, reversed }) => id === payment.id && reversed)
            ? null
            : `payment ${payment.id} still counts`,
      };
    },
  },

  "collect debit orders": {
    weight: 3,
    refusals: [],
    async act(turn) {
      const { draws, before } = turn;
      const numbers = before.invoices
        .filter(({ due, paid }) => due > 0 && !paid && draws.percent(85))
        .map(({ number }) => number);
      if (numbers.length === 0) return nothing;
      await statement(turn, async (sql) => {
        await sql`
          with held as materialized (
            -- All accounts at once, as the import of a bank file holds them.
            select private.lock_customers(array(
              select i.customer_id from public.customer_invoices as i
              where ${sql.json(numbers)}::jsonb ? i.invoice_number))
          ), due as materialized (
            select i.invoice_number, i.outstanding_cents
            from held cross join private.open_invoices as i
            where ${sql.json(numbers)}::jsonb ? i.invoice_number
          )
          select public.record_invoice_payment(d.invoice_number, d.outstanding_cents, ${turn.at})
          from due as d`;
      });
      return { did: "collected" };
    },
  },

  "attach a code": {
    weight: 3,
    refusals: LATE_CODE_REFUSALS,
    async act(turn) {
      const { before } = turn;
      const referred = new Set(before.referrals.map((row) => row.referred));
      const recent = new Set(
        before.orders.flatMap(({ customer, at }) =>
          at > turn.at.getTime() - 30 * DAY_MS ? [customer] : [],
        ),
      );
      const customer = choose(turn, before.customers, isCustomer, ({ id }) => {
        return recent.has(id) && !referred.has(id);
      });
      const code = someCode(turn);
      if (!customer || code === null || code.endsWith("ZZZZ")) return nothing;
      turn.note(`${code} to customer ${customer.id}`);
      const service = attachments(turn);
      const { referral_id: id } = await service.attach(OWNER, customer.id, code, REASON);
      return {
        did: "attached",
        expect: (after) =>
          after.referrals.some((row) => row.id === id && row.referred === customer.id)
            ? null
            : `referral ${id} is not there`,
      };
    },
  },

  "reinstate a referral": {
    weight: 2.5,
    refusals: [...LATE_CODE_REFUSALS, "referral_not_ended"],
    async act(turn) {
      const referral = someReferral(turn, ({ status }) => {
        return status === "expired" || status === "cancelled";
      });
      if (!referral) return nothing;
      await asAdmin(
        turn,
        "orders:manage",
        (sql, actor) =>
          sql`private.reinstate_referral(${referral.id}, ${REASON}, ${actor}, ${turn.at})`,
      );
      return { did: `given back, was ${referral.status}` };
    },
  },

  "extend a referral": {
    weight: 1.5,
    refusals: [...NOT_ALLOWED, "referral_not_pending", "invalid_request"],
    async act(turn) {
      const referral = someReferral(turn, ({ status }) => status === "pending");
      const days = turn.draws.between(5, 60);
      if (!referral) return nothing;
      const later = Math.max(turn.at.getTime(), referral.dueAt) + days * DAY_MS;
      const until = localDate(new Date(later), turn.world.settings.time_zone);
      await asAdmin(
        turn,
        "orders:manage",
        (sql, actor) =>
          sql`private.extend_referral(${referral.id}, ${until}, ${REASON}, ${actor}, ${turn.at})`,
      );
      return { did: "extended" };
    },
  },

  "claim a forgotten code": {
    weight: 2,
    refusals: ["claim_not_possible", "referral_code_unknown"],
    async act(turn) {
      const { before } = turn;
      const referred = new Set(before.referrals.map((row) => row.referred));
      const customer = choose(turn, before.customers, isCustomer, ({ id, erased }) => {
        return !erased && !referred.has(id);
      });
      const code = someCode(turn);
      const canonical = code === null ? null : normaliseReferralCode(code);
      if (!customer || canonical === null) return nothing;
      turn.note(`customer ${customer.id} claims ${canonical}`);
      await statement(turn, async (sql) => {
        await sql`select private.claim_referral(${customer.id}, ${canonical}, ${turn.at})`;
      });
      return { did: "claimed" };
    },
  },

  "answer a claim": {
    weight: 2,
    refusals: ["claim_answered"],
    async act(turn) {
      const { draws, before } = turn;
      const claim = choose(
        turn,
        before.claims,
        (row, id) => row.referrer === id,
        ({ status }) => status === "open",
      );
      const confirms = draws.percent(80);
      if (!claim) return nothing;
      turn.note(`claim ${claim.id} (${claim.status})`);
      await statement(turn, async (sql) => {
        await sql`
          select private.answer_claim(${claim.referrer}, ${claim.id}, ${confirms}, ${turn.at})`;
      });
      return { did: confirms ? "confirmed" : "declined" };
    },
  },

  "decide a claim": {
    weight: 2,
    refusals: [...LATE_CODE_REFUSALS, "claim_decided", "claim_not_confirmed"],
    async act(turn) {
      const { draws, before } = turn;
      const claim = choose(turn, before.claims, ofCustomer, ({ status }) => {
        return status === "confirmed";
      });
      const accepts = draws.percent(75);
      if (!claim) return nothing;
      turn.note(`claim ${claim.id} (${claim.status})`);
      const decided = await attachments(turn).decideClaim(OWNER, claim.id, accepts, REASON);
      return {
        did: decided.status,
        expect: (after) =>
          after.claims.some(({ id, status }) => id === claim.id && status === decided.status)
            ? null
            : `claim ${claim.id} is not ${decided.status}`,
      };
    },
  },

  "ask for a second person": {
    weight: 0.8,
    refusals: [],
    async act(turn) {
      const { start } = periodContaining(turn.at, turn.world.settings.time_zone);
      const month = `${new Date(Date.parse(start) + 40 * DAY_MS).toISOString().slice(0, 7)}-01`;
      turn.note(month);
      await asStaff(
        turn,
        OWNER,
        (sql) => sql<{ answer: unknown }[]>`
          select public.request_forced_run(${month}, ${REASON}) as answer`,
      );
      return { did: "asked" };
    },
  },

  "decide a request": {
    weight: 1.2,
    refusals: ["own_request", "approval_closed"],
    async act(turn) {
      const { draws, before } = turn;
      const open = before.approvals.filter(({ status }) => status === "pending");
      const approval = draws.pick(open.length > 0 ? open : before.approvals);
      const [who, decision] = draws.oneOf(
        [SECOND_ADMIN, "approve"],
        [SECOND_ADMIN, "approve"],
        [SECOND_ADMIN, "decline"],
        [OWNER, "withdraw"],
        // What only a second person may do.
        [OWNER, "approve"],
      );
      if (!approval) return nothing;
      turn.note(`${decision} ${approval.id} (${approval.status})`);
      await asStaff(
        turn,
        who,
        (sql) => sql<{ answer: unknown }[]>`
          select public.decide_approval(${approval.id}, ${decision}, ${REASON}) as answer`,
      );
      if (who === OWNER && decision === "approve") throw new Broken("approved an own request");
      return { did: decision };
    },
  },

  "seal the audit log": {
    weight: 2,
    refusals: [],
    async act(turn) {
      const sealed = await again(() => sealAuditLog(serverClient(turn)));
      return { did: sealed > 0 ? "sealed" : "nothing to seal" };
    },
  },

  "change an admin's role": {
    weight: 1.5,
    refusals: [],
    async act(turn) {
      const role = turn.draws.oneOf("billing", "billing", "billing", "reviewer", "support");
      const isActive = turn.draws.percent(85);
      turn.note(`${role}, active ${isActive}`);
      await statement(turn, async (sql) => {
        await sql`
          update public.admin_users set role = ${role}, is_active = ${isActive}
          where auth_user_id = ${CHANGING_ADMIN}`;
      });
      return { did: role };
    },
  },

  "change a package": {
    weight: 4,
    refusals: [...NOT_ALLOWED, "package_unchanged", "package_not_changeable"],
    async act(turn) {
      const service = someService(turn, ({ status }) => status === "active");
      const { slug } = turn.draws.pick(PACKAGES) ?? PACKAGES[0];
      if (!service) return nothing;
      await asAdmin(
        turn,
        "orders:manage",
        (sql, actor) =>
          sql`
            private.change_service_package(
              ${service.id}, ${slug}, ${REASON}, ${actor}, ${turn.at})`,
      );
      return { did: "changed" };
    },
  },

  credit: {
    weight: 3,
    refusals: ["credit_exceeds_invoice", "nothing_to_credit"],
    async act(turn) {
      const { draws, before } = turn;
      const invoice = choose(turn, before.invoices, ofCustomer, ({ total }) => total > 0);
      const key = draws.uuid();
      const part = draws.percent(60) ? Math.ceil((invoice?.total ?? 0) * draws.share()) : null;
      const isTwice = draws.percent(30);
      if (!invoice || part === 0) return nothing;
      turn.note(`${part ?? "all"} of ${invoice.number}`);
      const credit = () =>
        asAdmin(
          turn,
          "billing:manage_invoices",
          (sql, actor) =>
            sql`
              private.issue_credit_note(
                ${invoice.number}, ${part}, ${REASON}, ${key}, ${actor}, ${turn.at})`,
          OWNER,
        );
      const answers = isTwice
        ? await Promise.all([again(credit), again(credit)])
        : [await again(credit)];
      same(answers, "a credit note with one key");
      return { did: part === null ? "all of it" : "a part" };
    },
  },

  erase: {
    weight: 0.8,
    refusals: ["customer_not_erasable", "unavailable"],
    async act(turn) {
      const { before } = turn;
      const served = new Set(
        before.services.flatMap(({ status, customer }) =>
          status === "cancelled" ? [] : [customer],
        ),
      );
      const customer = choose(turn, before.customers, isCustomer, ({ id, erased }) => {
        return !erased && !served.has(id);
      });
      if (!customer) return nothing;
      turn.note(`customer ${customer.id}`);
      await asAdmin(
        turn,
        "admins:manage",
        (sql, actor) =>
          sql`private.erase_customer(${customer.id}, ${REASON}, ${actor}, ${turn.at})`,
        OWNER,
      );
      return {
        did: "erased",
        expect: (after) =>
          after.customers.some(({ id, erased }) => id === customer.id && erased)
            ? null
            : `customer ${customer.id} is not erased`,
      };
    },
  },

  "cancel a statement": {
    weight: 5,
    refusals: [],
    disturbs: true,
    async act(turn) {
      return (await turn.world.cancel(turn.draws)) ? { did: "cancelled" } : nothing;
    },
  },

  "kill -9 billing": killing("billing"),
  "kill -9 qualify": killing("qualify"),
  "kill -9 expire": killing("expire"),
  "kill -9 notify": killing("notify"),
} satisfies Record<string, Action>);

export type ActionName = keyof typeof ACTIONS;
export const ACTION_NAMES = Object.keys(ACTIONS) as ActionName[];
