import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { deliverMailsAfterResponse, workAfterResponse } from "@/lib/composition/after-response";
import { log } from "@/lib/log";
import { customerAccount, enterStackEnvironment } from "@/tests/support/api";
import { sharedDatabase } from "@/tests/support/database";
import { eventually } from "@/tests/support/eventually";
import { one } from "@/tests/support/rows";

/** What the framework would run once the answer is sent. */
const later = vi.hoisted(() => ({ work: [] as (() => Promise<void>)[] }));
vi.mock("next/server", () => ({
  after: (work: () => Promise<void>) => {
    later.work.push(work);
  },
}));

const sql = sharedDatabase();
let restore: () => void;
beforeAll(() => {
  restore = enterStackEnvironment();
});
afterEach(() => {
  later.work = [];
});
afterAll(async () => {
  restore();
  await sql.end();
});

const runLater = async () => {
  for (const work of later.work) await work();
};

describe("mails after an answer", () => {
  test("are delivered once it is on its way, not before", async () => {
    const { customer } = await customerAccount(sql);
    await sql`
      select private.grant_reward(${customer.id}, 'Goodwill', null,
        'aaaaaaaa-0000-4000-8000-000000000001', now())`;
    const status = async () =>
      one(
        await sql<{ status: string }[]>`
          select status from notifications where customer_id = ${customer.id}`,
      ).status;
    deliverMailsAfterResponse();
    expect(later.work).toHaveLength(1);
    expect(await status()).toBe("queued");
    // Others queue mails as well, and one run takes a limited number.
    await eventually(async () => {
      await runLater();
      return (await status()) === "queued" ? undefined : true;
    });
  });

  test("leave after the work of the request that goes on, also when it failed", async () => {
    const done: string[] = [];
    workAfterResponse(async () => {
      done.push("first");
    }, "the first work failed");
    workAfterResponse(() => Promise.reject(new Error("broken")), "the second work failed");
    expect([later.work.length, done]).toEqual([2, []]);
    const error = vi.spyOn(log(), "error").mockImplementation(() => {});
    await runLater();
    expect(done).toEqual(["first"]);
    expect(error.mock.calls.map(([, text]) => text)).toEqual(["the second work failed"]);
    error.mockRestore();
  });

  test("stay queued when the database is away, and the request does not notice", async () => {
    const undo = enterStackEnvironment({ SUPABASE_URL: "http://127.0.0.1:9" });
    try {
      deliverMailsAfterResponse();
      await expect(runLater()).resolves.toBeUndefined();
    } finally {
      undo();
    }
  });
});
