import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { NextRequest } from "next/server";
import type { Sql } from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { POST } from "@/app/api/webhooks/resend/route";
import { newAdmin, newCustomer } from "@/tests/support/builders";
import { asUser, refusal } from "@/tests/support/database";
import { enterEnvironment } from "@/tests/support/environment";
import { MailProvider } from "@/tests/support/mail-provider";
import { Outbox } from "@/tests/support/outbox";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { one } from "@/tests/support/rows";

/* What the provider reports of mails, and what somebody else may say in its name. */

const SECRET = `whsec_${randomBytes(24).toString("base64")}`;

let own: OwnStack;
let sql: Sql;
let provider: MailProvider;
let outbox: Outbox;
let restore: () => void;
let billing: string;
let support: string;

beforeAll(async () => {
  own = await ownStack();
  sql = own.sql;
  provider = await MailProvider.start();
  outbox = new Outbox(own, provider);
  restore = enterEnvironment({
    SUPABASE_URL: own.stack.apiUrl,
    SUPABASE_PUBLISHABLE_KEY: own.stack.publishableKey,
    SUPABASE_SECRET_KEY: own.stack.secretKey,
    RESEND_WEBHOOK_SECRET: SECRET,
    LOG_LEVEL: "silent",
  });
  billing = await newAdmin(sql, "billing");
  support = await newAdmin(sql, "support");
});

afterAll(async () => {
  restore?.();
  await provider?.stop();
  await own?.stop();
});

beforeEach(async () => {
  await outbox.reset();
  await sql`delete from mail_suppressions`;
  await sql`delete from mail_events`;
});

const sign = (id: string, timestamp: number | string, body: string, secret = SECRET) =>
  `v1,${createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"))
    .update(`${id}.${timestamp}.${body}`)
    .digest("base64")}`;

const now = () => Math.floor(Date.now() / 1000);

