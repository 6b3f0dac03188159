import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "@/lib/clock";
import { jobsOf } from "@/lib/composition/jobs";
import { readOperationalMetrics } from "@/lib/supabase/monitoring";
import { newAdmin, newReferrer, newTerms } from "@/tests/support/builders";
import { asUser } from "@/tests/support/database";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { one } from "@/tests/support/rows";

let own: OwnStack;
const admins: Record<string, string> = {};

beforeAll(async () => {
  own = await ownStack();
  for (const role of ["owner", "support"] as const) {
    admins[role] = await newAdmin(own.sql, role);
  }
});
afterAll(() => own.stop());

/** What the banner shows somebody of this role. */
async function attentionOf(role: "owner" | "support"): Promise<Record<string, unknown>[]> {
  return asUser(own.sql, admins[role] ?? null, async (sql) => {
    const [row] = await sql<{ it: Record<string, unknown>[] }[]>`select get_attention() as it`;
    return row?.it ?? [];
  });
}
const kindsOf = async (role: "owner" | "support") =>
  (await attentionOf(role)).map((item) => item.kind);

const metrics = () => readOperationalMetrics(own.client);

describe("what the jobs did", () => {
  it("is kept with the end and the duration, whatever clock the job works with", async () => {
    const future = () => new Date("2031-01-01T00:00:00Z");
    await jobsOf(own.client, future).qualify();
    const state = one(
      await own.sql`
      select runs::integer as runs, failures::integer as failures, last_duration_ms >= 0 as timed,
        last_success_at between now() - interval '1 minute' and now() as recent
      from job_states where job = 'qualify'`,
    );
    expect(state).toEqual({ runs: 1, failures: 0, timed: true, recent: true });
  });

  it("counts a failed run, and leaves the last success as it was", async () => {
    const before = one(await own.sql`select last_success_at from job_states where job = 'qualify'`);
    await own.sql`alter function public.qualify_referrals rename to qualify_referrals_away`;
    try {
      await expect(jobsOf(own.client, systemClock).qualify()).rejects.toThrow();
    } finally {
      await own.sql`alter function public.qualify_referrals_away rename to qualify_referrals`;
    }
    const after = one(
      await own.sql`
        select last_success_at, failures::integer as failures, runs::integer as runs
        from job_states where job = 'qualify'`,
    );
    expect(after).toEqual({ ...before, failures: 1, runs: 2 });
  });

  it("is not kept of a dry run", async () => {
    await jobsOf(own.client, systemClock).billing({ dryRun: true });
    expect(one(await own.sql`select last_run_at from job_states where job = 'billing'`)).toEqual({
      last_run_at: null,
    });
  });
});

describe("the check of the invariants", () => {
  it("keeps its result, mails the admins once a day, and shows in metrics and banner", async () => {
    expect(await jobsOf(own.client, systemClock).verify()).toEqual({ violations: 0, details: [] });
    expect((await metrics()).verification).toMatchObject({ violations: 0, by_invariant: {} });

    // A gap in the numbers.
    await own.sql`insert into invoice_series (series, year, last_number) values ('INV', 1999, 2)`;
    const found = await jobsOf(own.client, systemClock).verify();
    await jobsOf(own.client, systemClock).verify();
    expect(found.violations).toBeGreaterThan(0);
    const { verification } = await metrics();
    expect(verification.violations).toBe(found.violations);
    expect(Object.keys(verification.by_invariant)).toEqual(["7"]);
    const mails = await own.sql`
      select payload from notifications where template = 'invariants_violated'`;
    expect(mails).toHaveLength(1);
    expect(mails[0]?.payload).toMatchObject({ violations: found.violations });

    expect(await kindsOf("owner")).toEqual(["violations"]);
    expect(await kindsOf("support")).toEqual([]);
    await own.sql`delete from invoice_series where year = 1999`;
    await jobsOf(own.client, systemClock).verify();
    expect(await kindsOf("owner")).toEqual([]);
  });
});

