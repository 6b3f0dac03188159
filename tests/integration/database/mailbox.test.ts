import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newAdmin, newCustomer } from "@/tests/support/builders";
import { asUser, type OwnDatabase, ownDatabase, refusal } from "@/tests/support/database";
import { one } from "@/tests/support/rows";

let db: OwnDatabase;
let billing: string;
let support: string;
beforeAll(async () => {
  db = await ownDatabase();
  billing = await newAdmin(db.sql, "billing");
  support = await newAdmin(db.sql, "support");
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.sql`delete from notifications`;
});

interface Given {
  template?: string;
  recipient?: string;
  customer?: string | null;
  status?: string;
  cause?: string | null;
  createdAt?: string;
}

/** A mail in a state of its own. Returns its id. */
async function mail(given: Given = {}): Promise<string> {
  const {
    template = "reward_expired",
    recipient = "a@example.test",
    customer = null,
    status = "sent",
    cause = null,
    createdAt = "2026-11-20T08:00:00Z",
  } = given;
  const row = one(
    await db.sql<{ id: string }[]>`
      insert into notifications
        (template, recipient, customer_id, dedupe_key, status, failure_cause, created_at, sent_at,
          first_attempt_at, subject, html, text_body, reply_to)
      values (${template}, ${recipient}, ${customer}, ${randomUUID()}, ${status}, ${cause}, ${createdAt},
        ${status === "sent" ? createdAt : null}, ${createdAt}, 'Subject', '<p>Text</p>', 'Text',
        'support@example.test')
      returning id`,
  );
  return row.id;
}

const listed = async (query: Record<string, string>) => {
  const page = await asUser(db.sql, support, async (sql) => {
    const [row] = await sql<{ it: { notifications: { id: string }[] } }[]>`
      select admin_list_notifications(
        p_status => ${query.status ?? null}, p_template => ${query.template ?? null},
        p_cause => ${query.cause ?? null}, p_q => ${query.q ?? null},
        p_from => ${query.from ?? null}, p_to => ${query.to ?? null}) as it`;
    return row?.it.notifications ?? [];
  });
  return page.map(({ id }) => id);
};

describe("the mailbox", () => {
  it("finds mails by person, kind, state, cause and day", async () => {
    const customer = await newCustomer(db.sql);
    const theirs = await mail({ customer: customer.id, recipient: customer.email });
    const other = await mail({ template: "reward_earned", recipient: "b@example.test" });
    const unclear = await mail({ status: "failed", cause: "unclear" });
    // Half past eleven at night in UTC is the next day in Johannesburg.
    const night = await mail({ createdAt: "2026-11-22T23:30:00Z", recipient: "c@example.test" });

    expect(await listed({ q: customer.email.slice(0, 8) })).toContain(theirs);
    expect(await listed({ q: customer.email.slice(0, 8) })).not.toContain(other);
    expect(await listed({ q: "B@example.test" })).toEqual([other]);
    expect(await listed({ q: "%" })).toEqual([]);
    expect(await listed({ template: "reward_earned" })).toEqual([other]);
    expect(await listed({ status: "failed", cause: "unclear" })).toEqual([unclear]);
    expect(await listed({ cause: "refused" })).toEqual([]);
    expect(await listed({ from: "2026-11-23", to: "2026-11-23" })).toEqual([night]);
    expect(await listed({ from: "2026-11-22", to: "2026-11-22" })).toEqual([]);
    expect(await listed({ to: "2026-11-20" })).toHaveLength(3);
  });

  it("shows the tries of a mail, its key and how long its text is kept", async () => {
    const id = await mail();
    await db.sql`
      insert into notification_tries (notification_id, provider_key, ended_at, outcome, http_status, error)
      values (${id}, ${id}, now(), 'unknown', 500, '500 down'), (${id}, ${id}, now(), 'sent', 200, null)`;
    const shown = await asUser(db.sql, support, async (sql) =>
      one(await sql<{ it: object }[]>`select admin_get_notification(${id}) as it`),
    );
    expect(shown.it).toMatchObject({
      provider_key: id,
      retention_days: 400,
      tries_total: 2,
      tries: [{ outcome: "sent" }, { outcome: "unknown", http_status: 500, error: "500 down" }],
    });
    expect(shown.it).not.toHaveProperty("lease_token");
  });

  it("shows a mail without the link by which its customer chooses what they get", async () => {
    const token = "0123456789abcdef01".repeat(4);
    const link = `https://fibre.example/mail-preferences?token=${token}`;
    const id = await mail();
    await db.sql`
      update notifications set html = ${`<a href="${link}">Choose</a>`}, text_body = ${`Choose: ${link}`}
      where id = ${id}`;
    const shown = await asUser(db.sql, support, async (sql) =>
      JSON.stringify(one(await sql`select admin_get_notification(${id}) as it`)),
    );
    expect(shown).toContain("mail-preferences?token=");
    expect(shown).not.toContain(token);
  });
});

