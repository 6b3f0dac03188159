import { z } from "zod";
import { normaliseEmail } from "./email";
import { hasUnshowableCharacter } from "./names";
import { normalisePhone } from "./phone";

/** What people enter about themselves. Texts are trimmed and otherwise kept as given. */

const UNSHOWABLE = "This contains a character that cannot be used.";

/** A line of text that has to be filled in. Control, line-separator and direction characters are refused. */
export const text = (label: string, max: number, min = 1) =>
  z
    .string({ error: `Enter ${label}.` })
    .trim()
    .min(min, `Enter ${label}.`)
    .max(max, `Keep this within ${max} characters.`)
    .refine((value) => !hasUnshowableCharacter(value), UNSHOWABLE);

/** A line of text that may be left out; an empty one counts as left out. */
export const optionalText = (max: number) =>
  z
    .string()
    .trim()
    .max(max, `Keep this within ${max} characters.`)
    .refine((value) => !hasUnshowableCharacter(value), UNSHOWABLE)
    .optional()
    .transform((value) => (value === "" ? undefined : value));

export const addressSchema = z.object({
  line1: text("the street and number", 120),
  line2: optionalText(120),
  suburb: optionalText(80),
  city: text("the city or town", 80),
  postal_code: text("the postal code", 12),
});
export type Address = z.infer<typeof addressSchema>;

export const emailSchema = z
  .string({ error: "Enter your e-mail address." })
  .trim()
  .min(1, "Enter your e-mail address.")
  .max(320, "This address is too long.")
  .refine(
    (value) => normaliseEmail(value) !== null,
    "Enter an e-mail address like name@example.com.",
  )
  .transform((value) => value.normalize("NFKC").toLowerCase());

export const phoneSchema = z
  .string({ error: "Enter your phone number." })
  .trim()
  .min(1, "Enter your phone number.")
  .max(40, "This number is too long.")
  .transform((value, context) => {
    const phone = normalisePhone(value);
    if (phone) return phone;
    context.addIssue({ code: "custom", message: "Enter a phone number like 082 123 4567." });
    return z.NEVER;
  });

export const passwordSchema = z
  .string({ error: "Choose a password." })
  .min(8, "Choose a password of at least 8 characters.")
  // The auth server keeps no more of it. A letter with an accent or an emoji takes several bytes.
  .refine(
    (value) => new TextEncoder().encode(value).length <= 72,
    "Keep the password within 72 characters. One with an accent counts twice.",
  );
