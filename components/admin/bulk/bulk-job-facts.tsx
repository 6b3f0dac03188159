import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { DateText } from "@/components/ui/text";
import type { BulkJob } from "@/lib/admin/bulk-schemas";
import { formatDate } from "@/lib/dates";
import { BULK_FILTERS } from "./bulk-filter-words";

function sourceWords({ act, source }: BulkJob): string {
  if (source.kind === "list") return "A list of rows";
  const { description, days } = BULK_FILTERS[act];
  const day = (value: unknown) => (typeof value === "string" ? formatDate(value, "UTC") : null);
  const [from, to] = [day(source.from), day(source.to)];
  return [
    description,
    ...(from || to ? [`${days}${from ? ` from ${from}` : ""}${to ? ` to ${to}` : ""}.`] : []),
    ...(typeof source.package === "string" ? [`Package: ${source.package}.`] : []),
  ].join(" ");
}

/** Who planned a job, why, with what, and what became of it. */
export function BulkJobFacts({ job, timeZone }: { job: BulkJob; timeZone: string }) {
  const moment = (name: string | null, at: string) => (
    <>
      <bdi>{name ?? "A former colleague"}</bdi>
      {", "}
      <DateText value={at} timeZone={timeZone} withTime />
    </>
  );
  const { approval } = job;
  return (
    <Card aria-labelledby="facts-title">
      <CardHeader title="About this job" titleId="facts-title" />
      <DescriptionList
        items={[
          { label: "Reason", value: <bdi className="wrap-anywhere text-end">{job.reason}</bdi> },
          { label: "Rows from", value: sourceWords(job) },
          ...(job.until
            ? [{ label: "Until the end of", value: formatDate(job.until, "UTC") }]
            : []),
          ...(job.confirm_recent
            ? [{ label: "Recent grants", value: "Granted on top of them" }]
            : []),
          { label: "Planned by", value: moment(job.created_by_name, job.created_at) },
          ...(approval?.decided_at
            ? [
                {
                  label: approval.status === "approved" ? "Approved by" : "Not approved by",
                  value: moment(approval.decided_by_name, approval.decided_at),
                },
              ]
            : []),
          ...(job.started_at
            ? [
                {
                  label: "Started",
                  value: <DateText value={job.started_at} timeZone={timeZone} withTime />,
                },
              ]
            : []),
          ...(job.stopped_at
            ? [
                { label: "Stopped by", value: moment(job.stopped_by_name, job.stopped_at) },
                {
                  label: "Why",
                  value: <bdi className="wrap-anywhere text-end">{job.stop_reason}</bdi>,
                },
              ]
            : []),
        ]}
      />
    </Card>
  );
}
