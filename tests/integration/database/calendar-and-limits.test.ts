import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FRAUD_WINDOWS } from "@/lib/fraud/fraud-signals";
import { normaliseEmail } from "@/lib/identity/email";
import { newReferrer } from "@/tests/support/builders";
import { type OwnDatabase, ownDatabase } from "@/tests/support/database";
import { activeFriend, placeOrder } from "@/tests/support/orders";
import { countOf, one, referralOf } from "@/tests/support/rows";

let db: OwnDatabase;
beforeAll(async () => {
  db = await ownDatabase();
});
afterAll(() => db.drop());

describe("the count of one referrer's friends in 24 hours", () => {
  it("includes orders that were written first, though their clock is later", async () => {
    const referrer = await newReferrer(db.sql);
    const code = referrer.referral_code;
    for (const at of ["2026-06-10T10:00:00.500Z", "2026-06-10T10:00:01Z"]) {
      await placeOrder(db.sql, at, { code });
    }
    const { n } = one(
      await db.sql<{ n: number }[]>`
        select (public.prepare_order(
            ${db.sql.json({ referral_code: code, windows: FRAUD_WINDOWS })}, '2026-06-10T10:00:00Z')
          #>> '{evidence,counts,last_24h}')::integer as n`,
    );
    expect(n).toBe(2);
  });
});

describe("the monthly limit", () => {
  // Johannesburg is UTC+2: its month ends at 22:00 UTC.
  it.each([
    ["UTC", "2026-06-30T21:59:59Z", "2026-06-30T22:00:00Z"],
    ["America/New_York", "2026-06-30T21:59:59Z", "2026-06-30T22:00:00Z"],
    ["Europe/London", "2026-06-30T21:59:59Z", "2026-06-30T22:00:00Z"],
    ["Pacific/Kiritimati", "2026-12-31T21:59:59Z", "2026-12-31T22:00:00Z"],
  ])("ends with the billing zone's month when the server is in %s", async (zone, last, next) => {
    const pool = db.pool(1);
    await pool`select set_config('TimeZone', ${zone}, false)`;
    const referrer = await newReferrer(pool);
    const order = (at: string) => placeOrder(pool, at, { code: referrer.referral_code });
    for (let n = 0; n < 10; n += 1) {
      expect((await order(last)).referral.status).toBe("recorded");
    }
    expect((await order(last)).referral.reason).toBe("rate_limited");
    expect((await order(next)).referral.status).toBe("recorded");
    // The new month's first does not open the old one again.
    expect((await order(last)).referral.reason).toBe("rate_limited");
  });

  it.each(["UTC", "America/New_York", "Europe/London", "Asia/Tokyo"])(
    "and every other date are the same with the server in %s",
    async (zone) => {
      const pool = db.pool(1);
      await pool`select set_config('TimeZone', ${zone}, false)`;
      const referrer = await newReferrer(pool);
      const friend = await activeFriend(pool, referrer, "2026-10-24T23:30:00Z");
      const referral = await referralOf(pool, friend.order);
      expect(referral.qualifies_at?.toISOString()).toBe("2026-11-23T23:30:00.000Z");
      expect(referral.activation_due_at.toISOString()).toBe("2026-11-23T23:30:00.000Z");
      const row = one(
        await pool<{ day: string; year: Date }[]>`
          select private.local_date('2026-06-30T22:30:00Z', 'Africa/Johannesburg')::text as day,
            private.local_plus('2028-02-29T21:30:00Z', interval '12 months', 'Africa/Johannesburg')
              as year`,
      );
      expect(row.day).toBe("2026-07-01");
      expect(row.year.toISOString()).toBe("2029-02-28T21:30:00.000Z");
    },
  );
});

