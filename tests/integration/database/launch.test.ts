import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LaunchMeasure, LaunchReport } from "@/lib/admin/launch-schemas";
import { readLaunchReport } from "@/lib/admin/launch-service";
import { systemClock } from "@/lib/clock";
import { jobsOf } from "@/lib/composition/jobs";
import { launchLines } from "@/lib/jobs/launch-lines";
import { newAdmin, newReferrer, pendingReward, type TestCustomer } from "@/tests/support/builders";
import { asUser } from "@/tests/support/database";
import { activeFriend, placeOrder } from "@/tests/support/orders";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { one } from "@/tests/support/rows";

/** Local midnight of 1 June 2026 in the billing zone, which is two hours ahead of UTC. */
const LAUNCH = "2026-06-01";
const at = (day: string, hour = 10) => `${day}T${String(hour).padStart(2, "0")}:00:00Z`;
const reportAt = (instant: string) => readLaunchReport(own.client, new Date(instant));

let own: OwnStack;
let referrer: TestCustomer;
let owner: string;

beforeAll(async () => {
  own = await ownStack();
  owner = await newAdmin(own.sql, "owner");
  referrer = await newReferrer(own.sql);
});
afterAll(() => own.stop());

const measureOf = (report: LaunchReport, measure: LaunchMeasure, stage = "week_1") =>
  report.stages
    .find((found) => found.stage === stage)
    ?.measures.find((found) => found.measure === measure);

async function savePlan(changes: Record<string, number> = {}): Promise<void> {
  const { version, targets } = await reportAt(at("2026-06-01"));
  const next = { ...targets, week_1: { ...targets.week_1, ...changes } };
  await asUser(
    own.sql,
    owner,
    (sql) => sql`select update_launch_plan(${LAUNCH}, ${sql.json(next)}, 'Decided', ${version})`,
  );
}

describe("the launch targets", () => {
  it("have not begun before there is a day", async () => {
    const report = await reportAt(at("2026-06-01"));
    expect(report.launched_on).toBeNull();
    expect(new Set(report.stages.flatMap(({ measures }) => measures.map((m) => m.status)))).toEqual(
      new Set(["not_begun"]),
    );
    expect(launchLines(report)[0]).toMatch(/^No day of the launch is set/);
  });

  it("count from local midnight of the day on, and expect an even growth", async () => {
    await savePlan({ referrals: 7, codes: 1, active: 1 });
    // One hour before local midnight, and one after.
    await placeOrder(own.sql, at("2026-05-31", 21), { code: referrer.referral_code });
    await placeOrder(own.sql, at("2026-05-31", 23), { code: referrer.referral_code });
    const early = await reportAt(at("2026-06-01"));
    expect(measureOf(early, "referrals")).toMatchObject({
      ...{ target: 7, value: 1, expected: 0, status: "on_track" },
    });
    expect(measureOf(early, "codes")).toMatchObject({ value: 1, status: "reached" });
    expect(measureOf(early, "active")).toMatchObject({ value: 0, status: "on_track" });

    const later = await reportAt(at("2026-06-05"));
    expect(measureOf(later, "referrals")).toMatchObject({ expected: 4, status: "behind" });
    const over = await reportAt(at("2026-06-08"));
    expect(measureOf(over, "referrals")).toMatchObject({ value: 1, status: "missed" });
    expect(measureOf(over, "referrals", "month_1")?.status).not.toBe("missed");
  });

  it("count activations, and say when there is nothing to measure", async () => {
    await activeFriend(own.sql, referrer, at("2026-06-03"));
    const report = await reportAt(at("2026-06-07"));
    expect(measureOf(report, "active")).toMatchObject({ value: 1, status: "reached" });
    expect(measureOf(report, "p95_ms")).toMatchObject({ value: null, status: "no_data" });
    expect(measureOf(report, "satisfaction_hundredths")).toMatchObject({ status: "no_data" });
  });

  it("hold the fraud rate below its bound", async () => {
    const rateOf = async () => measureOf(await reportAt(at("2026-06-07")), "fraud_bps");
    await own.sql`delete from referral_flags`;
    expect(await rateOf()).toMatchObject({ value: 0, status: "on_track" });
    await own.sql`
      insert into referral_flags (referral_id, signal, severity)
      select id, 'disposable_email', 'flag' from customer_referrals where referred_at > ${at("2026-06-02")}`;
    expect(await rateOf()).toMatchObject({ value: 5_000, status: "behind" });
  });

  it("are kept by version, with an audit row; a stale version and a wrong number are refused", async () => {
    const { version, targets } = await reportAt(at("2026-06-01"));
    const save = (expected: number, codes: number) =>
      asUser(own.sql, owner, (sql) => {
        const next = { ...targets, week_1: { ...targets.week_1, codes } };
        return sql`select update_launch_plan(null, ${sql.json(next)}, 'Again', ${expected})`;
      });
    await expect(save(version - 1, 5)).rejects.toThrow("version_conflict");
    await expect(save(version, -5)).rejects.toThrow("invalid_request");
    const audited = await own.sql`
      select actor_id, reason from audit_log where action = 'launch.updated'`;
    expect(audited).toEqual([{ actor_id: owner, reason: "Decided" }]);
  });

  it("are not for somebody without the permission", async () => {
    await expect(
      asUser(own.sql, referrer.auth_user_id, (sql) => sql`select get_launch()`),
    ).rejects.toThrow("forbidden");
  });
});

/** Uses a free month of a customer in a billing run. Returns the number of the invoice. */
async function usedFreeMonth(customer: TestCustomer): Promise<string> {
  await pendingReward(own.sql, customer.id);
  await jobsOf(own.client, systemClock).billing();
  const { number } = one(
    await own.sql<{ number: string }[]>`
      select invoice_number as number from customer_invoices
      where customer_id = ${customer.id} and referral_reward_id is not null`,
  );
  return number;
}

describe("the question after a free month", () => {
  it("is asked of its customer only, once, and its average is reported", async () => {
    const customer = await newReferrer(own.sql);
    const stranger = await newReferrer(own.sql);
    const number = await usedFreeMonth(customer);
    const answer = (who: TestCustomer, score: number) =>
      asUser(
        own.sql,
        who.auth_user_id,
        (sql) => sql`select answer_survey(${number}, ${score}) as it`,
      );

    const dashboard = async () =>
      one(
        await asUser(
          own.sql,
          customer.auth_user_id,
          (sql) => sql`select get_my_dashboard() -> 'survey' as it`,
        ),
      );
    expect((await dashboard()).it).toMatchObject({ invoice_number: number, score: null });
    await expect(answer(stranger, 4)).rejects.toThrow("not_found");
    await expect(answer(customer, 6)).rejects.toThrow("invalid_request");
    expect((await answer(customer, 4))[0]?.it).toMatchObject({ score: 4 });
    expect((await answer(customer, 4))[0]?.it).toMatchObject({ score: 4 });
    await expect(answer(customer, 5)).rejects.toThrow("survey_answered");
    expect((await dashboard()).it).toBeNull();

    const today = new Date().toISOString();
    const { version, targets } = await reportAt(today);
    await asUser(
      own.sql,
      owner,
      (sql) => sql`
        select update_launch_plan(current_date - 1, ${sql.json(targets)}, 'Begins', ${version})`,
    );
    const report = await reportAt(new Date().toISOString());
    expect(measureOf(report, "satisfaction_hundredths")).toMatchObject({ value: 400 });
    expect(launchLines(report).join("\n")).toMatch(/Satisfaction +4\.00 +4\.00 +Reached/);
  });
});
