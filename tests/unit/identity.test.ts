import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressKey } from "@/lib/identity/address";
import { isDisposableEmail } from "@/lib/identity/disposable-email";
import { editDistance } from "@/lib/identity/edit-distance";
import { normaliseEmail } from "@/lib/identity/email";
import { ipNetwork } from "@/lib/identity/ip-network";
import { normalisePhone } from "@/lib/identity/phone";
import { phoneSequence } from "@/lib/identity/sequences";

describe("one person has one e-mail address", () => {
  it.each([
    ["lerato@example.com", "lerato@example.com"],
    ["  Lerato@Example.COM ", "lerato@example.com"],
    ["lerato+fibre@example.com", "lerato@example.com"],
    ["lerato+a+b@example.com", "lerato@example.com"],
    ["le.ra.to@example.com", "le.ra.to@example.com"],
    ["le.ra.to@gmail.com", "lerato@gmail.com"],
    ["L.E.R.A.T.O+x@GoogleMail.com", "lerato@gmail.com"],
    ["le.rato@mail.gmail.com", "le.rato@mail.gmail.com"],
    ["ｌｅｒａｔｏ＠ｅｘａｍｐｌｅ．ｃｏｍ", "lerato@example.com"],
    ["\u212aagiso@example.com", "kagiso@example.com"],
    ["o'brien_1@sub.example.co.za", "o'brien_1@sub.example.co.za"],
    ["a@xn--bcher-kva.example", "a@xn--bcher-kva.example"],
  ])("reads %s as %s", (raw, expected) => {
    expect(normaliseEmail(raw)).toBe(expected);
  });

  it.each([
    ["", "empty"],
    ["lerato", "no domain"],
    ["lerato@", "no domain"],
    ["@example.com", "no local part"],
    ["+tag@example.com", "nothing but a tag"],
    ["...@gmail.com", "nothing but dots"],
    ["a@b@example.com", "two signs"],
    ["a＠b@example.com", "a hidden second sign"],
    ["le..rato@example.com", "two dots"],
    [".lerato@example.com", "a leading dot"],
    ["lerato.+x@example.com", "a dot left over by the tag"],
    ["lerato@example", "no top-level domain"],
    ["lerato@example.com.", "a trailing dot"],
    ["lerato@-example.com", "a leading hyphen"],
    ["lerato@exa mple.com", "a space"],
    ["lera\nto@example.com", "a line break"],
    ["\tlerato@example.com", "a tab in front"],
    [`lerato@example.com${" ".repeat(400)}`, "input that is too long"],
    ["lerato@127.0.0.1", "an address in numbers"],
    ["l\u0435rato@example.com", "a Cyrillic letter"],
    ["lerato@ex\u0430mple.com", "a Cyrillic letter in the domain"],
    ["lerato\u200b@example.com", "an invisible character"],
    ["ler\u00e4to@example.com", "a letter with a diacritic"],
    ["lerato\ud800@example.com", "half a character"],
    [`${"a".repeat(65)}@example.com`, "a local part that is too long"],
    [`a@${"b".repeat(64)}.com`, "a label that is too long"],
    [`a@${"b.".repeat(130)}com`, "an address that is too long"],
  ])("refuses %j: %s", (raw) => {
    expect(normaliseEmail(raw)).toBeNull();
  });

  it("gives the same person again when normalised twice, whatever is typed", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.emailAddress()), (raw) => {
        const once = normaliseEmail(raw);
        if (once !== null) expect(normaliseEmail(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });

  it("ignores case, tags and Gmail dots in every combination", () => {
    const dotted = fc
      .tuple(fc.boolean(), fc.boolean(), fc.boolean())
      .map((dots) => `le${dots[0] ? "." : ""}ra${dots[1] ? "." : ""}t${dots[2] ? "." : ""}o`);
    fc.assert(
      fc.property(
        dotted,
        fc.constantFrom("gmail.com", "googlemail.com", "GMAIL.COM"),
        fc.stringMatching(/^[a-z0-9]{0,8}$/),
        fc.boolean(),
        (local, domain, tag, isUpper) => {
          const raw = `${local}+${tag}@${domain}`;
          expect(normaliseEmail(isUpper ? raw.toUpperCase() : raw)).toBe("lerato@gmail.com");
        },
      ),
    );
  });
});

describe("throw-away e-mail addresses", () => {
  it.each([
    "a@mailinator.com",
    "A@MAILINATOR.COM ",
    "a@0-mail.com",
    "a@anything.33mail.com",
    "a@mail.tm",
  ])("recognises %s", (email) => expect(isDisposableEmail(email)).toBe(true));
  it.each(["a@gmail.com", "a@example.com", "mailinator.com@example.com", "", "a@not33mail.com"])(
    "lets %j be",
    (email) => expect(isDisposableEmail(email)).toBe(false),
  );
});

describe("one phone has one number", () => {
  it.each([
    "0821234567",
    "082 123 4567",
    "(082) 123-4567",
    "082.123.4567",
    "(0)82 123 4567",
    "+27821234567",
    "+27 82 123 4567",
    "+27 (0)82 123 4567",
    "+27 (0) 82 123 4567",
    "0027821234567",
    "002782 123 4567",
    "27821234567",
    "tel:+27821234567".slice(4),
    "０８２１２３４５６７",
    "＋２７ ８２ １２３ ４５６７",
    "082\u00a0123\u00a04567",
    "082–123–4567",
    "(+27) 82 123 4567",
    "(+27)(0)82 123 4567",
    "+27(82)1234567",
    "+ 27 82 123 4567",
    "+27 082 123 4567",
    "00 27 82 123 4567",
    "(0027) 82 123 4567",
    "0027 (0)82 123 4567",
    "27 82 123 4567",
    "082/123/4567",
    "082_123_4567",
    "[082] 123 4567",
    "tel:+27821234567",
    "Cell: 082 123 4567",
    "082 123 4567 ext. 5",
    "082 123 4567 x12",
    "082 123 4567 (mom)",
    "082 123 4567 (WhatsApp)",
    "WhatsApp: 082 123 4567",
    "082 123 4567 whatsapp",
    "O82 123 4567",
    "o821234567",
    "082\u00b7123\u00b74567",
    "0821234567,",
    "# 082 123 4567",
    "\u202a+27 82 123 4567\u202c",
    "\u200e082\u200b 123\u2060 4567",
    "\u2066(+27) 82 123 4567\u2069",
    "\ufeff0821234567",
    "082\u2011123\u20114567",
    "082\u202f123\u20094567",
    "\u0660\u0668\u0662\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
  ])("reads %s as +27821234567", (raw) => {
    expect(normalisePhone(raw)).toBe("+27821234567");
  });

  it.each([
    ["+44 20 7946 0018", "+442079460018"],
    ["0044 20 7946 0018", "+442079460018"],
    ["+1 (212) 555-0123", "+12125550123"],
    ["021 555 0100", "+27215550100"],
    ["(+27) 84 383 5321", "+27843835321"],
    ["+264 81 123 4567", "+264811234567"],
    ["+263 77 123 4567", "+263771234567"],
    // A range that is not assigned, and a country code that no plan knows: still phone numbers.
    ["092 123 4567", "+27921234567"],
    ["+44 7000 000 000", "+447000000000"],
    ["+999 82 123 4567", "+999821234567"],
  ])("reads %s as %s", (raw, expected) => {
    expect(normalisePhone(raw)).toBe(expected);
  });

  it("reads a national number by the country of the provider", () => {
    expect(normalisePhone("020 7946 0018", "GB")).toBe("+442079460018");
  });

  it.each([
    "",
    "12",
    "abc",
    "082 123",
    "082 123 4567 / 083 123 4567",
    "082 123 456o7o",
    "082123456789012",
    "0821234567 or 0831234567",
    "call 0821234567",
    "+27 82 123",
    "082 123 456",
    "+27+821234567",
    "082+1234567",
    "+",
    "00",
    "()-",
    "1".repeat(500),
  ])("refuses %j", (raw) => expect(normalisePhone(raw)).toBeNull());

  it("is what the database takes, for every country code and length", () => {
    for (let code = 1; code < 1000; code += 1) {
      for (let length = 4; length <= 16; length += 1) {
        const phone = normalisePhone(`+${code}${"1234567890123456".slice(0, length)}`);
        if (phone !== null) expect(phone).toMatch(/^\+[1-9][0-9]{6,14}$/);
      }
    }
  });

  it("never throws and stays itself when normalised twice", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[+0-9() -]{0,20}$/)), (raw) => {
        const once = normalisePhone(raw);
        if (once !== null) expect(normalisePhone(once)).toBe(once);
      }),
    );
  });
});

