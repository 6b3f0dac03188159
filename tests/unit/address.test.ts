import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ADDRESS_KEY_VERSION,
  type AddressInput,
  addressKey,
  compareAddresses,
  nearAddressKeys,
} from "@/lib/identity/address";
import { Random } from "@/supabase/local/seed/random";
import { makePlace, placeName, writeAddress } from "@/tests/support/places";

type Changes = Partial<AddressInput>;
const at = (line1: string, changes: Changes = {}): AddressInput => ({
  line1,
  suburb: "Rosebank",
  city: "Johannesburg",
  postal_code: "2196",
  ...changes,
});
const key = (line1: string, changes: Changes = {}) => addressKey(at(line1, changes));
const compare = (a: string | AddressInput, b: string | AddressInput) =>
  compareAddresses(typeof a === "string" ? at(a) : a, typeof b === "string" ? at(b) : b);

describe("every notation of a place has one key", () => {
  it.each<[string, (string | AddressInput)[]]>([
    [
      "the suburb and the code on the street line, with and without commas, or in line 2",
      [
        "12 Main Road",
        at("12 Main Road, Rosebank", { suburb: null }),
        at("12 Main Road Rosebank", { suburb: null }),
        at("12 Main Road, Rosebank, 2196"),
        at("12 Main Road Rosebank 2196"),
        at("12 Main Road Rosebank Johannesburg 2196", { suburb: null }),
        at("12 Main Road", { line2: "Rosebank", suburb: null }),
        at("12 Main Road", { line2: "Rosebank, Johannesburg" }),
        at("12 Main Road", { line2: "Rosebank 2196", suburb: null }),
        at("Rosebank, 12 Main Road"),
        at("12 Main Road", { suburb: "Rosebank, Johannesburg" }),
        at("12 Main Road", { suburb: "ROSEBANK Ext 3" }),
      ],
    ],
    [
      "a complex whose name ends like a street",
      [
        "4 Sunny Court, 12 Main Road",
        "12 Main Road, 4 Sunny Court",
        "Unit 4, Sunny Court, 12 Main Rd",
        "Sunny Court 4, 12 Main Road",
        "12 Main Road, Sunny Court, Unit 4",
        at("Sunny Court 4", { line2: "12 Main Road" }),
        "4/12 Main Road",
        "Unit 4 Sunny Close, 12 Main Road",
        "Unit 4, Sunny Place, 12 Main Road",
        "4 Sunny Square, 12 Main Road",
        "12 Main Road, Sunny Terrace 4",
      ],
    ],
    [
      "no commas at all",
      [
        "Unit 4 Sunny Court 12 Main Road Rosebank 2196",
        "12 Main Road Sunny Court 4",
        "12 Main Road Unit 4 Sunny Court",
        "4 Sunny Court 12 Main Road",
        "Flat 4 12 Main Road Rosebank",
        "4 12 Main Road",
        "Unit 4 - 12 Main Road",
        "Unit 4-12 Main Road",
      ],
    ],
    ["a number in the middle", ["12 Main Road", "Main Road 12 Rosebank", "Main Road 12, Rosebank"]],
    [
      "Afrikaans streets",
      ["12 Kerk Street", "Kerkstraat 12", "Kerk straat 12", "12 Kerkstraat", "KERKSTR. 12"],
    ],
    ["an avenue", ["12 Jakaranda Avenue", "Jakarandalaan 12", "Jakaranda Laan 12"]],
    ["a crescent", ["12 Protea Crescent", "Proteasingel 12", "Protea Singel 12"]],
    ["a lane", ["12 Rose Lane", "Rose Steeg 12", "12 Rosesteeg"]],
    ["a road", ["12 Hoof Road", "Hoofweg 12"]],
    ["a drive", ["12 Bosman Drive", "Bosmanrylaan 12", "Bosman Rylaan 12"]],
    [
      "unit words of both languages",
      [
        "Unit 3, 12 Main Road",
        "Woonstel 3, 12 Main Road",
        "Eenheid 3, Mainweg 12",
        "U3, 12 Main Road",
        "U 3, 12 Main Road",
        "Unit 03, 12 Main Road",
        "Flat3 12 Main Road",
        "Apt. No. 3, 12 Main Road",
        "Suite 3, 12 Main Road",
        "Flat Three, 12 Main Road",
        "12 Main Road (Unit 3)",
      ],
    ],
    [
      "a floor",
      [
        "Floor 2, Unit 5, 12 Main Road",
        "2nd Floor, Unit 5, 12 Main Road",
        "Unit 5, Second Floor, 12 Main Rd",
        "Tweede vloer, eenheid 5, Mainweg 12",
        "12 Main Road, Level 2, Unit 5",
      ],
    ],
    [
      "a block",
      [
        "Bldg B, Unit 4, 12 Main Road",
        "Block B Unit 4, 12 Main Road",
        "Blok B 4, 12 Main Road",
        "Unit B4, 12 Main Road",
        "B4, 12 Main Road",
        "Unit B-4, 12 Main Road",
        "Unit 4, Building B, 12 Main Road",
      ],
    ],
    ["a tower", ["North Tower, Unit 4, 12 Main Road", "Unit 4 Tower North, 12 Main Road"]],
    [
      "house words",
      ["12 Main Road", "House 12 Main Road", "House 12, Main Road", "Huis 12 Main Rd"],
    ],
    ["leading zeros", ["24 Main Road", "024 Main Road", "No. 024, Main Road"]],
    ["ordinals", ["7 1st Avenue", "7 First Ave", "Eerste Laan 7", "1ste Laan 7", "7 1 st Avenue"]],
    ["later ordinals", ["7 21st Street", "7 Twenty-First Street", "7 twenty first St"]],
    [
      "a general",
      ["3 General Hertzog Road", "3 Gen. Hertzog Rd", "Gen Hertzogweg 3", "3 Genl. Hertzog Rd"],
    ],
    ["a mount", ["3 Mount Street", "3 Mt Street", "3 Mt. Street"]],
    ["a saint", ["3 St James Street", "3 Saint James St", "3 St. James Str"]],
    ["and", ["3 Rose & Crown Road", "3 Rose and Crown Road", "3 Rose en Crown Weg"]],
    [
      "look-alike and invisible letters",
      [
        "12 Main Road",
        "12 M\u0430in Ro\u0430d",
        "12 \u039cain Road",
        "\uff11\uff12 \uff2d\uff41\uff49\uff4e Road",
        "12 Ma\u200bin Ro\u00adad",
        "\u202a12 Main Road\u202c",
        "12 M\u00e1in R\u00f6ad",
        "\u0661\u0662 Main Road",
      ],
    ],
    [
      "a note to the driver",
      [
        "12 Main Road",
        "12 Main Road (opposite the school)",
        "12 Main Road, near the Spar",
        "12 Main Road, gate code 4512",
        at("12 Main Road", { line2: "c/o Mrs Jacobs" }),
        "12 Main Road, behind the church at number 9",
        "12 Mainweg, oorkant 14 Kerkstraat",
      ],
    ],
    ["a missing article", ["12 The Oaks", "Unit 12, The Oaks", "Oaks 12", "The Oaks, No. 12"]],
    [
      "spaces in names",
      ["3 Van der Merwe Street", "3 Vandermerwe Street", "3 van der merwestraat"],
    ],
  ])("%s", (_, notations) => {
    const keys = notations.map((n) => (typeof n === "string" ? key(n) : addressKey(n)));
    expect(new Set(keys).size, keys.join("\n")).toBe(1);
  });

  it("a postal code of two digits has its zeros", () => {
    const hatfield = (postal_code: string) =>
      key("12 Main Road", { suburb: "Hatfield", city: "Pretoria", postal_code });
    expect(hatfield("83")).toBe(hatfield("0083"));
    expect(hatfield("\uff10\uff10\uff18\uff13")).toBe(hatfield("0083"));
  });

  it("a town stands for the suburb where an address has none, a metropolitan city does not", () => {
    expect(key("12 Main Road", { suburb: null, city: "Franschhoek" })).toBe(
      key("12 Main Road", { suburb: "Franschhoek", city: "Cape Town" }),
    );
    expect(key("12 Main Road", { city: "Jhb" })).toBe(
      key("12 Main Road", { city: "Johannesburg" }),
    );
  });

  it("holds for made-up homes in all their notations", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new Random(seed);
        const place = makePlace(random);
        const [a, b] = [writeAddress(place, random), writeAddress(place, random)];
        const isOne = addressKey(a) === addressKey(b) && compareAddresses(a, b).kind === "same";
        if (!isOne) expect([a, b, addressKey(b)]).toEqual([a, b, addressKey(a)]);
        return isOne;
      }),
      { numRuns: 5000 },
    );
  }, 60_000);
});

