import { Banknote, Gift, Mail, Package, ShieldAlert, UserCog, Waypoints, Wifi } from "lucide-react";
import { TextLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import type { TimelineEvent } from "./timeline";

const ICONS: Record<TimelineEvent["kind"], typeof Mail> = {
  order: Package,
  service: Wifi,
  invoice: Banknote,
  reward: Gift,
  referral: Waypoints,
  mail: Mail,
  refused: ShieldAlert,
  team: UserCog,
};

/** What happened to a customer, newest first, each with a link to where more stands. */
export function TimelineList({
  events,
  timeZone,
}: {
  events: readonly TimelineEvent[];
  timeZone: string;
}) {
  if (events.length === 0) {
    return <EmptyState title="Nothing has happened yet">Orders and mails appear here.</EmptyState>;
  }
  return (
    <ol className="divide-y divide-border">
      {events.map((event) => {
        const Icon = ICONS[event.kind];
        return (
          <li key={event.key} className="flex items-start gap-3 px-4 py-3 text-sm sm:px-6">
            <Icon aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-text-muted" />
            <div className="flex min-w-0 flex-1 flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5">
              <bdi className="min-w-0 wrap-anywhere">
                {event.href ? (
                  <TextLink quiet href={event.href}>
                    {event.text}
                  </TextLink>
                ) : (
                  event.text
                )}
              </bdi>
              <DateText
                value={event.at}
                timeZone={timeZone}
                withTime
                className="text-text-muted text-xs"
              />
            </div>
          </li>
        );
      })}
    </ol>
  );
}
