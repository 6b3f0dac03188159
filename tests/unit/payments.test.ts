import fc from "fast-check";
import Papa from "papaparse";
import { describe, expect, test } from "vitest";
import { paymentEffectText } from "@/components/admin/billing/payments/payment-effect-text";
import { readPaymentFile } from "@/lib/billing/payment-file";
import { instructionsInputSchema, paymentInputSchema } from "@/lib/billing/payment-schemas";
import { csvRows, decimalCents } from "@/lib/csv";
import { AppError } from "@/lib/errors";
import { paymentEffect } from "@/lib/invoicing/account";
import { parseAmount } from "@/lib/money";

describe("an amount as a bank writes it", () => {
  test.each([
    ["799", 79_900],
    ["799.50", 79_950],
    ["799,5", 79_950],
    ["1 299,00", 129_900],
    ["1\u00a0299.00", 129_900],
    ["1,299.00", 129_900],
    ["1.299,00", 129_900],
    ["1,299,000", 129_900_000],
    ["1'299.00", 129_900],
    ["R 1 299,00", 129_900],
    ["R799", 79_900],
    ["ZAR 5.00", 500],
    // One rand and 299 thousandths, or a thousand: nobody can tell.
    ["1,299", null],
    ["1.299", null],
    ["1,29,900", null],
    ["1.299.00", null],
    ["-5", null],
    ["5-", null],
    ["1e3", null],
    ["", null],
    ["abc", null],
    ["99999999999", null],
    ["1,000,000,000.00", null],
  ])("%j is %j cents", (text, cents) => {
    expect(parseAmount(text)).toBe(cents);
  });
});

test("an empty reference of a payment is none, and one that cannot be shown is refused", () => {
  const paid = { amount_cents: 100, paid_on: "2026-11-02" };
  expect(paymentInputSchema.parse({ ...paid, reference: "  " }).reference).toBeUndefined();
  expect(paymentInputSchema.parse({ ...paid, reference: " EFT 1 " }).reference).toBe("EFT 1");
  expect(paymentInputSchema.safeParse({ ...paid, reference: "a\u0000b" }).success).toBe(false);
});

