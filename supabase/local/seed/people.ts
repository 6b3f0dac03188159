import { addressKey } from "@/lib/identity/address";
import type { Address } from "@/lib/identity/schemas";
import { accountSchema } from "@/lib/orders/schemas";
import type { Random } from "./random";

/** Somebody who orders, and the device they order from. */
export interface Person {
  email: string;
  first_name: string;
  last_name: string;
  /** E.164. */
  phone: string;
  address: Address;
  ip: string;
  userAgent: string;
}

/** Names that go together: first names, then last names. */
const NAMES: readonly (readonly [string, string])[] = [
  [
    "Nomvula Sibusiso Zanele Thabo Lindiwe Mandla Nokuthula Bheki Ayanda Nkosinathi",
    "Dlamini Nkosi Khumalo Zulu Mthembu Ngcobo Cele Buthelezi",
  ],
  [
    "Palesa Tshepo Dineo Kabelo Refilwe Karabo Mpho Boitumelo Neo Katlego",
    "Molefe Mokoena Tau Moloi Motaung Mofokeng Sithole Phiri",
  ],
  [
    "Andile Nosipho Luyanda Thandeka Siyabonga Vuyo Unathi Zukiswa",
    "Mbeki Ntuli Qwabe Mkhize Gqola Sobukwe Nqakula Jantjies",
  ],
  [
    "Annelie Hennie Marelize Gerhard Elmarie Francois Suné Werner Liezel Deon",
    "Botha Pretorius Venter Steyn Coetzee Fourie du_Plessis Nel",
  ],
  [
    "Sarah James Emily Matthew Claire Andrew Bronwyn Gareth Megan Ross",
    "Thompson Collins Murray Bennett Walker Hughes Fraser Palmer",
  ],
  [
    "Priyanka Rajesh Kavitha Yusuf Fatima Imraan Shireen Devan Nadia Ashwin",
    "Pillay Naidoo Govender Moodley Patel Essop Reddy Maharaj",
  ],
  [
    "Chantelle Ricardo Tasneem Ashley Bianca Keanu Rushda Wayne",
    "Adams Jacobs Davids Petersen Isaacs Arendse Abrahams Fortuin",
  ],
];

interface Area {
  suburb: string;
  city: string;
  postal_code: string;
  streets: readonly string[];
}

const area = (suburb: string, city: string, postal_code: string, ...streets: string[]): Area => ({
  suburb,
  city,
  postal_code,
  streets,
});

/** Where the demo's people live. */
export const AREAS: readonly Area[] = [
  area("Observatory", "Cape Town", "7925", "Lower Main Road", "Station Road", "Trill Road"),
  area("Gardens", "Cape Town", "8001", "Kloof Street", "Orange Street", "Upper Buitenkant Street"),
  area("Claremont", "Cape Town", "7708", "Palmyra Road", "Lansdowne Road", "Harfield Road"),
  area("Durbanville", "Cape Town", "7550", "Wellington Road", "Oxford Street", "Weyers Avenue"),
  area("Mitchells Plain", "Cape Town", "7785", "Highlands Drive", "Spine Road", "Eisleben Road"),
  area("Die Boord", "Stellenbosch", "7600", "Dorp Street", "Saffraan Avenue", "Merriman Avenue"),
  area("Melville", "Johannesburg", "2092", "4th Avenue", "Main Road", "Rustenburg Road"),
  area("Randburg", "Johannesburg", "2194", "Hill Street", "Jan Smuts Avenue", "Bram Fischer Drive"),
  area("Orlando West", "Soweto", "1804", "Vilakazi Street", "Moema Street", "Khumalo Street"),
  area("Hatfield", "Pretoria", "0083", "Burnett Street", "Arcadia Street", "Festival Street"),
  area("Centurion", "Pretoria", "0157", "Lenchen Avenue", "Rabie Street", "Heuwel Avenue"),
  area("Glenwood", "Durban", "4001", "Helen Joseph Road", "Bulwer Road", "Clark Road"),
  area("Umhlanga", "Durban", "4319", "Lighthouse Road", "Ridge Road", "Chartwell Drive"),
  area("Chatsworth", "Durban", "4092", "Florence Nightingale Drive", "Road 701", "Arena Park Road"),
  area("Walmer", "Gqeberha", "6070", "Heugh Road", "Villiers Road", "Water Road"),
  area("Westdene", "Bloemfontein", "9301", "Second Avenue", "Zastron Street", "Kellner Street"),
];

const DOMAINS = ["example.com", "example.net", "example.org", "mail.test", "inbox.test"];
const PREFIXES = ["82", "83", "84", "72", "73", "74", "76", "78", "79", "71", "60", "61", "65"];
/** Networks reserved for documentation: no real person has an address of theirs. */
const NETWORKS = ["192.0.2", "198.51.100", "203.0.113"];
const USER_AGENTS = [
  "Mozilla/5.0 (Linux; Android 15; SM-A556E) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
];

const personSchema = accountSchema.omit({ password: true });

/** Invents people. Two share a name, an address, a number or a device only when told to. */
export class People {
  private count = 0;
  private readonly taken = new Set<string>();

  constructor(private readonly random: Random) {}

  /** A new person. `given` replaces invented details. */
  create(given: Partial<Person> = {}): Person {
    this.count += 1;
    const [firstName, lastName] = this.name();
    const person = {
      first_name: firstName,
      last_name: lastName,
      email: this.email(given.first_name ?? firstName, given.last_name ?? lastName),
      phone: `+27${this.random.pick(PREFIXES)}555${String(1000 + this.count * 7).padStart(4, "0")}`,
      address: this.address(),
      ...given,
    };
    return {
      ...personSchema.parse(person),
      ip: given.ip ?? this.ip(),
      userAgent: given.userAgent ?? this.random.pick(USER_AGENTS),
    };
  }

  /** An address of the documentation networks that nobody else here has. */
  ip(): string {
    return this.unique(() => `${this.random.pick(NETWORKS)}.${this.random.int(1, 254)}`);
  }

  userAgent(): string {
    return this.random.pick(USER_AGENTS);
  }

  private name(): [string, string] {
    const full = this.unique(() => {
      const [first, last] = this.random.pick(NAMES);
      return `${this.random.pick(first.split(" "))} ${this.random.pick(last.split(" "))}`;
    });
    const [first = "", last = ""] = full.split(" ");
    return [first, last.replace("_", " ")];
  }

  private email(first: string, last: string): string {
    const plain = (text: string) =>
      text
        .normalize("NFD")
        .toLowerCase()
        .replace(/[^a-z]/g, "");
    return this.unique(() => {
      const name = this.random.chance(0.7)
        ? `${plain(first)}.${plain(last)}`
        : `${plain(first).slice(0, 1)}${plain(last)}${this.random.int(70, 99)}`;
      return `${name}@${this.random.pick(DOMAINS)}`;
    });
  }

  private address(): Address {
    const found: { address?: Address } = {};
    this.unique(() => {
      const { streets, ...place } = this.random.pick(AREAS);
      const line1 = `${this.random.int(2, 190)} ${this.random.pick(streets)}`;
      const line2 = this.random.chance(0.25) ? `Unit ${this.random.int(1, 40)}` : undefined;
      found.address = { line1, line2, ...place };
      return addressKey(found.address);
    });
    if (!found.address) throw new Error("no address was made up");
    return found.address;
  }

  private unique(make: () => string): string {
    for (let attempt = 0; attempt < 1000; attempt += 1) {
      const value = make();
      if (this.taken.has(value)) continue;
      this.taken.add(value);
      return value;
    }
    throw new Error("The demo ran out of different people");
  }
}
