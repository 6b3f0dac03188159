const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const TOP_LEVEL = /^(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;
const GMAIL_DOMAINS: ReadonlySet<string> = new Set(["gmail.com", "googlemail.com"]);
function isDomain(domain: string): boolean {
  const labels = domain.split(".");
  const last = labels.at(-1) ?? "";
  return labels.length >= 2 && labels.every((l) => DOMAIN_LABEL.test(l)) && TOP_LEVEL.test(last);
}

/**
 * The form of an e-mail address under which two addresses are the same person: without spaces
 * around it, NFKC, lower case, without a `+tag`; Gmail and Googlemail without dots and as
 * gmail.com. Postgres computes the same value, so this stays exactly this simple: other white
 * space around an address is for the input's schema to trim.
 *
 * Returns null for anything malformed, and for every character outside ASCII that NFKC does not
 * resolve: a look-alike letter must not make a second person.
 */
export function normaliseEmail(raw: string): string | null {
  if (raw.length > 320) return null;
  const email = raw
    .replace(/^ +| +$/g, "")
    .normalize("NFKC")
    .toLowerCase();
  const [local = "", domain = "", ...rest] = email.split("@");
  if (rest.length > 0 || email.length > 254 || local.length > 64) return null;
  if (!LOCAL_PART.test(local) || !isDomain(domain)) return null;

  const untagged = local.split("+")[0] ?? "";
  const isGmail = GMAIL_DOMAINS.has(domain);
  const person = isGmail ? untagged.replaceAll(".", "") : untagged;
  if (!LOCAL_PART.test(person)) return null;
  return `${person}@${isGmail ? "gmail.com" : domain}`;
}
