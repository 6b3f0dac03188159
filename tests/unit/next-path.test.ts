import { describe, expect, test } from "vitest";
import { safeNextPath } from "@/lib/access/next-path";

describe("where to go after signing in", () => {
  test.each([
    ["/dashboard", "/dashboard"],
    ["/invoices/INV-2026-000001?print=1#top", "/invoices/INV-2026-000001?print=1#top"],
    ["/admin/customers?q=%2F%2Fevil.example", "/admin/customers?q=%2F%2Fevil.example"],
    ["/a/../dashboard", "/dashboard"],
    ["/order/account?package=fibre-100", "/order/account?package=fibre-100"],
  ])("%j is a path of this site", (next, expected) => {
    expect(safeNextPath(next, "/home")).toBe(expected);
  });

  test.each([
    [null],
    [undefined],
    [""],
    ["dashboard"],
    ["//evil.example"],
    ["///evil.example"],
    ["/\\evil.example"],
    ["\\\\evil.example"],
    ["/\t/evil.example"],
    ["/\n/evil.example"],
    ["/\r\nLocation: https://evil.example"],
    ["https://evil.example"],
    ["http:evil.example"],
    ["javascript:alert(1)"],
    ["data:text/html,x"],
    [" /dashboard"],
    ["/./" + "/evil.example"],
    ["/x/..//evil.example"],
    [`/${"a".repeat(500)}`],
    ["/\u0000"],
  ])("%j leads home", (next) => {
    expect(safeNextPath(next, "/home")).toBe("/home");
  });
});
