import { z } from "zod";
import { sentences } from "@/lib/language/messages/en/sentences";
import { personName } from "./names";
import { addressSchema, optionalText, phoneSchema } from "./schemas";

/** What a customer may change of themselves: phone number, and name, billing address and VAT number on invoices. */

/**
 * What a customer or an admin enters. Everything is given; an empty VAT number takes it away, and without
 * a phone number the present one stays.
 */
export const profileInputSchema = z.strictObject({
  first_name: personName(sentences.enterFirstName),
  last_name: personName(sentences.enterLastName),
  phone: phoneSchema.optional(),
  address: addressSchema,
  vat_number: optionalText(40),
});
export type ProfileInput = z.infer<typeof profileInputSchema>;

/** As stored. An address may be older than the rules for addresses, or gone after an erasure. */
export const profileSchema = z.object({
  first_name: z.string(),
  last_name: z.string(),
  email: z.string(),
  phone: z.string().nullable(),
  address: z
    .object({
      line1: z.string(),
      line2: z.string().nullish(),
      suburb: z.string().nullish(),
      city: z.string(),
      postal_code: z.string(),
    })
    .partial()
    .nullable(),
  vat_number: z.string().nullable(),
  /** When the customer asked for erasure; told to the customer alone. */
  erasure_asked_at: z.string().nullish(),
});
export type Profile = z.infer<typeof profileSchema>;
