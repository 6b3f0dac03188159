import { z } from "zod";
import { personName } from "@/lib/identity/names";
import { addressSchema, emailSchema, optionalText } from "@/lib/identity/schemas";
import { sentences } from "@/lib/language/messages/en/sentences";

/** Whether homes can be connected, and the people who wait for that. */

/**
 * `covered`: homes there can be connected; `uncovered`: not yet; `suburb_needed`: it depends on the
 * suburb, and none that is listed was named; `unlisted`: the provider keeps no list.
 */
const coverageSchema = z.enum(["covered", "uncovered", "suburb_needed", "unlisted"]);
export type Coverage = z.infer<typeof coverageSchema>;

export const coverageCheckSchema = z.object({
  coverage: coverageSchema,
  /** The listed suburbs of the postal code. */
  suburbs: z.array(z.string()),
});

/** A suburb of the provider's list. */
export const areaSchema = z.object({
  suburb: z.string(),
  city: z.string(),
  postal_code: z.string(),
});
export type Area = z.infer<typeof areaSchema>;

/** A South African postal code: four digits, however they were typed. */
const postalCodeSchema = z
  .string({ error: sentences.enterPostalCode })
  .transform((value) => value.normalize("NFKC").replace(/\s/g, ""))
  .pipe(
    z
      .string()
      .min(1, { error: sentences.enterPostalCode, abort: true })
      .regex(/^\d{4}$/, sentences.postalCodeForm),
  );

/** The address of a home, as it is entered before an order. */
export const homeSchema = addressSchema.extend({ postal_code: postalCodeSchema });

/** What somebody leaves who wants to know when their area opens. */
export const waitSchema = z.object({
  first_name: personName(sentences.enterYourFirstName),
  email: emailSchema,
  suburb: optionalText(80),
  postal_code: postalCodeSchema,
});
export type Wait = z.infer<typeof waitSchema>;

export const waitingSchema = z.object({ waiting: z.boolean(), coverage: coverageSchema });

export const coverageImportSchema = z.object({
  before: z.number().int(),
  areas: z.number().int(),
  covered: z.number().int(),
  told: z.number().int(),
});
export type CoverageImport = z.infer<typeof coverageImportSchema>;
