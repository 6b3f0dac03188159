import type { OrderRow } from "@/lib/admin/order-schemas";

/** A package on sale. Price in cents per month, VAT included. */
export type PackageChoice = { slug: string; name: string; monthly_price_cents: number };

export type ServiceOfOrder = NonNullable<OrderRow["service"]>;

/** The packages that a service can change to: all but its current one at its current price. */
export const otherPackages = (
  packages: readonly PackageChoice[],
  service: ServiceOfOrder,
): PackageChoice[] =>
  packages.filter(
    (choice) =>
      choice.name !== service.package_name ||
      choice.monthly_price_cents !== service.monthly_price_cents,
  );
