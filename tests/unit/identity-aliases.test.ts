import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normaliseEmail } from "@/lib/identity/email";
import { ipNetwork } from "@/lib/identity/ip-network";
import { areLookAlikeMailboxes, mailboxOf, privateDomainOf } from "@/lib/identity/mailbox";
import { emailSequence, phoneSequence } from "@/lib/identity/sequences";

describe("one mailbox behind the aliases of a provider", () => {
  it.each([
    ["L.Nkosi+fibre@googlemail.com", "lnkosi@gmail.com"],
    ["lerato+x@outlook.com", "lerato@outlook.com"],
    ["lerato+x@hotmail.com", "lerato@hotmail.com"],
    ["lerato+x@live.co.za", "lerato@live.co.za"],
    ["lerato-shop@yahoo.com", "lerato@yahoo.com"],
    ["lerato-shop2@yahoo.co.za", "lerato@yahoo.co.za"],
    ["lerato-a-b@ymail.com", "lerato@ymail.com"],
    ["anything@lerato.fastmail.com", "lerato@fastmail.com"],
    ["lerato+x@fastmail.com", "lerato@fastmail.com"],
    ["Le.Ra-to_N@pm.me", "leraton@proton.me"],
    ["leraton@protonmail.com", "leraton@proton.me"],
    ["lerato@me.com", "lerato@icloud.com"],
    ["lerato@mac.com", "lerato@icloud.com"],
    ["lerato-n@ya.ru", "lerato.n@yandex.com"],
    ["lerato.n@yandex.ru", "lerato.n@yandex.com"],
  ])("%s is %s", (raw, expected) => expect(mailboxOf(raw)).toBe(expected));

  it.each([
    ["lerato@outlook.com", "lerato@hotmail.com"],
    ["lerato@yahoo.com", "lerato@yahoo.co.za"],
    ["le.rato@outlook.com", "lerato@outlook.com"],
    ["lerato-n@example.com", "lerato@example.com"],
    ["a@lerato.example.com", "lerato@example.com"],
    ["-lerato@yahoo.com", "lerato@yahoo.com"],
  ])("%s and %s are two people", (a, b) => expect(mailboxOf(a)).not.toBe(mailboxOf(b)));

  it("is null where the address is malformed, and itself when read twice", () => {
    expect(mailboxOf("nobody")).toBeNull();
    fc.assert(
      fc.property(
        fc.tuple(
          fc.stringMatching(/^[a-z0-9._+-]{1,12}$/),
          fc.constantFrom(
            "gmail.com",
            "pm.me",
            "yahoo.com",
            "x.fastmail.com",
            "ya.ru",
            "mac.com",
            "a.example",
          ),
        ),
        ([local, domain]) => {
          const once = mailboxOf(`${local}@${domain}`);
          expect(once === null).toBe(normaliseEmail(`${local}@${domain}`) === null);
          if (once !== null && normaliseEmail(once) !== null) expect(mailboxOf(once)).toBe(once);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it.each([
    ["thandi.nkosi@example.com", "thandinkosi@example.com", true],
    ["lerato0@gmail.com", "leratoo@gmail.com", true],
    ["will1am@gmail.com", "william@gmail.com", true],
    ["kamo@gmail.com", "karno@gmail.com", true],
    ["thandi@example.com", "thandi+x@example.com", false],
    ["thandi@example.com", "thandi@example.org", false],
    ["thandi@example.com", "thando@example.com", false],
  ])("%s and %s look alike: %s", (a, b, expected) => {
    expect(areLookAlikeMailboxes(a, b)).toBe(expected);
  });

  it.each([
    ["a@gmail.com", null],
    ["a@yahoo.co.in", null],
    ["a@mac.com", null],
    ["a@nkosi-family.co.za", "nkosi-family.co.za"],
    ["broken", null],
  ])("the private domain of %s is %s", (email, domain) => {
    expect(privateDomainOf(email)).toBe(domain);
  });
});

describe("a sequence", () => {
  const emails = (...list: string[]) => list.map((email) => ({ of: email, email }));
  const phones = (...list: string[]) => list.map((phone) => ({ of: phone, phone }));

  it.each([
    ["john03@x.com", ["john01@x.com", "john02@x.com"], 2],
    ["john3@x.com", ["john@x.com", "john.1@x.com", "john_2@x.com"], 3],
    ["john10@x.com", ["john8@x.com", "john9@x.com", "mary@x.com"], 2],
    ["john02@x.com", ["john01@x.com"], 0],
    ["john85@x.com", ["john01@x.com", "john40@x.com"], 0],
    ["john3@x.com", ["john1@y.com", "john2@y.com"], 0],
    ["john3@x.com", ["johan1@x.com", "joan2@x.com"], 0],
    ["1@x.com", ["2@x.com", "3@x.com"], 0],
    ["john3@x.com", ["john3@x.com", "john3+a@x.com"], 0],
  ])("of e-mail addresses: %s after %j has %i others", (email, others, count) => {
    expect(emailSequence(email, emails(...others))).toHaveLength(count);
  });

  it.each([
    ["+27821234503", ["+27821234501", "+27821234502"], 2],
    ["+27821234501", ["+27821234509", "+27821234505"], 2],
    ["+27821234503", ["+27821234501"], 0],
    ["+27821234503", ["+27831234501", "+27831234502"], 0],
    ["+27821234503", ["+27821239501", "+27821231502"], 0],
    ["+27821234503", ["+27821234503", "+27821234503"], 0],
  ])("of phone numbers: %s after %j has %i others", (phone, others, count) => {
    expect(phoneSequence(phone, phones(...others))).toHaveLength(count);
  });
});

describe("the network of an IP address", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::ffff:c000:201", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["not:an:address", "not:an:address"],
    ["1::2::3", "1::2::3"],
  ])("of %s is %s", (ip, network) => expect(ipNetwork(ip)).toBe(network));
});
