import { z } from "zod";
import { NOT_APPLIED_REASONS } from "@/lib/fraud/fraud-signals";
import { referralOutcomeSchema } from "@/lib/fraud/schemas";
import { displayName } from "@/lib/identity/names";
import { orderStatusSchema } from "@/lib/invoicing/service";
import { ownClaimSchema } from "@/lib/referrals/schemas";

/** An order as its confirmation shows it. Money in cents, VAT included. */
export const confirmedOrderSchema = z.object({
  order_id: z.guid(),
  order_number: z.string(),
  status: orderStatusSchema,
  package_name: z.string(),
  monthly_price_cents: z.number().int(),
  currency: z.string(),
  address: z
    .object({
      line1: z.string(),
      line2: z.string().nullish(),
      suburb: z.string().nullish(),
      city: z.string(),
      postal_code: z.string(),
    })
    .partial(),
  phone: z.string().nullable(),
  /** The e-mail address waits to be confirmed. */
  needs_confirmation: z.boolean(),
  referral: z.object({
    status: referralOutcomeSchema,
    reason: z.enum(NOT_APPLIED_REASONS).optional().catch(undefined),
  }),
  /** First name of who invited the customer, as it is shown; null without a recorded invitation. */
  inviter: z.string().transform(displayName).nullable(),
  /** The customer may say whose code was forgotten or mistyped. */
  can_claim: z.boolean(),
  own_claim: ownClaimSchema.nullable(),
});
export type ConfirmedOrder = z.infer<typeof confirmedOrderSchema>;
