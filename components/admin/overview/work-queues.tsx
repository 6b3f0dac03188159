import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { Card, CardHeader } from "@/components/ui/card";
import { formatCount } from "@/components/ui/wording";

export type Queue = {
  id: string;
  label: string;
  count: number;
  /** Where the work is done; null for people who cannot do it. */
  href: string | null;
  urgent?: boolean;
};

const row = "flex min-h-12 items-center gap-3 px-4 py-2 text-sm sm:px-6";

function QueueRow({ queue }: { queue: Queue }) {
  const content = (
    <>
      <span className="flex-1">{queue.label}</span>
      <span
        className={
          queue.urgent && queue.count > 0
            ? "rounded-full bg-negative-soft px-2.5 py-0.5 font-semibold text-negative"
            : "font-semibold"
        }
      >
        {formatCount(queue.count)}
      </span>
    </>
  );
  if (!queue.href) return <div className={row}>{content}</div>;
  return (
    <Link href={queue.href} className={`${row} -outline-offset-2 hover:bg-surface-sunken`}>
      {content}
      <ChevronRight aria-hidden="true" className="size-4 text-text-muted" />
    </Link>
  );
}

/** How much work waits, with links to where it is done. */
export function WorkQueues({ queues }: { queues: readonly Queue[] }) {
  return (
    <Card padding="flush" aria-labelledby="queues-title">
      <CardHeader divided title="Waiting now" titleId="queues-title" />
      <ul className="divide-y divide-border">
        {queues.map((queue) => (
          <li key={queue.id}>
            <QueueRow queue={queue} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
