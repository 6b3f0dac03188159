import { normaliseEmail } from "./email";

interface ProviderRule {
  /** The domain by which the mailbox is known; the provider's domains lead to one mailbox. */
  as?: string;
  /** Characters of the local part that the provider ignores. */
  ignores?: RegExp;
  /** What begins a disposable suffix. */
  suffix?: string;
  /** `anything@user.domain` reaches `user@domain`. */
  subdomains?: true;
  /** Characters of the local part that are one to the provider. */
  alike?: [RegExp, string];
}

/**
 * How providers deliver several addresses to one mailbox, beyond `normaliseEmail` (plus-tags
 * everywhere; Gmail's dots and second domain). Domains of one provider that are sold to different
 * people (outlook.com and hotmail.com, yahoo.com and yahoo.co.za) are not joined. Sources:
 *
 * - Yahoo: "Disposable addresses" in Yahoo's help: `base-keyword@`; user names have no hyphen.
 * - Proton: proton.me/support/addresses-and-aliases: pm.me, protonmail.ch and proton.me belong to
 *   the account; dots, hyphens and underscores do not tell user names apart.
 * - Apple: support.apple.com/HT201771: me.com and mac.com addresses are those of icloud.com.
 * - Yandex: yandex.com/support/mail: the country domains and ya.ru are one mailbox; a hyphen in a
 *   login is a dot.
 * - Fastmail: fastmail.help "Plus addressing and subdomain addressing".
 */
const PROVIDERS: ReadonlyMap<string, ProviderRule> = new Map(
  (
    [
      ["proton.me protonmail.com protonmail.ch pm.me", { as: "proton.me", ignores: /[._-]/g }],
      ["icloud.com me.com mac.com", { as: "icloud.com" }],
      [
        "yandex.com yandex.ru ya.ru yandex.by yandex.kz yandex.ua yandex.com.tr narod.ru",
        { as: "yandex.com", alike: [/-/g, "."] },
      ],
      ["fastmail.com fastmail.fm fastmail.net fastmail.org sent.com eml.cc", { subdomains: true }],
      ["ymail.com rocketmail.com", { suffix: "-" }],
    ] satisfies [string, ProviderRule][]
  ).flatMap(([domains, rule]) =>
    domains.split(" ").map((domain): [string, ProviderRule] => [domain, rule]),
  ),
);
const YAHOO = /^yahoo\.(?:com?\.)?[a-z]{2,3}$/;

function ruleOf(domain: string): ProviderRule {
  if (YAHOO.test(domain)) return { suffix: "-" };
  return PROVIDERS.get(domain) ?? {};
}

/**
 * The mailbox behind an e-mail address: two addresses with one mailbox are one person. Applies the
 * providers' alias rules to `normaliseEmail`. Never used to send to. Null for anything malformed.
 */
export function mailboxOf(raw: string): string | null {
  const email = normaliseEmail(raw);
  if (email === null) return null;
  const [local = "", domain = ""] = email.split("@");
  const dot = domain.indexOf(".");
  const [user, parent] = [domain.slice(0, dot), domain.slice(dot + 1)];
  if (PROVIDERS.get(parent)?.subdomains) return `${user}@${parent}`;

  const { as = domain, ignores, suffix, alike } = ruleOf(domain);
  let person = local;
  if (suffix !== undefined && person.indexOf(suffix) > 0)
    person = person.split(suffix)[0] ?? person;
  if (ignores !== undefined) person = person.replace(ignores, "");
  if (alike !== undefined) person = person.replace(...alike);
  return `${person === "" ? local : person}@${as}`;
}

/** Domains at which everybody can have an address: sharing one says nothing. */
const PUBLIC_DOMAINS: ReadonlySet<string> = new Set(
  `gmail.com outlook.com hotmail.com live.com msn.com yahoo.com yahoo.co.uk yahoo.co.za ymail.com
  rocketmail.com icloud.com proton.me yandex.com fastmail.com fastmail.fm aol.com gmx.com gmx.net
  gmx.de mail.com mail.ru zoho.com zohomail.com tutanota.com tuta.com tutamail.com hey.com
  webmail.co.za mweb.co.za telkomsa.net vodamail.co.za iafrica.com absamail.co.za lantic.net
  polka.co.za cybersmart.co.za afrihost.co.za outlook.co.za hotmail.co.za hotmail.co.uk live.co.za
  imaginet.co.za xsinet.co.za intekom.co.za global.co.za axxess.co.za worldonline.co.za`
    .split(/\s+/)
    .filter(Boolean),
);

/**
 * The domain of an address when it is a private one (a company's, or a cheat's that receives mail
 * for every local part), otherwise null.
 */
export function privateDomainOf(raw: string): string | null {
  const domain = mailboxOf(raw)?.split("@")[1];
  if (domain === undefined || PUBLIC_DOMAINS.has(domain) || YAHOO.test(domain)) return null;
  return domain;
}

/** What an address looks like at a glance: separators dropped, characters that are drawn alike. */
function glanceOf(mailbox: string): string {
  const [local = "", domain = ""] = mailbox.split("@");
  const seen = local
    .replace(/[._-]/g, "")
    .replace(/rn/g, "m")
    .replace(/vv/g, "w")
    .replace(/cl/g, "d")
    .replace(/[1i|!]/g, "l")
    .replace(/0/g, "o")
    .replace(/5/g, "s");
  return `${seen}@${domain}`;
}

/** Two mailboxes that look like one: `thandi.nkosi` and `thandinkosi`, `lerato0` and `leratoo`. */
export function areLookAlikeMailboxes(a: string, b: string): boolean {
  const [one, two] = [mailboxOf(a), mailboxOf(b)];
  return one !== null && two !== null && one !== two && glanceOf(one) === glanceOf(two);
}
