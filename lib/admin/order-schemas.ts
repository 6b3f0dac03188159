import { z } from "zod";
import { referralOutcomeSchema } from "@/lib/fraud/schemas";
import { orderStatusSchema, serviceSchema } from "@/lib/invoicing/service";
import { listFields } from "@/lib/paging";
import { personSchema } from "./person";

/** Orders and services as admins see them, on the wire. Times ISO 8601. */

export const orderRowSchema = z.object({
  id: z.guid(),
  /** What people say on the phone: `4K7-M2P`. */
  order_number: z.string(),
  status: orderStatusSchema,
  created_at: z.string(),
  activated_at: z.string().nullable(),
  cancelled_at: z.string().nullable(),
  cancel_reason: z.string().nullable(),
  referral_code: z.string().nullable(),
  referral_outcome: referralOutcomeSchema,
  referral_reason: z.string().nullable(),
  /** The id in the system in which it was placed; null for an order of ours. */
  external_id: z.string().nullable(),
  customer: personSchema,
  package_name: z.string(),
  referrer: z.object({ id: z.guid(), name: z.string() }).nullable(),
  service: serviceSchema
    .extend({
      /** The local day from which a package changed now would be charged; null once cancelled. */
      price_change_on: z.iso.date().nullable(),
    })
    .nullable(),
});
export type OrderRow = z.infer<typeof orderRowSchema>;
export const orderPageSchema = z.object({
  orders: z.array(orderRowSchema),
  ...listFields,
});

export const packageChangeSchema = serviceSchema.extend({
  /** The first local day that is charged at the new price. */
  effective_on: z.iso.date(),
});

export type ChangedPackage = z.infer<typeof packageChangeSchema>;

export const cancelledOrderSchema = z.object({
  id: z.guid(),
  status: z.literal(orderStatusSchema.enum.cancelled),
  cancelled_at: z.string(),
});

export const installingOrderSchema = z.object({
  id: z.guid(),
  status: z.literal(orderStatusSchema.enum.installing),
});
