import type { AddressInput } from "@/lib/identity/address";
import { Random } from "@/supabase/local/seed/random";
import { makePlace, type Place, placeName, writeAddress } from "./places";

/**
 * A labelled world of referrals for measuring the fraud rules. It knows what people do, not how the
 * rules look at it: names, streets, providers and habits are its own, and no label is computed with
 * the code under test.
 */

/** What the programme's rules ask for: what must be blocked, what must be held, and honest people. */
export type Label =
  | "block"
  | "hold"
  | "flag"
  | "honest"
  /** The beginning of a cheat that nothing shows yet. */
  | "unproven";

export interface Member {
  id: number;
  email: string;
  phone: string;
  place: Place;
  address: AddressInput;
  ips: string[];
  /** The member who referred this one. */
  referredBy: number | null;
  active: boolean;
  overdue: boolean;
}

export interface WorldOrder {
  at: number;
  referrer: number;
  email: string;
  phone: string;
  address: AddressInput;
  ip: string;
  userAgent: string;
  visitedAt: number | null;
  label: Label;
  /** What the person does, in a word or two. */
  kind: string;
}

export interface World {
  members: Member[];
  orders: WorldOrder[];
  /** Addresses that had service once: with the instant at which it ended. */
  served: { address: AddressInput; until: number }[];
  /** E-mail addresses and phones of customers whose data was erased. */
  erased: { emails: string[]; phones: string[]; addresses: AddressInput[] };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse("2026-02-01T06:00:00Z");

const FIRST = `thabo lerato sipho nomsa pieter anneke johan riana ahmed fatima priya vikash kagiso
  zanele bongani ayanda gert hanlie mpho tumi naledi kabelo francois marlize ebrahim yusuf devan
  anisha lwazi nandi themba refilwe dirk elmarie justin megan craig bianca tshepo palesa`.split(
  /\s+/,
);
const LAST = `nkosi dlamini botha vandermerwe naidoo pillay khumalo mokoena jacobs adams petersen
  smit fourie molefe sithole zulu maharaj govender williams davids venter pretorius mahlangu
  ngcobo cele mthembu isaacs hendricks steyn kruger`.split(/\s+/);
const PROVIDERS = [
  "gmail.com",
  "gmail.com",
  "gmail.com",
  "outlook.com",
  "yahoo.com",
  "icloud.com",
  "webmail.co.za",
  "mweb.co.za",
  "telkomsa.net",
  "proton.me",
];
const PHONES = [
  "Mozilla/5.0 (Linux; Android 15; SM-A155F) Chrome/142",
  "Mozilla/5.0 (Linux; Android 14; Redmi) Chrome/141",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1) Safari/605",
  "Mozilla/5.0 (Windows NT 10.0) Chrome/142",
];

class WorldMaker {
  readonly members: Member[] = [];
  readonly orders: WorldOrder[] = [];
  readonly served: World["served"] = [];
  readonly erased: World["erased"] = { emails: [], phones: [], addresses: [] };
  private readonly random: Random;
  private readonly phones = new Set<string>();
  private readonly emails = new Set<string>();
  private readonly homes = new Set<string>();
  private readonly carrierIps: string[];

  constructor(
    seed: number,
    private readonly scale: number,
  ) {
    this.random = new Random(seed);
    this.carrierIps = Array.from({ length: 40 }, (_, n) => `105.${n}.${this.random.int(1, 250)}.7`);
  }

  /** How many of `full` this world has. */
  count(full: number): number {
    return Math.ceil(full * this.scale);
  }

  private unique(taken: Set<string>, make: () => string): string {
    for (let n = 0; n < 10_000; n += 1) {
      const value = make();
      if (taken.has(value)) continue;
      taken.add(value);
      return value;
    }
    throw new Error("The world ran out of different people");
  }

  private local(): string {
    const { random } = this;
    const [first, last] = [random.pick(FIRST), random.pick(LAST)];
    return random.pick([
      `${first}.${last}`,
      `${first}${last}`,
      `${first[0]}${last}${random.int(1, 999)}`,
      `${first}.${last}${random.int(60, 99)}`,
      `${last}${first}${random.int(1000, 9999)}`,
    ]);
  }

