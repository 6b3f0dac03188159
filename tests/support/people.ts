/**
 * Details of people that match nobody else's. Tests share a database, so every process draws
 * values of its own and counts from there.
 */
import { randomInt } from "node:crypto";

/** The password of every account that tests make. */
export const PASSWORD = "correct horse battery";

let counter = 0;
/** A number that this process has not used yet. */
export function nextNumber(): number {
  counter += 1;
  return counter;
}

// Four hexadecimal digits each, without a leading zero: addresses keep the form in which they are stored.
const drawn = () => randomInt(0x1000, 0x1_0000).toString(16);
const network = drawn();
const host = drawn();
const run = `${network}${host}`;

/** Letters and digits that no other test uses. */
export const newTag = (): string => `${run}${nextNumber()}`;

/** Letters that no other test uses, for names, which have no digits. */
export const newLetters = (): string =>
  newTag().replace(/[0-9]/g, (digit) => "ghijklmnop".charAt(Number(digit)));

/** An e-mail address that no other test uses. */
export const newEmail = (label = "person"): string =>
  `${label}-${run}-${nextNumber()}@example.test`;

const phonePrefix = `+276${String(Number.parseInt(run, 16) % 10_000).padStart(4, "0")}`;
let phones = 0;
/** A South African mobile number in E.164 that no other test uses. */
export function newPhone(): string {
  phones += 1;
  if (phones > 9_999) throw new Error("more phone numbers than a process can count");
  // Never two in a row: 3571 and 10 000 have no common factor, so each number comes once.
  return `${phonePrefix}${String((phones * 3571) % 10_000).padStart(4, "0")}`;
}

/**
 * A client address that no other test uses, of the range reserved for documentation. Each is in a
 * network of its own, because limits count a whole /64 as one client.
 */
export const newAddress = (): string => `2001:db8:${network}:${nextNumber().toString(16)}::${host}`;

/** The body of an order by somebody new. */
export function orderBody(
  slug: string,
  changes: { account?: object; [field: string]: unknown } = {},
) {
  const { account, ...rest } = changes;
  return {
    package_slug: slug,
    account: {
      email: newEmail("friend"),
      password: PASSWORD,
      first_name: "Lerato",
      last_name: "Mokoena",
      phone: newPhone(),
      address: {
        line1: `${nextNumber()} Long Street ${run}`,
        city: "Cape Town",
        postal_code: "8001",
      },
      ...account,
    },
    ...rest,
  };
}
