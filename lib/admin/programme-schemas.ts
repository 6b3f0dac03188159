import { z } from "zod";
import { programTermsSchema } from "@/lib/programme/terms";
import { switchNameSchema } from "@/lib/switches";

/** The programme's terms as admins see them, on the wire. Times ISO 8601, money in cents. */

export const programVersionSchema = programTermsSchema.extend({
  reason: z.string(),
  created_at: z.string(),
  created_by_name: z.string().nullish(),
});

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
  switches: z.array(switchStateSchema),
  versions: z.array(programVersionSchema),
  brand_name: z.string(),
  currency: z.string(),
});
export type Program = z.infer<typeof programSchema>;
