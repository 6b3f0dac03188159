import Papa from "papaparse";
import { afterEach, describe, expect, test, vi } from "vitest";
import { auditCsv } from "@/lib/admin/audit-csv";
import { type AuditRow, decodeAuditCursor, encodeAuditCursor } from "@/lib/admin/audit-schemas";
import { METRICS_TABLES, metricsCsv } from "@/lib/admin/metrics-csv";
import type { Figures, Metrics } from "@/lib/admin/metrics-schemas";
import { CSV_BOM } from "@/lib/csv";
import { AppError } from "@/lib/errors";
import { csvPages, csvResponse } from "@/lib/http/csv-response";
import { log } from "@/lib/log";
import type { Cursor } from "@/lib/paging";
import { id } from "@/tests/support/facts";
import { failureOf } from "@/tests/support/failure";
import { sqlFailure, stubClient } from "@/tests/support/stub-client";

afterEach(() => {
  vi.restoreAllMocks();
});

const table = (text: string) => Papa.parse<string[]>(text, { skipEmptyLines: true }).data;

const figures = (changes: Partial<Figures> = {}): Figures => ({
  visits: 100,
  orders: 20,
  orders_active: 15,
  orders_paid: 12,
  orders_qualified: 8,
  orders_under_way: 7,
  flagged: 1,
  flag_bps: 500,
  active: 14,
  qualified: 9,
  rewards_granted: 5,
  rewards_earned: 4,
  rewards_given: 1,
  rewards_applied: 3,
  waived_cents: 239_700,
  earned_waived_cents: 159_800,
  given_waived_cents: 79_900,
  rewards_pending: 2,
  active_customers: 400,
  k_factor: 0.05,
  cohort_cost_cents: 79_905,
  cohort_unused: 1,
  cost_per_qualified_cents: null,
  ...changes,
});

const metrics = (changes: Partial<Metrics> = {}): Metrics => ({
  as_of: "2026-12-01T06:00:00Z",
  time_zone: "Africa/Johannesburg",
  currency: "ZAR",
  from: "2026-10-31T22:00:00Z",
  to: "2026-11-30T22:00:00Z",
  first_day: "2026-11-01",
  last_day: "2026-11-30",
  days: 30,
  includes_today: false,
  is_current: true,
  compare: "previous",
  previous_first_day: "2026-10-02",
  previous_last_day: "2026-10-31",
  qualifying_days: 30,
  current: figures(),
  previous: figures({ orders: 10, cohort_cost_cents: 0, k_factor: null }),
  bars: {
    unit: "week",
    items: [{ start: "2026-11-02", days: 7, whole_days: 7, orders: 5, qualified: 2, under_way: 1 }],
  },
  steps: { ordered: { friends: 20, median_days: 3 } },
  channels: [
    { channel: "whatsapp", visits: 40, orders: 9, activated: 7, qualified: 4, under_way: 2 },
  ],
  packages: [
    { id: id(1), name: "=Fibre 50", paid: 6, orders: 9, activated: 7, qualified: 4, under_way: 2 },
  ],
  cohorts: [
    {
      month: "2026-08-01",
      is_referred: true,
      days: 31,
      paid: 3,
      orders: 5,
      activated: 4,
      qualified: 3,
      under_way: 0,
      kept: [
        { months: 3, of: 4, kept: 3 },
        { months: 6, of: 0, kept: 0 },
        { months: 12, of: 0, kept: 0 },
      ],
    },
    {
      month: "2026-08-01",
      is_referred: false,
      days: 31,
      paid: 8,
      orders: 12,
      activated: 9,
      qualified: 0,
      under_way: 1,
      kept: [],
    },
  ],
  liability: {
    as_of: "2026-12-01T06:00:00Z",
    rewards: 2,
    value_cents: 159_800,
    expiring: [{ month: "2027-06-01", rewards: 2, value_cents: 159_800 }],
  },
  queues: { review: 0, orders_pending: 0, orders_installing: 0, failed_mails: 0, queued_mails: 0 },
  last_billing_run: null,
  ...changes,
});

