type Params = Readonly<Record<string, string | string[] | undefined>>;

/** The pattern of an API address: each parameter's value is replaced by its name in brackets. */
export function apiPattern(pathname: string, params: Params): string {
  const names = new Map(
    Object.entries(params).flatMap(([name, value]) =>
      typeof value === "string" ? [[value, `[${name}]`] as const] : [],
    ),
  );
  return pathname
    .split("/")
    .map((segment) => names.get(decode(segment)) ?? segment)
    .join("/");
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Parts of addresses of pages that are names of pages. Everything else is what somebody typed or clicked. */
const PAGE_WORDS = new Set(
  (
    "admin audit billing customers invoices mailbox orders preview programme referrals review rewards runs team " +
    "credit-notes dashboard forgot-password reset-password sign-in order account confirmation packages r terms auth confirm"
  ).split(" "),
);

/** The pattern of a page's address: `/admin/customers/[…]/rewards`. */
export function pagePattern(url: string): string {
  const path = url.split("?", 1)[0] ?? "/";
  if (path.startsWith("/_next/")) return "/_next/[…]";
  const words = path.split("/").slice(0, 8);
  return words.map((word) => (word === "" || PAGE_WORDS.has(word) ? word : "[…]")).join("/") || "/";
}
