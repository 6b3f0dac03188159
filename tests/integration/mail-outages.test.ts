import type { Sql } from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MailAnswer } from "@/tests/support/mail-provider";
import { MailProvider } from "@/tests/support/mail-provider";
import { ALERTS, NOTHING, Outbox, problem } from "@/tests/support/outbox";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";

/*
 * The provider as a whole fails, in every way that is known. One queue, one gate: this file has a
 * database of its own.
 */

const HOUR = 3600;

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
/** Nobody listens there. */
const unreachable = () => outbox.sending({ baseUrl: "http://127.0.0.1:9" });

const attempts = async () => {
  const rows = await sql<{ attempts: number }[]>`select attempts from public.notifications`;
  return Math.max(...rows.map((row) => row.attempts));
};

const FAILURES: readonly (readonly [string, MailAnswer | "unreachable", string])[] = [
  ["401, a wrong key", problem(401, "missing_api_key"), "refused"],
  ["403, a forbidden key", problem(403, "invalid_api_key"), "refused"],
  ["422, a wrong sender", problem(422, "invalid_from_address"), "refused"],
  ["422 about the field from", problem(422, "validation_error", "Invalid `from` field"), "refused"],
  ["429, a used-up quota", problem(429, "daily_quota_exceeded"), "limit"],
  [
    "429 that asks for two minutes",
    problem(429, "rate_limit_exceeded", "no", { "retry-after": "120" }),
    "limit",
  ],
  ["500", problem(500, "internal_server_error"), "server"],
  ["503", problem(503, "application_error", "no", { "retry-after": "60" }), "server"],
  ["a page with status 502", { status: 502, body: "<h1>Bad gateway</h1>" }, "server"],
  ["an error without a name", { status: 500, body: { oops: 1 } }, "server"],
  ["garbage with status 200", { status: 200, body: "<html>" }, "answer"],
  ["another answer with status 200", { status: 200, body: { ok: true } }, "answer"],
  ["no answer", "hang", "network"],
  ["a connection that is cut before the mail was taken", "die", "network"],
  ["a connection that is cut after the mail was taken", "accept and die", "network"],
  ["a mail that was taken without an answer", "accept and hang", "network"],
  ["nobody who listens", "unreachable", "network"],
];

describe.each(FAILURES)("a provider with %s", (_name, answer, cause) => {
  const isSilent = answer === "hang" || answer === "accept and hang";
  // A provider that does not answer is cut off soon.
  const failing = () =>
    answer === "unreachable" ? unreachable() : outbox.sending(isSilent ? { timeoutMs: 150 } : {});

  it("costs no try; one mail a minute probes it, and afterwards each mail arrives once", async () => {
    const ids = await outbox.queueMany(12);
    if (answer !== "unreachable") provider.always = answer;
    const { sent, failed } = await failing().deliverDue();
    expect({ sent, failed }).toEqual({ sent: 0, failed: 0 });
    // What was under way when the first failed: five mails of each of two batches at most.
    expect(provider.requests.length).toBeLessThanOrEqual(10);
    expect(await outbox.gate()).toMatchObject({ cause });
    expect(await attempts()).toBe(0);

    // Any number of workers and calls: nothing leaves before the minute is over.
    const tried = provider.requests.length;
    for (let n = 0; n < 3; n += 1) expect(await failing().deliverDue()).toEqual(NOTHING);
    expect(provider.requests.length).toBe(tried);
    await outbox.pass(121);
    await Promise.all([failing().deliverDue(), failing().deliverDue(), failing().deliverDue()]);
    if (answer !== "unreachable") expect(provider.requests.length).toBe(tried + 1);
    expect(await outbox.gate()).toMatchObject({ failed_probes: 1 });
    expect(await attempts()).toBe(0);
    expect(await outbox.statuses()).toEqual({ queued: 12 });

    provider.always = null;
    await outbox.pass(HOUR);
    await sending().deliverDue();
    await outbox.pass(HOUR);
    await sending().deliverDue();
    // And the mail that tells the admins.
    expect(await outbox.statuses()).toEqual({ sent: 13 });
    expect(provider.deliveries.map(({ key }) => key).sort()).toEqual(
      expect.arrayContaining([...ids].sort()),
    );
    expect(provider.deliveries).toHaveLength(13);
    const told = provider.deliveries.filter(({ to }) => to === ALERTS);
    expect(told.map(({ subject }) => subject)).toEqual(["Mails leave again after an outage"]);
  });
});

