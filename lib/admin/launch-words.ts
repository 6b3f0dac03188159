import type { LaunchMeasure, LaunchStage, LaunchStatus } from "./launch-schemas";

export const STAGE_WORDS: Readonly<Record<LaunchStage, string>> = {
  week_1: "Week 1",
  month_1: "Month 1",
};

export const STATUS_WORDS: Readonly<Record<LaunchStatus, string>> = {
  not_begun: "Not begun",
  no_data: "No data yet",
  on_track: "On track",
  behind: "Behind",
  reached: "Reached",
  missed: "Missed",
};

export const MEASURE_WORDS: Readonly<Record<LaunchMeasure, { label: string; meaning: string }>> = {
  codes: {
    label: "Codes in use",
    meaning: "Customers whose link was opened or whose code was used.",
  },
  referrals: { label: "Referrals", meaning: "Friends who ordered with a code." },
  active: { label: "Friends active", meaning: "Friends whose service was activated." },
  earned: { label: "Free months earned", meaning: "Granted for friends who counted." },
  applied: { label: "Free months used", meaning: "Taken off an invoice." },
  fraud_bps: { label: "Fraud rate", meaning: "Share of the referrals with a fraud flag." },
  p95_ms: {
    label: "Answer time, p95",
    meaning: "95 of 100 requests were answered within this time.",
  },
  satisfaction_hundredths: {
    label: "Satisfaction",
    meaning: "Average answer after a free month was used, from 1 to 5.",
  },
};

/** A figure as people read it: 500 basis points are "5.0 %", 430 hundredths are "4.30". */
export function figureText(measure: LaunchMeasure, value: number | null): string {
  if (value === null) return "–";
  switch (measure) {
    case "fraud_bps":
      // Rounded half up, in tenths of a percent.
      return `${(Math.round(value / 10) / 10).toFixed(1)} %`;
    case "p95_ms":
      return `${value} ms`;
    case "satisfaction_hundredths":
      return (value / 100).toFixed(2);
    default:
      return String(value);
  }
}