async function post(body: string, headers: Record<string, string>) {
  const request = new NextRequest("http://site.test/api/webhooks/resend", {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
  const response = await POST(request, { params: Promise.resolve({}) });
  return { status: response.status, body: await response.json() };
}

/** A report as the provider signs it. */
const report = (
  type: string,
  messageId: string,
  changes: { id?: string; at?: string; data?: object; timestamp?: number; secret?: string } = {},
) => {
  const { id = `msg_${randomUUID()}`, at = new Date().toISOString(), data = {} } = changes;
  const { timestamp = now(), secret } = changes;
  const body = JSON.stringify({
    type,
    created_at: at,
    data: { email_id: messageId, to: ["stranger@example.com"], created_at: at, ...data },
  });
  return post(body, {
    "svix-id": id,
    "svix-timestamp": String(timestamp),
    "svix-signature": sign(id, timestamp, body, secret),
  });
};

const bounce = (type: string, message = "550 5.1.1 no such mailbox") => ({
  bounce: { type, subType: "General", message },
});

/** A mail that the provider has taken. */
async function sent(recipient: string, customer: string | null = null) {
  const id = await outbox.queue({ recipient });
  if (customer) await sql`update notifications set customer_id = ${customer} where id = ${id}`;
  await outbox.sending().deliverDue();
  const mail = await outbox.read(id);
  if (mail.provider_message_id === null) throw new Error("the mail was not sent");
  return { id, messageId: mail.provider_message_id };
}

const stateOf = async (id: string) =>
  one(
    await sql<{ state: string | null }[]>`
      select delivery_state as state from notifications where id = ${id}`,
  ).state;
const events = () => sql<{ id: string; notification_id: string | null }[]>`
  select id, notification_id from mail_events order by id`;
const suppressed = async () => {
  const rows = await sql<{ address: string; cause: string }[]>`
    select address, cause from mail_suppressions where lifted_at is null order by address`;
  return rows.map(({ address, cause }) => `${address} ${cause}`);
};

describe("a report that the provider did not make", () => {
  const body = JSON.stringify({
    type: "email.complained",
    created_at: "2026-11-30T08:00:00Z",
    data: { email_id: "provider-1" },
  });
  const id = "msg_1";

  it.each([
    ["no signature", () => ({})],
    ["another secret", () => sign(id, now(), body, `whsec_${randomBytes(24).toString("base64")}`)],
    ["the signature of another body", () => sign(id, now(), `${body} `)],
    ["the signature of another id", () => sign("msg_2", now(), body)],
    ["the signature of another second", () => sign(id, now() - 1, body)],
    ["an empty signature", () => "v1,"],
    ["a signature without its version", () => sign(id, now(), body).slice(3)],
    ["an unknown version", () => sign(id, now(), body).replace("v1", "v2")],
    ["words", () => "v1,???? v1 ,, \u00e9"],
  ])("is refused with %s", async (_name, signature) => {
    await sent("thandi@example.com");
    const value = signature();
    const answer = await post(body, {
      "svix-id": id,
      "svix-timestamp": String(now()),
      ...(typeof value === "string" ? { "svix-signature": value } : {}),
    });
    expect([answer.status, answer.body.error.code]).toEqual([401, "unauthenticated"]);
    expect(await events()).toEqual([]);
    expect(await suppressed()).toEqual([]);
  });

  it.each([
    ["six minutes old", -360],
    ["six minutes ahead", 360],
  ])("is refused when it is %s, and taken within five", async (_name, seconds) => {
    const { messageId } = await sent("thandi@example.com");
    const late = await report("email.delivered", messageId, { timestamp: now() + seconds });
    expect(late.status).toBe(401);
    const near = await report("email.delivered", messageId, {
      timestamp: now() + Math.sign(seconds) * 280,
    });
    expect(near.status).toBe(200);
  });

  it("is refused when it is too large, and when it is no JSON", async () => {
    const large = JSON.stringify({ type: "email.sent", padding: "x".repeat(70_000) });
    const stamp = now();
    const headers = (text: string) => ({
      "svix-id": id,
      "svix-timestamp": String(stamp),
      "svix-signature": sign(id, stamp, text),
    });
    expect((await post(large, headers(large))).status).toBe(413);
    expect((await post("{", headers("{"))).status).toBe(400);
    expect((await post("{}", headers("{}"))).status).toBe(400);
    expect(await events()).toEqual([]);
  });

  it("is refused by a server without a secret", async () => {
    const before = enterEnvironment({ RESEND_WEBHOOK_SECRET: "" });
    const answer = await report("email.delivered", "provider-1").finally(before);
    expect(answer.status).toBe(401);
  });
});

describe("reports", () => {
  it("are taken with one true signature among several", async () => {
    const { messageId, id } = await sent("thandi@example.com");
    const at = new Date().toISOString();
    const body = JSON.stringify({
      type: "email.delivered",
      created_at: at,
      data: { email_id: messageId },
    });
    const stamp = now();
    const other = sign("m", stamp, body, `whsec_${randomBytes(24).toString("base64")}`);
    const answer = await post(body, {
      "svix-id": "m",
      "svix-timestamp": String(stamp),
      "svix-signature": `${other} ${sign("m", stamp, body)}`,
    });
    expect(answer.body.data).toEqual({ is_new: true, is_known: true });
    expect(await stateOf(id)).toBe("delivered");
  });

  it("count once, however often and at the same time they arrive", async () => {
    const { messageId } = await sent("thandi@example.com");
    const same = { id: "msg_same", data: bounce("Transient") };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => report("email.bounced", messageId, same)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(answers.filter(({ body }) => body.data.is_new)).toHaveLength(1);
    expect(await events()).toHaveLength(1);
  });

  it.each([
    [["email.bounced", "email.delivered", "email.delivery_delayed"], "bounced"],
    [["email.delivered", "email.sent", "email.delivery_delayed"], "delivered"],
    [["email.complained", "email.delivered", "email.bounced"], "complained"],
    [["email.delivery_delayed", "email.delivered"], "delivered"],
    [["email.delivered", "email.bounced"], "bounced"],
    [["email.failed"], "failed"],
    [["email.suppressed", "email.sent"], "bounced"],
  ])("in the order %j leave the mail %s", async (types, state) => {
    const { messageId, id } = await sent("thandi@example.com");
    const data = {
      ...bounce("Permanent"),
      failed: { reason: "domain" },
      suppressed: { message: "on the list", type: "OnAccountSuppressionList" },
    };
    for (const type of types) {
      expect((await report(type, messageId, { data })).status).toBe(200);
    }
    expect(await stateOf(id)).toBe(state);
  });

  it("about a mail that nobody knows are kept and change nothing", async () => {
    const answer = await report("email.bounced", "another-product", { data: bounce("Permanent") });
    expect(answer).toMatchObject({
      status: 200,
      body: { data: { is_new: true, is_known: false } },
    });
    expect((await events()).map(({ notification_id }) => notification_id)).toEqual([null]);
    expect(await suppressed()).toEqual([]);
  });

  it("of other kinds are answered and not kept", async () => {
    for (const type of ["email.opened", "email.clicked", "contact.created", "domain.updated"]) {
      expect((await report(type, "provider-1")).status).toBe(200);
    }
    expect(await events()).toEqual([]);
  });

  it("that come before the outcome of the hand-over count as soon as it is known", async () => {
    const id = await outbox.queue({ recipient: "early@example.com" });
    await report("email.bounced", "provider-1", { data: bounce("Permanent") });
    expect(await stateOf(id)).toBeNull();
    await outbox.sending().deliverDue();
    expect(await stateOf(id)).toBe("bounced");
    expect(await suppressed()).toEqual(["early@example.com bounced"]);
  });
});

describe("an address", () => {
  it("that does not exist gets no further mail; the next ones are cancelled with their reason", async () => {
    const { messageId } = await sent("Gone@example.com");
    await report("email.bounced", messageId, { data: bounce("Permanent") });
    expect(await suppressed()).toEqual(["gone@example.com bounced"]);
    const before = provider.requests.length;
    const opened = { first_name: "Lerato", suburb: "", postal_code: "8001", package_slug: null };
    const next = await outbox.queue({
      recipient: "gone@example.com",
      template: "coverage_opened",
      payload: { ...opened, referral_code: null },
    });
    const other = await outbox.queue({ recipient: "there@example.com" });
    expect(await outbox.sending().deliverDue()).toMatchObject({ sent: 1, failed: 0 });
    expect(provider.requests.length).toBe(before + 1);
    expect(await outbox.read(next)).toMatchObject({
      status: "cancelled",
      cancel_cause: "suppressed",
      attempts: 0,
    });
    expect(await outbox.read(other)).toMatchObject({ status: "sent" });
    // Who dislikes one alert does not silence all of them.
    const alert = await outbox.queue({
      recipient: "gone@example.com",
      template: "services_unbilled",
      payload: { services: 1, months: [] },
    });
    expect(await outbox.sending().deliverDue()).toMatchObject({ sent: 1, failed: 0 });
    expect(await outbox.read(alert)).toMatchObject({ status: "sent" });
  });

  it("whose mails bounce for now is suppressed after as many as the settings name", async () => {
    const messages = [];
    for (let n = 0; n < 3; n += 1) messages.push((await sent("full@example.com")).messageId);
    const [first = "", second = "", third = ""] = messages;
    await report("email.bounced", first, { data: bounce("Transient", "452 mailbox full") });
    // A second report about the same mail is no second bounce.
    await report("email.bounced", first, { data: bounce("Transient", "452 mailbox full") });
    await report("email.bounced", second, { data: bounce("Undetermined") });
    expect(await suppressed()).toEqual([]);
    await sql`update mail_events set received_at = received_at - interval '15 days'`;
    await report("email.bounced", third, { data: bounce("Transient") });
    expect(await suppressed()).toEqual([]);
    await sql`update mail_events set received_at = now()`;
    await report("email.bounced", third, { data: bounce("Transient") });
    expect(await suppressed()).toEqual(["full@example.com soft_bounces"]);
  });

  it("gets mails again when an admin lifts it for a reason, which is audited", async () => {
    const customer = await newCustomer(sql);
    const { messageId } = await sent(customer.email, customer.id);
    await report("email.complained", messageId);
    const { id } = one(await sql<{ id: string }[]>`select id from mail_suppressions`);
    const lift = (who: string, reason: string) =>
      asUser(sql, who, async (as) =>
        one(await as<{ it: object }[]>`select lift_mail_suppression(${id}, ${reason}) as it`),
      );
    expect(await refusal(lift(support, "They asked"))).toMatchObject({ code: "PT403" });
    expect(await refusal(lift(billing, " "))).toMatchObject({ code: "PT400" });
    expect(await suppressed()).toHaveLength(1);
    await lift(billing, "They wrote to us");
    expect(await suppressed()).toEqual([]);
    const next = await outbox.queue({ recipient: customer.email });
    await outbox.sending().deliverDue();
    expect(await outbox.read(next)).toMatchObject({ status: "sent" });
    const audit = await sql<{ action: string; reason: string | null }[]>`
      select action, reason from audit_log
      where entity_type = 'mail_address' and entity_id = ${id} and customer_id = ${customer.id}
      order by id`;
    expect(audit.map(({ action, reason }) => [action, reason])).toEqual([
      ["mail_address.suppressed", null],
      ["mail_address.lifted", "They wrote to us"],
    ]);
  });

  it("of an erased person is forgotten, with what their server said", async () => {
    const customer = await newCustomer(sql);
    const { messageId } = await sent(customer.email, customer.id);
    await report("email.bounced", messageId, { data: bounce("Permanent", customer.email) });
    await sql`select private.erase_customer(${customer.id}, 'They asked for it', null, now())`;
    const left = await sql`
      select 1 from mail_suppressions union all select 1 from mail_events where detail is not null`;
    expect(left).toHaveLength(0);
  });
});
