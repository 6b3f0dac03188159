import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { EMBEDDED_MODE_VARIABLE, embeddedMode } from "@/lib/supabase/embedded-mode";
import { refreshProgramDays, sealAuditLog } from "@/lib/supabase/maintenance";
import { recordRequestDurations } from "@/lib/supabase/monitoring";
import { pause, retryWhileUnavailable } from "@/lib/supabase/retry";
import { callRpc, detailOf, toAppError } from "@/lib/supabase/rpc";
import { enterEnvironment } from "@/tests/support/environment";
import { failureOf } from "@/tests/support/failure";
import { networkFailure, sqlFailure, stubClient } from "@/tests/support/stub-client";

const schema = z.object({ qualified: z.number() });
const call = (client: ReturnType<typeof stubClient>["client"]) =>
  callRpc(client, "qualify_referrals", { p_grant: true }, schema);

afterEach(() => {
  vi.useRealTimers();
});

describe("a database call", () => {
  test.each(["40001", "40P01", "55P03"])(
    "that its neighbours undid (%s) is tried again, with the same arguments",
    async (code) => {
      const { client, requests } = stubClient(sqlFailure(code), sqlFailure(code), {
        status: 200,
        body: { qualified: 3 },
      });
      expect(await call(client)).toEqual({ qualified: 3 });
      expect(requests).toHaveLength(3);
      expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(1);
      expect(requests[0]).toEqual({
        method: "POST",
        path: "/rest/v1/rpc/qualify_referrals",
        body: { p_grant: true },
      });
    },
  );

  test.each(["40001", "40P01", "55P03"])(
    "that keeps being undone (%s) is given up after four tries as unavailable",
    async (code) => {
      const { client, requests } = stubClient(sqlFailure(code));
      expect((await failureOf(call(client))).code).toBe("unavailable");
      expect(requests).toHaveLength(4);
    },
  );

  test.each([
    ["too many connections", sqlFailure("53300")],
    ["a database that starts up", sqlFailure("57P03")],
    ["a pool without a connection", sqlFailure("PGRST000", "no connection", 503)],
    ["nobody who listens", networkFailure()],
  ])(
    "that met %s never began: it is tried again, and given up after four",
    async (_what, never) => {
      const recovers = stubClient(never, never, { status: 200, body: { qualified: 3 } });
      expect(await call(recovers.client)).toEqual({ qualified: 3 });
      expect(recovers.requests).toHaveLength(3);
      const { client, requests } = stubClient(never);
      expect((await failureOf(call(client))).code).toBe("unavailable");
      expect(requests).toHaveLength(4);
    },
  );

  test("that waits in vain, for a lock or a connection, is not tried for longer than people wait", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { client, requests } = stubClient(() => {
      vi.advanceTimersByTime(3_000);
      return sqlFailure("55P03");
    });
    expect((await failureOf(call(client))).code).toBe("unavailable");
    expect(requests).toHaveLength(2);
    const late = stubClient(() => {
      vi.advanceTimersByTime(3_000);
      return sqlFailure("PGRST000", "no connection", 503);
    });
    expect((await failureOf(call(late.client))).code).toBe("unavailable");
    expect(late.requests).toHaveLength(1);
  });

  test("that fails for another reason is not tried again: it may have been carried out", async () => {
    const cut = new TypeError("fetch failed", { cause: new Error("other side closed") });
    for (const failure of [
      sqlFailure("XX000"),
      sqlFailure("57P01"),
      sqlFailure("08006", "connection lost", 503),
      cut,
    ]) {
      const { client, requests } = stubClient(failure);
      await failureOf(call(client));
      expect(requests).toHaveLength(1);
    }
  });

  test("that meets no network is unavailable", async () => {
    const error = await failureOf(call(stubClient(networkFailure()).client));
    expect(error).toMatchObject({ code: "unavailable", status: 503 });
  });

  test.each([
    ["08006", 500],
    ["53300", 500],
    ["57P01", 500],
    ["25006", 405],
    ["PGRST000", 503],
    ["PGRST003", 504],
    ["", 503],
    ["", 504],
  ])("that meets a database in trouble (%s, %i) is unavailable", async (code, status) => {
    const { client } = stubClient(sqlFailure(code, "trouble", status));
    expect((await failureOf(call(client))).code).toBe("unavailable");
  });

  test("that runs into its time limit is told apart from an outage, and not repeated", async () => {
    const { server, requests } = stubClient(sqlFailure("57014", "canceling statement", 500));
    const error = await failureOf(call(server));
    expect(error).toMatchObject({ code: "timed_out", status: 504 });
    expect(requests).toHaveLength(1);
  });

  test("that fails in an unknown way is internal: the cause is kept, and not shown", async () => {
    const secret = 'duplicate key value violates unique constraint "customers_email_key"';
    const error = await failureOf(call(stubClient(sqlFailure("23505", secret, 409)).client));
    expect(error).toMatchObject({ code: "internal", status: 500 });
    expect(error.message).not.toContain("customers");
    expect(JSON.stringify(error.cause)).toContain("customers_email_key");
  });

  test.each([[null], [[]], [{ qualified: "3" }], ["text"], [{}]])(
    "that answers in an unexpected shape, %j, is internal",
    async (body) => {
      const error = await failureOf(call(stubClient({ status: 200, body }).client));
      expect(error.code).toBe("internal");
      expect(String(error.cause)).toContain("qualify_referrals returned an unexpected shape");
    },
  );

  test.each([
    ["PT409", "reward_not_pending", 409, "reward_not_pending"],
    ["PT404", "not_found", 404, "not_found"],
    ["PT403", "own_account", 403, "own_account"],
    ["PT401", "unauthenticated", 401, "unauthenticated"],
    ["PT409", "no_such_rule", 409, "internal"],
    ["P0001", "reward_not_pending", 400, "internal"],
    ["42501", "permission denied for function place_order", 403, "forbidden"],
    ["22007", 'invalid input syntax for type timestamp: "x"', 400, "invalid_request"],
    ["22008", 'date/time field value out of range: "2026-02-30"', 500, "invalid_request"],
    ["22009", "time zone displacement out of range", 500, "invalid_request"],
    ["PGRST301", "JWT expired", 401, "unauthenticated"],
    ["PGRST303", "JWT cryptographic operation failed", 500, "unauthenticated"],
    ["", "Unauthorized", 401, "unauthenticated"],
  ])("refused with %s %s (%i) becomes %s", async (code, message, status, expected) => {
    const error = await failureOf(call(stubClient(sqlFailure(code, message, status)).client));
    expect(error.code).toBe(expected);
    if (expected !== message) expect(error.message).not.toContain(message);
  });

  test("that concerns the caller's own account is a conflict, with its detail to read", async () => {
    const own = sqlFailure("PT409", "own_account", 409);
    expect(await failureOf(call(stubClient(own).client))).toMatchObject({
      code: "own_account",
      status: 409,
    });
    const told = { code: "PT409", message: "grant_recent", details: '{"by":"x"}', hint: null };
    const error = await failureOf(call(stubClient({ status: 409, body: told }).client));
    expect(detailOf(error)).toBe('{"by":"x"}');
    expect(detailOf(new AppError("grant_recent"))).toBe("");
  });

  test("whose failure says nothing at all is internal", () => {
    expect(toAppError({}, 500).code).toBe("internal");
    expect(toAppError({ message: "CONNECTION_CLOSED 127.0.0.1:5432" }, 500).code).toBe(
      "unavailable",
    );
    expect(toAppError({}, 0).code).toBe("unavailable");
  });
});

