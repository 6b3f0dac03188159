import { permittedNav } from "@/components/admin/shell/admin-nav";
import type { SearchResult } from "@/lib/admin/search-schemas";
import { formatDate } from "@/lib/dates";
import type { Permission } from "@/lib/permissions";

/** Something that the search offers, and where it leads. */
export type FoundItem = { value: string; label: string; note: string | null; href: string };
export type FoundGroup = { value: string; items: FoundItem[] };

/** Small letters without accents, as the database folds them. */
const folded = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** The pages whose name has every word of the text, for somebody with these permissions. */
export function pagesFor(text: string, permissions: readonly Permission[]): FoundGroup[] {
  const words = folded(text).split(/\s+/);
  const items = permittedNav(permissions)
    .filter(({ label }) => words.every((word) => folded(label).includes(word)))
    .map(({ href, label }) => ({ value: href, label, note: null, href }));
  return items.length > 0 ? [{ value: "Pages", items }] : [];
}

/** What was found, by kind; kinds without anything are left out. */
export function foundGroups(
  text: string,
  result: SearchResult | undefined,
  permissions: readonly Permission[],
): FoundGroup[] {
  const groups: FoundGroup[] = [
    {
      value: "Customers",
      items: (result?.customers ?? []).map(({ id, name, email, phone, referral_code }) => ({
        value: id,
        label: name,
        note: [email, phone, referral_code].filter(Boolean).join(" · "),
        href: `/admin/customers/${id}`,
      })),
    },
    {
      value: "Orders",
      items: (result?.orders ?? []).map(({ order_number, customer_name, status }) => ({
        value: order_number,
        label: `Order ${order_number}`,
        note: `${customer_name} · ${status}`,
        href: `/admin/orders?q=${encodeURIComponent(order_number)}`,
      })),
    },
    {
      value: "Invoices and credit notes",
      items: (result?.documents ?? []).map(({ kind, number, issued_at, customer_name }) => ({
        value: number,
        label: number,
        note: `${customer_name} · ${formatDate(issued_at, "UTC")}`,
        href: `/${kind === "invoice" ? "invoices" : "credit-notes"}/${encodeURIComponent(number)}`,
      })),
    },
  ];
  return [...groups.filter(({ items }) => items.length > 0), ...pagesFor(text, permissions)];
}
