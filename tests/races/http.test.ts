/*
 * What races or fails on the way through the served site: the same request twenty times at once,
 * answers that get lost, locks that somebody else holds.
 */

import { randomUUID } from "node:crypto";
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Site } from "@/supabase/local/commands/next-server";
import {
  type Account,
  type Answer,
  adminAccount,
  call,
  dataOf,
  refusalOf,
} from "@/tests/support/api";
import { newPackage, newReferrer, type TestCustomer } from "@/tests/support/builders";
import { testStack } from "@/tests/support/context";
import { sharedDatabase } from "@/tests/support/database";
import { eventually } from "@/tests/support/eventually";
import { type FaultyProxy, faultyProxy } from "@/tests/support/faulty-proxy";
import { activeFriend, orderAnswer, placeOrder } from "@/tests/support/orders";
import { newAddress, orderBody } from "@/tests/support/people";
import { mailCount, one } from "@/tests/support/rows";
import { ownSite, ROOMY } from "@/tests/support/site";

const ACTORS = 20;
const now = () => new Date().toISOString();

let sql: Sql;
let owner: Account;
let slug: string;
beforeAll(async () => {
  sql = sharedDatabase(4);
  owner = await adminAccount(sql, "owner");
  slug = (await newPackage(sql)).slug;
});
afterAll(() => sql.end());

const grantAnswer = z.object({ reward_id: z.guid() });

type Options = { site?: string; key?: string };

const order = (json: object, { site, key = randomUUID() }: Options = {}): Promise<Answer> =>
  call("POST", "/api/orders/create", {
    site,
    json,
    headers: { "idempotency-key": key, "x-forwarded-for": newAddress() },
  });

/** What the owner does; with a key where the route takes one. */
const act = (path: string, json: object, { site, key }: Options = {}): Promise<Answer> =>
  call("POST", `/api/admin/${path}`, {
    site,
    json,
    token: owner.token,
    headers: key === undefined ? {} : { "idempotency-key": key },
  });

const atOnce = <T>(send: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: ACTORS }, send));

/** Everything that hangs on a referrer: two equal pictures mean that nothing was written. */
async function picture(customer: TestCustomer): Promise<Record<string, number>> {
  return one(
    await sql<Record<string, number>[]>`
      select
        (select count(*)::integer from customer_referrals where referrer_id = ${customer.id}) as referrals,
        (select count(*)::integer from customer_referrals
          where referrer_id = ${customer.id} and status = 'active') as active,
        (select count(*)::integer from referral_rewards where customer_id = ${customer.id}) as rewards,
        (select count(*)::integer from referral_rewards
          where customer_id = ${customer.id} and status = 'revoked') as revoked,
        (select count(*)::integer from customer_services
          where customer_id = ${customer.id} and status = 'active') as services,
        (select count(*)::integer from notifications where customer_id = ${customer.id}) as mails,
        (select count(*)::integer from audit_log where customer_id = ${customer.id}) as audited`,
  );
}

const keyIsKept = async (key: string): Promise<boolean> =>
  (await sql`select from idempotency_keys where key = ${key}`).length > 0;