describe("neighbours do not share a key", () => {
  it.each<[string | AddressInput, string | AddressInput]>([
    ["Unit A32, 12 Main Road", "Unit B32, 12 Main Road"],
    ["A32, 12 Main Road", "B32, 12 Main Road"],
    ["U3, 12 Main Road", "U4, 12 Main Road"],
    ["Unit 4A, 12 Main Road", "Unit 4B, 12 Main Road"],
    ["Unit A, 12 Main Road", "Unit B, 12 Main Road"],
    ["Flat Protea, 12 Main Road", "Flat Erica, 12 Main Road"],
    ["Protea Flat, 12 Main Road", "Erica Flat, 12 Main Road"],
    ["Tower 1, Unit 4, 12 Main Road", "Tower 2, Unit 4, 12 Main Road"],
    ["North Tower, Unit 4, 12 Main Road", "South Tower, Unit 4, 12 Main Road"],
    ["Block A, Unit 4, 12 Main Road", "Block B, Unit 4, 12 Main Road"],
    ["Block II, Unit 4, 12 Main Road", "Block III, Unit 4, 12 Main Road"],
    ["12 Main Road, 4 Sunny Court", "12 Main Road, 5 Sunny Court"],
    ["4 Sunny Court 12 Main Road", "5 Sunny Court 12 Main Road"],
    ["Sunny Court 4, 12 Main Road", "Sunny Court 5, 12 Main Road"],
    ["2nd Floor, 12 Main Road", "3rd Floor, 12 Main Road"],
    ["Floor 2, Unit 5, 12 Main Road", "Floor 3, Unit 5, 12 Main Road"],
    ["12A Main Road", "12B Main Road"],
    ["12 1st Avenue", "12 2nd Avenue"],
    ["12 Church Street East", "12 Church Street West"],
    ["12 Main Road", at("12 Main Road", { suburb: "Parkwood" })],
    [at("12 Main Road Rosebank", { suburb: null }), at("12 Main Road Parkwood", { suburb: null })],
    ["12 Main Road", at("12 Main Road", { postal_code: "2191" })],
    ["1234 Block H", "1234 Block K"],
    ["45 Zone 3", "45 Zone 4"],
    ["12 Main Road, Cottage", "12 Main Road"],
    ["12 Sunny Court", "12 Sunny Close"],
    ["12 The Oaks", "12 The Elms"],
  ])("%j and %j", (a, b) => {
    const [keyA, keyB] = [a, b].map((x) => (typeof x === "string" ? key(x) : addressKey(x)));
    expect(keyA).not.toBe(keyB);
    expect(compare(a, b).kind).not.toBe("same");
  });

  it("two complexes on one plot are two places, although a complex is no part of the key", () => {
    expect(compare("4 Sunny Court, 12 Main Road", "4 Rose Mews, 12 Main Road").kind).toBe(
      "different",
    );
  });

  it("made-up homes that differ in anything differ in their keys", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: 4 }), (seed, change) => {
        const random = new Random(seed);
        const place = makePlace(random);
        const other = { ...place };
        if (change === 0)
          other.unit =
            place.unit === null ? "7" : `${Number.parseInt(place.unit.replace(/\D/g, ""), 10) + 1}`;
        if (change === 1) other.number = `${Number.parseInt(place.number, 10) + 2}`;
        if (change === 2) other.suburb = place.suburb === "Rondebosch" ? "Newlands" : "Rondebosch";
        if (change === 3) other.streetNames = ["Zulu"];
        if (change === 4 && place.block !== null) other.block = "F";
        if (placeName(place) === placeName(other)) return;
        const [a, b] = [writeAddress(place, random), writeAddress(other, random)];
        const isOne = addressKey(a) === addressKey(b) || compareAddresses(a, b).kind === "same";
        if (isOne) expect([a, b, addressKey(b)]).toEqual("two places");
      }),
      { numRuns: 5000 },
    );
  }, 60_000);
});

