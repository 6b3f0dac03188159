import pino from "pino";
import type { Sql } from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { notificationService } from "@/lib/composition/notifications";
import { resetEnv } from "@/lib/env";
import { NotificationService } from "@/lib/notifications/delivery";
import {
  captureSender,
  type MailSender,
  type ResendOptions,
  resendSender,
} from "@/lib/notifications/senders";
import type { ServerClient } from "@/lib/supabase/clients";
import { type MailAnswer, MailProvider, mailBody } from "@/tests/support/mail-provider";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";

/*
 * The outbox is one queue for everybody, so these tests have a database of their own: no other
 * test's mails are in it.
 */

const START = new Date("2026-11-20T08:00:00Z");
const HOUR = 3600;

const problem = (status: number, name: string, message = "no") => ({
  status,
  body: { statusCode: status, name, message },
});

let own: OwnStack;
let sql: Sql;
let client: ServerClient;
let provider: MailProvider;

beforeAll(async () => {
  own = await ownStack();
  ({ sql, client } = own);
  provider = await MailProvider.start();
});

afterAll(async () => {
  await provider?.stop();
  await own?.stop();
});

let now: Date;
const clock = () => new Date(now);
const pass = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};
const secondsUntil = (instant: Date) => (instant.getTime() - now.getTime()) / 1000;

beforeEach(async () => {
  now = START;
  provider.reset();
  await sql`delete from public.notifications`;
});

const silent = pino({ level: "silent" });

const serviceWith = (sender: MailSender) =>
  new NotificationService({
    client,
    clock,
    sender,
    settings: { siteUrl: "https://fibre.example" },
    log: silent,
  });

const sending = (changes: Partial<ResendOptions> = {}) =>
  serviceWith(
    resendSender({
      apiKey: "re_test",
      baseUrl: provider.url,
      from: "Acme Fibre <hello@acmefibre.example>",
      clock,
      timeoutMs: 2_000,
      requestsPerSecond: 1_000,
      ...changes,
    }),
  );

let serial = 0;

/** Queues a mail the way the business functions do. Returns its id. */
async function queue(
  options: { recipient?: string; template?: string; payload?: Record<string, unknown> } = {},
): Promise<string> {
  serial += 1;
  const key = `test:${serial}`;
  const {
    recipient = `person-${serial}@example.com`,
    template = "reward_earned",
    payload = { first_name: "Thandi", expires_at: "2027-11-20T08:00:00+00:00" },
  } = options;
  await sql`
    select private.enqueue_mail(
      ${template}, ${recipient}, null, ${sql.json(payload as never)}, ${key}, ${START})`;
  const [row] = await sql<{ id: string }[]>`
    select id from public.notifications where dedupe_key = ${key}`;
  if (!row) throw new Error("the mail was not queued");
  return row.id;
}

interface MailRow {
  id: string;
  status: string;
  attempts: number;
  next_attempt_at: Date;
  provider_message_id: string | null;
  subject: string | null;
  html: string | null;
  text_body: string | null;
  last_error: string | null;
  sent_at: Date | null;
  lease_token: string | null;
}

async function read(id: string): Promise<MailRow> {
  const [row] = await sql<MailRow[]>`select * from public.notifications where id = ${id}`;
  if (!row) throw new Error("the mail is gone");
  return row;
}

/** Moves the clock to the moment at which the mail is due again. */
async function untilDue(id: string): Promise<void> {
  now = (await read(id)).next_attempt_at;
}

const nothing = { sent: 0, captured: 0, retried: 0, failed: 0 };