describe("an e-mail address", () => {
  const spaces = fc.constantFrom("", " ", "\t", "\n", "\u00a0", "\u3000", "\u2003", "\ufeff");
  const local = fc.stringMatching(
    /^[A-Za-z0-9]{1,4}[.]?[A-Za-z0-9_'-]{1,6}[.]?([+][a-z0-9.]{0,4})?$/,
  );
  const domain = fc.constantFrom(
    "gmail.com",
    "GoogleMail.com",
    "Example.com",
    "mail.example.co.za",
    "ｅｘａｍｐｌｅ．ｃｏｍ",
    "GMAIL.COM",
  );
  const address = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(spaces, local, domain, spaces).map(([a, l, d, b]) => `${a}${l}@${d}${b}`),
    },
    { weight: 1, arbitrary: fc.emailAddress() },
    {
      weight: 1,
      arbitrary: fc
        .string({ unit: "grapheme", maxLength: 12 })
        .map((text) => `${text.replace(/[\0\p{Surrogate}]/gu, "")}@example.com`),
    },
  );

  it("is normalised in the database as in the application", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(address, { minLength: 50, maxLength: 200 }), async (addresses) => {
        const rows = await db.sql<{ raw: string; person: string }[]>`
          select e as raw, private.normalise_email(e) as person
          from jsonb_array_elements_text(${db.sql.json(addresses)}) as e`;
        for (const { raw, person } of rows) {
          const expected = normaliseEmail(raw);
          // What the application refuses never reaches the database.
          if (expected === null) continue;
          compared += 1;
          expect([raw, person]).toEqual([raw, expected]);
        }
      }),
      { numRuns: 60 },
    );
    expect(compared).toBeGreaterThan(500);
  });

  it.each([
    ["T.h.a.n.d.i+promo@GoogleMail.com", "thandi@gmail.com"],
    ["thandi.nkosi+x+y@example.co.za", "thandi.nkosi@example.co.za"],
    ["  Thandi@Example.CO.ZA ", "thandi@example.co.za"],
    ["ｔｈａｎｄｉ@example.com", "thandi@example.com"],
  ])("%s belongs to %s", async (raw, person) => {
    const row = one(
      await db.sql<{ person: string }[]>`select private.normalise_email(${raw}) as person`,
    );
    expect(row.person).toBe(person);
    expect(normaliseEmail(raw)).toBe(person);
  });
});

describe("a mail", () => {
  it("is queued once per dedupe key, due at once even when a job runs with a future clock", async () => {
    const key = randomUUID();
    const enqueue = async (asOf: string) =>
      one(
        await db.sql<{ fresh: boolean }[]>`
          select private.enqueue_mail('reward_expired', 'a@example.test', null, '{}', ${key},
            ${asOf}) as fresh`,
      ).fresh;
    expect(await enqueue("2099-01-01T00:00:00Z")).toBe(true);
    expect(await enqueue("2099-01-02T00:00:00Z")).toBe(false);
    const row = one(
      await db.sql<{ due: boolean; status: string; attempts: number }[]>`
        select next_attempt_at <= now() as due, status, attempts
        from notifications where dedupe_key = ${key}`,
    );
    expect(row).toEqual({ due: true, status: "queued", attempts: 0 });
  });

  it("without a recipient is not queued", async () => {
    for (const recipient of [null, ""]) {
      const row = one(
        await db.sql<{ fresh: boolean }[]>`
          select private.enqueue_mail('billing_run_failed', ${recipient}, null, '{}',
            ${randomUUID()}, now()) as fresh`,
      );
      expect(row.fresh).toBe(false);
    }
  });

  it("is leased to one worker; a lease that ran out makes it due again, the old one is void", async () => {
    await db.sql`update notifications set status = 'captured', lease_token = null`;
    const key = randomUUID();
    await db.sql`
      select private.enqueue_mail('reward_expired', 'b@example.test', null, '{}', ${key},
        '2026-03-01T00:00:00Z')`;
    const claim = async (asOf: string) =>
      one(
        await db.sql<
          { claim: { lease_token: string; mails: { id: string; attempts: number }[] } }[]
        >`select public.claim_notifications(10, 120, false, 8, ${asOf}) as claim`,
      ).claim;
    expect((await claim("2026-02-28T23:59:59Z")).mails).toEqual([]);
    const first = await claim("2026-03-01T00:00:00Z");
    expect(first.mails.map(({ attempts }) => attempts)).toEqual([1]);
    const id = first.mails[0]?.id ?? "";
    // A lease follows the clock of the database, whatever clock the job has.
    expect((await claim("2099-03-01T00:00:00Z")).mails).toEqual([]);
    await db.sql`update notifications set lease_until = now() where id = ${id}`;
    const second = await claim("2026-03-01T00:00:00Z");
    expect(second.mails.map((mail) => mail.id)).toEqual([id]);
    const settle = async (token: string) =>
      one(
        await db.sql<{ answer: { settled: Record<string, string> } }[]>`
          select public.settle_notifications(
            ${token}, ${db.sql.json([{ id, outcome: "sent" }])}, 'alerts@example.test') as answer`,
      ).answer.settled;
    expect(await settle(first.lease_token)).toEqual({});
    expect(await settle(second.lease_token)).toEqual({ [id]: "sent" });
    expect((await claim("2099-03-02T00:00:00Z")).mails).toEqual([]);
  });
});