describe("work of the nightly job", () => {
  test("seals the log part by part, and says how much it sealed", async () => {
    const { server, requests } = stubClient(
      { status: 200, body: { sealed: 1_000, more: true } },
      { status: 200, body: { sealed: 20, more: false } },
    );
    expect(await sealAuditLog(server)).toBe(1_020);
    expect(requests).toHaveLength(2);
  });

  test("leaves figures to the next job when time is up, or the database fails", async () => {
    const warn = vi.spyOn(log(), "warn").mockImplementation(() => {});
    vi.useFakeTimers();
    const slow = stubClient(() => {
      vi.advanceTimersByTime(15_000);
      return { status: 200, body: 1 };
    });
    await refreshProgramDays(slow.server, new Date());
    expect(slow.requests).toHaveLength(2);
    expect(warn).not.toHaveBeenCalled();
    await refreshProgramDays(stubClient(sqlFailure("XX000")).server, new Date());
    expect(warn).toHaveBeenCalledWith(
      expect.anything(),
      "the programme's figures wait for the next job",
    );
    warn.mockRestore();
  });

  test("adds up the requests of a process", async () => {
    const { server, requests } = stubClient({ status: 200, body: null });
    await recordRequestDurations(server, { "100": 3, "250": 1 });
    expect(requests[0]?.body).toEqual({ p_hits: { "100": 3, "250": 1 } });
  });
});

test.each([
  ["demo", "demo"],
  ["installation", "installation"],
  ["production", null],
  ["", null],
])("a site whose database came about as %j is said to be %j", (told, expected) => {
  const leave = enterEnvironment({ [EMBEDDED_MODE_VARIABLE]: told });
  try {
    expect(embeddedMode()).toBe(expected);
  } finally {
    leave();
  }
});

describe("a job's call", () => {
  const calls = (fails: (attempt: number) => AppError | null) => {
    const at: number[] = [];
    return {
      at,
      call: async () => {
        at.push(performance.now());
        const error = fails(at.length);
        if (error) throw error;
        return "done";
      },
    };
  };
  const away = () => new AppError("unavailable");

  test("outlasts a database that is away for half a minute", async () => {
    vi.useFakeTimers();
    const began = performance.now();
    const { call } = calls(() => (performance.now() - began < 30_000 ? away() : null));
    const done = retryWhileUnavailable(call);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(await done).toBe("done");
  });

  test("is given up after a minute, with pauses that grow", async () => {
    vi.useFakeTimers();
    const { call, at } = calls(away);
    const failed = failureOf(retryWhileUnavailable(call));
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await failed).code).toBe("unavailable");
    const pauses = at.slice(1).map((time, n) => time - (at[n] ?? 0));
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, ...pauses.slice(5).map(() => 8_000)]);
    expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeGreaterThan(50_000);
  });

  test("is not repeated after any other refusal, nor once the job is told to stop", async () => {
    const refused = calls(() => new AppError("not_found"));
    expect((await failureOf(retryWhileUnavailable(refused.call))).code).toBe("not_found");
    const stopped = calls(away);
    await failureOf(retryWhileUnavailable(stopped.call, AbortSignal.abort()));
    expect([refused.at.length, stopped.at.length]).toEqual([1, 1]);
    // A wait that begins after the stop is none.
    vi.useFakeTimers();
    await pause(60_000, AbortSignal.abort());
    expect(vi.getTimerCount()).toBe(0);
  });
});