describe("a due mail", () => {
  it("is sent once, under its row's id, and kept as it was written", async () => {
    const id = await queue({ recipient: "thandi@example.com" });
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect(provider.requests).toMatchObject([
      { key: id, to: "thandi@example.com", authorization: "Bearer re_test" },
    ]);
    const row = await read(id);
    expect(row).toMatchObject({
      status: "sent",
      attempts: 1,
      provider_message_id: "provider-1",
      subject: "You earned a free month",
      sent_at: START,
      last_error: null,
      lease_token: null,
    });
    const body = mailBody.parse(JSON.parse(provider.accepted.get(id)?.body ?? ""));
    expect(body).toMatchObject({
      from: "Acme Fibre <hello@acmefibre.example>",
      subject: row.subject,
      html: row.html,
      text: row.text_body,
    });
    expect(body.text).toContain(body.reply_to);
    expect(body.html).toContain("https://fibre.example/dashboard");

    pass(48 * HOUR);
    expect(await sending().deliverDue()).toEqual(nothing);
    expect(provider.requests).toHaveLength(1);
  });

  it("is captured with its content when there is no provider", async () => {
    const id = await queue();
    expect(await serviceWith(captureSender()).deliverDue()).toEqual({ ...nothing, captured: 1 });
    const row = await read(id);
    expect(row).toMatchObject({ status: "captured", provider_message_id: null, sent_at: START });
    expect(row.subject).toBe("You earned a free month");
    expect(row.html).toContain("20 Nov 2027");
    expect(row.text_body).toContain("20 Nov 2027");
    expect(provider.requests).toHaveLength(0);
  });

  it("may be queued by a database session in any time zone", async () => {
    await sql.begin(async (transaction) => {
      await transaction`set local time zone 'Asia/Kolkata'`;
      await transaction`
        select private.enqueue_mail(
          'reward_expiring', 'thandi@example.com', null,
          jsonb_build_object('first_name', 'Thandi', 'expires_at', timestamptz '2026-12-13 22:30Z'),
          'test:zone', ${START})`;
      await transaction`
        select private.enqueue_mail(
          'reward_applied', 'thandi@example.com', null,
          jsonb_build_object(
            'first_name', 'Thandi', 'invoice_number', 'INV-2026-000001',
            'amount_waived_cents', 79900::bigint, 'amount_due_cents', 0::bigint,
            'period_start', date '2026-12-01', 'currency', 'ZAR'),
          'test:types', ${START})`;
    });
    expect(await serviceWith(captureSender()).deliverDue()).toEqual({ ...nothing, captured: 2 });
    const texts = await sql`select subject, text_body from public.notifications order by template`;
    expect(texts[0]?.text_body).toContain("R\u00a0799.00");
    expect(texts[1]?.subject).toBe("Your free month is valid until 14 Dec 2026");
  });

  it("that is not due yet stays", async () => {
    const id = await queue();
    await sql`update public.notifications set next_attempt_at = ${new Date(START.getTime() + 1000)}`;
    expect(await sending().deliverDue()).toEqual(nothing);
    pass(1);
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect((await read(id)).status).toBe("sent");
  });

  it("that cannot be written fails with the reason, and the others are sent", async () => {
    const broken = await queue({ payload: { first_name: "Thandi" } });
    const fine = await queue();
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1, failed: 1 });
    const row = await read(broken);
    expect(row).toMatchObject({ status: "failed", attempts: 1, html: null });
    expect(row.last_error).toMatch(/could not be written.*expires_at/);
    expect(provider.requests.map(({ key }) => key)).toEqual([fine]);
  });
});

describe("a queue", () => {
  it("is delivered in batches, as many as allowed", async () => {
    for (let n = 0; n < 7; n += 1) await queue();
    const service = sending();
    expect(await service.deliverDue({ limit: 2, maxBatches: 2 })).toEqual({ ...nothing, sent: 4 });
    expect(await service.deliverDue({ limit: 2 })).toEqual({ ...nothing, sent: 3 });
  });

  it("is shared by workers that run at once: nobody gets a mail twice", async () => {
    const ids = await Promise.all(Array.from({ length: 60 }, () => queue()));
    const counts = await Promise.all(
      Array.from({ length: 4 }, () => sending().deliverDue({ limit: 5 })),
    );
    expect(counts.reduce((sum, { sent }) => sum + sent, 0)).toBe(60);
    expect(provider.requests.map(({ key }) => key).sort()).toEqual([...ids].sort());
    const attempts = await sql`select distinct status, attempts from public.notifications`;
    expect([...attempts]).toEqual([{ status: "sent", attempts: 1 }]);
  });

  it("keeps the pace that was set", async () => {
    for (let n = 0; n < 5; n += 1) await queue();
    const started = performance.now();
    await sending({ requestsPerSecond: 10 }).deliverDue();
    expect(provider.requests).toHaveLength(5);
    const last = Math.max(...provider.requests.map(({ at }) => at));
    // Four gaps of 100 ms; a timer may fire a little early.
    expect(last - started).toBeGreaterThan(380);
  });

  it("does not use up its tries while the provider is down", async () => {
    for (let n = 0; n < 6; n += 1) await queue();
    provider.script = Array.from({ length: 6 }, () => problem(500, "internal_server_error"));
    const service = sending();
    expect(await service.deliverDue({ limit: 2 })).toEqual({ ...nothing, retried: 2 });
    const [waiting] = await sql`
      select count(*)::int as count from public.notifications where attempts = 0`;
    expect(waiting?.count).toBe(4);
    // The provider refuses a key that comes with another body.
    expect(provider.requests).toHaveLength(2);
  });

  it("pauses as a whole when the provider asks to slow down", async () => {
    const busy = await queue({ recipient: "busy@example.com" });
    await sql`
      update public.notifications
      set next_attempt_at = ${new Date(START.getTime() - 1000)} where id = ${busy}`;
    for (let n = 0; n < 5; n += 1) await queue();
    provider.towards.set("busy@example.com", problem(429, "rate_limit_exceeded"));
    const service = sending();
    expect(await service.deliverDue({ limit: 2 })).toEqual({ ...nothing, sent: 1, retried: 1 });
    expect(await sql`select 1 from public.notifications where attempts = 0`).toHaveLength(4);
    expect(await service.deliverDue({ limit: 2 })).toEqual({ ...nothing, sent: 4 });
  });
});

