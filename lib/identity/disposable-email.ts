import mailchecker from "mailchecker";

// In a file of its own: the list holds some 56 000 domains, and only the server needs it.
const providers = mailchecker.blacklist();

/** Whether the address belongs to a known throw-away mail provider, or a subdomain of one. */
export function isDisposableEmail(email: string): boolean {
  const domain = email.normalize("NFKC").trim().toLowerCase().split("@").at(-1) ?? "";
  const labels = domain.split(".");
  return labels.some((_, index) => providers.has(labels.slice(index).join(".")));
}
