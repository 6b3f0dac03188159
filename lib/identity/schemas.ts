import { z } from "zod";
import { sentences } from "@/lib/language/messages/en/sentences";
import { sentence } from "@/lib/language/sentence";
import { normaliseEmail } from "./email";
import { hasUnshowableCharacter } from "./names";
import { normalisePhone } from "./phone";

/** What people enter about themselves. Texts are trimmed and otherwise kept as given. */

const UNSHOWABLE = sentences.unusableCharacter;

/** A line of text that has to be filled in. Control, line-separator and direction characters are refused. */
export const text = (missing: string, max: number, min = 1) =>
  z
    .string({ error: missing })
    .trim()
    .min(min, missing)
    .max(max, sentence("keepWithin", { max: max }))
    .refine((value) => !hasUnshowableCharacter(value), UNSHOWABLE);

/** A line of text that may be left out; an empty one counts as left out. */
export const optionalText = (max: number) =>
  z
    .string()
    .trim()
    .max(max, sentence("keepWithin", { max: max }))
    .refine((value) => !hasUnshowableCharacter(value), UNSHOWABLE)
    .optional()
    .transform((value) => (value === "" ? undefined : value));

export const addressSchema = z.object({
  line1: text(sentences.enterStreet, 120),
  line2: optionalText(120),
  suburb: optionalText(80),
  city: text(sentences.enterCity, 80),
  postal_code: text(sentences.enterPostalCode, 12),
});
export type Address = z.infer<typeof addressSchema>;

export const emailSchema = z
  .string({ error: sentences.enterEmail })
  .trim()
  .min(1, sentences.enterEmail)
  .max(320, sentences.emailTooLong)
  .refine((value) => normaliseEmail(value) !== null, sentences.emailForm)
  .transform((value) => value.normalize("NFKC").toLowerCase());

export const phoneSchema = z
  .string({ error: sentences.enterPhone })
  .trim()
  .min(1, sentences.enterPhone)
  .max(40, sentences.phoneTooLong)
  .transform((value, context) => {
    const phone = normalisePhone(value);
    if (phone) return phone;
    context.addIssue({ code: "custom", message: sentences.phoneForm });
    return z.NEVER;
  });

export const passwordSchema = z
  .string({ error: sentences.choosePassword })
  .min(8, sentences.passwordLength)
  // The auth server keeps no more of it. A letter with an accent or an emoji takes several bytes.
  .refine((value) => new TextEncoder().encode(value).length <= 72, sentences.passwordBytes);
