import { mailboxOf } from "./mailbox";

/** The least members of a sequence; two that follow each other are chance. */
const LEAST_SEQUENCE = 3;
/** How far apart the first and the last number of a sequence may be. */
const EMAIL_SPAN = 12;
const PHONE_SPAN = 12;

/** The letters and the counter of a local part: `john.01` is `john` and 1. */
function counterOf(email: string): { stem: string; counter: number } | null {
  const [local = "", domain = ""] = mailboxOf(email)?.split("@") ?? [];
  const [, letters, digits] = /^(\D*?)[._-]?(\d{0,9})$/.exec(local) ?? [];
  if (!letters || letters.length < 2) return null;
  return { stem: `${letters.replace(/[._-]/g, "")}@${domain}`, counter: Number(digits || 0) };
}

/** The values of `others` that lie in one run of at most `span` with `own`; the longest run. */
function runAround<T>(own: number, others: readonly { of: T; at: number }[], span: number): T[] {
  const near = others
    .filter(({ at }) => Math.abs(at - own) <= span && at !== own)
    .sort((a, b) => a.at - b.at);
  let best: typeof near = [];
  for (const first of [own, ...near.map(({ at }) => at)].filter((at) => at <= own)) {
    const run = near.filter(({ at }) => at >= first && at <= first + span);
    const distinct = new Set(run.map(({ at }) => at));
    if (run.length > best.length && distinct.size + 1 >= LEAST_SEQUENCE) best = run;
  }
  return best.map(({ of }) => of);
}

/**
 * The others whose addresses form a sequence with `email`: the same letters at the same domain and
 * counters close together (`john01`, `john02`, `john03`). Empty when fewer than three are in it.
 */
export function emailSequence<T>(email: string, others: readonly { of: T; email: string }[]): T[] {
  const own = counterOf(email);
  if (own === null) return [];
  const alike = others.flatMap(({ of, email: other }) => {
    const read = counterOf(other);
    return read?.stem === own.stem ? [{ of, at: read.counter }] : [];
  });
  return runAround(own.counter, alike, EMAIL_SPAN);
}

/**
 * The others whose phone numbers stand in one row with `phone` (E.164): `…4501`, `…4502`, `…4505`.
 * Empty when fewer than three are in it.
 */
export function phoneSequence<T>(phone: string, others: readonly { of: T; phone: string }[]): T[] {
  const split = (text: string) => [text.slice(0, -4), Number(text.slice(-4))] as const;
  const [prefix, own] = split(phone);
  if (!/^\+?\d{8,}$/.test(phone)) return [];
  const alike = others.flatMap(({ of, phone: other }) => {
    const [otherPrefix, at] = split(other);
    return otherPrefix === prefix && !Number.isNaN(at) ? [{ of, at }] : [];
  });
  return runAround(own, alike, PHONE_SPAN);
}
