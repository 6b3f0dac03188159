import { z } from "zod";
import { personName } from "@/lib/identity/names";
import { addressSchema, emailSchema, passwordSchema, phoneSchema } from "@/lib/identity/schemas";
import { sentences } from "@/lib/language/messages/en/sentences";
import { LONGEST_SHARED_TEXT } from "@/lib/referrals/referral-code";

/** What an order may contain. Texts are trimmed and otherwise kept as given. */

export const accountSchema = z.object({
  email: emailSchema,
  password: passwordSchema,
  first_name: personName(sentences.enterYourFirstName),
  last_name: personName(sentences.enterYourLastName),
  phone: phoneSchema,
  address: addressSchema,
});

export const createOrderSchema = z.object({
  package_slug: z
    .string({ error: sentences.choosePackage })
    .trim()
    .min(1, sentences.choosePackage)
    .max(80, sentences.noSuchPackage),
  account: accountSchema,
  /**
   * Absent: the code that the browser remembers counts. Null or empty: no code. A code, a link or a
   * whole message with one; never refused for its form.
   */
  referral_code: z
    .string()
    .nullish()
    // The cut may halve a character that takes two units; no half can be stored.
    .transform((value) =>
      value === undefined
        ? undefined
        : value?.trim().slice(0, LONGEST_SHARED_TEXT).toWellFormed() || null,
    ),
});
export type CreateOrder = z.infer<typeof createOrderSchema>;

/** An order of a customer who is signed in: their account needs no password. */
export const ownOrderSchema = createOrderSchema.extend({
  account: accountSchema.omit({ password: true }),
});
export type OwnOrder = z.infer<typeof ownOrderSchema>;