describe("the same request, twenty times at once", () => {
  it("is one order, one referral, one mail and one answer", async () => {
    const referrer = await newReferrer(sql);
    const body = orderBody(slug, { referral_code: referrer.referral_code });
    const key = randomUUID();
    const answers = await atOnce(() => order(body, { key }));
    const placed = answers.map((answer) => dataOf(answer, orderAnswer, 201));
    expect(new Set(placed.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(placed[0]?.referral.status).toBe("recorded");
    const customer = placed[0]?.customer_id ?? "";
    expect(await sql`select from orders where customer_id = ${customer}`).toHaveLength(1);
    expect(await sql`select from customers where email = ${body.account.email}`).toHaveLength(1);
    expect(await picture(referrer)).toMatchObject({ referrals: 1, mails: 1 });
  });

  it("is one free month, one mail and one audit row", async () => {
    const customer = await newReferrer(sql);
    const key = randomUUID();
    const path = `customers/${customer.id}/referrals/grant`;
    const answers = await atOnce(() => act(path, { reason: "Goodwill" }, { key }));
    const granted = answers.map((answer) => dataOf(answer, grantAnswer, 201).reward_id);
    expect(new Set(granted).size).toBe(1);
    expect(await picture(customer)).toMatchObject({ rewards: 1, mails: 1, audited: 1 });
  });

  it("is one activation: one clock, one mail, one audit row", async () => {
    const referrer = await newReferrer(sql);
    const placed = await placeOrder(sql, now(), { code: referrer.referral_code });
    const answers = await atOnce(() => act(`orders/${placed.order_id}/activate`, {}));
    const service = z.object({
      id: z.guid(),
      status: z.literal("active"),
      activated_at: z.string(),
    });
    const active = answers.map((answer) => dataOf(answer, service));
    expect(new Set(active.map(({ id, activated_at }) => `${id} ${activated_at}`)).size).toBe(1);
    expect(await mailCount(sql, "referral_activated", referrer.id)).toBe(1);
    const audits = await sql`
      select from audit_log where entity_id = ${placed.order_id} and action = 'order.activated'`;
    expect(audits).toHaveLength(1);
  });

  it("revokes once; the other requests learn that it is no longer pending", async () => {
    const customer = await newReferrer(sql);
    const path = `customers/${customer.id}/referrals`;
    const { reward_id } = dataOf(
      await act(`${path}/grant`, { reason: "Goodwill" }),
      grantAnswer,
      201,
    );
    const answers = await atOnce(() => act(`${path}/revoke`, { reward_id, reason: "By mistake" }));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 200).map(refusalOf);
    expect(refused).toEqual(Array.from({ length: ACTORS - 1 }, () => "409 reward_not_pending"));
    expect(await mailCount(sql, "reward_revoked", customer.id)).toBe(1);
  });
});

describe("an answer that is lost", () => {
  let proxy: FaultyProxy;
  let site: Site;
  beforeAll(async () => {
    const stack = testStack();
    proxy = await faultyProxy(stack.apiUrl);
    site = await ownSite({ ...stack, apiUrl: proxy.url }, ROOMY);
  });
  afterAll(async () => {
    await site?.stop();
    await proxy?.stop();
  });

  /** Sends a request of which one call to the database is lost, then repeats it undisturbed. */
  async function repeated(
    name: string,
    fate: "lost before" | "lost after",
    send: () => Promise<Answer>,
  ): Promise<{ first: Answer; second: Answer }> {
    proxy.decide((passing) => (passing.name === name ? fate : "answered"));
    const first = await send();
    // Nobody tried again behind the caller's back: it may have been carried out.
    expect(proxy.seen.filter((seen) => seen === name)).toHaveLength(1);
    proxy.decide(() => "answered");
    return { first, second: await send() };
  }

  it.each(["lost before", "lost after"] as const)(
    "to an order (%s it was placed): the same key gives the order, once",
    async (fate) => {
      const referrer = await newReferrer(sql);
      const body = orderBody(slug, { referral_code: referrer.referral_code });
      const key = randomUUID();
      const send = () => order(body, { site: site.url, key });
      const { first, second } = await repeated("place_order", fate, send);
      expect(refusalOf(first)).toBe("503 unavailable");
      expect(Number(first.headers.get("retry-after"))).toBeGreaterThan(0);
      const placed = dataOf(second, orderAnswer, 201);
      expect(placed.referral.status).toBe("recorded");
      expect(dataOf(await send(), orderAnswer, 201)).toEqual(placed);
      expect(await sql`select from orders where customer_id = ${placed.customer_id}`).toHaveLength(
        1,
      );
      expect(await picture(referrer)).toMatchObject({ referrals: 1, mails: 1 });
    },
  );

  it.each(["lost before", "lost after"] as const)(
    "to a grant (%s it was made): the same key gives the free month, once",
    async (fate) => {
      const customer = await newReferrer(sql);
      const key = randomUUID();
      const path = `customers/${customer.id}/referrals/grant`;
      const send = (reason = "Goodwill") => act(path, { reason }, { site: site.url, key });
      const { first, second } = await repeated("grant_reward", fate, send);
      expect(refusalOf(first)).toBe("503 unavailable");
      const { reward_id } = dataOf(second, grantAnswer, 201);
      expect(dataOf(await send(), grantAnswer, 201).reward_id).toBe(reward_id);
      expect(await picture(customer)).toMatchObject({ rewards: 1, mails: 1, audited: 1 });
      expect(refusalOf(await send("Something else"))).toBe("409 idempotency_key_reused");
    },
  );

  it("to an activation or a revocation: the repeated request finds it done", async () => {
    const referrer = await newReferrer(sql);
    const placed = await placeOrder(sql, now(), { code: referrer.referral_code });
    const activate = () => act(`orders/${placed.order_id}/activate`, {}, { site: site.url });
    const activation = await repeated("activate_order", "lost after", activate);
    expect([activation.first.status, activation.second.status]).toEqual([503, 200]);
    expect(await mailCount(sql, "referral_activated", referrer.id)).toBe(1);

    const path = `customers/${referrer.id}/referrals`;
    const { reward_id } = dataOf(
      await act(`${path}/grant`, { reason: "Goodwill" }),
      grantAnswer,
      201,
    );
    const revoke = () =>
      act(`${path}/revoke`, { reward_id, reason: "By mistake" }, { site: site.url });
    const revocation = await repeated("revoke_reward", "lost after", revoke);
    expect(refusalOf(revocation.first)).toBe("503 unavailable");
    expect(refusalOf(revocation.second)).toBe("409 reward_not_pending");
    expect(await picture(referrer)).toMatchObject({ rewards: 1, revoked: 1 });
    expect(await mailCount(sql, "reward_revoked", referrer.id)).toBe(1);
  });
});

describe("a key", () => {
  it("belongs to the person who used it: a grant and an order by others under it are separate", async () => {
    const customer = await newReferrer(sql);
    const colleague = await adminAccount(sql, "billing");
    const key = randomUUID();
    const path = `customers/${customer.id}/referrals/grant`;
    const mine = dataOf(await act(path, { reason: "Goodwill" }, { key }), grantAnswer, 201);
    const theirs = dataOf(
      await call("POST", `/api/admin/${path}`, {
        token: colleague.token,
        json: { reason: "Goodwill", confirm_recent: true },
        headers: { "idempotency-key": key },
      }),
      grantAnswer,
      201,
    );
    expect(theirs.reward_id).not.toBe(mine.reward_id);
    const placed = dataOf(await order(orderBody(slug), { key }), orderAnswer, 201);
    expect(await sql`select from orders where customer_id = ${placed.customer_id}`).toHaveLength(1);
    expect((await picture(customer)).rewards).toBe(2);
    // The same customer of another admin's list, under the same key, is another request.
    const other = await newReferrer(sql);
    const reused = await act(
      `customers/${other.id}/referrals/grant`,
      { reason: "Goodwill" },
      { key },
    );
    expect(refusalOf(reused)).toBe("409 idempotency_key_reused");
    expect((await picture(other)).rewards).toBe(0);
  });

  it("used by two different requests at once serves one and refuses the other", async () => {
    const customer = await newReferrer(sql);
    const key = randomUUID();
    const path = `customers/${customer.id}/referrals/grant`;
    let turn = 0;
    const answers = await atOnce(() => {
      turn += 1;
      return act(path, { reason: turn % 2 ? "Goodwill" : "An apology" }, { key });
    });
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(ACTORS / 2);
    const refused = answers.filter(({ status }) => status !== 201).map(refusalOf);
    expect(new Set(refused)).toEqual(new Set(["409 idempotency_key_reused"]));
    expect((await picture(customer)).rewards).toBe(1);
  });
});

describe("a customer whose row is locked", () => {
  /** Connections of the data API that wait for a lock just now, and since when. */
  const waiting = async (): Promise<Map<number, string>> => {
    const rows = await sql<{ pid: number; since: string }[]>`
      select a.pid, a.query_start::text as since
      from pg_stat_activity as a
      where a.application_name = 'data-api' and a.wait_event_type = 'Lock'`;
    return new Map(rows.map(({ pid, since }) => [pid, since]));
  };

  it("refuses other requests within seconds, writes nothing, and takes them once it is released", async () => {
    const referrer = await newReferrer(sql);
    const friend = await activeFriend(sql, referrer, now(), {
      flags: [{ signal: "velocity", severity: "hold" }],
    });
    const pending = await placeOrder(sql, now(), { code: referrer.referral_code });
    const path = `customers/${referrer.id}/referrals`;
    const { reward_id } = dataOf(
      await act(`${path}/grant`, { reason: "Goodwill" }),
      grantAnswer,
      201,
    );
    const keys = { order: randomUUID(), grant: randomUUID() };
    const body = orderBody(slug, { referral_code: referrer.referral_code });
    const requests: (() => Promise<Answer>)[] = [
      () => order(body, { key: keys.order }),
      () =>
        act(`${path}/grant`, { reason: "An apology", confirm_recent: true }, { key: keys.grant }),
      () => act(`${path}/revoke`, { reward_id, reason: "By mistake" }),
      () => act(`orders/${pending.order_id}/activate`, {}),
      () => act(`services/${friend.service}/status`, { status: "suspended", reason: "Unpaid" }),
      () => act(`review/${friend.referral}`, { decision: "clear", reason: "Is fine" }),
    ];
    const before = await picture(referrer);
    const holder = await sql.reserve();
    try {
      await holder`begin`;
      await holder`select from customers where id = ${referrer.id} for update`;
      const began = performance.now();
      const refused = await Promise.all(requests.map((send) => send()));
      expect(refused.map(refusalOf)).toEqual(requests.map(() => "503 unavailable"));
      for (const { headers } of refused)
        expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      expect(performance.now() - began).toBeLessThan(12_000);
      expect(await picture(referrer)).toEqual(before);
      for (const key of Object.values(keys)) expect(await keyIsKept(key)).toBe(false);
    } finally {
      await holder`rollback`;
      holder.release();
    }
    const served = await Promise.all(requests.map((send) => send()));
    expect(served.map(({ status }) => status)).toEqual([201, 201, 200, 200, 200, 200]);
    expect(await picture(referrer)).toMatchObject({
      referrals: (before.referrals ?? 0) + 1,
      rewards: (before.rewards ?? 0) + 1,
      revoked: 1,
    });
  });

  it("is not noticed when the second attempt succeeds", async () => {
    const referrer = await newReferrer(sql);
    const key = randomUUID();
    const holder = await sql.reserve();
    let granted: Promise<Answer>;
    try {
      await holder`begin`;
      await holder`select from customers where id = ${referrer.id} for update`;
      const others = await waiting();
      granted = act(`customers/${referrer.id}/referrals/grant`, { reason: "Goodwill" }, { key });
      const isNew = ([pid, since]: [number, string]) => others.get(pid) !== since;
      const first = await eventually(async () => [...(await waiting())].find(isNew));
      // The first wait was given up, and another one began.
      await eventually(async () =>
        [...(await waiting())].find((entry) => isNew(entry) && entry[1] > first[1]),
      );
    } finally {
      await holder`rollback`;
      holder.release();
    }
    dataOf(await granted, grantAnswer, 201);
    expect(await picture(referrer)).toMatchObject({ rewards: 1, mails: 1, audited: 1 });
  });

  it("in a deadlock: the database undoes the request, and the second attempt succeeds", async () => {
    const deadlocks = async () =>
      one(
        await sql<{ n: number }[]>`
          select deadlocks::integer as n from pg_stat_database where datname = current_database()`,
      ).n;
    const before = await deadlocks();
    const referrer = await newReferrer(sql);
    const pending = await placeOrder(sql, now(), { code: referrer.referral_code });
    const [low = "", high = ""] = [referrer.id, pending.customer_id].sort();
    const holder = await sql.reserve();
    let activated: Promise<Answer>;
    try {
      await holder`begin`;
      // The other side of the circle is the one that notices it.
      await holder`set local deadlock_timeout = '1min'`;
      await holder`select from customers where id = ${high} for update`;
      const others = await waiting();
      activated = act(`orders/${pending.order_id}/activate`, {});
      await eventually(async () =>
        [...(await waiting())].find(([pid, t]) => others.get(pid) !== t),
      );
      await holder`select from customers where id = ${low} for update`;
    } finally {
      await holder`rollback`;
      holder.release();
    }
    expect((await activated).status).toBe(200);
    expect(await mailCount(sql, "referral_activated", referrer.id)).toBe(1);
    await eventually(async () => ((await deadlocks()) > before ? true : undefined));
  });
});
