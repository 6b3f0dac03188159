"use client";

import { useEffect, useRef, useState } from "react";
import { useDialogTarget } from "@/components/admin/actions/use-dialog-target";
import { LinkButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { countOf, formatCount } from "@/lib/words";
import { CaseView } from "./case-view";
import { type ChosenDecision, DecisionDialog } from "./decision-dialog";
import { QueueList } from "./queue-list";
import { afterDecision, queuePosition } from "./queue-position";
import type { ReviewCase } from "./review-case";
import { Shortcuts } from "./shortcuts";
import { useBrowserPreference } from "./use-browser-preference";
import { useClaim } from "./use-claim";
import { useShortcuts } from "./use-shortcuts";

/** The closing dialog gives the focus back to its button first, in milliseconds. */
const FOCUS_DELAY_MS = 250;

function NothingLeft({ left }: { left: number }) {
  return (
    <Card>
      {left > 0 ? (
        <EmptyState
          title="This page is done"
          action={<LinkButton href="/admin/review">Show the others</LinkButton>}
        >
          {countOf(left, "more referral is", "more referrals are")} waiting.
        </EmptyState>
      ) : (
        <EmptyState
          title="Nothing to review"
          action={<LinkButton href="/admin/referrals">Show all referrals</LinkButton>}
        >
          Referrals that raise a signal appear here before they earn a reward.
        </EmptyState>
      )}
    </Card>
  );
}

export type ReviewQueueProps = {
  cases: readonly ReviewCase[];
  /** All open ones, this page's included. */
  open: number;
  timeZone: string;
};

/** The queue beside one of its cases. After a decision the next case is shown. */
export function ReviewQueue({ cases, open, timeZone }: ReviewQueueProps) {
  const [decided, setDecided] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<string | null>(null);
  const [shortcutsOn, setShortcutsOn] = useBrowserPreference("admin-review-shortcuts", true);
  const dialog = useDialogTarget<ChosenDecision>();
  const heading = useRef<HTMLHeadingElement>(null);
  const shouldMoveFocus = useRef(false);

  const { waiting, index, current, previous, next, left } = queuePosition({
    items: cases,
    decided,
    chosen,
    open,
  });

  function show(item: ReviewCase | undefined) {
    if (!item) return;
    shouldMoveFocus.current = true;
    setChosen(item.id);
  }

  function onDecided(id: string) {
    shouldMoveFocus.current = true;
    setDecided((before) => new Set(before).add(id));
    setChosen(afterDecision(waiting, id)?.id ?? null);
  }

  const currentId = current?.id;
  const holder = useClaim(currentId);
  // Moves the focus to the new case, so that people with a screen reader notice the change.
  useEffect(() => {
    if (!currentId || !shouldMoveFocus.current || dialog.open) return;
    shouldMoveFocus.current = false;
    const timer = setTimeout(() => heading.current?.focus(), FOCUS_DELAY_MS);
    return () => clearTimeout(timer);
  }, [currentId, dialog.open]);

  useShortcuts(
    {
      j: () => show(next),
      k: () => show(previous),
      c: () => current && dialog.choose({ item: current, decision: "clear" }),
      r: () => current && dialog.choose({ item: current, decision: "reject" }),
    },
    shortcutsOn,
  );

  return (
    <>
      {current ? (
        <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-[16rem_minmax(0,1fr)]">
          <div className="flex flex-col gap-4 max-lg:hidden">
            <Card padding="flush" aria-label="Queue" className="max-h-[60dvh] overflow-y-auto">
              <div
                aria-hidden="true"
                className="sticky top-0 flex justify-between border-b bg-surface-raised px-4 py-2 text-text-muted text-xs"
              >
                <span>Yours, then holds</span>
                <span>Score</span>
              </div>
              <QueueList cases={waiting} current={current.id} onChoose={show} />
            </Card>
            <Shortcuts on={shortcutsOn} onChange={setShortcutsOn} />
          </div>
          <CaseView
            item={current}
            position={`${formatCount(index + 1)} of ${formatCount(left)}`}
            onPrevious={previous && (() => show(previous))}
            onNext={next && (() => show(next))}
            onDecide={(decision) => dialog.choose({ item: current, decision })}
            heading={heading}
            holder={holder}
            timeZone={timeZone}
          >
            <div className="lg:hidden">
              <Shortcuts on={shortcutsOn} onChange={setShortcutsOn} />
            </div>
          </CaseView>
        </div>
      ) : (
        <NothingLeft left={left} />
      )}
      <DecisionDialog dialog={dialog} onDecided={onDecided} />
    </>
  );
}
