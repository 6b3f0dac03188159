import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { describeDevice, deviceOf, noteDevice } from "@/lib/access/device-service";
import {
  newAdmin,
  newCustomer,
  newReferrer,
  newTerms,
  pendingReward,
} from "@/tests/support/builders";
import { MailProvider } from "@/tests/support/mail-provider";
import { activeFriend, placeOrder, qualify } from "@/tests/support/orders";
import { ALERTS, Outbox } from "@/tests/support/outbox";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { newEmail } from "@/tests/support/people";

/* What mails say at the moment at which they leave, whom they are about, and which no longer leave. */

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

let own: OwnStack;
let provider: MailProvider;
let outbox: Outbox;
let billing: string;
let owner: string;

beforeAll(async () => {
  own = await ownStack();
  provider = await MailProvider.start();
  outbox = new Outbox(own, provider);
  billing = await newAdmin(own.sql, "billing");
  owner = await newAdmin(own.sql, "owner");
});
afterAll(async () => {
  await provider?.stop();
  await own?.stop();
});
beforeEach(() => outbox.reset());

interface Kept {
  template: string;
  recipient: string;
  status: string;
  cancel_cause: string | null;
  subject: string | null;
  text_body: string | null;
}

const mailsTo = (customerId: string) => own.sql<Kept[]>`
  select template, recipient, status, cancel_cause, subject, text_body
  from notifications where customer_id = ${customerId} order by number`;

const deliver = () => outbox.sending().deliverDue();

/** Ends what stands in the way of an erasure. */
const endServices = (customerId: string) => own.sql`
  update customer_services set status = 'cancelled', cancelled_at = now()
  where customer_id = ${customerId}`;
const erase = (customerId: string) =>
  own.sql`select private.erase_customer(${customerId}, 'They asked for it', ${owner}, now())`;

describe("news of friends", () => {
  it("says who counts, how many more it takes, and what the free month is worth", async () => {
    const referrer = await newReferrer(own.sql, { firstName: "Thandi" });
    const days = (count: number) => new Date(Date.now() - count * 86_400_000).toISOString();
    await activeFriend(own.sql, referrer, days(40), { firstName: "Lerato" });
    await outbox.reset();
    await qualify(own.sql, days(9));
    await deliver();
    const [first] = await mailsTo(referrer.id);
    expect(first).toMatchObject({ subject: "Lerato M. now counts: 1 of 2 for a free month" });
    expect(first?.text_body).toContain("one more friend, and you have a free month");

    await activeFriend(own.sql, referrer, days(35), { firstName: "Sipho" });
    await outbox.reset();
    await qualify(own.sql, days(4));
    const [counted, earned] = await mailsTo(referrer.id);
    expect([counted?.template, earned?.template]).toEqual(["referral_qualified", "reward_earned"]);
    // Each in a mail of its own, to read both.
    await own.sql`update notifications set next_attempt_at = 'infinity' where template = 'reward_earned'`;
    await deliver();
    await own.sql`
      update notifications set next_attempt_at = now(), sent_at = sent_at - interval '2 hours'`;
    await deliver();
    const told = await mailsTo(referrer.id);
    expect(told[0]?.subject).toBe("Sipho M. now counts: 2 of 2 for a free month");
    expect(told[1]?.text_body).toContain("Lerato M. and Sipho M. have brought you a free month.");
    expect(told[1]?.text_body).toMatch(/Worth at today’s price\nR\u00a0\d/);

    // Who is erased is no longer named in it.
    await own.sql`
      select private.blank_mails(
        r.referred_customer_id, array[r.id], private.mails_about(array[r.id], '{}'), 'Former customer')
      from customer_referrals as r where r.referrer_id = ${referrer.id} and r.reward_id is not null
      limit 1`;
    expect((await mailsTo(referrer.id))[1]).toMatchObject({ subject: null, text_body: null });
  });
});

