import type { LaunchReport } from "@/lib/admin/launch-schemas";
import { figureText, MEASURE_WORDS, STAGE_WORDS, STATUS_WORDS } from "@/lib/admin/launch-words";
import { formatDateRange } from "@/lib/dates";

/** The launch targets as lines of a terminal: target, today, on track. */
export function launchLines(report: LaunchReport): string[] {
  const head =
    report.launched_on === null
      ? ["No day of the launch is set. An owner sets it under Admin, Launch."]
      : [];
  const stages = report.stages.flatMap(({ stage, first_day, last_day, measures }) => {
    const days = first_day && last_day ? `  ${formatDateRange(first_day, last_day)}` : "";
    const rows = measures.map(({ measure, bound, target, value, status }) => {
      const most = bound === "at_most" ? "≤ " : "";
      const cells = [
        MEASURE_WORDS[measure].label.padEnd(20),
        `${most}${figureText(measure, target)}`.padStart(10),
        figureText(measure, value).padStart(10),
      ];
      return `  ${cells.join(" ")}   ${STATUS_WORDS[status]}`;
    });
    const titles = `  ${"".padEnd(20)} ${"target".padStart(10)} ${"today".padStart(10)}   on track`;
    return [`${STAGE_WORDS[stage]}${days}`, titles, ...rows, ""];
  });
  return [...head, ...stages];
}
