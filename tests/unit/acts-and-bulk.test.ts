/** What admins read before and after acts, one by one and in bulk. */
import { describe, expect, it, test } from "vitest";
import { waitsFor } from "@/components/admin/approvals/approval-words";
import { effectLines } from "@/lib/admin/act-effect";
import type { ActPreview } from "@/lib/admin/act-preview-schemas";
import { ActPreviewService } from "@/lib/admin/act-preview-service";
import type { Approval } from "@/lib/admin/approval-schemas";
import { bulkCsv } from "@/lib/admin/bulk-csv";
import { MAX_BULK_ROWS, readBulkFile } from "@/lib/admin/bulk-file";
import { bulkResult } from "@/lib/admin/bulk-results";
import { bulkPlanSchema, type StoredBulkRow } from "@/lib/admin/bulk-schemas";
import { AppError, ERROR_CODES } from "@/lib/errors";
import { placeFreeMonths } from "@/lib/rewards/next-invoice";
import { toAppError } from "@/lib/supabase/rpc";
import { billingSettings, id, reward, serviceFacts } from "@/tests/support/facts";
import { failureOf } from "@/tests/support/failure";
import { sqlFailure, stubClient } from "@/tests/support/stub-client";

const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, " ");

const DECEMBER = { period_start: "2026-12-01", period_end: "2027-01-01" };
const JANUARY = { period_start: "2027-01-01", period_end: "2027-02-01" };
const invoice = (amount: number, cycle = DECEMBER) => ({
  ...cycle,
  charge_cents: amount,
  waived_cents: 0,
  waived_as: null,
  amount_due_cents: amount,
});

const approval = (changes: Partial<Approval> = {}): Approval => ({
  id: id(1),
  kind: "credit_note",
  intent: {},
  customer_id: null,
  customer_name: null,
  amount_cents: null,
  reason: "A long outage",
  requested_by: id(2),
  requested_by_name: "Naledi Dube",
  requested_at: "2026-12-01T08:00:00Z",
  expires_at: "2026-12-04T08:00:00Z",
  status: "pending",
  decided_by_name: null,
  decided_at: null,
  decision_reason: null,
  carried_out_at: null,
  waits_for: [],
  is_mine: false,
  may_decide: false,
  ...changes,
});

const preview = (changes: Partial<ActPreview> = {}): ActPreview => ({
  act: "grant",
  refusal: null,
  needs_approval: false,
  waiting: [],
  recent: [],
  grants: null,
  before: { next_invoice: invoice(79_900), balance_cents: 79_900 },
  after: { next_invoice: invoice(79_900), balance_cents: 79_900 },
  reward: null,
  answer: null,
  currency: "ZAR",
  time_zone: "Africa/Johannesburg",
  ...changes,
});

const texts = (changes: Partial<ActPreview>) =>
  effectLines(preview(changes)).map((line) => `${line.tone}: ${plain(line.text)}`);

