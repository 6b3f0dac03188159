import { UserRoundCheck } from "lucide-react";

/** A line above the page for people who followed a friend's link. */
export function InvitedBanner({ firstName }: { firstName: string }) {
  return (
    <aside aria-label="Invitation" className="bg-accent-soft text-sm" data-print="hidden">
      <p className="mx-auto flex min-h-10 max-w-6xl items-center gap-2 px-4 py-2 sm:px-6">
        <UserRoundCheck aria-hidden="true" className="size-4 shrink-0 text-accent-strong" />
        <span className="wrap-anywhere min-w-0">
          Invited by <strong className="font-semibold">{firstName}</strong>
        </span>
      </p>
    </aside>
  );
}
