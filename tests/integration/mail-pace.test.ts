import type { Sql } from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { captureSender } from "@/lib/notifications/senders";
import type { MailAnswer } from "@/tests/support/mail-provider";
import { MailProvider } from "@/tests/support/mail-provider";
import { NOTHING, Outbox, problem } from "@/tests/support/outbox";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";

/*
 * When mails leave: the pace that all workers share, and the order. One queue, one gate: this file
 * has a database of its own.
 */

let own: OwnStack;
let sql: Sql;
let provider: MailProvider;
let outbox: Outbox;

beforeAll(async () => {
  own = await ownStack();
  sql = own.sql;
  provider = await MailProvider.start();
  outbox = new Outbox(own, provider);
});

afterAll(async () => {
  await provider?.stop();
  await own?.stop();
});

beforeEach(() => outbox.reset());

const sending = () => outbox.sending();

const attempts = async () => {
  const rows = await sql<{ attempts: number }[]>`select attempts from public.notifications`;
  return Math.max(...rows.map((row) => row.attempts));
};

describe("the provider asks to slow down", () => {
  it("once: everybody pauses for as long as it asks, no try is spent, no mail is lost", async () => {
    await outbox.reset(12);
    const ids = await outbox.queueMany(20);
    provider.script = [
      ...Array<MailAnswer>(3).fill("accept"),
      problem(429, "rate_limit_exceeded", "no", { "retry-after": "1" }),
    ];
    await Promise.all([sending().deliverDue(), sending().deliverDue()]);
    expect(await outbox.statuses()).toEqual({ sent: 20 });
    expect(await attempts()).toBe(1);
    expect(provider.deliveries.map(({ key }) => key).sort()).toEqual([...ids].sort());
    // Between the answer and the end of the pause only what was under way already.
    const asked = provider.requests[3]?.at ?? 0;
    const pause = provider.requests.filter(({ at }) => at > asked && at < asked + 950);
    // What was claimed before: three mails per worker. Without the pause it were all sixteen.
    expect(pause.length).toBeLessThanOrEqual(6);
  });

  it("without a number: pauses grow, and the fifth opens the circuit", async () => {
    await outbox.queueMany(3);
    provider.always = problem(429, "rate_limit_exceeded");
    for (const seconds of [1, 2, 4, 8]) {
      await sending().deliverDue({ budgetMs: 500 });
      const [gate] = await sql<{ seconds: number }[]>`
        select extract(epoch from paused_until - now())::float as seconds from public.mail_gate`;
      expect(gate?.seconds).toBeGreaterThan(seconds - 0.5);
      expect(gate?.seconds).toBeLessThanOrEqual(seconds);
      await outbox.pass(seconds);
    }
    await sending().deliverDue({ budgetMs: 500 });
    expect(await outbox.gate()).toMatchObject({ cause: "limit", paused_until: null });
    expect(await attempts()).toBe(0);
  });
});

describe("the pace", () => {
  it("is one for all workers, and uses what it is given", async () => {
    await outbox.reset(50);
    await outbox.queueMany(100);
    const began = performance.now();
    await Promise.all([sending().deliverDue(), sending().deliverDue(), sending().deliverDue()]);
    expect(provider.deliveries).toHaveLength(100);
    const seconds = (performance.now() - began) / 1000;
    // A hundred at 50 a second; a worker may catch up on 80 ms.
    expect(seconds).toBeGreaterThan(1.8);
    const times = provider.requests.map(({ at }) => at).sort((a, b) => a - b);
    for (const [n, at] of times.entries()) {
      const within = times.slice(n).filter((later) => later < at + 500).length;
      expect(within).toBeLessThanOrEqual(25 + 4 + 12);
    }
    // The gate hands out places by the clock of the database, however late a worker gets to its mails.
    // A place is taken 250 to 450 ms ahead, and 250 ms of places at once: 940 ms of them in half a second.
    const tries = await sql<{ at: number }[]>`
      select extract(epoch from started_at)::float * 1000 as at from public.notification_tries
      order by started_at`;
    expect(tries).toHaveLength(100);
    for (const [n, { at }] of tries.entries()) {
      const within = tries.slice(n).filter((later) => later.at < at + 500).length;
      expect(within).toBeLessThanOrEqual(47);
    }
  });

  it("ends with its budget, and leaves the rest for the next call", async () => {
    await outbox.reset(10);
    await outbox.queueMany(40);
    const began = performance.now();
    await sending().deliverDue({ budgetMs: 900 });
    // All forty would take four seconds.
    expect(performance.now() - began).toBeLessThan(2_500);
    const { sent = 0, queued = 0 } = await outbox.statuses();
    expect(sent).toBeGreaterThan(3);
    expect(queued).toBeGreaterThan(20);
    expect(sent + queued).toBe(40);
  });

  it("does not slow down mails that are only captured", async () => {
    await outbox.reset(1 / 60);
    await outbox.queueMany(3);
    const counts = await outbox.worker(captureSender()).deliverDue();
    expect(counts).toEqual({ ...NOTHING, captured: 3 });
  });
});