describe("the effect of an act in words", () => {
  it("a grant says its value, its invoice, its place in the queue, and what is left to grant", () => {
    expect(
      texts({
        reward: { place: { ...JANUARY, waived_cents: 79_900 }, used_before: 1 },
        grants: { made: 3, limit: 20 },
      }),
    ).toEqual([
      "effect: It takes R 799.00 off the invoice of 1–31 Jan 2027.",
      "effect: 1 other free month is used before it, one on each invoice.",
      "effect: The next invoice, of 1–31 Dec 2026, stays R 799.00.",
      "effect: You granted 3 of the 20 free months that one person may this month.",
    ]);
    expect(texts({ reward: { place: null, used_before: 0 } }).slice(0, 2)).toEqual([
      "effect: No invoice of the next twelve months can take it: it waits for a whole month of an active service.",
      "effect: No other free month is used before it.",
    ]);
  });

  it("a revocation says what is taken away", () => {
    const place = { ...DECEMBER, waived_cents: 79_900 };
    expect(
      texts({
        act: "revoke",
        reward: { place, used_before: 0 },
        before: { next_invoice: invoice(0), balance_cents: 0 },
      }),
    ).toEqual([
      "effect: It would have taken R 799.00 off the invoice of 1–31 Dec 2026.",
      "effect: The next invoice, of 1–31 Dec 2026, changes from R 0.00 to R 799.00.",
    ]);
    expect(texts({ act: "revoke", reward: { place: null, used_before: 0 } })[0]).toBe(
      "effect: It would have come off no invoice of the next twelve months.",
    );
  });

  it("a credit says VAT, rest and balance; a package change its day; a status the next invoice", () => {
    expect(
      texts({
        act: "credit",
        needs_approval: true,
        answer: { total_cents: 10_000, vat_cents: 1_304, remaining_cents: 69_900 },
        after: { next_invoice: null, balance_cents: -100 },
      }),
    ).toEqual([
      "warning: A second person has to approve this. Nothing is done before.",
      "effect: R 100.00 is taken back, R 13.04 of it VAT. R 699.00 can still be credited after it.",
      "effect: The account goes from R 799.00 owed to R 1.00 in credit.",
      "effect: No further invoice follows.",
    ]);
    expect(
      texts({ act: "credit", answer: {}, before: { next_invoice: null, balance_cents: 0 } }),
    ).toEqual(["effect: The next invoice, of 1–31 Dec 2026, is R 799.00."]);
    expect(
      texts({
        act: "change_package",
        answer: { effective_on: "2027-01-01" },
        after: { next_invoice: invoice(99_900, JANUARY), balance_cents: 0 },
      }),
    ).toEqual([
      "effect: Package and price take effect on 1 Jan 2027.",
      "effect: The next invoice is the one of 1–31 Jan 2027, R 999.00; before it was the one of 1–31 Dec 2026, R 799.00.",
    ]);
    expect(
      texts({
        act: "set_status",
        before: { next_invoice: null, balance_cents: 0 },
        after: { next_invoice: null, balance_cents: 0 },
      }),
    ).toEqual([]);
    expect(texts({ act: "change_package", after: null })).toEqual([]);
  });

  it("names who did the same lately, what waits, and before all else the rule against it", () => {
    const recent = [
      {
        action: "reward.granted",
        by: "Sipho Zulu",
        at: "2026-12-01T06:00:00Z",
        reason: "An outage",
        amount_cents: null,
        status: "pending",
      },
      {
        action: "something.else",
        by: null,
        at: "2026-12-01T05:00:00Z",
        reason: null,
        amount_cents: null,
        status: null,
      },
    ];
    const waiting = [
      approval(),
      approval({ is_mine: true }),
      approval({ requested_by_name: null, kind: "bulk_job" }),
    ];
    const lines = effectLines(
      preview({ refusal: { code: "own_account", message: "Not yours." }, recent, waiting }),
    );
    expect(lines.map(({ tone, text, quote }) => [tone, text, quote])).toEqual([
      ["blocked", "Not yours.", undefined],
      [
        "warning",
        "Naledi Dube asked for a credit note on 1 Dec 2026, 10:00. It waits for a second person.",
        "A long outage",
      ],
      [
        "warning",
        "You asked for a credit note on 1 Dec 2026, 10:00. It waits for a second person.",
        "A long outage",
      ],
      [
        "warning",
        "A former colleague asked for a bulk job on 1 Dec 2026, 10:00. It waits for a second person.",
        "A long outage",
      ],
      ["warning", "Sipho Zulu granted a free month on 1 Dec 2026, 08:00.", "An outage"],
      ["effect", "A former colleague changed this on 1 Dec 2026, 07:00.", undefined],
    ]);
  });
});

test("a request says for whom it waits", () => {
  expect(waitsFor(approval({ may_decide: true }))).toContain("It waits for you");
  expect(waitsFor(approval())).toContain("Nobody in the team");
  expect(waitsFor(approval({ waits_for: ["A", "B"] }))).toBe("It waits for A or B.");
  expect(waitsFor(approval({ waits_for: ["A"] }))).toBe("It waits for A.");
  expect(waitsFor(approval({ waits_for: ["A", "B", "C", "D", "E"] }))).toBe(
    "It waits for A, B, C or 2 more.",
  );
});

describe("free months one after the other", () => {
  const facts = {
    customer_id: id(1),
    rewards: [reward(2), reward(1)],
    free_month_periods: [],
    invoiced_months: [],
    services: [{ ...serviceFacts(11), invoiced_periods: [] }],
  };
  const now = new Date("2026-12-10T08:00:00Z");

  it("land on one invoice each, as the billing runs use them", () => {
    const places = placeFreeMonths(facts, billingSettings(), true, now);
    expect([...places.values()]).toEqual([
      { ...DECEMBER, waived_cents: 79_900 },
      { ...JANUARY, waived_cents: 79_900 },
    ]);
  });

  it("land nowhere while rewards are off, or without a service", () => {
    expect(placeFreeMonths(facts, billingSettings(), false, now).size).toBe(0);
    expect(placeFreeMonths({ ...facts, services: [] }, billingSettings(), true, now).size).toBe(0);
  });
});

describe("a conflict", () => {
  const of = (details: string | null) =>
    toAppError({ code: "PT409", message: "reward_not_pending", details }, 409).message;
  const usual = ERROR_CODES.reward_not_pending.message;

  it("says who was faster, and when in local time", () => {
    const at = { at: "2026-12-01T08:00:00.5+00:00", time_zone: "Africa/Johannesburg" };
    expect(of(JSON.stringify({ ...at, by: "Lerato" }))).toBe(
      `${usual} Lerato was faster: 1 Dec 2026, 10:00.`,
    );
    expect(of(JSON.stringify({ ...at, by: null }))).toContain("The system was faster");
  });

  it.each([[null], ["revoked"], ["{"], ['{"by": 1}']])("keeps its sentence for %j", (details) => {
    expect(of(details)).toBe(usual);
  });
});