describe("the banner", () => {
  it("names a job that is late to those who run it, and none that never ran", async () => {
    await own.sql`
      update job_states set last_run_at = now() - interval '1 day', last_success_at = now() - interval '1 day'
      where job = 'notify'`;
    expect(await attentionOf("owner")).toMatchObject([{ kind: "job_late", job: "notify" }]);
    expect(await kindsOf("support")).toEqual([]);
    await jobsOf(own.client, systemClock).notify();
    expect(await kindsOf("owner")).toEqual([]);
  });

  it("names what is switched off or paused, to everybody in the team", async () => {
    await own.sql`
      insert into switches (name, is_on, reason)
      values ('mail', false, 'Provider moves'), ('rewards', false, 'Looked at')`;
    await newTerms(own.sql, { is_paused: true });
    expect(await kindsOf("support")).toEqual(["mail_held", "rewards_off", "programme_paused"]);
    const { switches } = await metrics();
    expect(switches).toEqual({ mail: false, rewards: false, paused: true });
    await own.sql`
      insert into switches (name, is_on, reason)
      values ('mail', true, 'Done'), ('rewards', true, 'Done')`;
    await newTerms(own.sql, { is_paused: false });
    expect(await kindsOf("support")).toEqual([]);
  });

  it("names all mails that were given up, and mails that wait for too long", async () => {
    await own.sql`
      insert into notifications (template, recipient, dedupe_key, status, created_at, next_attempt_at)
      values ('billing_run_failed', 'a@example.test', 'old', 'failed', now() - interval '8 days', now()),
        ('billing_run_failed', 'a@example.test', 'new', 'failed', now(), now()),
        ('billing_run_failed', 'a@example.test', 'late', 'queued', now(), now() - interval '20 minutes')`;
    expect(await attentionOf("support")).toMatchObject([
      { kind: "mails_failed", count: 2 },
      { kind: "mails_late", count: 1 },
    ]);
    const { mails } = await metrics();
    expect(mails).toMatchObject({ failed: 2, outage_seconds: 0 });
    expect(mails.oldest_due_seconds).toBeGreaterThan(1_190);
    await own.sql`update notifications set status = 'cancelled', cancel_cause = 'merged'`;
  });

  it("names an outage of the mail provider, and counts the mails that wait for its end", async () => {
    await own.sql`
      insert into notifications (template, recipient, dedupe_key, next_attempt_at)
      values ('billing_run_failed', 'a@example.test', 'waits', now() - interval '20 minutes')`;
    await own.sql`
      update mail_gate
      set opened_at = now() - interval '1 hour', cause = 'refused', next_probe_at = now()`;
    expect(await attentionOf("support")).toMatchObject([
      { kind: "mail_outage", count: 1, cause: "refused" },
    ]);
    expect((await metrics()).mails.outage_seconds).toBeGreaterThan(3_590);
    const [health] = await own.sql`select check_health() ->> 'mail_outage_since' as since`;
    expect(health?.since).not.toBeNull();
    await own.sql`update mail_gate set opened_at = null, cause = null, next_probe_at = null`;
    await own.sql`update notifications set status = 'cancelled', cancel_cause = 'merged'`;
  });

  it("counts what is unbilled once the hourly job has found it, and not after it is billed", async () => {
    await own.sql`select private.note_unbilled(3)`;
    // Nothing is unbilled any more: the live count decides.
    expect((await metrics()).unbilled).toBe(0);
    expect(await kindsOf("support")).toEqual([]);
  });

  it("is refused to somebody outside of the team", async () => {
    admins.support = (await newReferrer(own.sql)).auth_user_id;
    await expect(attentionOf("support")).rejects.toThrow("forbidden");
  });
});

describe("the durations of requests", () => {
  const p95 = async () =>
    one(await own.sql`select private.request_p95_ms(current_date - 1, current_date + 2) as it`).it;

  it("of several processes add up, and give the time that 95 of 100 took at most", async () => {
    expect(await p95()).toBeNull();
    await own.sql`select record_request_durations('{"50": 90}')`;
    await own.sql`select record_request_durations('{"100": 4, "200": 6}')`;
    // 94 of 100 within 100 ms; the 95th is the first of six between 100 and 200 ms.
    expect(await p95()).toBe(117);
    await own.sql`select record_request_durations('{"60000": 100}')`;
    expect(await p95()).toBeGreaterThan(10_000);
  });
});
