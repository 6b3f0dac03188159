import exactDomains from "disposable-email-domains";
import wildcardDomains from "disposable-email-domains/wildcard.json";

// Kept apart from the other e-mail rules: the list is some 120 000 domains and belongs on the
// server only.
const exact: ReadonlySet<string> = new Set(exactDomains);
const wildcards: ReadonlySet<string> = new Set(wildcardDomains);

/** Whether the address belongs to a known throw-away mail provider, or a subdomain of one. */
export function isDisposableEmail(email: string): boolean {
  const domain = email.normalize("NFKC").trim().toLowerCase().split("@").at(-1) ?? "";
  if (exact.has(domain)) return true;
  const labels = domain.split(".");
  return labels.some((_, index) => wildcards.has(labels.slice(index).join(".")));
}
