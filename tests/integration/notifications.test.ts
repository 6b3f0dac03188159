import type { Sql } from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { fixedClock, systemClock } from "@/lib/clock";
import { notificationService } from "@/lib/composition/notifications";
import { resetEnv } from "@/lib/env";
import { captureSender, type MailSender } from "@/lib/notifications/senders";
import type { ServerClient } from "@/lib/supabase/clients";
import { MailProvider, mailBody } from "@/tests/support/mail-provider";
import { NOTHING as nothing, Outbox, problem } from "@/tests/support/outbox";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";

/*
 * The outbox is one queue for everybody, so these tests have a database of their own: no other
 * test's mails are in it.
 */

const HOUR = 3600;

let own: OwnStack;
let sql: Sql;
let client: ServerClient;
let provider: MailProvider;
let outbox: Outbox;

beforeAll(async () => {
  own = await ownStack();
  ({ sql, client } = own);
  provider = await MailProvider.start();
  outbox = new Outbox(own, provider);
});

afterAll(async () => {
  await provider?.stop();
  await own?.stop();
});

beforeEach(() => outbox.reset());

const sending: Outbox["sending"] = (changes) => outbox.sending(changes);
const queue: Outbox["queue"] = (options) => outbox.queue(options);
const read = (id: string) => outbox.read(id);
const pass = (seconds: number) => outbox.pass(seconds);

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
      last_error: null,
      lease_token: null,
      failure_cause: null,
    });
    expect(Math.abs((row.sent_at?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    const body = mailBody.parse(JSON.parse(provider.accepted.get(id)?.body ?? ""));
    expect(body).toMatchObject({
      from: "Acme Fibre <hello@acmefibre.example>",
      subject: row.subject,
      html: row.html,
      text: row.text_body,
    });
    expect(body.text).toContain(body.reply_to);
    expect(body.html).toContain("https://fibre.example/dashboard");

    await pass(48 * HOUR);
    expect(await sending().deliverDue()).toEqual(nothing);
    expect(provider.requests).toHaveLength(1);
  });

  it("is captured with its content when there is no provider", async () => {
    const id = await queue();
    expect(await outbox.worker(captureSender()).deliverDue()).toEqual({ ...nothing, captured: 1 });
    const row = await read(id);
    expect(row).toMatchObject({ status: "captured", provider_message_id: null });
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
          'test:zone', now())`;
      await transaction`
        select private.enqueue_mail(
          'reward_applied', 'thandi@example.com', null,
          jsonb_build_object(
            'first_name', 'Thandi', 'invoice_number', 'INV-2026-000001',
            'amount_waived_cents', 79900::bigint, 'amount_due_cents', 0::bigint,
            'period_start', date '2026-12-01', 'currency', 'ZAR'),
          'test:types', now())`;
    });
    // One after the other: both go to one person.
    expect(await outbox.worker(captureSender()).deliverDue()).toEqual({ ...nothing, captured: 2 });
    const texts = await sql`select subject, text_body from public.notifications order by template`;
    expect(texts[0]?.text_body).toContain("R\u00a0799.00");
    expect(texts[1]?.subject).toBe("Your free month is valid until 14 Dec 2026");
  });

  it("that is not due yet stays", async () => {
    const id = await queue();
    await sql`update public.notifications set next_attempt_at = now() + interval '1 minute'`;
    expect(await sending().deliverDue()).toEqual(nothing);
    await pass(60);
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect((await read(id)).status).toBe("sent");
  });

  it("that cannot be written fails with the reason, and the others are sent", async () => {
    const broken = await queue({ payload: { first_name: "Thandi" } });
    const fine = await queue();
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1, failed: 1 });
    const row = await read(broken);
    expect(row).toMatchObject({ status: "failed", failure_cause: "unwritten", html: null });
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
});

describe("a mail that the provider refuses for itself", () => {
  it("is tried again after growing pauses that span a day, and given up after eight tries", async () => {
    const id = await queue();
    provider.always = problem(422, "validation_error", "Invalid `to` field");
    const service = sending();
    let waited = 0;
    for (const [tries, pause] of [60, 300, 1200, 3600, 10_800, 21_600, 43_200].entries()) {
      expect(await service.deliverDue()).toEqual({ ...nothing, retried: 1 });
      const row = await read(id);
      expect(row).toMatchObject({ status: "queued", attempts: tries + 1, lease_token: null });
      expect(row.last_error).toBe("422 validation_error: Invalid `to` field");
      expect(row.subject).toBe("You earned a free month");
      const seconds = await outbox.secondsUntilDue(id);
      expect(seconds).toBeGreaterThanOrEqual(pause * 0.9 - 5);
      expect(seconds).toBeLessThanOrEqual(pause);
      expect(await service.deliverDue()).toEqual(nothing);
      await pass(seconds + 1);
      waited += seconds;
    }
    expect(waited).toBeGreaterThan(20 * HOUR);
    expect(await service.deliverDue()).toEqual({ ...nothing, failed: 1 });
    const row = await read(id);
    expect(row).toMatchObject({
      status: "failed",
      attempts: 8,
      sent_at: null,
      failure_cause: "refused",
    });
    expect(row.html).toContain("free month");
    await pass(1000 * HOUR);
    expect(await service.deliverDue()).toEqual(nothing);
    expect(provider.requests).toHaveLength(8);
    expect(provider.deliveries).toEqual([]);
  });

  it("holds back no mail to anybody else, and opens no circuit", async () => {
    const bad = await queue({ recipient: "bad@example.com" });
    const ids = await outbox.queueMany(9);
    provider.towards.set("bad@example.com", problem(400, "validation_error"));
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 9, retried: 1 });
    expect(provider.deliveries.map(({ key }) => key).sort()).toEqual([...ids].sort());
    expect(await read(bad)).toMatchObject({ status: "queued", attempts: 1 });
    expect(await outbox.gate()).toMatchObject({ opened_at: null });
  });

  it("keeps each of its tries", async () => {
    const id = await queue();
    provider.script = [problem(422, "validation_error")];
    await sending().deliverDue();
    await pass(61);
    await sending().deliverDue();
    const tries = await sql`
      select outcome, http_status, error, provider_key from public.notification_tries
      where notification_id = ${id} order by id`;
    expect([...tries]).toEqual([
      {
        outcome: "mail_refused",
        http_status: 422,
        error: "422 validation_error: no",
        provider_key: id,
      },
      { outcome: "sent", http_status: 200, error: null, provider_key: id },
    ]);
  });
});

describe("the bytes of a mail", () => {
  it("stay after the provider took them, whatever brand and words are then", async () => {
    const id = await queue();
    provider.script = ["accept and die"];
    await sending().deliverDue();
    const written = await read(id);
    await pass(61);
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
    expect(provider.deliveries).toHaveLength(1);
    const { subject, html, text_body } = written;
    expect(await read(id)).toMatchObject({ subject, html, text_body });
    expect(html).not.toContain("Another Brand");
  });

  it("that the provider knows otherwise are not sent a second time", async () => {
    const id = await queue();
    provider.script = ["accept and die"];
    await sending().deliverDue();
    await pass(61);
    // Nothing in the product changes a mail that was written.
    await sql`update public.notifications set subject = 'Other words' where id = ${id}`;
    expect(await sending().deliverDue()).toEqual({ ...nothing, failed: 1 });
    expect(await read(id)).toMatchObject({ status: "failed", failure_cause: "unclear" });
    expect((await read(id)).last_error).toContain("probably delivered");
    expect(provider.deliveries).toHaveLength(1);
  });
});

describe("a worker that dies", () => {
  const claim = async () => {
    const { data, error } = await client.rpc("claim_notifications", { p_limit: 10 });
    expect(error).toBeNull();
    return z
      .object({ lease_token: z.uuid(), mails: z.array(z.object({ id: z.uuid() })) })
      .parse(data);
  };
  const settle = (token: string, id: string, outcome: string) =>
    client.rpc("settle_notifications", {
      p_lease_token: token,
      p_results: [{ id, outcome, retry_in_seconds: 60 }],
      p_alert_email: "alerts@example.com",
    });

  it("between claiming and sending loses nothing", async () => {
    const id = await queue();
    const { lease_token, mails } = await claim();
    expect(mails.map((mail) => mail.id)).toEqual([id]);
    await pass(100);
    expect(await sending().deliverDue()).toEqual(nothing);
    await pass(20);
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect(provider.requests.map(({ key }) => key)).toEqual([id]);
    expect(await read(id)).toMatchObject({ status: "sent", attempts: 2 });

    // It was only slow, and comes back with an outcome that is not its to tell any more.
    const { data } = await settle(lease_token, id, "unknown");
    expect(data).toEqual({ settled: {}, opened: false, closed: false });
    expect((await read(id)).status).toBe("sent");
    expect(await outbox.gate()).toMatchObject({ opened_at: null });
  });

  it("between sending and noting it sends one mail", async () => {
    const id = await queue();
    const sender = outbox.sender();
    const dying: MailSender = {
      toProvider: true,
      send: async (mail) => {
        await sender.send(mail);
        throw new Error("killed");
      },
    };
    await expect(outbox.worker(dying).deliverDue()).rejects.toThrow("killed");
    expect((await read(id)).status).toBe("sending");
    await pass(120);
    expect(await outbox.worker(sender).deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect(provider.requests.map(({ key }) => key)).toEqual([id, id]);
    expect(provider.deliveries).toHaveLength(1);
    expect((await read(id)).provider_message_id).toBe("provider-1");
    const tries = await sql`
      select outcome from public.notification_tries where notification_id = ${id} order by id`;
    expect(tries.map(({ outcome }) => outcome)).toEqual(["unknown", "sent"]);
  });

  it("takes nothing new in hand after its first failure", async () => {
    await outbox.queueMany(40);
    let calls = 0;
    const failing: MailSender = {
      toProvider: false,
      send: async () => {
        calls += 1;
        if (calls === 1) throw new Error("killed");
        return { outcome: "captured" };
      },
    };
    await expect(outbox.worker(failing).deliverDue({ limit: 10 })).rejects.toThrow("killed");
    // What was under way at that moment: five mails of each of four batches at most.
    expect(calls).toBeLessThanOrEqual(20);
    await pass(120);
    await outbox.worker(captureSender()).deliverDue();
    expect(await outbox.statuses()).toEqual({ captured: 40 });
  });

  it("for a day leaves a mail that may have arrived to a person", async () => {
    const id = await queue();
    const dying: MailSender = {
      toProvider: true,
      send: async () => {
        throw new Error("killed");
      },
    };
    await expect(outbox.worker(dying).deliverDue()).rejects.toThrow("killed");
    await pass(24 * HOUR);
    expect(await sending().deliverDue()).toEqual({ ...nothing, failed: 1 });
    expect(provider.requests).toHaveLength(0);
    expect(await read(id)).toMatchObject({ status: "failed", failure_cause: "unclear" });
  });

  it("for a day before it wrote the mail leaves one that is sent under a new key", async () => {
    const id = await queue();
    await claim();
    await pass(24 * HOUR);
    expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect(provider.requests.map(({ key }) => key)).not.toContain(id);
  });

  it("eight times over the same mail leaves it failed", async () => {
    const id = await queue();
    for (let n = 0; n < 8; n += 1) {
      await claim();
      await pass(120);
    }
    expect(await sending().deliverDue()).toEqual({ ...nothing, failed: 1 });
    expect(provider.requests).toHaveLength(0);
    expect(await read(id)).toMatchObject({ status: "failed", failure_cause: "interrupted" });
  });

  it("slowly, after its lease, does not count what another worker finished", async () => {
    const id = await queue();
    const slow: MailSender = {
      toProvider: true,
      send: async () => {
        await pass(121);
        expect(await sending().deliverDue()).toEqual({ ...nothing, sent: 1 });
        return { outcome: "mail_refused", error: "too late", httpStatus: 422 };
      },
    };
    expect(await outbox.worker(slow).deliverDue({ maxBatches: 1 })).toEqual(nothing);
    expect(await read(id)).toMatchObject({ status: "sent", last_error: null });
  });
});

describe("a job as of another day", () => {
  it("gives nothing up, claims no lease and repeats no try early", async () => {
    const month = fixedClock(new Date(Date.now() + 31 * 24 * HOUR * 1000));
    const refused = await queue({ recipient: "refused@example.com" });
    provider.towards.set("refused@example.com", problem(422, "validation_error"));
    const unknown = await queue({ recipient: "unknown@example.com" });
    provider.towards.set("unknown@example.com", "accept and die");
    await sending().deliverDue();
    await sql`update public.mail_gate set opened_at = null, cause = null, next_probe_at = null`;
    await sql`
      update public.notifications set next_attempt_at = now() + interval '1 hour'
      where id = ${unknown}`;
    const held = await queue();
    await client.rpc("claim_notifications", { p_limit: 10 });

    const before = await Promise.all([refused, unknown, held].map(read));
    provider.requests.length = 0;
    const fresh = await queue();
    expect(await outbox.worker(outbox.sender(), month).deliverDue()).toEqual({
      ...nothing,
      sent: 1,
    });
    expect(provider.requests.map(({ key }) => key)).toEqual([fresh]);
    const after = await Promise.all([refused, unknown, held].map(read));
    expect(after.map(({ status, attempts }) => [status, attempts])).toEqual(
      before.map(({ status, attempts }) => [status, attempts]),
    );
    expect(await outbox.statuses()).toEqual({ queued: 2, sending: 1, sent: 1 });
    const { sent_at, first_attempt_at } = await read(fresh);
    expect(sent_at?.getTime()).toBeLessThan(Date.now() + HOUR * 1000);
    expect(first_attempt_at?.getTime()).toBeLessThan(Date.now() + HOUR * 1000);

    // On the real day everything is still there.
    provider.towards.clear();
    await pass(2 * HOUR);
    await sending().deliverDue();
    expect(await outbox.statuses()).toEqual({ sent: 4 });
    expect(provider.deliveries.filter(({ to }) => to === "unknown@example.com")).toHaveLength(1);
  });

  it("sends a mail that is planned for that day", async () => {
    const id = await queue();
    await sql`update public.notifications set next_attempt_at = now() + interval '20 days'`;
    const clock = fixedClock(new Date(Date.now() + 31 * 24 * HOUR * 1000));
    expect(await outbox.worker(outbox.sender(), clock).deliverDue()).toEqual({
      ...nothing,
      sent: 1,
    });
    expect((await read(id)).status).toBe("sent");
  });
});

describe("a database that goes away", () => {
  it("while a mail is under way ends the run, and the mail is finished later, once", async () => {
    const ids = await outbox.queueMany(8);
    const sender = outbox.sender();
    let sent = 0;
    let stop = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = () => resolve(own.stack.stopDatabase());
    });
    const cutting: MailSender = {
      toProvider: true,
      // The database goes when all that are handed over at a time are under way.
      send: async (mail) => {
        const result = await sender.send(mail);
        sent += 1;
        if (sent === 5) stop();
        await stopped;
        return result;
      },
    };
    const worker = outbox.worker(cutting);
    await expect(worker.deliverDue({ limit: 8 })).rejects.toMatchObject({ code: "unavailable" });
    await expect(sending().deliverDue()).rejects.toMatchObject({ code: "unavailable" });
    expect(provider.accepted.size).toBeGreaterThanOrEqual(5);

    await own.stack.startDatabase();
    await pass(120);
    await outbox.worker(sender).deliverDue();
    expect(await outbox.statuses()).toEqual({ sent: 8 });
    expect(provider.deliveries.map(({ key }) => key).sort()).toEqual([...ids].sort());
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
    const service = notificationService(client, systemClock);
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
    const service = notificationService(client, systemClock);
    expect(await service.deliverDue()).toEqual({ ...nothing, sent: 1 });
    expect(provider.requests[0]?.authorization).toBe("Bearer re_live");
    const body = mailBody.parse(JSON.parse(provider.accepted.get(id)?.body ?? ""));
    expect(body.from).toBe("Fibre <fibre@example.com>");
    expect(body.html).toContain("https://other.example/dashboard");
  });
});
