import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { shareTargets } from "@/components/referrals/share-text";
import { charactersOf } from "@/lib/composition/font-characters";
import { textsIn } from "@/lib/language/catalogue";
import { mayPromote } from "@/lib/programme/terms";

const LINK = "https://fibre.example/?ref=REF-7K2M9QXA";

describe("the message to a friend", () => {
  it("promises the friend no reward", () => {
    const suggested = textsIn("en", "friends")("share.suggestion", { brand: "Acme Fibre" });
    expect(suggested).toContain("Acme Fibre");
    expect(suggested).not.toMatch(/free|reward|earn|discount/i);
  });

  it.each([
    ["Molo! 🎉 50% off & more? #1", "Molo! 🎉 50% off & more? #1\n"],
    ["  two\nlines ", "two\nlines\n"],
    ["half an emoji \ud83c", "half an emoji \ufffd\n"],
    ["   ", ""],
  ])("reaches each way to send it as %j, with the link below", (text, before) => {
    const { whatsapp, email, sms } = shareTargets(text, LINK, "Internet from Acme & Söhne");
    expect(new URL(whatsapp).searchParams.get("text")).toBe(`${before}${LINK}&via=whatsapp`);
    const mail = new URL(email);
    expect(mail.searchParams.get("body")).toBe(`${before}${LINK}&via=email`);
    expect(mail.searchParams.get("subject")).toBe("Internet from Acme & Söhne");
    expect(decodeURIComponent(sms)).toBe(`sms:?&body=${before}${LINK}&via=sms`);
  });
});

describe("the letters of a picture", () => {
  const characters = charactersOf(
    readFileSync("node_modules/geist/dist/fonts/geist-sans/Geist-SemiBold.ttf"),
  );
  const draws = (text: string) =>
    Array.from(text).every((one) => characters.has(one.codePointAt(0) ?? 0));

  it("are those of its font", () => {
    for (const name of ["Thandi", "Zoë", "Łukasz", "O’Brien", "Đặng".normalize("NFC"), "…", "<&>"])
      expect([name, draws(name)]).toEqual([name, true]);
    for (const name of ["محمد", "李", "🎉", "ไทย"])
      expect([name, draws(name)]).toEqual([name, false]);
  });

  it("cannot be read from a file that is no font", () => {
    expect(() => charactersOf(new Uint8Array(200))).toThrow("no character map");
  });
});

describe("what referring earns", () => {
  it.each([
    ["customers", false, false, false],
    ["customers", false, true, true],
    ["everyone", false, false, true],
    ["everyone", true, false, false],
    ["everyone", true, true, true],
  ] as const)(
    "with %s, paused %s, to a customer %s: told %s",
    (promotion, is_paused, isCustomer, told) => {
      expect(mayPromote({ promotion, is_paused }, isCustomer)).toBe(told);
    },
  );
});