  /** An address of a person of their own; the letters tell any two apart. */
  email(domain = this.random.pick(PROVIDERS)): string {
    const local = this.unique(this.emails, () => this.local().replace(/[^a-z0-9.]/g, ""));
    const letters = local.replace(/[.\d]/g, "");
    const tag = this.unique(this.emails, () =>
      Array.from({ length: 4 }, () => this.random.pick([..."abdefghjkpqrtuvwxyz"])).join(""),
    );
    return `${letters}${tag}${local.replace(/\D/g, "")}@${domain}`;
  }

  /** Nine digits of a mobile number, without the leading zero. */
  digits(): string {
    return this.unique(
      this.phones,
      () =>
        `${this.random.pick(["82", "83", "84", "72", "73", "74", "79", "61"])}${this.random.int(1_000_000, 9_999_999)}`,
    );
  }

  writePhone(digits: string): string {
    const [a, b, c] = [digits.slice(0, 2), digits.slice(2, 5), digits.slice(5)];
    return this.random.pick([
      `0${digits}`,
      `0${a} ${b} ${c}`,
      `+27${digits}`,
      `+27 ${a} ${b} ${c}`,
      `(+27) ${a} ${b} ${c}`,
      `0027 ${a} ${b} ${c}`,
      `00 27 ${digits}`,
      `(0${a}) ${b}-${c}`,
      `+27 (0)${a} ${b} ${c}`,
      `\u202a+27 ${a} ${b} ${c}\u202c`,
      `0${a}.${b}.${c}`,
    ]);
  }

  place(): Place {
    for (;;) {
      const place = makePlace(this.random);
      const name = JSON.stringify([place.code, place.suburb, place.streetNames[0], place.number]);
      if (this.homes.has(name)) continue;
      this.homes.add(name);
      return place;
    }
  }

  private homeIp(): string {
    const { random } = this;
    if (random.chance(0.3)) {
      return `2c0f:${random.int(256, 4095).toString(16)}:${random.int(1, 65535).toString(16)}:${random.int(1, 65535).toString(16)}::${random.int(1, 9999).toString(16)}`;
    }
    return `${random.pick([41, 102, 165, 196])}.${random.int(0, 255)}.${random.int(0, 255)}.${random.int(1, 254)}`;
  }

  member(changes: Partial<Member> = {}): Member {
    const place = this.place();
    const member: Member = {
      id: this.members.length + 1,
      email: this.email(),
      phone: this.digits(),
      place,
      address: writeAddress(place, this.random),
      ips: [this.random.chance(0.25) ? this.random.pick(this.carrierIps) : this.homeIp()],
      referredBy: null,
      active: true,
      overdue: false,
      ...changes,
    };
    this.members.push(member);
    return member;
  }

  order(referrer: Member, at: number, changes: Partial<WorldOrder>): WorldOrder {
    const { random } = this;
    const order: WorldOrder = {
      at,
      referrer: referrer.id,
      email: this.email(),
      phone: this.writePhone(this.digits()),
      address: writeAddress(this.place(), random),
      ip: random.chance(0.35) ? random.pick(this.carrierIps) : this.homeIp(),
      userAgent: random.pick(PHONES),
      visitedAt: random.chance(0.8) ? at - random.int(1, 600) * MINUTE : null,
      label: "honest",
      kind: "a stranger",
      ...changes,
    };
    this.orders.push(order);
    return order;
  }

  time(): number {
    return START + this.random.int(0, 240 * 24 * 60) * MINUTE;
  }

  /** The home of a neighbour of `place`, in which nobody else lives. */
  neighbour(place: Place): Place {
    for (;;) {
      const other = this.nextDoor(place);
      const name = placeName(other);
      if (this.homes.has(name)) continue;
      this.homes.add(name);
      return other;
    }
  }

  private nextDoor(place: Place): Place {
    const { random } = this;
    const digits = Number.parseInt(place.number, 10);
    if (place.unit === null)
      return { ...place, number: String(digits + random.pick([1, 2, 4, 6, 8, 10, 11])) };
    const unit = Number.parseInt(place.unit.replace(/\D/g, ""), 10);
    const letter = /[A-Z]/.exec(place.unit)?.[0];
    if (letter !== undefined && random.chance(0.5)) {
      const other = letter === "A" ? "B" : "A";
      return { ...place, unit: place.unit.replace(letter, other) };
    }
    if (place.block !== null && random.chance(0.5)) {
      return { ...place, block: place.block === "A" ? "B" : "A" };
    }
    return { ...place, unit: place.unit.replace(/\d+/, String(unit + random.int(1, 9))) };
  }

