import { Badge } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import type { Tone } from "@/components/ui/tone";
import type { LaunchReport, LaunchStatus } from "@/lib/admin/launch-schemas";
import { figureText, MEASURE_WORDS, STAGE_WORDS, STATUS_WORDS } from "@/lib/admin/launch-words";
import { formatDateRange } from "@/lib/dates";

const TONES: Readonly<Record<LaunchStatus, Tone>> = {
  not_begun: "neutral",
  no_data: "neutral",
  on_track: "positive",
  behind: "warning",
  reached: "positive",
  missed: "negative",
};

type Measure = LaunchReport["stages"][number]["measures"][number];

function MeasureRow({ measure, bound, target, value, status }: Measure) {
  const { label, meaning } = MEASURE_WORDS[measure];
  return (
    <tr>
      <th scope="row" className="py-3 pl-4 text-start font-normal sm:pl-6">
        {label}
        <span className="block text-text-muted text-xs">{meaning}</span>
      </th>
      <td className="whitespace-nowrap py-3 pl-3 text-end align-top tabular-nums">
        {bound === "at_most" ? (
          <>
            <span aria-hidden="true">≤ </span>
            <span className="sr-only">at most </span>
          </>
        ) : null}
        {figureText(measure, target)}
      </td>
      <td className="whitespace-nowrap py-3 pl-3 text-end align-top font-medium tabular-nums">
        {figureText(measure, value)}
      </td>
      <td className="py-3 pr-4 pl-3 text-end align-top sm:pr-6">
        <Badge tone={TONES[status]}>{STATUS_WORDS[status]}</Badge>
      </td>
    </tr>
  );
}

/** Target, today and status of each measure, one table per stage. */
export function LaunchStages({ report }: { report: LaunchReport }) {
  return (
    <div className="grid items-start gap-4 sm:gap-6 xl:grid-cols-2">
      {report.stages.map(({ stage, first_day, last_day, is_over, measures }) => (
        <Card key={stage} padding="flush" aria-labelledby={`launch-${stage}`}>
          <CardHeader
            divided
            title={STAGE_WORDS[stage]}
            titleId={`launch-${stage}`}
            description={
              first_day && last_day
                ? `${formatDateRange(first_day, last_day)}${is_over ? ", over" : ""}`
                : "Begins on the day of the launch"
            }
          />
          <table className="w-full text-sm">
            <caption className="sr-only">Targets of {STAGE_WORDS[stage]}</caption>
            <thead>
              <tr className="border-b text-text-muted">
                <th scope="col" className="py-2 pl-4 text-start font-normal sm:pl-6">
                  Measure
                </th>
                <th scope="col" className="py-2 pl-3 text-end font-normal">
                  Target
                </th>
                <th scope="col" className="py-2 pl-3 text-end font-normal">
                  Today
                </th>
                <th scope="col" className="py-2 pr-4 pl-3 text-end font-normal sm:pr-6">
                  On track
                </th>
              </tr>
            </thead>
            <tbody className="divide-y divide-border">
              {measures.map((measure) => (
                <MeasureRow key={measure.measure} {...measure} />
              ))}
            </tbody>
          </table>
        </Card>
      ))}
    </div>
  );
}