describe("a provider that fails", () => {
  it("is tried again after growing pauses, and given up after eight tries", async () => {
    const id = await queue();
    provider.script = Array.from({ length: 20 }, () => problem(500, "internal_server_error"));
    const service = sending();
    for (let tries = 1; tries <= 7; tries += 1) {
      expect(await service.deliverDue()).toEqual({ ...nothing, retried: 1 });
      const row = await read(id);
      expect(row).toMatchObject({ status: "queued", attempts: tries, lease_token: null });
      expect(row.last_error).toContain("500 internal_server_error");
      expect(row.subject).toBe("You earned a free month");
      const pause = 30 * 2 ** (tries - 1);
      expect(secondsUntil(row.next_attempt_at)).toBeGreaterThanOrEqual(pause * 0.75);
      expect(secondsUntil(row.next_attempt_at)).toBeLessThanOrEqual(pause * 1.25 + 0.001);
      expect(await service.deliverDue()).toEqual(nothing);
      await untilDue(id);
    }
    expect(await service.deliverDue()).toEqual({ ...nothing, failed: 1 });
    const row = await read(id);
    expect(row).toMatchObject({ status: "failed", attempts: 8, sent_at: null });
    expect(row.last_error).toMatch(/8 tries.*500 internal_server_error/);
    expect(row.html).toContain("free month");
    pass(1000 * HOUR);
    expect(await service.deliverDue()).toEqual(nothing);
    expect(new Set(provider.requests.map(({ key }) => key))).toEqual(new Set([id]));
    expect(provider.requests).toHaveLength(8);
    expect(provider.accepted.size).toBe(0);
  });

  it("is left alone for as long as it asks with 429", async () => {
    const id = await queue();
    provider.script = [
      { ...problem(429, "rate_limit_exceeded"), headers: { "retry-after": "900" } },
    ];
    expect(await sending().deliverDue()).toEqual({ ...nothing, retried: 1 });
    expect(secondsUntil((await read(id)).next_attempt_at)).toBe(900);
    pass(899);
    expect(await sending().deliverDue()).toEqual(nothing);
    pass(1);
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
  });

  it.each<[string, MailAnswer]>([
    ["text with status 200", { status: 200, body: "<html>proxy login</html>" }],
    ["JSON of another shape with status 200", { status: 200, body: { ok: true } }],
    ["a page with status 502", { status: 502, body: "<h1>Bad gateway</h1>" }],
    ["an error without a name", { status: 500, body: { oops: 1 } }],
    ["null as an error", { status: 500, body: "null" }],
    ["a wrong key", problem(401, "missing_api_key")],
    ["a forbidden key", problem(403, "invalid_api_key")],
    ["a wrong sender", problem(422, "invalid_from_address")],
    ["a used-up quota", problem(429, "daily_quota_exceeded")],
    ["another request under way", problem(409, "concurrent_idempotent_requests")],
  ])("with %s gets the same mail again later", async (_name, answer) => {
    const id = await queue();
    provider.script = [answer];
    expect(await sending().deliverDue()).toEqual({ ...nothing, retried: 1 });
    expect((await read(id)).last_error).toBeTruthy();
    await untilDue(id);
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect(provider.requests.map(({ key }) => key)).toEqual([id, id]);
    expect(provider.accepted.size).toBe(1);
    expect(await read(id)).toMatchObject({ status: "sent", attempts: 2, last_error: null });
  });

  it("by not answering is cut off", async () => {
    const id = await queue();
    provider.script = ["hang"];
    expect(await sending({ timeoutMs: 400 }).deliverDue()).toEqual({ ...nothing, retried: 1 });
    await untilDue(id);
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect(provider.accepted.size).toBe(1);
  });

  it.each(["accept and die", "accept and hang"] as const)(
    "with %s sends one mail all the same",
    async (answer) => {
      const id = await queue();
      provider.script = [answer];
      expect(await sending({ timeoutMs: 400 }).deliverDue()).toEqual({ ...nothing, retried: 1 });
      await untilDue(id);
      expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
      // The provider refuses a key that comes with another body.
      expect(provider.requests).toHaveLength(2);
      expect(provider.accepted.size).toBe(1);
      expect((await read(id)).provider_message_id).toBe("provider-1");
    },
  );

  it("that refuses the recipient is not tried again", async () => {
    const id = await queue();
    provider.script = [problem(422, "validation_error", "Invalid `to` field")];
    expect(await sending().deliverDue()).toEqual({ ...nothing, failed: 1 });
    const row = await read(id);
    expect(row).toMatchObject({ status: "failed", attempts: 1 });
    expect(row.last_error).toBe("422 validation_error: Invalid `to` field");
  });

  it("after accepting a mail is given the same bytes again, whatever brand and words are then", async () => {
    const id = await queue();
    provider.script = ["accept and die"];
    await sending().deliverDue();
    const written = await read(id);
    await untilDue(id);
    await sql`
      update public.notifications
      set payload = payload || '{"first_name": "Zinhle"}' where id = ${id}`;
    await sql`
      insert into public.billing_settings (version, brand_name, support_email, seller)
      select s.version + 1, 'Another Brand', 'other@example.com', s.seller
      from private.current_billing_settings() as s`;
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
    // The provider refuses a key that comes with another body.
    expect(provider.requests).toHaveLength(2);
    expect(provider.accepted.size).toBe(1);
    const { subject, html, text_body } = written;
    expect(await read(id)).toMatchObject({ subject, html, text_body });
    expect(html).not.toContain("Another Brand");
  });

  it("that knows the key with other words is not given a second mail", async () => {
    const id = await queue();
    provider.script = ["accept and die"];
    await sending().deliverDue();
    await untilDue(id);
    // Nothing in the product changes a mail that was written.
    await sql`update public.notifications set subject = 'Other words' where id = ${id}`;
    expect(await sending().deliverDue()).toEqual({ ...nothing, failed: 1 });
    expect((await read(id)).last_error).toContain("probably delivered");
    expect(provider.accepted.size).toBe(1);
  });

  it("for 23 hours is given up, before the provider could forget the key", async () => {
    const id = await queue();
    const headers = { "retry-after": String(22 * HOUR) };
    provider.script = [
      { ...problem(503, "application_error"), headers },
      { ...problem(503, "application_error"), headers },
    ];
    expect(await sending().deliverDue()).toEqual({ ...nothing, retried: 1 });
    await untilDue(id);
    expect(await sending().deliverDue()).toEqual({ ...nothing, failed: 1 });
    expect(await read(id)).toMatchObject({ status: "failed", attempts: 2 });
    expect((await read(id)).last_error).toContain("23 hours");
  });
});