  /** How a person in a hurry, or one who hides, writes a place: with words that no form asks for. */
  sloppy(place: Place): AddressInput {
    const { random } = this;
    const clean = writeAddress(place, random);
    const line1 = clean.line1;
    return random.pick<() => AddressInput>([
      () => ({ ...clean, line1: `${line1} (opposite the school)` }),
      () => ({ ...clean, line2: [clean.line2, "c/o Mrs Jacobs"].filter(Boolean).join(", ") }),
      () => ({ ...clean, line1: `${line1}, near the Spar` }),
      () => ({ ...clean, line1: `${line1}, gate code 4512` }),
      () => ({ ...clean, line1: `${line1}, South Africa` }),
      () => ({ ...clean, line1: line1.replace(/ /g, "   ") }),
      () => ({ ...clean, suburb: null, city: place.city[0] }),
      () => ({ ...clean, city: place.suburb }),
      () => ({ ...clean, suburb: `${place.suburb} Ext 2` }),
      () => ({ ...clean, line1: `${line1}.`, line2: clean.line2 ?? "." }),
    ])();
  }

  notation(place: Place): AddressInput {
    return this.random.chance(0.25) ? this.sloppy(place) : writeAddress(place, this.random);
  }

  /** The same home with one detail wrong, missing or added. */
  nearly(place: Place): AddressInput {
    const { random } = this;
    const name = place.streetNames[0] ?? "";
    const typo = (text: string) => {
      const at = random.int(1, text.length - 2);
      return random.pick([
        text.slice(0, at) + text.slice(at + 1),
        text.slice(0, at) + random.pick([..."aeinrst"]) + text.slice(at + 1),
        text.slice(0, at) + (text[at + 1] ?? "") + (text[at] ?? "") + text.slice(at + 2),
      ]);
    };
    const ways: (() => AddressInput)[] = [
      () => {
        const clean = writeAddress(place, random);
        return {
          ...clean,
          postal_code: String(Number(place.code) + random.pick([-2, -1, 1, 3])).padStart(4, "0"),
        };
      },
      () => {
        const { line1, ...rest } = writeAddress({ ...place, complex: null }, random);
        return {
          ...rest,
          line1,
          line2: [rest.line2, random.pick(["Rear", "Cottage", "Garden cottage", "Back"])]
            .filter(Boolean)
            .join(", "),
        };
      },
    ];
    if (/^[A-Z][a-z]{4,}$/.test(name)) {
      ways.push(() =>
        writeAddress({ ...place, streetNames: [typo(name)], afrikaans: null }, random),
      );
    }
    if (place.unit === null) {
      ways.push(() =>
        writeAddress({ ...place, unit: random.pick(["2", "A", "B"]), block: null }, random),
      );
    } else {
      ways.push(() => writeAddress({ ...place, unit: null, block: null, complex: null }, random));
    }
    return random.pick(ways)();
  }

  /** The same home, written so that a program does not see it and the fitter still finds it. */
  misleading(place: Place): AddressInput {
    const { random } = this;
    const clean = writeAddress({ ...place, complex: null }, random);
    const name = place.streetNames[0] ?? "";
    return random.pick<() => AddressInput>([
      // A unit that does not exist.
      () => writeAddress({ ...place, unit: "77", block: null, complex: null }, random),
      // Another street word.
      () => writeAddress({ ...place, streetWords: ["Mews"], afrikaans: null }, random),
      // A pet name of the street, with the number in words around it.
      () => ({ ...clean, line1: `the yellow house, ${name.slice(0, 3)} ${place.number}` }),
      // The house next door, with a call to the fitter later on.
      () =>
        writeAddress({ ...place, number: String(Number.parseInt(place.number, 10) + 1) }, random),
      // A suburb and a code of the other side of the town.
      () => ({ ...clean, suburb: "Ottery", postal_code: "7808", line2: null }),
    ])();
  }

  pickMember(): Member {
    return this.random.pick(this.members.slice(0, this.count(REFERRERS)));
  }
}

/** Members who refer. */
const REFERRERS = 3000;

