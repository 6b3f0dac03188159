type Params = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The pattern of an API address: each parameter's value is replaced by its name in brackets, and
 * all the rest of an unknown address by one name.
 */
export function apiPattern(pathname: string, params: Params): string {
  const names = new Map(
    Object.entries(params).flatMap(([name, value]) =>
      typeof value === "string" ? [[value, `[${name}]`] as const] : [],
    ),
  );
  const [rest, parts = []] = Object.entries(params).find(([, value]) => Array.isArray(value)) ?? [];
  const segments = pathname.split("/");
  return segments
    .slice(0, rest === undefined ? undefined : segments.length - parts.length)
    .map((segment) => names.get(decode(segment)) ?? segment)
    .concat(rest === undefined ? [] : [`[...${rest}]`])
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
    "approvals claims fraud unbilled payments launch security code appeal survey open " +
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
