import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AppError } from "@/lib/errors";
import { apiPattern, pagePattern } from "@/lib/http/route-pattern";
import { describeError } from "@/lib/log";
import { currentRequestId, requestIdOf, withRequestId } from "@/lib/request-context";
import { openRotatedLog } from "@/supabase/local/stack/rotated-log";

describe("an error in the log", () => {
  test("has no contents of rows, however deep it is", () => {
    const failure = {
      code: "23505",
      message: 'duplicate key value violates unique constraint "customers_email_key"',
      details: "Key (email)=(thandi@example.com) already exists.",
      hint: "thandi@example.com",
    };
    const logged = JSON.stringify(describeError(new AppError("internal", { cause: failure })));
    expect(logged).not.toContain("thandi");
    expect(logged).toContain("customers_email_key");
    expect(logged).toContain("23505");
  });

  test("is a text for what is no error, and empty where nothing was said", () => {
    expect(describeError("a text")).toEqual({ type: "string", message: "a text" });
    expect(describeError(undefined)).toEqual({ type: "undefined", message: "undefined" });
    expect(describeError(null)).toEqual({ type: "object", message: "null" });
    expect(describeError({ status: 500 })).toEqual({ type: "object", message: "", status: 500 });
  });

  test("hides the value that PostgreSQL could not read", () => {
    const failure = { code: "22P02", message: 'invalid input syntax for type uuid: "Thandi N"' };
    expect(describeError(failure).message).toBe('invalid input syntax for type uuid: "…"');
  });
});

describe("the route of a request in the log", () => {
  test("is a pattern without what stood in it", () => {
    expect(apiPattern("/api/admin/orders/7f3a/cancel", { id: "7f3a" })).toBe(
      "/api/admin/orders/[id]/cancel",
    );
    expect(apiPattern("/api/admin/invoices/INV%202", { number: "INV 2" })).toBe(
      "/api/admin/invoices/[number]",
    );
    expect(pagePattern("/admin/customers/7f3a/rewards?q=thandi@example.com")).toBe(
      "/admin/customers/[…]/rewards",
    );
    expect(pagePattern("/thandi@example.com")).toBe("/[…]");
    expect(pagePattern("/?ref=REF-1")).toBe("/");
    expect([pagePattern(""), pagePattern("/_next/static/chunk.js")]).toEqual(["/", "/_next/[…]"]);
    // What cannot be decoded is no value of a parameter.
    expect(apiPattern("/api/%zz/x", { id: "x" })).toBe("/api/%zz/[id]");
  });
});

describe("the id of a request", () => {
  const headers = (id?: string) => new Headers(id === undefined ? {} : { "x-request-id": id });

  test("is the proxy's when it is sound, else a new one", () => {
    expect(requestIdOf(headers("abc-123-def"))).toBe("abc-123-def");
    for (const bad of ["short", "with space in it", "x".repeat(81), '{"json":1}']) {
      expect(requestIdOf(headers(bad))).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(requestIdOf(headers())).not.toBe(requestIdOf(headers()));
  });

  test("belongs to the work of that request alone", async () => {
    const seen = await Promise.all(
      ["first-request", "second-request"].map((id) =>
        withRequestId(id, async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return currentRequestId();
        }),
      ),
    );
    expect(seen).toEqual(["first-request", "second-request"]);
    expect(currentRequestId()).toBeNull();
  });
});

describe("the database's log", () => {
  test("is appended to, rotated by size, kept a few times, and private", () => {
    const folder = mkdtempSync(join(tmpdir(), "referral-log-"));
    try {
      const path = join(folder, "postgres.log");
      openRotatedLog(path, 100).write("first\n");
      const log = openRotatedLog(path, 100);
      log.write("second\n");
      expect(readFileSync(path, "utf8")).toBe("first\nsecond\n");
      for (let n = 0; n < 20; n += 1) log.write(`${"x".repeat(80)}\n`);
      expect(readdirSync(folder).length).toBe(6);
      expect(statSync(path).mode & 0o077).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
