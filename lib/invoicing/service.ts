import { z } from "zod";

/** A customer's service and its prices. Money in integer cents including VAT. */

export const serviceStatusSchema = z.enum(["pending", "active", "suspended", "cancelled"]);
export type ServiceStatus = z.infer<typeof serviceStatusSchema>;

/** An order becomes a service when it is active. */
export const orderStatusSchema = z.enum(["pending", "installing", "active", "cancelled"]);
export type OrderStatus = z.infer<typeof orderStatusSchema>;

const cents = z.number().int().min(0);
const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "Not an instant");

/** A price that a service had before its current one. */
const earlierPriceSchema = z.object({
  /** It counted on the local days before this one (`YYYY-MM-DD`). */
  until: z.iso.date(),
  package_name: z.string(),
  /** Monthly, in cents including VAT. */
  price_cents: cents,
});

/** A suspension. Its first local day is not charged, the day of the reactivation is. */
const suspensionSchema = z.object({
  suspended_at: instant,
  /** Null: the service is still suspended. */
  resumed_at: instant.nullable(),
});

/** A service as its customer and the admins see it. Times ISO 8601. */
export const serviceSchema = z.object({
  id: z.guid(),
  customer_id: z.guid(),
  order_id: z.guid().nullable(),
  status: serviceStatusSchema,
  package_name: z.string(),
  monthly_price_cents: z.number().int(),
  /** What is charged for the days before `until` while a change of the price lies ahead. */
  earlier_price: earlierPriceSchema.omit({ package_name: true }).nullable(),
  activated_at: z.string().nullable(),
  suspended_at: z.string().nullable(),
  cancelled_at: z.string().nullable(),
  /** Another system delivers and bills it. */
  is_external: z.boolean(),
});
export type CustomerService = z.infer<typeof serviceSchema>;

/** What the invoice of one cycle needs to know about a service. */
export const serviceFactsSchema = z.object({
  service_id: z.guid(),
  package_name: z.string(),
  /** Monthly price in cents including VAT, at billing time. */
  price_cents: cents,
  activated_at: instant.nullable(),
  status: serviceStatusSchema,
  /** When a cancelled service stopped being delivered; null for every other. */
  ended_at: instant.nullable(),
  /** Prices that counted on days of the cycle, by `until`; empty when nothing changed. */
  earlier_prices: z.array(earlierPriceSchema),
  /** Suspensions of the service; those outside of the cycle do not matter. */
  suspensions: z.array(suspensionSchema),
  /** Rises with each change of price and each suspension; Postgres compares it when it issues. */
  revision: z.number().int().min(0).optional(),
  /** This service has its invoice of the cycle: it is neither issued again nor considered. */
  already_invoiced: z.boolean(),
});
export type ServiceFacts = z.infer<typeof serviceFactsSchema>;