describe("one installation address has one key", () => {
  const key = (line1: string, line2: string | null = null, postal_code = "2196") =>
    addressKey({ line1, line2, suburb: "Rosebank", city: "Johannesburg", postal_code });

  it.each([
    [
      "a unit in every notation",
      [
        "Unit 4, 12 Main Road",
        "12 Main Road, Unit 4",
        "12 Main Rd Unit 4",
        "unit 4 12 main rd.",
        "4/12 Main Rd",
        "4 / 12 Main Rd",
        "Flat 4, 12 MAIN ROAD",
        "Apt. 4, 12 Main Road",
        "Apartment 4; 12 Main Road",
        "Unit no. 4, 12 Main Road",
        "Unit #4, 12 Main Road",
        "#4, 12 Main Road",
        "No 4, 12 Main Road",
        "12 Main Road, No 4",
        "12 Main Road No. 4",
        "4, 12 Main Road",
        "Unit4, 12 Main Road",
        "12 Main Road No.4",
        "Unit 4 The Oaks, 12 Main Road",
        "4 The Oaks, 12 Main Road",
        "12 Main Road, The Oaks, Unit 4",
      ],
    ],
    [
      "a house",
      [
        "12 Main Road",
        "12 Main Rd",
        "12 main rd.",
        "  12   MAIN   ROAD ",
        "No 12 Main Road",
        "No. 12, Main Road",
        "#12 Main Road",
        "12, Main Road",
        "Main Road 12",
        "12 Máin Röad",
        "Number 12 Main Weg",
        "12 Main-Road",
      ],
    ],
    ["a house with a letter", ["12A Main Road", "12 a Main Rd", "12 A, Main Road"]],
    ["an ordinal", ["7 4th Avenue", "7 Fourth Ave", "7 Fourth Av."]],
    ["a saint", ["3 St James Street", "3 St. James St", "3 Saint James Str"]],
    ["an apostrophe", ["3 King's Close", "3 Kings Cl", "3 King’s Close"]],
    ["a block", ["Block B Unit 4, 12 Main Road", "12 Main Rd, Unit 4, Block B"]],
    ["a complex without a street", ["12 The Oaks", "Unit 12, The Oaks", "The Oaks, Unit 12"]],
    ["a lettered unit", ["Unit 4B, 12 Main Road", "Unit 4 b, 12 Main Road", "4b/12 Main Rd"]],
  ])("recognises %s", (_, lines) => {
    expect(
      new Set(lines.map((line) => key(line))).size,
      JSON.stringify(lines.map((line) => key(line))),
    ).toBe(1);
  });

  it("reads both lines as one address", () => {
    expect(key("12 Main Road", "Unit 4")).toBe(key("Unit 4", "12 Main Rd"));
    expect(key("The Oaks", "12 Main Road")).toBe(key("12 Main Road", "The Oaks"));
    expect(key("12 Main Road", "")).toBe(key("12 Main Road"));
  });

  it.each([
    ["12 Main Road", "14 Main Road"],
    ["12 Main Road", "12 Main Avenue"],
    ["12 Main Road", "12A Main Road"],
    ["12 Main Road", "Unit 4, 12 Main Road"],
    ["Unit 4, 12 Main Road", "Unit 5, 12 Main Road"],
    ["Block A Unit 4, 12 Main Road", "Block B Unit 4, 12 Main Road"],
    ["4/12 Main Road", "12/4 Main Road"],
    ["4 1st Avenue", "4 2nd Avenue"],
    ["4 St James Road", "4 James Road"],
  ])("keeps %s and %s apart", (a, b) => {
    expect(key(a)).not.toBe(key(b));
  });

  it("keeps the same street in two postal codes apart, and reads the code without spaces", () => {
    expect(key("12 Main Road", null, "2196")).not.toBe(key("12 Main Road", null, "7700"));
    expect(key("12 Main Road", null, "SW1A 1AA")).toBe(key("12 Main Road", null, "sw1a1aa"));
  });

  it("keys an address without a number by its words", () => {
    expect(key("Farm Rietvlei")).toBe(key("FARM  rietvlei."));
    expect(key("Farm Rietvlei")).not.toBe(key("Farm Doornkop"));
  });

  it("gives an empty key when nothing is left to compare", () => {
    expect(key("", null, "")).toBe("");
    expect(key(" .,- ")).toBe("");
  });

  it("never throws and does not depend on case, whatever is typed", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme-ascii" }),
      fc.constantFrom("Unit", "Block 4", "12", "#"),
    );
    fc.assert(
      fc.property(fc.array(text), (parts) => {
        const line = parts.join(" ");
        expect(key(line.toUpperCase())).toBe(key(line.toLowerCase()));
      }),
    );
  });
});

describe("how far two names are from each other", () => {
  it.each([
    ["kloof", "kloof", 2, 0],
    ["", "ab", 2, 2],
    ["kloof", "kolof", 2, 1],
    ["kloof", "klof", 2, 1],
    ["kloof", "cloof", 2, 1],
    ["kloof", "kloofs", 2, 1],
    // More than the limit is one more than the limit.
    ["kloof", "long", 2, 3],
    ["kloof", "kloofstraat", 2, 3],
    ["abcdef", "ghijkl", 3, 4],
  ])("%s and %s, to %i: %i", (a, b, limit, distance) => {
    expect(editDistance(a, b, limit)).toBe(distance);
    expect(editDistance(b, a, limit)).toBe(distance);
  });
});

describe("what looks alike and is not", () => {
  it("a phone number that is too short stands in no row", () => {
    const others = ["4501", "4502", "4503"].map((phone) => ({ of: phone, phone }));
    expect(phoneSequence("4504", others)).toEqual([]);
  });

  it.each(["2001:db8::g:1", "1:2:3:4:5:6:7:8:9", "2001::db8::1", ":::"])(
    "%s is no network, and stands for itself",
    (text) => {
      expect(ipNetwork(text)).toBe(text);
    },
  );
});