describe("nearly the same place", () => {
  it.each<[string, string | AddressInput, string | AddressInput, string[]]>([
    ["one letter wrong", "12 Protea Road", "12 Portea Road", ["street_spelling"]],
    ["one letter missing", "12 Voortrekker Road", "12 Voortreker Road", ["street_spelling"]],
    ["the street in the other language", "12 Church Street", "Kerkstraat 12", ["street_spelling"]],
    ["laan read as lane", "Jakarandalaan 12", "12 Jakaranda Lane", ["street_spelling"]],
    ["rear", "12 Main Road", "12 Main Road Rear", ["unit_suffix"]],
    ["a cottage", "12 Main Road", "The Cottage, 12 Main Road", ["unit_suffix"]],
    ["a garden cottage", "12 Main Road", "Garden Cottage, 12 Main Road", ["unit_suffix"]],
    ["a letter", "12 Main Road", "12A Main Road", ["number_suffix"]],
    ["a letter behind", "12 Main Road", "12 Main Road A", ["unit_missing"]],
    ["a second home", "12 Main Road", "2/12 Main Road", ["unit_missing"]],
    ["a letter at the unit", "Unit 4, 12 Main Road", "Unit 4B, 12 Main Road", ["unit_suffix"]],
    ["no street word", "12 Protea Road", "12 Protea", ["street_word_missing"]],
    ["no unit", "Unit 4, 12 Main Road", "12 Main Road", ["unit_missing"]],
    ["no block", "Block B Unit 4, 12 Main Road", "Unit 4, 12 Main Road", ["building_missing"]],
    ["no street", "Unit 4, Sunny Court", "Unit 4, Sunny Court, 12 Main Road", ["street_missing"]],
    ["another suburb", "12 Main Road", at("12 Main Road", { suburb: "Parkwood" }), ["suburb"]],
    ["a range", "12-14 Main Road", "12 Main Road", ["number_suffix"]],
    [
      "the neighbouring code",
      "12 Main Road",
      at("12 Main Road", { postal_code: "2193" }),
      ["postal_code"],
    ],
    [
      "a neighbouring code with other digits",
      at("12 Main Road", { suburb: null }),
      at("12 Main Road", { suburb: null, postal_code: "2204" }),
      ["postal_code"],
    ],
    [
      "a code with two digits swapped",
      "12 Main Road",
      at("12 Main Road", { postal_code: "2169" }),
      ["postal_code"],
    ],
    [
      "no unit and one letter wrong",
      "Unit 4, 12 Protea Road",
      "12 Protae Road",
      ["street_spelling", "unit_missing"],
    ],
  ])("%s", (_, a, b, reasons) => {
    expect(compare(a, b)).toEqual({ kind: "near", reasons });
    expect(compare(b, a)).toEqual({ kind: "near", reasons });
    const keys = (x: string | AddressInput) => nearAddressKeys(typeof x === "string" ? at(x) : x);
    expect(keys(a).filter((k) => keys(b).includes(k))).not.toEqual([]);
  });

  it.each<[string, string | AddressInput, string | AddressInput]>([
    ["another number", "12 Main Road", "14 Main Road"],
    ["another street word", "12 Main Road", "12 Main Avenue"],
    ["another ordinal", "12 1st Avenue", "12 2nd Avenue"],
    ["another unit", "Unit 4, 12 Main Road", "Unit 5, 12 Main Road"],
    ["another letter", "12A Main Road", "12B Main Road"],
    ["another floor", "2nd Floor, 12 Main Road", "3rd Floor, 12 Main Road"],
    ["another name", "12 Oak Road", "12 Elm Road"],
    [
      "another town",
      "12 Main Road",
      at("12 Main Road", { suburb: "Paarl", city: "Paarl", postal_code: "7646" }),
    ],
    ["three differences", "Unit 4, 12 Protea Road", at("12 Portea", { postal_code: "2193" })],
    [
      "a code further away",
      at("12 Main Road", { suburb: null }),
      at("12 Main Road", { suburb: null, postal_code: "2226" }),
    ],
    ["nothing written", "", ""],
  ])("%s is another place", (_, a, b) => {
    expect(compare(a, b)).toEqual({ kind: "different" });
  });

  it.each<[string, string | AddressInput, string | AddressInput]>([
    ["the suburb", "12 Main Road", at("12 Main Road", { suburb: null })],
    ["the floor", "Floor 2, Unit 5, 12 Main Road", "Unit 5, 12 Main Road"],
    ["the complex", "4 Sunny Court, 12 Main Road", "4/12 Main Road"],
    [
      "the suburb, giving the town",
      at("12 Main Road", { suburb: "Bryanston", city: "Sandton" }),
      at("12 Main Road", { suburb: null, city: "Sandton" }),
    ],
    ["one letter of the suburb", "12 Main Road", at("12 Main Road", { suburb: "Rosbank" })],
  ])("leaving out %s does not make another place", (_, a, b) => {
    expect(compare(a, b)).toEqual({ kind: "same" });
  });

  it("is symmetric, and finds every pair by a coarse key, whatever is typed", () => {
    const word = fc.constantFrom(
      ..."12 14 4 Main Protea Portea Road Street Court Unit Block B Rear , / Rosebank 2nd Floor".split(
        " ",
      ),
    );
    const words = (max: number) => fc.array(word, { maxLength: max }).map((all) => all.join(" "));
    const fields = {
      line1: words(7),
      line2: fc.option(words(3)),
      suburb: fc.constantFrom(null, "Rosebank", "Parkwood", "Ext 3"),
      city: fc.constantFrom(null, "Johannesburg", "Paarl"),
      postal_code: fc.constantFrom("2196", "2193", "2169", "83", "", "SW1A 1AA", "2200"),
    };
    // The second is the first with a few fields written anew, so that many pairs are close.
    const pair = fc
      .tuple(fc.record(fields), fc.record(fields, { requiredKeys: [] }), fc.boolean())
      .map(([a, changes, swaps]): [AddressInput, AddressInput] => {
        const { line1 = a.line1, ...rest } = changes;
        return [a, { ...a, ...rest, line1: swaps ? line1 : `${a.line1} Rear` }];
      });
    let close = 0;
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const found = compareAddresses(a, b);
        expect(compareAddresses(b, a)).toEqual(found);
        if (addressKey(a) !== "") expect(compareAddresses(a, a)).toEqual({ kind: "same" });
        if (found.kind === "different") return;
        close += 1;
        const keys = nearAddressKeys(b);
        expect(nearAddressKeys(a).some((k) => keys.includes(k))).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(close).toBeGreaterThan(50);
  }, 60_000);
});