describe("a day without the provider", () => {
  /** Runs the job every hour. */
  async function fail(answer: MailAnswer, hours: number): Promise<void> {
    provider.always = answer;
    for (let n = 0; n < hours; n += 1) {
      // Everything fails, so nobody waits long for an answer or for the end of a pause.
      await outbox
        .sending({ timeoutMs: answer === "hang" ? 30 : 1_000 })
        .deliverDue({ budgetMs: 300 });
      await outbox.pass(HOUR);
    }
  }

  it.each([
    ["401", problem(401, "missing_api_key")],
    ["429", problem(429, "rate_limit_exceeded")],
    ["500", problem(500, "internal_server_error")],
    ["a hang", "hang"],
  ] as const)("with %s for 22 hours costs no mail", async (_name, answer) => {
    const ids = await outbox.queueMany(12);
    await fail(answer, 22);
    expect(await outbox.statuses()).toEqual({ queued: 12 });
    expect(await attempts()).toBe(0);
    provider.always = null;
    await sending().deliverDue();
    await outbox.pass(HOUR);
    await sending().deliverDue();
    expect(await outbox.statuses()).toEqual({ sent: 13 });
    expect(new Set(provider.deliveries.map(({ key }) => key)).size).toBe(13);
    expect(provider.deliveries.map(({ key }) => key)).toEqual(expect.arrayContaining(ids));
  });

  it("of refusals for 25 hours ends with every mail sent, the tried ones under a new key", async () => {
    const ids = await outbox.queueMany(12);
    await fail(problem(401, "missing_api_key"), 25);
    const [first] = provider.requests;
    provider.always = null;
    await sending().deliverDue();
    await outbox.pass(HOUR);
    await sending().deliverDue();
    expect(await outbox.statuses()).toEqual({ sent: 13 });
    expect(new Set(provider.deliveries.map(({ to }) => to)).size).toBe(13);
    expect(provider.deliveries).toHaveLength(13);
    expect(ids).toContain(first?.key);
    const renewed = await outbox.read(first?.key ?? "");
    expect(renewed.provider_key).not.toBeNull();
    expect(provider.deliveries.map(({ key }) => key)).toContain(renewed.provider_key);
  });

  it("of unknown outcomes for 25 hours leaves the tried mails to a person, and sends the others", async () => {
    await outbox.queueMany(40);
    await fail("accept and die", 25);
    const tried = new Set(provider.requests.map(({ key }) => key));
    // An outage risks few mails: those of its first moment, and one after 1, 2, 4, 8 … probes.
    expect(tried.size).toBeLessThanOrEqual(10 + 6);
    const arrived = provider.deliveries.map(({ to }) => to);
    provider.always = null;
    for (let n = 0; n < 3; n += 1) {
      await sending().deliverDue();
      await outbox.pass(HOUR);
    }
    const { sent = 0, failed = 0 } = await outbox.statuses();
    expect(sent + failed).toBe(41);
    expect(failed).toBeLessThanOrEqual(tried.size);
    const rows = await sql`
      select distinct failure_cause, last_error like 'An earlier try may have delivered it%' as says
      from public.notifications where status = 'failed'`;
    expect([...rows]).toEqual([{ failure_cause: "unclear", says: true }]);
    // Nobody got a mail twice.
    const everybody = provider.deliveries.map(({ to }) => to);
    expect(new Set(everybody).size).toBe(everybody.length);
    expect(everybody).toEqual(expect.arrayContaining(arrived));
  });
});

describe("a mail that the provider cannot take", () => {
  it("does not keep the circuit open: another one probes, and its fault counts in the end", async () => {
    const poison = await outbox.queue({ recipient: "poison@example.com" });
    provider.towards.set("poison@example.com", problem(500, "internal_server_error"));
    for (let n = 0; n < 12; n += 1) {
      await outbox.queue();
      await sending().deliverDue();
      await outbox.pass(HOUR);
    }
    const row = await outbox.read(poison);
    expect(row.attempts).toBeGreaterThan(0);
    const { sent = 0 } = await outbox.statuses();
    expect(sent).toBeGreaterThanOrEqual(10);
  });
});