describe("a table of the overview as a file", () => {
  test("of figures has counts, amounts as decimal numbers, and the period compared", () => {
    const { text, rows } = metricsCsv("figures", metrics());
    const lines = table(text);
    expect(lines[0]).toEqual(["figure", "unit", "period", "compared"]);
    expect(rows).toBe(lines.length - 1);
    expect(lines).toContainEqual(["orders", "count", "20", "10"]);
    expect(lines).toContainEqual(["earned_waived", "ZAR", "1598.00", "1598.00"]);
    expect(lines).toContainEqual(["cohort_cost", "ZAR", "799.05", "0.00"]);
    expect(lines).toContainEqual(["cost_per_qualified", "ZAR", "", ""]);
    expect(lines).toContainEqual(["k_factor", "ratio", "0.05", ""]);
    const alone = table(metricsCsv("figures", metrics({ previous: null })).text);
    expect(alone).toContainEqual(["orders", "count", "20", ""]);
    expect(alone).toContainEqual(["cohort_cost", "ZAR", "799.05", ""]);
  });

  test.each([
    [
      "bars",
      [
        ["week_from", "days_in_period", "whole_days", "orders", "qualified", "under_way"],
        ["2026-11-02", "7", "7", "5", "2", "1"],
      ],
    ],
    [
      "steps",
      [
        ["step", "friends", "median_days"],
        ["ordered", "20", "3"],
      ],
    ],
    [
      "channels",
      [
        ["channel", "visits", "orders", "activated", "qualified", "under_way"],
        ["whatsapp", "40", "9", "7", "4", "2"],
      ],
    ],
    [
      "packages",
      [
        ["package", "orders", "activated", "paid", "qualified", "under_way"],
        ["'=Fibre 50", "9", "7", "6", "4", "2"],
      ],
    ],
    [
      "liability",
      [
        ["expires_in", "free_months", "value", "currency"],
        ["2027-06", "2", "1598.00", "ZAR"],
      ],
    ],
  ] as const)("of %s names its columns and has a row for each", (name, expected) => {
    const { text, rows } = metricsCsv(name, metrics());
    expect(table(text)).toEqual(expected);
    expect(rows).toBe(1);
  });

  test("of cohorts tells the referred from the others, and who stayed", () => {
    const [head, referred, others] = table(metricsCsv("cohorts", metrics()).text);
    expect(head?.slice(-6)).toEqual([
      "due_after_3",
      "kept_after_3",
      "due_after_6",
      "kept_after_6",
      "due_after_12",
      "kept_after_12",
    ]);
    expect(referred).toEqual([
      "2026-08",
      "referred",
      "31",
      "5",
      "4",
      "3",
      "3",
      "0",
      "4",
      "3",
      "0",
      "0",
      "0",
      "0",
    ]);
    expect(others?.slice(0, 8)).toEqual([
      "2026-08",
      "without_code",
      "31",
      "12",
      "9",
      "8",
      "0",
      "1",
    ]);
  });

  test("has no row where there was nothing", () => {
    const empty = metrics({
      bars: { unit: "day", items: [] },
      steps: {},
      channels: [],
      packages: [],
      cohorts: [],
      liability: { as_of: "2026-12-01T06:00:00Z", rewards: 0, value_cents: 0, expiring: [] },
    });
    const counted = METRICS_TABLES.map((name) => [name, metricsCsv(name, empty).rows]);
    expect(counted.filter(([name]) => name !== "figures").every(([, rows]) => rows === 0)).toBe(
      true,
    );
    expect(metricsCsv("bars", empty).text).toMatch(/^day_from,/);
  });
});

describe("the audit log as a file", () => {
  const entry = (changes: Partial<AuditRow> = {}): AuditRow => ({
    id: 7,
    actor_id: id(1),
    actor_name: "Thandi Nkosi",
    action: "reward.granted",
    entity_type: "reward",
    entity_id: id(2),
    before: null,
    after: { status: "pending" },
    reason: "=1+1",
    created_at: "2026-11-30T08:00:00Z",
    customer_id: id(3),
    customer_name: "Lerato M.",
    hash: "00ff",
    ...changes,
  });

  test("has what changed as JSON, nothing where nothing was, and runs no formula", () => {
    const [head, row] = table(
      auditCsv([entry()], { header: true, timeZone: "Africa/Johannesburg" }),
    );
    const cells = Object.fromEntries((head ?? []).map((name, at) => [name, row?.[at]]));
    expect(cells).toMatchObject({
      id: "7",
      actor: "Thandi Nkosi",
      before: "",
      after: '{"status":"pending"}',
      reason: "'=1+1",
      hash: "00ff",
    });
    expect(
      table(
        auditCsv([entry({ before: { a: 1 }, after: null })], {
          header: false,
          timeZone: "Africa/Johannesburg",
        }),
      ),
    ).toEqual([expect.arrayContaining(['{"a":1}'])]);
  });

  test("goes on from the place that was handed out, and takes no other text for one", () => {
    expect(encodeAuditCursor(null)).toBeNull();
    expect(decodeAuditCursor(encodeAuditCursor(42) ?? "")).toBe(42);
    expect([decodeAuditCursor(undefined), decodeAuditCursor("")]).toEqual([undefined, undefined]);
    for (const text of ["audit:1", Buffer.from("audit:0").toString("base64url"), "%%%"]) {
      expect(() => decodeAuditCursor(text)).toThrow(AppError);
    }
  });
});

