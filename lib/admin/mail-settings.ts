import { z } from "zod";

/** How mails are sent and kept, as an owner sets it. */

const wholeNumber = (min: number, max: number) =>
  z
    .number({ error: "Enter a whole number." })
    .int("Enter a whole number.")
    .min(min, `Use ${min} or more.`)
    .max(max, `Use ${max} or less.`);

export const mailSettingsSchema = z.object({
  /** The pace of all workers together; null for no limit. */
  mails_per_minute: wholeNumber(1, 100_000).nullable(),
  /** Mails of the programme that a customer gets in 24 hours. */
  programme_mails_per_day: wholeNumber(1, 100),
  /** Hours of the billing time zone, from 0 to 23, between which mails of the programme wait. */
  quiet_from: wholeNumber(0, 23),
  quiet_until: wholeNumber(0, 23),
  /** So many soft bounces within `soft_bounce_days` suppress an address. */
  soft_bounce_limit: wholeNumber(1, 100),
  soft_bounce_days: wholeNumber(1, 365),
  /** Days for which texts of mails, tries and reports are kept. */
  retention_days: wholeNumber(30, 3_650),
});
export type MailSettings = z.infer<typeof mailSettingsSchema>;

export const mailSettingsVersionSchema = mailSettingsSchema.extend({
  version: z.number().int().min(1),
  reason: z.string(),
  created_at: z.string(),
});
export type MailSettingsVersion = z.infer<typeof mailSettingsVersionSchema>;

export const mailSettingsPageSchema = z.object({
  current: mailSettingsVersionSchema,
  /** The newest 50, newest first. */
  versions: z.array(mailSettingsVersionSchema.extend({ created_by_name: z.string().nullable() })),
});