describe("a worker that dies", () => {
  const claim = async () => {
    const { data, error } = await client.rpc("claim_notifications", {
      p_limit: 10,
      p_lease_seconds: 120,
      p_as_of: now.toISOString(),
    });
    expect(error).toBeNull();
    return z.array(z.object({ id: z.uuid(), lease_token: z.uuid() })).parse(data);
  };

  it("between claiming and sending loses nothing", async () => {
    const id = await queue();
    const [claimed] = await claim();
    expect(claimed?.id).toBe(id);
    pass(119);
    expect(await sending().deliverDue()).toEqual(nothing);
    pass(1);
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect(provider.requests.map(({ key }) => key)).toEqual([id]);
    expect(await read(id)).toMatchObject({ status: "sent", attempts: 2 });

    // It was only slow, and comes back with an outcome that is not its to tell any more.
    const { data } = await client.rpc("settle_notification", {
      p_id: id,
      p_lease_token: claimed?.lease_token ?? "",
      p_outcome: "retry",
      p_details: {},
      p_as_of: now.toISOString(),
    });
    expect(data).toBe(false);
    expect((await read(id)).status).toBe("sent");
  });

  it("between sending and noting it sends one mail", async () => {
    const id = await queue();
    const sender = resendSender({
      apiKey: "re_test",
      baseUrl: provider.url,
      from: "hello@acmefibre.example",
      clock,
    });
    const dying: MailSender = {
      send: async (mail) => {
        await sender.send(mail);
        throw new Error("killed");
      },
    };
    await expect(serviceWith(dying).deliverDue()).rejects.toThrow("killed");
    expect((await read(id)).status).toBe("sending");
    pass(120);
    expect(await serviceWith(sender).deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect(provider.requests.map(({ key }) => key)).toEqual([id, id]);
    expect(provider.accepted.size).toBe(1);
    expect((await read(id)).provider_message_id).toBe("provider-1");
  });

  it("takes nothing new in hand after its first failure", async () => {
    for (let n = 0; n < 12; n += 1) await queue();
    let calls = 0;
    const failing: MailSender = {
      send: async () => {
        calls += 1;
        if (calls === 1) throw new Error("killed");
        return { outcome: "captured" };
      },
    };
    await expect(serviceWith(failing).deliverDue()).rejects.toThrow("killed");
    expect(calls).toBeLessThanOrEqual(4);
    pass(120);
    expect(await serviceWith(captureSender()).deliverDue()).toEqual({
      ...nothing,
      captured: 12 - (calls - 1),
    });
  });

  it("for a day leaves the mail failed, because the provider may have forgotten the key", async () => {
    const id = await queue();
    await claim();
    pass(24 * HOUR);
    expect(await sending().deliverDue()).toEqual({ ...nothing, failed: 1 });
    expect(provider.requests).toHaveLength(0);
    expect((await read(id)).last_error).toContain("23 hours after the first try");
  });

  it("eight times over the same mail leaves it failed", async () => {
    const id = await queue();
    for (let n = 0; n < 8; n += 1) {
      await claim();
      pass(120);
    }
    expect(await sending().deliverDue()).toEqual({ ...nothing, failed: 1 });
    expect(provider.requests).toHaveLength(0);
    expect(await read(id)).toMatchObject({ status: "failed", attempts: 9 });
  });

  it("slowly, after its lease, does not count what another worker finished", async () => {
    const id = await queue();
    const slow: MailSender = {
      send: async () => {
        pass(121);
        expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
        return { outcome: "refused", error: "too late" };
      },
    };
    expect(await serviceWith(slow).deliverDue()).toEqual(nothing);
    expect(await read(id)).toMatchObject({ status: "sent", last_error: null });
  });
});

describe("a database that goes away", () => {
  it("while a mail is under way ends the run, and the mail is finished later, once", async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => queue()));
    const sender = resendSender({
      apiKey: "re_test",
      baseUrl: provider.url,
      from: "hello@acmefibre.example",
      clock,
      requestsPerSecond: 1_000,
    });
    let sent = 0;
    let stop = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = () => resolve(own.stack.stopDatabase());
    });
    const cutting: MailSender = {
      // The database goes when all four that are handed over at a time are under way.
      send: async (mail) => {
        const result = await sender.send(mail);
        sent += 1;
        if (sent === 4) stop();
        await stopped;
        return result;
      },
    };
    await expect(serviceWith(cutting).deliverDue()).rejects.toMatchObject({ code: "unavailable" });
    await expect(sending().deliverDue()).rejects.toMatchObject({ code: "unavailable" });
    // What was in flight, and nothing of what waited behind it.
    expect(provider.accepted.size).toBe(4);

    await own.stack.startDatabase();
    pass(120);
    expect(await serviceWith(sender).deliverDue()).toEqual({ ...nothing, sent: 8 });
    expect([...provider.accepted.keys()].sort()).toEqual([...ids].sort());
  });
});

describe("the service of the environment", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    resetEnv();
  });

  it("captures without a key", async () => {
    vi.stubEnv("RESEND_API_KEY", "");
    resetEnv();
    await queue();
    const service = notificationService(client, clock);
    expect(await service.deliverDue()).toEqual({ ...nothing, captured: 1 });
  });

  it("sends with a key, from the named sender", async () => {
    vi.stubEnv("RESEND_API_KEY", "re_live");
    vi.stubEnv("RESEND_BASE_URL", `${provider.url}/`);
    vi.stubEnv("EMAIL_FROM", "Fibre <fibre@example.com>");
    vi.stubEnv("ALERT_EMAIL", "alerts@example.com");
    vi.stubEnv("SITE_URL", "https://other.example");
    resetEnv();
    const id = await queue();
    const service = notificationService(client, clock);
    expect(await service.deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect(provider.requests[0]?.authorization).toBe("Bearer re_live");
    const body = mailBody.parse(JSON.parse(provider.accepted.get(id)?.body ?? ""));
    expect(body.from).toBe("Fibre <fibre@example.com>");
    expect(body.html).toContain("https://other.example/dashboard");
  });
});
