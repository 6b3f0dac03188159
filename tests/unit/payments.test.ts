import Papa from "papaparse";
import { describe, expect, test } from "vitest";
import { readPaymentFile } from "@/lib/billing/payment-file";
import { csvRows, decimalCents } from "@/lib/csv";
import { AppError } from "@/lib/errors";
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
  ])("%j is %j cents", (text, cents) => {
    expect(parseAmount(text)).toBe(cents);
  });
});

describe("a bank file", () => {
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