describe("stored keys", () => {
  it("carry their version", () => {
    expect(key("12 Main Road").startsWith(`${ADDRESS_KEY_VERSION}|`)).toBe(true);
  });

  // A change here means that stored keys no longer match: raise the version, and rewrite the rows.
  it.each([
    ["12 Main Road", "3|2196|rosebank|main|road|12|"],
    ["Block B, Unit 4, 12A Church Street West", "3|2196|rosebank|church|street west|12a|b.4"],
    ["Floor 2, Unit 5, 7 1st Ave", "3|2196|rosebank|#1|avenue|7|f2.5"],
    ["The Cottage, 12 Main Road", "3|2196|rosebank|main|road|12|cottage"],
    ["Farm Rietvlei", "3|2196|rosebank|rietvlei|||"],
  ])("of %s are stable", (line, expected) => {
    expect(key(line)).toBe(expected);
  });

  it("coarse keys of a home", () => {
    expect(nearAddressKeys(at("Unit 4, Sunny Court, 12 Main Road"))).toEqual([
      "n|3|2196|12",
      "b|3|21|12",
      "h|3|22|12",
      "s|3|rosebank|12",
      "c|3|2196|mainroad|12",
      "c|3|2196|sunnycourt|4",
    ]);
    expect(nearAddressKeys(at(""))).toEqual([]);
  });
});