function honest(maker: WorldMaker, random: Random): void {
  for (let n = 0; n < maker.count(4200); n += 1) maker.order(maker.pickMember(), maker.time(), {});
  for (let n = 0; n < maker.count(600); n += 1) {
    const referrer = maker.pickMember();
    const address = maker.notation(maker.neighbour(referrer.place));
    maker.order(referrer, maker.time(), {
      address,
      ...(random.chance(0.2) ? { ip: referrer.ips[0] ?? "" } : {}),
      kind: "a neighbour",
    });
  }
  for (let n = 0; n < maker.count(250); n += 1) {
    const referrer = maker.pickMember();
    const at = maker.time();
    maker.order(referrer, at, {
      ip: referrer.ips[0] ?? "",
      visitedAt: at - random.int(30, 600) * 1000,
      kind: "a guest on the referrer's network",
    });
  }
  for (let n = 0; n < maker.count(40); n += 1) {
    const referrer = maker.member();
    const domain = `${random.pick(LAST)}-${n}.co.za`;
    for (let k = 0; k < random.int(3, 5); k += 1) {
      maker.order(referrer, maker.time(), {
        email: maker.email(domain),
        ip: `196.10.${n}.4`,
        kind: "a colleague",
      });
    }
  }
  for (let n = 0; n < maker.count(40); n += 1) {
    const referrer = maker.member();
    const at = maker.time();
    for (let k = 0; k < 4; k += 1) {
      maker.order(referrer, at + k * random.int(20, 200) * MINUTE, { kind: "a popular post" });
    }
  }
  for (let n = 0; n < maker.count(60); n += 1) {
    const referrer = maker.member();
    const digits = maker.digits();
    const next = `${digits.slice(0, 5)}${String((Number(digits.slice(5)) + 1) % 10_000).padStart(4, "0")}`;
    for (const phone of [digits, next]) {
      maker.order(referrer, maker.time(), {
        phone: maker.writePhone(phone),
        kind: "a couple with twin numbers",
      });
    }
  }
  for (let n = 0; n < maker.count(60); n += 1) {
    const referrer = maker.member();
    const name = `${random.pick(FIRST)}q${n}`;
    for (const year of [random.int(60, 78), random.int(79, 99)]) {
      maker.order(referrer, maker.time(), {
        email: `${name}${year}@gmail.com`,
        kind: "a namesake",
      });
    }
  }
  for (let n = 0; n < maker.count(100); n += 1) {
    const place = maker.place();
    const at = maker.time();
    maker.served.push({
      address: writeAddress(place, random),
      until: at - random.int(95, 400) * DAY,
    });
    maker.order(maker.pickMember(), at, {
      address: maker.notation(place),
      kind: "a tenant after a gap",
    });
  }
  for (let n = 0; n < maker.count(60); n += 1) {
    const referrer = maker.member();
    for (const suburb of ["Rondebosch", "Newlands"]) {
      const address = {
        line1: `${500 + n} Main Road`,
        suburb,
        city: "Cape Town",
        postal_code: "7700",
      };
      maker.order(referrer, maker.time(), { address, kind: "one street name in two suburbs" });
    }
  }
}

function blocked(maker: WorldMaker, random: Random): void {
  const label = "block" as const;
  for (let n = 0; n < maker.count(150); n += 1) {
    const name = `selfish${n}x`;
    const [own, other] = random.pick([
      [`${name}@gmail.com`, `Self.ish${n}.X+friend@GoogleMail.com`],
      [`${name}@outlook.com`, `${name.toUpperCase()}+b@outlook.com`],
      [`${name}@yahoo.co.za`, `${name}-two@yahoo.co.za`],
      [`${name}@icloud.com`, `${name}@me.com`],
      [`${name}@protonmail.com`, `self-ish${n}x@pm.me`],
      [`${name}@fastmail.com`, `friend@${name}.fastmail.com`],
      [`${name}@ya.ru`, `${name}@yandex.com`],
      [`${name}@firma.co.za`, `${name}+anna@firma.co.za`],
    ]);
    maker.order(maker.member({ email: own }), maker.time(), {
      email: other,
      label,
      kind: "the own mailbox",
    });
  }
  for (let n = 0; n < maker.count(120); n += 1) {
    const referrer = maker.pickMember();
    maker.order(referrer, maker.time(), {
      phone: maker.writePhone(referrer.phone),
      label,
      kind: "the own phone",
    });
  }
  for (let n = 0; n < maker.count(120); n += 1) {
    const known = maker.member();
    const email = known.email.replace("@", random.pick(["+new@", "@"])).toUpperCase();
    maker.order(maker.pickMember(), maker.time(), { email, label, kind: "a customer's e-mail" });
  }
  for (let n = 0; n < maker.count(80); n += 1) {
    const at = maker.time();
    const first = maker.order(maker.pickMember(), at, {});
    maker.order(maker.pickMember(), at + 3 * DAY, {
      email: first.email.replace("@", "+again@"),
      label,
      kind: "referred before",
    });
  }
  for (let n = 0; n < maker.count(80); n += 1) {
    const isOverdue = random.chance(0.5);
    const referrer = maker.member({ active: isOverdue, overdue: isOverdue });
    maker.order(referrer, maker.time(), { label, kind: "a referrer not in good standing" });
  }
  for (let n = 0; n < maker.count(30); n += 1) {
    const referrer = maker.member();
    const month = Date.parse("2026-05-02T08:00:00Z");
    const times = Array.from({ length: 12 }, () => month + random.int(0, 27 * 24 * 60) * MINUTE);
    times.sort((a, b) => a - b);
    times.forEach((at, k) => {
      const isOver = k >= 10;
      maker.order(
        referrer,
        at,
        isOver ? { label, kind: "over the monthly limit" } : { kind: "a busy referrer's friend" },
      );
    });
  }
}