describe("an export", () => {
  const PAGES: { rows: string[]; next_cursor: Cursor | null }[] = [
    { rows: ["a", "b"], next_cursor: { at: "2026-11-30T08:00:00Z", id: id(1) } },
    { rows: ["c"], next_cursor: null },
  ];
  const kind = {
    csv: (rows: readonly string[], { header }: { header: boolean }) =>
      `${header ? "name\r\n" : ""}${rows.join("\r\n")}\r\n`,
  };
  const recorded = (requests: { body: unknown }[]) =>
    requests.map(({ body }) => {
      const { p_stage, p_rows } = body as { p_stage: string; p_rows?: number };
      return [p_stage, p_rows];
    });
  const exported = (
    read: (cursor: Cursor | undefined) => Promise<(typeof PAGES)[number]>,
    server = stubClient({ status: 200, body: null }),
  ) => ({
    server,
    response: csvResponse(
      server.server,
      { name: "invoices", actor: id(9), filter: { from: "2026-11-01", to: undefined } },
      csvPages(kind, read),
    ),
  });
  const pages = async (cursor: Cursor | undefined) => {
    const page = PAGES[cursor ? 1 : 0];
    if (!page) throw new Error("no page");
    return page;
  };

  test("is one file of all pages, named once, with a row in the audit log before and after", async () => {
    const { server, response } = exported(pages);
    const answer = await response;
    expect(recorded(server.requests)).toEqual([["started", undefined]]);
    expect(server.requests[0]?.body).toMatchObject({
      p_actor: id(9),
      p_subject: "invoices",
      p_filter: { from: "2026-11-01" },
    });
    const bytes = await answer.arrayBuffer();
    expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)).toBe(
      `${CSV_BOM}name\r\na\r\nb\r\nc\r\n`,
    );
    expect(recorded(server.requests)).toEqual([
      ["started", undefined],
      ["completed", 3],
    ]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="invoices.csv"',
      "cache-control": "no-store",
    });
  });

  test("does not begin when its first page fails, or when nobody can note it", async () => {
    const { server, response } = exported(() => Promise.reject(new AppError("forbidden")));
    expect((await failureOf(response)).code).toBe("forbidden");
    expect(server.requests).toEqual([]);
    const silent = exported(pages, stubClient(sqlFailure("42501", "no", 403)));
    expect((await failureOf(silent.response)).code).toBe("forbidden");
  });

  test("breaks off with the number of rows that left, when a later page fails", async () => {
    const { server, response } = exported(async (cursor) => {
      if (cursor) throw new AppError("unavailable");
      return pages(cursor);
    });
    await expect((await response).text()).rejects.toThrow();
    expect(recorded(server.requests)).toEqual([
      ["started", undefined],
      ["cut_short", 2],
    ]);
  });

  test("ends once in the log, when its reader leaves while a page is read that then fails", async () => {
    const second = Promise.withResolvers<(typeof PAGES)[number]>();
    const { server, response } = exported((cursor) => (cursor ? second.promise : pages(cursor)));
    const reader = (await response).body?.getReader();
    await reader?.read();
    await reader?.read();
    await reader?.cancel();
    second.reject(new AppError("unavailable"));
    await vi.waitFor(() => expect(server.requests).toHaveLength(2));
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorded(server.requests)).toEqual([
      ["started", undefined],
      ["cut_short", 2],
    ]);
  });

  test("is cut short once when its reader leaves; a log that fails then is written down", async () => {
    const error = vi.spyOn(log(), "error").mockImplementation(() => {});
    const { server, response } = exported(
      pages,
      stubClient({ status: 200, body: null }, sqlFailure("XX000")),
    );
    const reader = (await response).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(recorded(server.requests)).toEqual([
      ["started", undefined],
      ["cut_short", expect.any(Number)],
    ]);
    expect(error).toHaveBeenCalledWith(
      expect.objectContaining({ actor: id(9) }),
      "the end of an export could not be audited",
    );
  });
});
