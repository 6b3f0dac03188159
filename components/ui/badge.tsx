import type { ReactNode } from "react";
import { cn } from "./cn";
import { type Tone, toneSoft } from "./tone";

export type BadgeProps = { tone?: Tone; dot?: boolean; className?: string; children: ReactNode };

/** A short label in a tone. */
export function Badge({ tone = "neutral", dot = false, className, children }: BadgeProps) {
  return (
    <span
      className={cn(
        "inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-full px-2.5",
        "font-medium text-xs",
        toneSoft[tone],
        className,
      )}
    >
      {dot ? <span aria-hidden="true" className="size-1.5 rounded-full bg-current" /> : null}
      {children}
    </span>
  );
}

type Look = { tone: Tone; label: string };

const LOOKS = {
  referral: {
    pending: { tone: "neutral", label: "Pending" },
    active: { tone: "info", label: "Active" },
    qualified: { tone: "positive", label: "Qualified" },
    expired: { tone: "neutral", label: "Expired" },
    cancelled: { tone: "neutral", label: "Cancelled" },
    rejected: { tone: "negative", label: "Rejected" },
  },
  reward: {
    pending: { tone: "accent", label: "Pending" },
    applied: { tone: "positive", label: "Applied" },
    expired: { tone: "neutral", label: "Expired" },
    revoked: { tone: "negative", label: "Revoked" },
  },
  order: {
    pending: { tone: "warning", label: "Pending" },
    installing: { tone: "info", label: "Installing" },
    active: { tone: "positive", label: "Active" },
    cancelled: { tone: "neutral", label: "Cancelled" },
  },
  service: {
    pending: { tone: "neutral", label: "Pending" },
    active: { tone: "positive", label: "Active" },
    suspended: { tone: "warning", label: "Suspended" },
    cancelled: { tone: "neutral", label: "Cancelled" },
  },
  notification: {
    queued: { tone: "neutral", label: "Queued" },
    sending: { tone: "info", label: "Sending" },
    retrying: { tone: "warning", label: "Retrying" },
    sent: { tone: "positive", label: "Sent" },
    captured: { tone: "info", label: "Kept here" },
    failed: { tone: "negative", label: "Failed" },
    cancelled: { tone: "neutral", label: "Cancelled" },
  },
  billing_run: {
    running: { tone: "info", label: "Running" },
    interrupted: { tone: "warning", label: "Interrupted" },
    completed: { tone: "positive", label: "Completed" },
    failed: { tone: "negative", label: "Failed" },
  },
  approval: {
    pending: { tone: "warning", label: "Waiting" },
    approved: { tone: "positive", label: "Approved" },
    declined: { tone: "negative", label: "Declined" },
    withdrawn: { tone: "neutral", label: "Withdrawn" },
    expired: { tone: "neutral", label: "Expired" },
  },
  bulk_job: {
    planned: { tone: "neutral", label: "Planned" },
    waiting: { tone: "warning", label: "Waits for a second person" },
    running: { tone: "info", label: "Running" },
    done: { tone: "positive", label: "Done" },
    stopped: { tone: "neutral", label: "Stopped" },
  },
  bulk_row: {
    pending: { tone: "neutral", label: "Waiting" },
    done: { tone: "positive", label: "Done" },
    refused: { tone: "negative", label: "Not done" },
  },
  invoice: {
    due: { tone: "neutral", label: "Due" },
    part_paid: { tone: "neutral", label: "Part paid" },
    paid: { tone: "positive", label: "Paid" },
    overdue: { tone: "negative", label: "Overdue" },
    free: { tone: "accent", label: "Free month" },
    credited: { tone: "neutral", label: "Credited" },
  },
} as const satisfies Record<string, Record<string, Look>>;

export type StatusKind = keyof typeof LOOKS;
export type StatusOf<Kind extends StatusKind> = keyof (typeof LOOKS)[Kind];

function lookOf<Kind extends StatusKind>(kind: Kind, status: StatusOf<Kind>): Look {
  return LOOKS[kind][status] as Look;
}

/** The words for a status, as its badge shows them. */
export function statusLabel<Kind extends StatusKind>(kind: Kind, status: StatusOf<Kind>): string {
  return lookOf(kind, status).label;
}

export type StatusBadgeProps<Kind extends StatusKind> = {
  kind: Kind;
  status: StatusOf<Kind>;
  /** Replaces the usual words, e.g. "Day 17 of 30". */
  label?: string;
};

/** The status of something, always in the same words and tone. */
export function StatusBadge<Kind extends StatusKind>({
  kind,
  status,
  label,
}: StatusBadgeProps<Kind>) {
  const look = lookOf(kind, status);
  return (
    <Badge tone={look.tone} dot>
      {label ?? look.label}
    </Badge>
  );
}
