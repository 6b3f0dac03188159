import { ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactNode, RefObject } from "react";
import { sourceWords } from "@/components/admin/referrals/referral-words";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { Button, TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DateText } from "@/components/ui/text";
import { countOf } from "@/lib/words";
import { ClaimNotice } from "./claim-notice";
import type { Decision } from "./decision-dialog";
import { EvidenceTable } from "./evidence-table";
import type { ReviewCase } from "./review-case";
import { SignalList } from "./signal-list";

export type CaseViewProps = {
  item: ReviewCase;
  /** Where the case is in the queue, e.g. "2 of 7". */
  position: string;
  /** Absent at the ends of the queue. */
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
  onDecide: (decision: Decision) => void;
  /** Gets the focus when another case is shown. */
  heading: RefObject<HTMLHeadingElement | null>;
  /** The colleague who looks at the case. */
  holder: string | null;
  timeZone: string;
  /** Shown below the case. */
  children?: ReactNode;
};

/** One case: who is involved, its signals, its evidence, and the decision. */
export function CaseView({
  item,
  position,
  onPrevious,
  onNext,
  onDecide,
  heading,
  holder,
  timeZone,
  children,
}: CaseViewProps) {
  return (
    <article className="flex min-w-0 flex-col gap-4 sm:gap-6">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0 flex-1">
          <h2
            ref={heading}
            tabIndex={-1}
            className="wrap-anywhere rounded-sm font-semibold text-lg"
          >
            {item.friend.name}, referred by {item.referrer.name}
          </h2>
          <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-text-muted">
            <StatusBadge kind="referral" status={item.status} />
            <Badge>Score {item.score}</Badge>
            <span>
              Ordered <DateText value={item.referred_at} timeZone={timeZone} withTime />
            </span>
            <span>{sourceWords(item.source)}</span>
            <span className="font-mono">{item.code}</span>
            <TextLink href={`/admin/review/${item.id}`}>Whole case</TextLink>
          </div>
        </div>
        <div className="flex shrink-0 items-center gap-1">
          <span className="mr-2 text-sm text-text-muted">{position}</span>
          <Button
            size="icon"
            variant="ghost"
            aria-label="Previous"
            disabled={!onPrevious}
            onClick={onPrevious}
          >
            <ChevronLeft aria-hidden="true" />
          </Button>
          <Button size="icon" variant="ghost" aria-label="Next" disabled={!onNext} onClick={onNext}>
            <ChevronRight aria-hidden="true" />
          </Button>
        </div>
      </div>
      <ClaimNotice holder={holder} />
      <Card aria-labelledby="signals-title">
        <CardHeader
          as="h3"
          title={countOf(item.signals.length, "signal")}
          titleId="signals-title"
        />
        <SignalList signals={item.signals} />
      </Card>
      <Card padding="flush" aria-labelledby="evidence-title">
        <CardHeader as="h3" divided title="Side by side" titleId="evidence-title" />
        <EvidenceTable item={item} />
      </Card>
      <div className="sticky bottom-0 z-10 -mx-4 flex gap-2 border-t bg-surface px-4 py-3 sm:mx-0 sm:px-0">
        <Button variant="primary" className="flex-1 sm:flex-none" onClick={() => onDecide("clear")}>
          Clear
        </Button>
        <Button className="flex-1 text-negative sm:flex-none" onClick={() => onDecide("reject")}>
          Reject
        </Button>
      </div>
      {children}
    </article>
  );
}