describe("a bank file", () => {
  test("is sent in parts when it is too long", () => {
    const rows = "INV-2026-000001,1.00,2026-11-02\n".repeat(5_002);
    expect(() => readPaymentFile(`invoice_number,amount,paid_on\n${rows}`)).toThrow(
      /more than 5000 rows. Please send it in parts/,
    );
  });

  test("rejects a row that is shorter than the others, and goes on", () => {
    const file = readPaymentFile(
      "invoice_number,amount,paid_on\nINV-2026-000002,5.00,2026-11-03\nINV-2026-000001\n",
    );
    expect(file.rejected).toEqual([{ row: 3, reason: expect.stringContaining("amount") }]);
    expect(file.rows.map(({ row, reference }) => [row, reference])).toEqual([[2, null]]);
  });

  test("is read in any order of columns, with any separator, and empty rows left out", () => {
    const file =
      "\ufeffReference;Paid on;Amount;Invoice number\r\nSalary;2026-11-02;799,50;inv-2026-000001\r\n\r\n;2026-11-03;1 299,00;INV-2026-000002\r\n";
    expect(readPaymentFile(file)).toEqual({
      rows: [
        {
          row: 2,
          invoice_number: "INV-2026-000001",
          amount_cents: 79_950,
          paid_on: "2026-11-02",
          reference: "Salary",
        },
        {
          row: 4,
          invoice_number: "INV-2026-000002",
          amount_cents: 129_900,
          paid_on: "2026-11-03",
          reference: null,
        },
      ],
      rejected: [],
    });
  });

  test("says of each row that it cannot read what is wrong with it", () => {
    const file = [
      "invoice_number,amount,paid_on,reference",
      "hello,1,2026-11-02,",
      'INV-2026-000001,"1,299",2026-11-02,',
      "INV-2026-000001,0,2026-11-02,",
      "INV-2026-000001,1,2026-02-30,",
      "INV-2026-000001,1,02/11/2026,",
      'INV-2026-000001,1,2026-11-02,"two\nlines"',
    ].join("\n");
    const { rows, rejected } = readPaymentFile(file);
    expect(rows).toEqual([]);
    expect(rejected.map(({ row }) => row)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  test("without its columns is refused, and names what is missing", () => {
    expect(() => readPaymentFile("a,b\n1,2\n")).toThrow(AppError);
    expect(() => readPaymentFile("invoice_number,amount\nX,1\n")).toThrow(/paid_on/);
    expect(() => readPaymentFile("")).toThrow(AppError);
  });
});

describe("a cell of an export", () => {
  const only = (text: string) =>
    Papa.parse<string[]>(csvRows([[text]]).slice(0, -2), { delimiter: "," }).data[0]?.[0];

  test.each([
    "=1+1",
    "+27",
    "-1",
    "@x",
    "\tx",
    "\r=x",
    "\n=x",
    "\u2028=x",
    "\u2029=x",
    "\u2028x",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "\ufeff=x",
    "\u200b=x",
    "\u00a0=x",
    " =x",
    "\u202e=x",
    "\u2060＝x",
  ])("that begins like a formula runs nothing: %j", (text) => {
    expect(only(text)).toBe(`'${text}`);
  });

  test.each(["Zoë 🎉", "a=b", 'say "hi", twice', "1 299,00", " spaced ", "\u200bZoë"])(
    "keeps any other text: %j",
    (text) => {
      expect(only(text)).toBe(text);
    },
  );

  test("has its amount as a decimal number", () => {
    expect([0, 5, -5, 79_950, -79_900].map(decimalCents)).toEqual([
      "0.00",
      "0.05",
      "-0.05",
      "799.50",
      "-799.00",
    ]);
  });
});

describe("what a payment does, before it is recorded", () => {
  const cents = fc.integer({ min: 0, max: 1_000_000_000 });
  test("adds up to the payment, and takes the invoice first, then the others, then credit", () => {
    fc.assert(
      fc.property(cents, cents, cents, (amount, outstanding, others) => {
        const effect = paymentEffect(amount, outstanding, others);
        const onInvoice = outstanding - effect.outstanding_cents;
        expect(onInvoice + effect.others_cents + effect.credit_cents).toBe(amount);
        for (const part of Object.values(effect)) expect(part).toBeGreaterThanOrEqual(0);
        expect(effect.others_cents).toBeLessThanOrEqual(others);
        if (effect.others_cents > 0) expect(effect.outstanding_cents).toBe(0);
        if (effect.credit_cents > 0) expect(effect.others_cents).toBe(others);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is said in sentences: a part, settled, to other invoices, credit", () => {
    const invoice = { invoice_number: "INV-2026-000001", outstanding_cents: 79_900 };
    const open = (outstanding_cents: number, invoice_number: string) => ({
      invoice_number,
      outstanding_cents,
      due_on: "2026-10-30",
      is_overdue: false,
    });
    const account = {
      currency: "ZAR",
      open_invoices: [open(79_900, "INV-2026-000001"), open(10_000, "INV-2026-000002")],
    };
    const said = (amount: number, to = invoice) =>
      paymentEffectText(amount, to, account).replaceAll("\u00a0", " ");
    expect(said(10_000)).toBe("A part payment: R 699.00 of INV-2026-000001 stays outstanding.");
    expect(said(79_900)).toBe("This settles INV-2026-000001.");
    expect(said(85_000)).toBe(
      "This settles INV-2026-000001. R 51.00 goes to the customer's other open invoices, the oldest first.",
    );
    expect(said(100_000)).toBe(
      "This settles INV-2026-000001. R 100.00 goes to the customer's other open invoices, the oldest first. R 101.00 stays as the customer's credit and lowers the next invoice.",
    );
    const settled = { invoice_number: "INV-2026-000003", outstanding_cents: 0 };
    expect(said(100_000, settled)).toMatch(/^Nothing is outstanding on INV-2026-000003\./);
  });
});

describe("texts that people enter about payments", () => {
  const UNSHOWABLE = [
    "\u0000",
    "\u0007",
    "\u0085",
    "\u2028",
    "\u2029",
    "\u200e",
    "\u202e",
    "\u2067",
  ];

  test("hold no control, line-separator or direction character, in form and file alike", () => {
    for (const character of UNSHOWABLE) {
      const reference = `EFT${character}1`;
      const given = { amount_cents: 100, paid_on: "2026-11-20", reference };
      expect(paymentInputSchema.safeParse(given).success).toBe(false);
      expect(
        readPaymentFile(
          `invoice_number,amount,paid_on,reference\nINV-2026-000001,1.00,2026-11-20,"${reference}"\n`,
        ),
      ).toMatchObject({ rows: [], rejected: [{ row: 2 }] });
      expect(instructionsInputSchema.safeParse(`Bank\nAcc${character}1`).success).toBe(false);
    }
    expect(instructionsInputSchema.parse(" Bank\r\nAccount 1\n")).toBe("Bank\nAccount 1");
  });
});