describe("mails that were given up", () => {
  const resend = (cause: string, dryRun: boolean, actor = billing, reason = "Key was corrected") =>
    asUser(db.sql, actor, async (sql) =>
      one(
        await sql<{ it: object }[]>`
          select resend_failed_notifications(${cause}, ${reason}, ${dryRun}) as it`,
      ),
    );

  it("are counted by cause, and sent again by cause, after a dry run that changes nothing", async () => {
    const refused = [
      await mail({ status: "failed", cause: "refused" }),
      await mail({ status: "failed", cause: "refused", template: "reward_earned" }),
    ];
    const unclear = await mail({ status: "failed", cause: "unclear" });
    await mail();
    const counted = await asUser(db.sql, support, async (sql) =>
      one(await sql<{ it: object }[]>`select count_failed_notifications() as it`),
    );
    expect(counted.it).toEqual({ total: 3, by_cause: { refused: 2, unclear: 1 } });

    const found = {
      cause: "refused",
      mails: 2,
      left: 0,
      templates: { reward_expired: 1, reward_earned: 1 },
    };
    expect((await resend("refused", true, billing, "")).it).toEqual({ ...found, dry_run: true });
    expect(await listed({ status: "failed" })).toHaveLength(3);
    expect((await resend("refused", false)).it).toEqual({ ...found, dry_run: false });
    expect((await listed({ status: "queued" })).sort()).toEqual([...refused].sort());
    expect(await listed({ status: "failed" })).toEqual([unclear]);
    const rows = await db.sql`
      select actor_id, entity_id, reason, before ->> 'mails' as mails from audit_log
      where action = 'notification.resent'`;
    expect([...rows]).toEqual([
      { actor_id: billing, entity_id: "refused", reason: "Key was corrected", mails: "2" },
    ]);
  });

  it("need the permission, a reason and a known cause", async () => {
    const id = await mail({ status: "failed", cause: "refused" });
    const refusalOf = async (work: Promise<{ it: object }>) => (await refusal(work)).message;
    expect(await refusalOf(resend("refused", false, billing, " x "))).toBe("invalid_request");
    expect(await refusalOf(resend("anything", false))).toBe("invalid_request");
    expect((await refusal(resend("refused", false, support))).code).toBe("PT403");
    expect(await listed({ status: "failed" })).toEqual([id]);
  });

  it("get a new key where the provider may know the old one with other words, or has forgotten it", async () => {
    const recent = new Date().toISOString();
    const unclear = await mail({ status: "failed", cause: "unclear", createdAt: recent });
    const old = await mail({ status: "failed", cause: "interrupted" });
    const young = await mail({ status: "failed", cause: "interrupted", createdAt: recent });
    await resend("unclear", false);
    await resend("interrupted", false);
    const keys = await db.sql<{ id: string; renewed: boolean; attempts: number }[]>`
      select id, provider_key is not null as renewed, attempts from notifications`;
    expect(Object.fromEntries(keys.map(({ id, renewed }) => [id, renewed]))).toEqual({
      [unclear]: true,
      [old]: true,
      [young]: false,
    });
  });
});

describe("the text of a mail", () => {
  it("is deleted when it is as old as the settings say, with its tries; the row and its subject stay", async () => {
    const old = await mail({ createdAt: new Date(Date.now() - 401 * 86_400_000).toISOString() });
    const young = await mail({ createdAt: new Date(Date.now() - 399 * 86_400_000).toISOString() });
    const open = await mail({
      status: "failed",
      cause: "refused",
      createdAt: new Date(Date.now() - 900 * 86_400_000).toISOString(),
    });
    for (const id of [old, young, open]) {
      await db.sql`
        insert into notification_tries (notification_id, provider_key, started_at)
        select n.id, n.id, n.created_at from notifications as n where n.id = ${id}`;
    }
    const pruned = one(await db.sql<{ it: object }[]>`select prune_mails(1) as it`);
    expect(pruned.it).toEqual({ texts: 1, tries: 1, more: true });
    const rest = one(await db.sql<{ it: object }[]>`select prune_mails() as it`);
    expect(rest.it).toEqual({ texts: 0, tries: 0, more: false });
    const rows = await db.sql`
      select n.id, n.subject, n.html is null as pruned,
        (select count(*)::int from notification_tries as t where t.notification_id = n.id) as tries
      from notifications as n order by n.created_at`;
    expect([...rows]).toEqual([
      { id: open, subject: "Subject", pruned: false, tries: 1 },
      { id: old, subject: "Subject", pruned: true, tries: 0 },
      { id: young, subject: "Subject", pruned: false, tries: 1 },
    ]);
  });
});