describe("the order", () => {
  const security = {
    template: "invariants_violated",
    payload: { violations: 1, rules: [] },
  };

  it("is security, transactional, billing, programme", async () => {
    await outbox.reset(50);
    await outbox.queueMany(2);
    await outbox.queue({
      recipient: "billing@example.com",
      template: "services_unbilled",
      payload: { services: 1, months: [] },
    });
    await outbox.queue({
      recipient: "outage@example.com",
      template: "mail_outage",
      payload: {
        opened_at: "2026-11-20T08:00:00Z",
        closed_at: "2026-11-20T09:00:00Z",
        cause: "server",
        waiting: 1,
      },
    });
    await outbox.queue({ recipient: "security@example.com", ...security });
    await sending().deliverDue({ limit: 1 });
    expect(provider.deliveries.map(({ to }) => to).slice(0, 3)).toEqual([
      "security@example.com",
      "outage@example.com",
      "billing@example.com",
    ]);
  });

  it("lets a security mail pass ten thousand that wait, within five seconds", async () => {
    await outbox.reset(20);
    await sql`
      insert into public.notifications (template, recipient, payload, dedupe_key)
      select 'reward_earned', 'p' || n || '@example.com',
        '{"first_name": "Thandi", "expires_at": "2027-11-20T08:00:00+00:00"}', 'many:' || n
      from generate_series(1, 10000) as n`;
    const working = Promise.all([
      sending().deliverDue({ budgetMs: 2_500 }),
      sending().deliverDue({ budgetMs: 2_500 }),
    ]);
    while (provider.deliveries.length < 10) await outbox.gate();
    const queuedAt = performance.now();
    await outbox.queue({ recipient: "security@example.com", ...security });
    await working;
    const left = provider.deliveries.find(({ to }) => to === "security@example.com");
    expect((left?.at ?? Number.POSITIVE_INFINITY) - queuedAt).toBeLessThan(2_000);
    expect(provider.deliveries.length).toBeGreaterThan(30);
  });

  it("within a recipient is that of the events, one at a time", async () => {
    provider.latencyMs = 5;
    const keys: Record<string, string[]> = { "a@example.com": [], "b@example.com": [] };
    for (let n = 0; n < 8; n += 1) {
      for (const [recipient, own] of Object.entries(keys))
        own.push(await outbox.queue({ recipient }));
    }
    // The instant at which a mail became due says nothing about the order of events.
    await sql`
      update public.notifications
      set next_attempt_at = now() - make_interval(secs => (number % 7)::integer)`;
    await Promise.all([sending().deliverDue(), sending().deliverDue()]);
    for (const [recipient, queued] of Object.entries(keys)) {
      const left = provider.deliveries.filter(({ to }) => to === recipient);
      expect(left.map(({ key }) => key)).toEqual(queued);
    }
  });

  it("does not wait for a mail that is planned for later, or for one that is refused", async () => {
    const recipient = "a@example.com";
    const later = await outbox.queue({ recipient });
    await sql`update public.notifications set next_attempt_at = now() + interval '1 hour'`;
    const refused = await outbox.queue({ recipient });
    const third = await outbox.queue({ recipient });
    provider.script = [problem(422, "validation_error")];
    await sending().deliverDue();
    expect(provider.deliveries.map(({ key }) => key)).toEqual([third]);
    expect((await outbox.read(later)).status).toBe("queued");
    expect((await outbox.read(refused)).status).toBe("queued");
  });

  it("waits for one whose outcome is not known", async () => {
    const recipient = "a@example.com";
    const first = await outbox.queue({ recipient });
    const second = await outbox.queue({ recipient });
    provider.script = ["die"];
    await sending().deliverDue();
    await outbox.pass(61);
    await sending().deliverDue();
    expect(provider.deliveries.map(({ key }) => key)).toEqual([first, second]);
  });
});