describe("the preview of an act", () => {
  const outlook = {
    facts: {
      customer_id: id(1),
      rewards: [],
      free_month_periods: [],
      invoiced_months: [],
      services: [],
    },
    balance_cents: 0,
  };
  const tried = (changes: object) => ({
    act: "grant",
    before: outlook,
    after: null,
    answer: null,
    refusal: null,
    needs_approval: false,
    waiting: [],
    recent: [],
    grants: null,
    settings: billingSettings(),
    ...changes,
  });
  const service = (body: object) =>
    new ActPreviewService({
      client: stubClient({ status: 200, body }).caller,
      clock: () => new Date("2026-12-10T08:00:00Z"),
      rewardsEnabled: true,
    });

  it("gives the rule in the words of the error, and a fixed sentence for what it does not know", async () => {
    const known = await service(
      tried({ refusal: { code: "nothing_to_credit", detail: null } }),
    ).preview({ act: "credit", invoice_number: "INV-2026-000001", amount_cents: null });
    expect(known.refusal?.message).toBe(ERROR_CODES.nothing_to_credit.message);
    expect(known.reward).toBeNull();
    const unknown = await service(tried({ refusal: { code: "P0001", detail: "x" } })).preview({
      act: "grant",
      customer_id: id(1),
    });
    expect(unknown.refusal).toEqual({
      code: "internal",
      message: ERROR_CODES.internal.message,
    });
  });

  it("places a month that lands nowhere, and passes failures on", async () => {
    const made = await service(tried({ after: outlook, answer: { reward_id: id(7) } })).preview({
      act: "grant",
      customer_id: id(1),
    });
    expect(made.reward).toEqual({ place: null, used_before: 0 });
    const { caller } = stubClient(sqlFailure("PT403", "forbidden"));
    const refused = new ActPreviewService({
      client: caller,
      clock: () => new Date(),
      rewardsEnabled: true,
    });
    expect((await failureOf(refused.preview({ act: "grant", customer_id: id(1) }))).code).toBe(
      "forbidden",
    );
  });
});

describe("a bulk file", () => {
  const refusalOf = (text: string) => {
    try {
      readBulkFile(text);
      return null;
    } catch (error) {
      return error instanceof AppError ? error.fields?.text : String(error);
    }
  };

  it("may be a plain list, the first column, or a named column of a CSV", () => {
    expect(readBulkFile(" Thandi@Example.TEST \n\nref-abcd-ef12\n4k7-m2p\n")).toEqual([
      "thandi@example.test",
      "REF-ABCDEF12",
      "4K7-M2P",
    ]);
    const uuid = "0F0F0F0F-0000-4000-8000-000000000001";
    expect(readBulkFile(`${uuid};x\n`)).toEqual([uuid.toLowerCase()]);
    expect(readBulkFile("\ufeffName,E-mail address,Email\nA,,a@x.test\nB,,b@x.test")).toEqual([
      "a@x.test",
      "b@x.test",
    ]);
    expect(readBulkFile("email,reward id\na@x.test,r-1")).toEqual(["R-1"]);
  });

  it("is refused when it is empty or too long", () => {
    expect(refusalOf("\n \n")).toContain("The list is empty");
    expect(refusalOf("email\n")).toContain("The list is empty");
    expect(refusalOf("x\n".repeat(MAX_BULK_ROWS + 1))).toContain("more than 1000 rows");
    expect(readBulkFile("x\n".repeat(MAX_BULK_ROWS))).toHaveLength(MAX_BULK_ROWS);
  });
});

describe("a bulk job", () => {
  const row = (changes: Partial<StoredBulkRow> = {}): StoredBulkRow => ({
    number: 1,
    input: "REF-ABCDEF12",
    customer_id: null,
    customer_name: null,
    dry_run: null,
    status: "pending",
    code: null,
    detail: null,
    decided_at: null,
    ...changes,
  });

  it.each([
    [row(), "Not tried yet"],
    [row({ dry_run: { code: null, detail: null } }), "A free month can be granted"],
    [row({ dry_run: { code: "target_ambiguous", detail: null } }), /more than one thing/],
    [row({ status: "done" }), "Free month granted"],
    [row({ status: "refused", code: "target_repeated" }), "An earlier row names the same."],
    [row({ status: "refused", code: "own_account" }), ERROR_CODES.own_account.message],
    [row({ status: "refused", code: "23505" }), "This row could not be done."],
  ])("says what became of a row", (given, words) => {
    expect(bulkResult("grant", given)).toMatch(words);
  });

  it("leaves as a file with one line a row", () => {
    const rows = [{ ...row({ customer_name: "=cmd" }), result: "Not tried yet" }];
    expect(bulkCsv(rows, { header: true })).toBe(
      "row,input,customer_id,customer,status,result,decided_at\r\n" +
        "1,REF-ABCDEF12,,'=cmd,pending,Not tried yet,\r\n",
    );
    expect(bulkCsv([], { header: false })).toBe("");
  });

  it.each([
    [{ act: "grant", reason: "why" }, "text"],
    [{ act: "grant", reason: "why", text: "x", filter: {} }, "text"],
    [{ act: "extend_reward", reason: "why", text: "x" }, "until"],
    [{ act: "grant", reason: "why", text: "x", until: "2026-12-01" }, "until"],
  ])("is refused as %j", (body, field) => {
    const read = bulkPlanSchema.safeParse(body);
    expect(read.error?.issues[0]?.path).toEqual([field]);
  });
});
