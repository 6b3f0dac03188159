import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import type { BulkJob } from "@/lib/admin/bulk-schemas";
import { BULK_ACT_WORDS } from "@/lib/admin/bulk-words";
import { countOf, formatCount } from "@/lib/words";

/** Where a job is, in numbers. */
function countWords({ started_at, counts }: BulkJob): string {
  const rows = countOf(counts.items, "row");
  if (!started_at) return rows;
  const open = counts.pending > 0 ? `, ${formatCount(counts.pending)} waiting` : "";
  return `${rows}: ${formatCount(counts.done)} done, ${formatCount(counts.refused)} not done${open}`;
}

export type BulkJobListProps = {
  jobs: readonly BulkJob[];
  /** IANA zone in which times are shown. */
  timeZone: string;
  isFiltered: boolean;
};

/** Bulk jobs, newest first. */
export function BulkJobList({ jobs, timeZone, isFiltered }: BulkJobListProps) {
  if (jobs.length === 0) {
    return isFiltered ? (
      <EmptyState title="No job matches">Choose another filter, or clear the search.</EmptyState>
    ) : (
      <EmptyState title="No bulk jobs yet">Plan one, and look at each row first.</EmptyState>
    );
  }
  return (
    <ul className="divide-y divide-border">
      {jobs.map((job) => (
        <li key={job.id} className="flex flex-col gap-1 px-4 py-4 text-sm sm:px-6">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <TextLink quiet href={`/admin/bulk/${job.id}`}>
              {BULK_ACT_WORDS[job.act].title}
            </TextLink>
            <StatusBadge kind="bulk_job" status={job.status} />
          </div>
          <p className="wrap-anywhere">
            <bdi>{job.reason}</bdi>
          </p>
          <p className="text-text-muted text-xs">
            <span>{countWords(job)}</span>
            {". Planned by "}
            <bdi>{job.created_by_name ?? "a former colleague"}</bdi>
            {", "}
            <DateText value={job.created_at} timeZone={timeZone} withTime />
          </p>
        </li>
      ))}
    </ul>
  );
}