describe("an alert", () => {
  it("names the customer and links to the case, and forgets the name of who is erased", async () => {
    const referrer = await newReferrer(own.sql, { firstName: "Thandi", lastName: "Khumalo" });
    const friend = await activeFriend(own.sql, referrer, new Date().toISOString(), {
      firstName: "Lerato",
    });
    await outbox.reset();
    const id = await outbox.queue({
      template: "suspicious_activity",
      recipient: ALERTS,
      payload: { referrer_id: referrer.id, referral_id: friend.referral, signals: ["velocity"] },
    });
    const asked = await outbox.queue({
      template: "erasure_requested",
      recipient: ALERTS,
      payload: { customer_id: friend.customer },
    });
    await deliver();
    await deliver();
    const sent = await outbox.read(id);
    expect(sent.subject).toBe("Please review a referral of Thandi Khumalo");
    expect(sent.text_body).toContain("Friend\nLerato Mokoena");
    expect(sent.text_body).toContain(`/admin/review/${friend.referral}`);
    expect((await outbox.read(asked)).subject).toBe("Lerato Mokoena asks for erasure");
    await endServices(friend.customer);
    await erase(friend.customer);
    for (const mail of [id, asked]) {
      expect(await outbox.read(mail)).toMatchObject({ status: "sent", html: null, subject: null });
    }
  });
});

describe("the safety of an account", () => {
  const users = () => own.client.auth.admin;
  const account = async () => {
    const email = newEmail("safety");
    const { data, error } = await users().createUser({
      email,
      password: "correct horse battery",
      email_confirm: true,
    });
    if (error || !data.user) throw error ?? new Error("no account");
    const customer = await newCustomer(own.sql, {
      authUserId: data.user.id,
      email,
      firstName: "Thandi",
    });
    return { userId: data.user.id, email, customer };
  };

  it("another password is told, from the transaction that changed it", async () => {
    const { userId, email, customer } = await account();
    await users().updateUserById(userId, { password: "three unrelated words" });
    await users().updateUserById(userId, { user_metadata: { nick: "T" } });
    await deliver();
    const mails = await mailsTo(customer.id);
    expect(mails).toMatchObject([
      { template: "password_changed", recipient: email, subject: "Your password was changed" },
    ]);
    expect(mails[0]?.text_body).toContain("Hello Thandi,");
    await expect(
      own.sql.begin(async (sql) => {
        await sql`update auth.users set encrypted_password = 'other' where id = ${userId}`;
        throw new Error("undone");
      }),
    ).rejects.toThrow("undone");
    expect(await mailsTo(customer.id)).toHaveLength(1);
  });

  it("the first password of an account that had none is not told", async () => {
    const { userId, customer } = await account();
    await users().updateUserById(userId, { app_metadata: { password_unset: true } });
    await users().updateUserById(userId, { password: "three unrelated words" });
    expect(await mailsTo(customer.id)).toEqual([]);
  });

  it("another address is told to both, and neither mail names the other one in full", async () => {
    const { userId, email, customer } = await account();
    const next = newEmail("next");
    await users().updateUserById(userId, { email: next, email_confirm: true });
    await deliver();
    const mails = await mailsTo(customer.id);
    expect(mails.map(({ template, recipient }) => [template, recipient])).toEqual([
      ["email_changed", email],
      ["email_changed", next],
    ]);
    expect(mails[0]?.text_body).toContain("This one no longer opens it");
    expect(mails[0]?.text_body).not.toContain(next);
    expect(mails[1]?.text_body).toContain("From now on you sign in with it.");
    expect(mails[1]?.text_body).not.toContain(email);
  });

  it("a device is told once, when the account knows another one", async () => {
    const { userId, email, customer } = await account();
    const sign = (deviceId: string) => noteDevice(own.client, userId, deviceOf(deviceId, FIREFOX));
    const [home, phone] = ["a".repeat(64), "b".repeat(64)];
    expect(await sign(home)).toBe(false);
    expect(await sign(home)).toBe(false);
    expect(await sign(phone)).toBe(true);
    expect(await sign(phone)).toBe(false);
    expect(await sign(home)).toBe(false);
    await deliver();
    expect(await mailsTo(customer.id)).toMatchObject([
      {
        template: "new_device",
        recipient: email,
        subject: "New sign-in to your account: Firefox on Windows",
      },
    ]);
    const kept =
      await own.sql`select device_hash from account_devices where auth_user_id = ${userId}`;
    expect(JSON.stringify(kept)).not.toContain(home);
    // Whoever does not come back for 400 days is forgotten.
    await own.sql`
      update account_devices set last_seen_at = now() - interval '401 days'
      where auth_user_id = ${userId}`;
    await sign(home);
    expect(
      await own.sql`select 1 from account_devices where auth_user_id = ${userId}`,
    ).toHaveLength(1);
  });

  it("a sign-in does not fail when its device cannot be noted", async () => {
    const noted = noteDevice(
      own.client,
      "00000000-0000-4000-8000-00000000dead",
      deviceOf("c".repeat(64), null),
    );
    expect(await noted).toBe(false);
  });
});

