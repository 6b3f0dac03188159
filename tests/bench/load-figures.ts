/** What the load bench and its worker tell each other. */
import { z } from "zod";

const targetSchema = z.object({
  name: z.string(),
  path: z.string(),
  /** Of a signed-in customer. */
  cookie: z.string().optional(),
});
/** A page or route that is read, and by whom. */
export type Target = z.infer<typeof targetSchema>;

export const taskSchema = z.object({
  siteUrl: z.url(),
  packageSlug: z.string(),
  /** Of customers who may refer: the orders share them out. */
  codes: z.array(z.string()),
  orders: z.number(),
  connections: z.number(),
  seconds: z.number(),
  reads: z.array(targetSchema),
  /** Orders of another system, with a code each and no account. */
  recording: z.object({
    apiKey: z.string(),
    /** Each is used for a few of them. */
    codes: z.array(z.string()),
    referrals: z.number(),
    connections: z.number(),
  }),
  /** Read again and again while the orders are under way. */
  probes: z.array(targetSchema),
});
export type Task = z.infer<typeof taskSchema>;

const timingSchema = z.object({
  count: z.number(),
  p50_ms: z.number(),
  p95_ms: z.number(),
  max_ms: z.number(),
});
export type Timing = z.infer<typeof timingSchema>;

const loadSchema = timingSchema.extend({ failed: z.number(), per_second: z.number() });
export type Load = z.infer<typeof loadSchema>;

const crowdSchema = z.object({
  orders: loadSchema,
  meanwhile: z.record(z.string(), timingSchema),
});

const recordingSchema = loadSchema.extend({
  /** Answered that the friend is recorded. */
  recorded: z.number(),
  /** Answers of 500 and above. */
  server_errors: z.number(),
});
export type Recording = z.infer<typeof recordingSchema>;

export const measuredSchema = z.object({
  reads: z.record(z.string(), loadSchema),
  alone: timingSchema,
  withCode: crowdSchema,
  withoutCode: crowdSchema,
  recording: recordingSchema,
});
export type Measured = z.infer<typeof measuredSchema>;

const rounded = (ms: number) => Math.round(ms * 10) / 10;

/** Percentiles of milliseconds; zeros when nothing was measured. */
export function timingOf(times: readonly number[]): Timing {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { count: times.length, p50_ms: at(0.5), p95_ms: at(0.95), max_ms: at(1) };
}