function held(maker: WorldMaker, random: Random): void {
  const label = "hold" as const;
  for (let n = 0; n < maker.count(260); n += 1) {
    const referrer = maker.pickMember();
    maker.order(referrer, maker.time(), {
      address: maker.notation(referrer.place),
      label,
      kind: "the referrer's home",
    });
  }
  for (let n = 0; n < maker.count(30); n += 1) {
    const referrer = maker.pickMember();
    maker.order(referrer, maker.time(), {
      address: maker.misleading(referrer.place),
      label,
      kind: "the referrer's home, written to mislead",
    });
  }
  for (let n = 0; n < maker.count(130); n += 1) {
    const referrer = maker.pickMember();
    const place = maker.place();
    const at = maker.time();
    maker.order(referrer, at, { address: maker.notation(place) });
    maker.order(referrer, at + 4 * DAY, {
      address: maker.notation(place),
      label,
      kind: "one home, two friends",
    });
  }
  for (let n = 0; n < maker.count(80); n += 1) {
    const referrer = maker.pickMember();
    const digits = maker.digits();
    const at = maker.time();
    maker.order(referrer, at, { phone: maker.writePhone(digits) });
    maker.order(referrer, at + 5 * DAY, {
      phone: maker.writePhone(digits),
      label,
      kind: "one phone, two friends",
    });
  }
  for (let n = 0; n < maker.count(120); n += 1) {
    const known = maker.member();
    maker.order(maker.pickMember(), maker.time(), {
      phone: maker.writePhone(known.phone),
      label,
      kind: "a customer's phone",
    });
  }
  for (let n = 0; n < maker.count(80); n += 1) {
    const digits = maker.digits();
    const place = maker.place();
    const at = maker.time();
    const isPhone = random.chance(0.5);
    const changes = () =>
      isPhone ? { phone: maker.writePhone(digits) } : { address: maker.notation(place) };
    maker.order(maker.member(), at, changes());
    maker.order(maker.member(), at + random.int(1, 60) * DAY, {
      ...changes(),
      label,
      kind: isPhone ? "a phone at two referrers" : "a home at two referrers",
    });
  }
  for (let n = 0; n < maker.count(100); n += 1) {
    const place = maker.place();
    const at = maker.time();
    maker.served.push({
      address: writeAddress(place, random),
      until: at - random.int(0, 85) * DAY,
    });
    maker.order(maker.pickMember(), at, {
      address: maker.notation(place),
      label,
      kind: "a home served lately",
    });
  }
  for (let n = 0; n < maker.count(80); n += 1) {
    const way = n % 3;
    const email = maker.email();
    const digits = maker.digits();
    const place = maker.place();
    if (way === 0) maker.erased.emails.push(email);
    if (way === 1) maker.erased.phones.push(digits);
    if (way === 2) maker.erased.addresses.push(writeAddress(place, random));
    maker.order(maker.pickMember(), maker.time(), {
      ...(way === 0
        ? { email }
        : way === 1
          ? { phone: maker.writePhone(digits) }
          : { address: writeAddress(place, random) }),
      label,
      kind: "back after erasure",
    });
  }
  for (let n = 0; n < maker.count(25); n += 1) {
    const referrer = maker.member();
    const at = maker.time();
    for (let k = 0; k < 8; k += 1) {
      const isOver = k >= 5;
      maker.order(
        referrer,
        at + k * 40 * MINUTE + random.int(0, 30) * MINUTE,
        isOver
          ? { label, kind: "more than five in a day" }
          : { label: "unproven", kind: "before a burst" },
      );
    }
  }
  for (let n = 0; n < maker.count(120); n += 1) {
    const referrer = maker.pickMember();
    maker.order(referrer, maker.time(), {
      address: maker.nearly(referrer.place),
      ip: sameNetwork(referrer.ips[0] ?? "", random),
      label,
      kind: "nearly the referrer's home, and their network",
    });
  }
  for (let n = 0; n < maker.count(60); n += 1) {
    const referrer = maker.member();
    const place = maker.place();
    const at = maker.time();
    const first = maker.order(referrer, at, { address: maker.notation(place) });
    maker.order(referrer, at + 2 * DAY, {
      address: maker.nearly(place),
      ip: sameNetwork(first.ip, random),
      label,
      kind: "nearly another friend's home, and their network",
    });
  }
  for (let n = 0; n < maker.count(25); n += 1) {
    const referrer = maker.member();
    const stem = `${random.pick(FIRST)}${random.pick(LAST)}z${"abcdefghijklmnopqrstuvwxyz"[n % 26]}`;
    const at = maker.time();
    const isEmail = n % 2 === 0;
    const digits = maker.digits();
    const base = Math.min(Number(digits.slice(5)), 9990);
    for (let k = 1; k <= 5; k += 1) {
      const phone = `${digits.slice(0, 5)}${String(base + k).padStart(4, "0")}`;
      const changes = isEmail
        ? { email: `${stem}${String(k).padStart(2, "0")}@gmail.com` }
        : { phone: maker.writePhone(phone) };
      const isClear = k > 2;
      maker.order(referrer, at + k * 40 * HOUR + random.int(0, 20) * HOUR, {
        ...changes,
        ...(isClear
          ? { label, kind: isEmail ? "counting e-mail names" : "phones in a row" }
          : { kind: "before a sequence", label: "unproven" as const }),
      });
    }
  }
  for (let n = 0; n < maker.count(50); n += 1) {
    const first = maker.member();
    const second = maker.member({ referredBy: first.id });
    const third = maker.member({ referredBy: second.id });
    maker.order(third, maker.time(), {
      ...(random.chance(0.5)
        ? { address: maker.notation(first.place) }
        : { address: maker.nearly(first.place) }),
      label,
      kind: "a ring of three",
    });
  }
}

