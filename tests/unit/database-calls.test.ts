import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AppError } from "@/lib/errors";
import { callRpc, toAppError } from "@/lib/supabase/rpc";
import { networkFailure, sqlFailure, stubClient } from "../support/stub-client";

const schema = z.object({ qualified: z.number() });
const call = (client: ReturnType<typeof stubClient>["client"]) =>
  callRpc(client, "qualify_referrals", { p_grant: true }, schema);

const errorOf = async (work: Promise<unknown>): Promise<AppError> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("it went through");
};

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
      expect((await errorOf(call(client))).code).toBe("unavailable");
      expect(requests).toHaveLength(4);
    },
  );

  test("that fails for another reason is not tried again: it may have been carried out", async () => {
    for (const failure of [sqlFailure("XX000"), sqlFailure("57P01"), networkFailure()]) {
      const { client, requests } = stubClient(failure);
      await errorOf(call(client));
      expect(requests).toHaveLength(1);
    }
  });

  test("that meets no network is unavailable", async () => {
    const error = await errorOf(call(stubClient(networkFailure()).client));
    expect(error).toMatchObject({ code: "unavailable", status: 503 });
  });

  test.each([
    ["08006", 500],
    ["53300", 500],
    ["57P01", 500],
    ["57014", 500],
    ["25006", 405],
    ["PGRST000", 503],
    ["PGRST003", 504],
    ["", 503],
    ["", 504],
  ])("that meets a database in trouble (%s, %i) is unavailable", async (code, status) => {
    const { client } = stubClient(sqlFailure(code, "trouble", status));
    expect((await errorOf(call(client))).code).toBe("unavailable");
  });

  test("that fails in an unknown way is internal: the cause is kept, and not shown", async () => {
    const secret = 'duplicate key value violates unique constraint "customers_email_key"';
    const error = await errorOf(call(stubClient(sqlFailure("23505", secret, 409)).client));
    expect(error).toMatchObject({ code: "internal", status: 500 });
    expect(error.message).not.toContain("customers");
    expect(JSON.stringify(error.cause)).toContain("customers_email_key");
  });

  test.each([[null], [[]], [{ qualified: "3" }], ["text"], [{}]])(
    "that answers in an unexpected shape, %j, is internal",
    async (body) => {
      const error = await errorOf(call(stubClient({ status: 200, body }).client));
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
    const error = await errorOf(call(stubClient(sqlFailure(code, message, status)).client));
    expect(error.code).toBe(expected);
    if (expected !== message) expect(error.message).not.toContain(message);
  });

  test("whose failure says nothing at all is internal", () => {
    expect(toAppError({}, 500).code).toBe("internal");
    expect(toAppError({ message: "CONNECTION_CLOSED 127.0.0.1:5432" }, 500).code).toBe(
      "unavailable",
    );
    expect(toAppError({}, 0).code).toBe("unavailable");
  });
});
