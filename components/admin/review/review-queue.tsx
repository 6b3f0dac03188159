"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { useTarget } from "@/components/admin/actions/use-dialog-target";
import { sourceWords } from "@/components/admin/words";
import { Checkbox } from "@/components/forms/checkbox";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { Button, LinkButton } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { cn } from "@/components/ui/cn";
import { EmptyState } from "@/components/ui/states";
import { DateText } from "@/components/ui/text";
import { EvidenceTable, SignalList } from "./evidence-table";
import type { ReviewCase } from "./review-case";
import { useSetting } from "./use-browser-preference";
import { useShortcuts } from "./use-shortcuts";

type Decision = "clear" | "reject";
type Chosen = { item: ReviewCase; decision: Decision };

const KEYS = [
  { key: "J", does: "next" },
  { key: "K", does: "previous" },
  { key: "C", does: "clear" },
  { key: "R", does: "reject" },
] as const;

function Shortcuts({ on, onChange }: { on: boolean; onChange: (on: boolean) => void }) {
  return (
    <div className="flex flex-col gap-3 text-sm">
      <Checkbox label="Keyboard shortcuts" checked={on} onCheckedChange={onChange} />
      <dl className={cn("flex flex-wrap gap-x-4 gap-y-2 text-text-muted", !on && "line-through")}>
        {KEYS.map(({ key, does }) => (
          <div key={key} className="flex items-center gap-1.5">
            <dt>
              <kbd className="rounded-md border bg-surface-sunken px-1.5 py-0.5 font-mono text-xs">
                {key}
              </kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function QueueList({
  items,
  current,
  onChoose,
}: {
  items: readonly ReviewCase[];
  current: string;
  onChoose: (id: string) => void;
}) {
  return (
    <ol className="divide-y divide-border">
      {items.map((item) => (
        <li key={item.id}>
          <button
            type="button"
            aria-current={item.id === current ? "true" : undefined}
            onClick={() => onChoose(item.id)}
            className={cn(
              "flex w-full items-center gap-3 border-l-2 border-transparent px-4 py-3 text-start",
              "-outline-offset-2 text-sm hover:bg-surface-sunken",
              "aria-[current=true]:border-accent aria-[current=true]:bg-surface-sunken",
            )}
          >
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{item.friend.name}</span>
              <span className="block truncate text-text-muted text-xs">
                by {item.referrer.name}
              </span>
            </span>
            <span className="text-text-muted text-xs">
              <span className="sr-only">Score </span>
              {item.score}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function DecisionDialog({
  dialog,
  onDecided,
}: {
  dialog: ReturnType<typeof useTarget<Chosen>>;
  onDecided: (id: string) => void;
}) {
  const act = useAction();
  if (!dialog.target) return null;
  const { item, decision } = dialog.target;
  const isClear = decision === "clear";
  return (
    <ReasonDialog
      key={`${item.id} ${decision}`}
      open={dialog.open}
      onOpenChange={dialog.setOpen}
      title={isClear ? "Clear this referral" : "Reject this referral"}
      description={
        isClear
          ? `${item.friend.name} counts like any other friend of ${item.referrer.name}.`
          : `${item.friend.name} does not count for ${item.referrer.name}. The order and the service stay as they are. This cannot be undone.`
      }
      reasonHint="For colleagues: it stays in the audit log."
      confirmLabel={isClear ? "Clear" : "Reject"}
      pendingLabel={isClear ? "Clearing" : "Rejecting"}
      tone={isClear ? "primary" : "danger"}
      onConfirm={async (reason) => {
        const outcome = await act({
          path: `/api/admin/review/${item.id}`,
          body: { decision, reason },
          done: isClear ? "Referral cleared" : "Referral rejected",
          description: `${item.friend.name}, referred by ${item.referrer.name}`,
        });
        if (outcome.ok) onDecided(item.id);
        return outcome;
      }}
    />
  );
}

export type ReviewQueueProps = {
  cases: readonly ReviewCase[];
  /** All open ones, this page's included. */
  open: number;
  timeZone: string;
};

/** The queue and one case of it at a time; after a decision the next one follows. */
export function ReviewQueue({ cases, open, timeZone }: ReviewQueueProps) {
  const [decided, setDecided] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<string | null>(null);
  const [shortcutsOn, setShortcutsOn] = useSetting("admin-review-shortcuts", true);
  const dialog = useTarget<Chosen>();
  const heading = useRef<HTMLHeadingElement>(null);
  const moved = useRef(false);

  const waiting = cases.filter((item) => !decided.has(item.id));
  const index = Math.max(
    0,
    waiting.findIndex((item) => item.id === chosen),
  );
  const item = waiting[index];
  const left = Math.max(waiting.length, open - cases.filter(({ id }) => decided.has(id)).length);

  function show(next: ReviewCase | undefined) {
    if (!next) return;
    moved.current = true;
    setChosen(next.id);
  }

  function onDecided(id: string) {
    const at = waiting.findIndex((other) => other.id === id);
    const next = waiting[at + 1] ?? waiting[at - 1];
    moved.current = true;
    setDecided((before) => new Set(before).add(id));
    setChosen(next?.id ?? null);
  }

  const shownId = item?.id;
  // Reading goes on at the case that is now shown, also for those who cannot see it change.
  useEffect(() => {
    if (!shownId || !moved.current || dialog.open) return;
    moved.current = false;
    // The closing dialog gives the focus back first.
    const timer = setTimeout(() => heading.current?.focus(), 250);
    return () => clearTimeout(timer);
  }, [shownId, dialog.open]);

  useShortcuts(
    {
      j: () => show(waiting[index + 1]),
      k: () => show(waiting[index - 1]),
      c: () => item && dialog.choose({ item, decision: "clear" }),
      r: () => item && dialog.choose({ item, decision: "reject" }),
    },
    shortcutsOn,
  );

  return (
    <>
      {item ? (
        <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-[16rem_minmax(0,1fr)]">
          <div className="flex flex-col gap-4 max-lg:hidden">
            <Card padding="flush" aria-label="Queue" className="max-h-[60dvh] overflow-y-auto">
              <div
                aria-hidden="true"
                className="sticky top-0 flex justify-between border-b bg-surface-raised px-4 py-2 text-text-muted text-xs"
              >
                <span>Oldest first</span>
                <span>Score</span>
              </div>
              <QueueList
                items={waiting}
                current={item.id}
                onChoose={(id) => show(waiting.find((other) => other.id === id))}
              />
            </Card>
            <Shortcuts on={shortcutsOn} onChange={setShortcutsOn} />
          </div>
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
                </div>
              </div>
              <div className="flex shrink-0 items-center gap-1">
                <span className="mr-2 text-sm text-text-muted">
                  {index + 1} of {left}
                </span>
                <Button
                  size="icon"
                  variant="ghost"
                  aria-label="Previous"
                  disabled={index === 0}
                  onClick={() => show(waiting[index - 1])}
                >
                  <ChevronLeft aria-hidden="true" />
                </Button>
                <Button
                  size="icon"
                  variant="ghost"
                  aria-label="Next"
                  disabled={index >= waiting.length - 1}
                  onClick={() => show(waiting[index + 1])}
                >
                  <ChevronRight aria-hidden="true" />
                </Button>
              </div>
            </div>
            <Card aria-labelledby="signals-title">
              <CardHeader
                as="h3"
                title={item.signals.length === 1 ? "1 signal" : `${item.signals.length} signals`}
                titleId="signals-title"
              />
              <SignalList signals={item.signals} />
            </Card>
            <Card padding="flush" aria-labelledby="evidence-title">
              <CardHeader as="h3" divided title="Side by side" titleId="evidence-title" />
              <EvidenceTable item={item} />
            </Card>
            <div className="sticky bottom-0 z-10 -mx-4 flex gap-2 border-t bg-surface px-4 py-3 sm:mx-0 sm:px-0">
              <Button
                variant="primary"
                className="flex-1 sm:flex-none"
                onClick={() => dialog.choose({ item, decision: "clear" })}
              >
                Clear
              </Button>
              <Button
                className="flex-1 text-negative sm:flex-none"
                onClick={() => dialog.choose({ item, decision: "reject" })}
              >
                Reject
              </Button>
            </div>
            <div className="lg:hidden">
              <Shortcuts on={shortcutsOn} onChange={setShortcutsOn} />
            </div>
          </article>
        </div>
      ) : (
        <Card>
          <EmptyState
            title={left > 0 ? "These are done" : "Nothing to review"}
            action={
              <LinkButton href={left > 0 ? "/admin/review" : "/admin/referrals"}>
                {left > 0 ? "Show the others" : "Show all referrals"}
              </LinkButton>
            }
          >
            {left > 0
              ? `${left} more are waiting.`
              : "Referrals that raise a signal appear here before they earn a reward."}
          </EmptyState>
        </Card>
      )}
      <DecisionDialog dialog={dialog} onDecided={onDecided} />
    </>
  );
}
