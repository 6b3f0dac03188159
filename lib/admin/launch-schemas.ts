import { z } from "zod";

/** What is measured, in the order in which it is shown. Shares in basis points, marks in hundredths. */
export const LAUNCH_MEASURES = [
  "codes",
  "referrals",
  "active",
  "earned",
  "applied",
  "fraud_bps",
  "p95_ms",
  "satisfaction_hundredths",
] as const;
export type LaunchMeasure = (typeof LAUNCH_MEASURES)[number];

export const LAUNCH_STAGES = ["week_1", "month_1"] as const;
export type LaunchStage = (typeof LAUNCH_STAGES)[number];

const wholeNumber = (least: number, most: number) =>
  z
    .number("Enter a number.")
    .int("Use a whole number.")
    .min(least, `Use ${least} or more.`)
    .max(most, `Use ${most} or less.`);
const count = wholeNumber(0, 100_000_000);

const stageTargetsSchema = z.object({
  codes: count,
  referrals: count,
  active: count,
  earned: count,
  applied: count,
  /** At most this share of the referrals has a fraud flag. */
  fraud_bps: wholeNumber(0, 10_000),
  /** 95 of 100 requests are answered within this time. */
  p95_ms: wholeNumber(1, 60_000),
  /** Average answer, from 100 (1 of 5) to 500. */
  satisfaction_hundredths: wholeNumber(100, 500),
} satisfies Record<LaunchMeasure, z.ZodType>);

export const launchTargetsSchema = z.object({
  week_1: stageTargetsSchema,
  month_1: stageTargetsSchema,
} satisfies Record<LaunchStage, z.ZodType>);
export type LaunchTargets = z.infer<typeof launchTargetsSchema>;

const launchStatusSchema = z.enum([
  "not_begun",
  "no_data",
  "on_track",
  "behind",
  "reached",
  "missed",
]);
export type LaunchStatus = z.infer<typeof launchStatusSchema>;

export const launchReportSchema = z.object({
  as_of: z.string(),
  version: z.number().int(),
  /** `YYYY-MM-DD`; null while the day is open. */
  launched_on: z.string().nullable(),
  targets: launchTargetsSchema,
  stages: z.array(
    z.object({
      stage: z.enum(LAUNCH_STAGES),
      first_day: z.string().nullable(),
      last_day: z.string().nullable(),
      is_over: z.boolean(),
      measures: z.array(
        z.object({
          measure: z.enum(LAUNCH_MEASURES),
          bound: z.enum(["at_least", "at_most"]),
          target: z.number().int(),
          value: z.number().int().nullable(),
          /** What an even growth would have brought until now. */
          expected: z.number().int().nullable(),
          status: launchStatusSchema,
        }),
      ),
    }),
  ),
});
export type LaunchReport = z.infer<typeof launchReportSchema>;