describe("a request limit", () => {
  const consume = async (subject: string, asOf: string, limit = 3) =>
    one(
      await db.sql<{ answer: { allowed: boolean; retry_after: number } }[]>`
        select public.consume_rate_limit('validate', ${subject}, ${limit}, 60, ${asOf}) as answer`,
    ).answer;

  it("counts per window and subject, and says after how long to try again", async () => {
    const subject = randomUUID();
    for (let n = 0; n < 3; n += 1) {
      expect((await consume(subject, "2026-03-01T10:00:10Z")).allowed).toBe(true);
    }
    expect(await consume(subject, "2026-03-01T10:00:15Z")).toEqual({
      allowed: false,
      retry_after: 45,
    });
    expect((await consume(randomUUID(), "2026-03-01T10:00:15Z")).allowed).toBe(true);
    expect((await consume(subject, "2026-03-01T10:00:59.999Z")).allowed).toBe(false);
    expect((await consume(subject, "2026-03-01T10:01:00Z")).allowed).toBe(true);
  });

  it("stores no readable subject, and is deleted after a day", async () => {
    const subject = "203.0.113.99";
    await consume(subject, "2026-03-01T10:00:00Z");
    const readable = await countOf(db.sql`
      select count(*)::integer as n from rate_limits as l where to_jsonb(l)::text like '%203.0.113%'`);
    expect(readable).toBe(0);
    await db.sql`select public.prune_operational_rows('2026-03-02T10:00:00Z')`;
    expect(
      await countOf(db.sql`
      select count(*)::integer as n from rate_limits
      where window_start < '2026-03-01T10:00:00Z'`),
    ).toBe(0);
    await db.sql`select public.prune_operational_rows('2026-03-03T10:00:00Z')`;
    expect(await countOf(db.sql`select count(*)::integer as n from rate_limits`)).toBe(0);
  });

  it("of several is counted in turn, up to the first that refuses", async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const limits = (firstLimit: number) => [
      { bucket: "validate", subject: first, limit: firstLimit, window_seconds: 86_400 },
      { bucket: "order", subject: second, limit: 2, window_seconds: 86_400 },
    ];
    const allowed = async (firstLimit: number) =>
      one(
        await db.sql<{ answer: boolean }[]>`
          select (public.consume_rate_limits(${db.sql.json(limits(firstLimit))}) ->> 'allowed')::boolean as answer`,
      ).answer;
    expect(await allowed(1)).toBe(true);
    // Refused by the first limit, so the second one is not used up.
    expect(await allowed(1)).toBe(false);
    expect(await allowed(10)).toBe(true);
    expect(await allowed(10)).toBe(false);
  });
});
