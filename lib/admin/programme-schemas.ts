import { z } from "zod";
import { programTermsSchema } from "@/lib/programme/terms";
import { switchNameSchema } from "@/lib/switches";

/** The programme's terms as admins see them, on the wire. Times ISO 8601, money in cents. */

export const programVersionSchema = programTermsSchema.extend({
  reason: z.string(),
  created_at: z.string(),
  /** From when a scheduled version counts; null: from when it was made. */
  effective_at: z.string().nullable(),
  created_by_name: z.string().nullish(),
  /** A withdrawn or replaced version never counted. */
  state: z.enum(["in_force", "scheduled", "past", "withdrawn", "replaced"]),
});

export const withdrawnTermsSchema = z.object({
  version: z.number().int(),
  state: z.literal("withdrawn"),
});

const count = z.number().int().min(0);

/** What new terms leave as it is. */
export const termsEffectSchema = z.object({
  /** Open referrals by the version of the terms that they keep, the newest first. */
  open: z.array(z.object({ version: z.number().int(), pending: count, active: count })),
  waiting_rewards: count,
  recorded_30_days: count,
});
export type TermsEffect = z.infer<typeof termsEffectSchema>;

const switchStateSchema = z.object({
  name: switchNameSchema,
  is_on: z.boolean(),
  /** The last change; null while there was none. */
  reason: z.string().nullable(),
  changed_at: z.string().nullable(),
  changed_by_name: z.string().nullable(),
});
export type SwitchState = z.infer<typeof switchStateSchema>;

export const switchChangeSchema = z.object({ name: switchNameSchema, is_on: z.boolean() });

export const programSchema = z.object({
  current: programVersionSchema,
  scheduled: programVersionSchema.nullable(),
  switches: z.array(switchStateSchema),
  versions: z.array(programVersionSchema),
  brand_name: z.string(),
  currency: z.string(),
});
export type Program = z.infer<typeof programSchema>;
