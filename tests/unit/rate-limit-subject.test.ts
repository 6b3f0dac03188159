import { afterEach, expect, test, vi } from "vitest";
import { addressSubject } from "@/lib/http/rate-limit";
import { log } from "@/lib/log";

afterEach(() => vi.restoreAllMocks());

test("callers without a known address count as one, and the log says so once", () => {
  const warn = vi.spyOn(log(), "warn").mockImplementation(() => {});
  expect(addressSubject("2001:db8:1:2::99")).toBe("2001:db8:1:2::/64");
  expect(warn).not.toHaveBeenCalled();
  expect([addressSubject(null), addressSubject(null)]).toEqual(["unknown", "unknown"]);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn).toHaveBeenCalledWith(expect.stringContaining("TRUSTED_PROXY_HOPS"));
});
