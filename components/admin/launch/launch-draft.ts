import {
  LAUNCH_MEASURES,
  LAUNCH_STAGES,
  type LaunchMeasure,
  type LaunchStage,
  type LaunchTargets,
  launchTargetsSchema,
} from "@/lib/admin/launch-schemas";

/** What is typed, by `week_1.codes`. */
export type LaunchDraft = Readonly<Record<string, string>>;
export type LaunchErrors = Readonly<Record<string, string>>;

export const fieldName = (stage: LaunchStage, measure: LaunchMeasure) => `${stage}.${measure}`;

/** Measures that are typed with two decimals and kept in hundredths. */
const IN_HUNDREDTHS: ReadonlySet<LaunchMeasure> = new Set(["fraud_bps", "satisfaction_hundredths"]);

const typed = (measure: LaunchMeasure, value: number) =>
  IN_HUNDREDTHS.has(measure)
    ? `${Math.floor(value / 100)}.${String(value % 100).padStart(2, "0")}`.replace(/\.?0+$/, "")
    : String(value);

/** The saved targets as people type them: 5 for 5 percent, 4.2 for an average mark. */
export function draftOf(targets: LaunchTargets): LaunchDraft {
  return Object.fromEntries(
    LAUNCH_STAGES.flatMap((stage) =>
      LAUNCH_MEASURES.map((measure) => [
        fieldName(stage, measure),
        typed(measure, targets[stage][measure]),
      ]),
    ),
  );
}

/** A number as it is typed; NaN for anything else. */
function numberOf(measure: LaunchMeasure, text: string): number {
  if (!IN_HUNDREDTHS.has(measure)) return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  const parts = /^(\d{1,3})(?:[.,](\d{1,2}))?$/.exec(text);
  return parts ? Number(parts[1]) * 100 + Number((parts[2] ?? "").padEnd(2, "0")) : Number.NaN;
}

const RANGES: Partial<Record<LaunchMeasure, string>> = {
  fraud_bps: "Use a percentage from 0 to 100.",
  p95_ms: "Use 1 to 60000 milliseconds.",
  satisfaction_hundredths: "Use a mark from 1 to 5.",
};

/** Reads what was typed: the targets, or what is wrong by field. */
export function readDraft(
  draft: LaunchDraft,
): { targets: LaunchTargets; errors: null } | { targets: null; errors: LaunchErrors } {
  const values = Object.fromEntries(
    LAUNCH_STAGES.map((stage) => [
      stage,
      Object.fromEntries(
        LAUNCH_MEASURES.map((measure) => [
          measure,
          numberOf(measure, (draft[fieldName(stage, measure)] ?? "").trim()),
        ]),
      ),
    ]),
  );
  const parsed = launchTargetsSchema.safeParse(values);
  if (parsed.success) return { targets: parsed.data, errors: null };
  const errors = parsed.error.issues.map((issue) => {
    const measure = LAUNCH_MEASURES.find((name) => name === issue.path[1]);
    const range = measure ? RANGES[measure] : undefined;
    return [issue.path.join("."), range ?? "Use a whole number, 0 or more."];
  });
  return { targets: null, errors: Object.fromEntries(errors) };
}
