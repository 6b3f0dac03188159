import Papa from "papaparse";
import { describe, expect, test } from "vitest";
import { referralCsv } from "@/lib/admin/referral-csv";
import type { AdminReferral } from "@/lib/admin/referral-schemas";
import { id } from "@/tests/support/facts";

const referral = (name: string, changes: Partial<AdminReferral> = {}): AdminReferral => ({
  id: id(1),
  referrer: { id: id(2), name, email: "r@example.test", referral_code: "REF-00000000" },
  referred: { id: id(3), name: "Lerato Mokoena", email: "f@example.test" },
  order_id: id(4),
  status_reason: null,
  source: "link",
  referral_code: "REF-00000000",
  program_version: 1,
  status: "pending",
  referred_at: "2026-11-22T08:00:00Z",
  activation_due_at: "2026-12-22T08:00:00Z",
  activated_at: null,
  qualifies_at: null,
  qualified_at: null,
  expired_at: null,
  cancelled_at: null,
  rejected_at: null,
  reward_id: null,
  flags: [],
  ...changes,
});

const zone = { timeZone: "Africa/Johannesburg" };

const parse = (text: string) =>
  Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });

describe("the export of referrals", () => {
  test.each([
    ["=1+1"],
    ["+27"],
    ["-1"],
    ["@x"],
    ["\tx"],
    ["\rx"],
    ['=HYPERLINK("https://evil.example","x")'],
  ])("runs nothing for the name %j", (name) => {
    const { data, errors } = parse(referralCsv([referral(name)], { header: true, ...zone }));
    expect(errors).toEqual([]);
    expect(data[0]?.referrer).toBe(`'${name}`);
  });

  test.each([['say "hi", twice'], ["two\r\nlines"], ["semi;colon"], ["Zoë 🎉"], [" spaced "]])(
    "keeps the name %j",
    (name) => {
      const { data } = parse(referralCsv([referral(name)], { header: true, ...zone }));
      expect(data).toHaveLength(1);
      expect(data[0]?.referrer).toBe(name);
    },
  );

  test("is one table, however many pages it is written in", () => {
    const pages = [
      referralCsv([referral("A")], { header: true, ...zone }),
      referralCsv([referral("B"), referral("C")], { header: false, ...zone }),
      referralCsv([], { header: false, ...zone }),
    ];
    const { data } = parse(pages.join(""));
    expect(data.map((row) => row.referrer)).toEqual(["A", "B", "C"]);
  });

  test("names its columns when there is nothing to list, and the flags that are open", () => {
    expect(referralCsv([], { header: true, ...zone })).toMatch(/^referral_id,status,referrer,/);
    const flag = { id: id(9), severity: "hold" as const, weight: 1 };
    const { data } = parse(
      referralCsv(
        [
          referral("A", {
            flags: [
              { ...flag, signal: "velocity", status: "open" },
              { ...flag, signal: "shared_ip", status: "cleared" },
              { ...flag, signal: "fast_order", status: "open" },
            ],
          }),
        ],
        { header: true, ...zone },
      ),
    );
    expect(data[0]?.open_flags).toBe("velocity fast_order");
  });
});