/** Another address of the same connection: IPv6 devices change the last 64 bits. */
function sameNetwork(ip: string, random: Random): string {
  return ip.includes("::") ? `${ip.split("::")[0]}::${random.int(1, 65_000).toString(16)}` : ip;
}

function flagged(maker: WorldMaker, random: Random): void {
  const label = "flag" as const;
  for (let n = 0; n < maker.count(150); n += 1) {
    const referrer = maker.pickMember();
    maker.order(referrer, maker.time(), {
      address: maker.nearly(referrer.place),
      label,
      kind: "nearly the referrer's home",
    });
  }
  for (let n = 0; n < maker.count(15); n += 1) {
    const referrer = maker.member();
    const at = maker.time();
    for (let k = 0; k < 8; k += 1) {
      const isClear = k >= 5;
      maker.order(referrer, at + k * DAY + random.int(-90, 90) * MINUTE, {
        ...(isClear
          ? { label, kind: "one a day, like clockwork" }
          : { kind: "before clockwork", label: "unproven" as const }),
      });
    }
  }
}

/**
 * More than 8,000 orders with a code, in order of time, or the share `scale` of them. One seed and
 * scale give one world.
 */
export function makeFraudWorld(seed: number, scale = 1): World {
  const maker = new WorldMaker(seed, scale);
  const random = new Random(seed ^ 0x5eed);
  for (let n = 0; n < maker.count(REFERRERS); n += 1) maker.member();
  honest(maker, random);
  blocked(maker, random);
  held(maker, random);
  flagged(maker, random);
  const orders = [...maker.orders].sort((a, b) => a.at - b.at);
  return { members: maker.members, orders, served: maker.served, erased: maker.erased };
}