describe("a device in words", () => {
  it.each([
    [FIREFOX, "Firefox on Windows"],
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
      "Edge on Windows",
    ],
    [
      "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
      "Chrome on Android",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
      "Safari on an iPhone",
    ],
    ["Mozilla/5.0 (X11; Linux x86_64)", "a browser on Linux"],
    ["Firefox/140.0", "Firefox"],
    ["curl/8.15", "an unknown browser"],
    [null, "an unknown browser"],
  ])("%s is %s", (userAgent, words) => expect(describeDevice(userAgent)).toBe(words));
});

describe("what is no longer true", () => {
  it("is not sent: a friend who ordered, once the referral ended or the programme was paused", async () => {
    const referrer = await newReferrer(own.sql);
    const order = await placeOrder(own.sql, new Date().toISOString(), {
      code: referrer.referral_code,
    });
    await own.sql`
      select private.cancel_order(${order.order_id}, ${owner}, 'Changed their mind', now())`;
    await deliver();
    const cancelled = async (customerId: string) =>
      (await mailsTo(customerId))
        .filter(({ template }) => template === "referral_signup")
        .map(({ cancel_cause }) => cancel_cause);
    expect(await cancelled(referrer.id)).toEqual(["referral_ended"]);

    const other = await newReferrer(own.sql);
    await placeOrder(own.sql, new Date().toISOString(), { code: other.referral_code });
    await newTerms(own.sql, { is_paused: true });
    await deliver();
    await newTerms(own.sql, { is_paused: false });
    expect(await cancelled(other.id)).toEqual(["programme_paused"]);
  });

  it("is not sent: the reminder of a free month that was used meanwhile", async () => {
    const customer = await newCustomer(own.sql);
    const reward = await pendingReward(own.sql, customer.id);
    await outbox.reset();
    await own.sql`
      select private.remind_of_rewards(array[${customer.id}::uuid], now(), now() + interval '10 years')`;
    await own.sql`
      select private.revoke_reward(${customer.id}, ${reward}, 'Granted twice', ${billing}, now())`;
    await deliver();
    expect((await mailsTo(customer.id))[0]).toMatchObject({
      template: "reward_expiring",
      status: "cancelled",
      cancel_cause: "reward_gone",
    });
  });

  it("is not sent: anything to a person who was erased", async () => {
    const customer = await newCustomer(own.sql);
    await pendingReward(own.sql, customer.id);
    await erase(customer.id);
    await deliver();
    expect(provider.deliveries).toEqual([]);
    expect(await mailsTo(customer.id)).toMatchObject([
      { recipient: "", status: "cancelled", cancel_cause: "erased" },
    ]);
  });
});
