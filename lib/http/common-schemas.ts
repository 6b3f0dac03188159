import { z } from "zod";
import { sentences } from "@/lib/language/messages/en/sentences";
import { sentence } from "@/lib/language/sentence";

/** Path parameters and query strings that several routes share. */

export const idSchema = z.guid(sentences.invalidId);
export const idParams = z.object({ id: idSchema });

/** How many rows a page of a list may have. */
export const limitSchema = (standard: number, max: number) =>
  z.coerce
    .number({ error: sentences.useNumber })
    .int(sentences.useWholeNumber)
    .min(1, sentence("useAtLeast", { min: 1 }))
    .max(max, sentence("useAtMost", { max }))
    .default(standard);

export const cursorParam = z.string().max(300).optional();

/** A search text; empty means no search. */
export const searchSchema = z
  .string()
  .trim()
  .max(120, "Keep the search within 120 characters.")
  .optional()
  .transform((value) => value || undefined);

/** A day `YYYY-MM-DD`, or an instant of the years 1900 to 2199 (ISO 8601). */
export const momentSchema = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: "Use a day like 2026-12-14, or a time like 2026-12-14T10:00:00Z.",
  })
  .refine((value) => /^(19|20|21)/.test(value), "Use a year from 1900 to 2199.");

/** A calendar day of the years 1900 to 2199. */
export const daySchema = z.iso
  .date({ error: "Use a day like 2026-12-14." })
  .refine((value) => /^(19|20|21)/.test(value), "Use a year from 1900 to 2199.");

/** The days of a report: both included, and the first one not after the last. */
export const daysSchema = z
  .object({ from: daySchema, to: daySchema })
  .refine(({ from, to }) => from <= to, {
    path: ["to"],
    error: "Choose a day not before the first.",
  });

/** Whether an answer is read, or leaves as a file. */
export const formatSchema = z.enum(["json", "csv"], { error: "Use json or csv." }).default("json");

/** A billing cycle; whether the month exists is for the rules to say. */
export const monthSchema = z.string().regex(/^\d{4}-\d{2}$/, "Use a month like 2026-12.");

/** 1 to 200 visible ASCII characters. */
export const idempotencyKeySchema = z
  .string({ error: sentences.sendKey })
  .regex(/^[\x21-\x7e]{1,200}$/, sentences.wrongKey);
