"use client";

import { AnimatePresence, m } from "framer-motion";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { getJson } from "@/components/api-client";
import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { LoadMore } from "@/components/ui/load-more";
import { useTexts } from "@/components/ui/texts";
import { toast } from "@/components/ui/toaster";
import type { Texts } from "@/lib/language/translator";
import type { Friend } from "@/lib/referrals/schemas";
import { friendTimeline, type TimelineStep } from "@/lib/referrals/timeline";
import { FriendTimeline } from "./friend-timeline";

export type FriendListProps = {
  /** The newest friends. Older ones are read when the customer asks for more. */
  friends: readonly Friend[];
  total: number;
  /** The instant of the data, ISO 8601. */
  asOf: string;
  /** IANA zone in which dates are shown. */
  timeZone: string;
};

const FIRST_SHOWN = 5;
const SHOWN_PER_PRESS = 10;
const PAGE_SIZE = 50;

function badgeLabel(friend: Friend, steps: readonly TimelineStep[], t: Texts<"friends">): string {
  if (friend.status !== "active") return t(`status.${friend.status}`);
  const { code } = friend.explanation;
  if (code === "invoice_unpaid" || code === "invoice_to_come") return t("status.invoiceOpen");
  return steps.find((step) => step.key === "counting")?.label ?? t("status.active");
}

/** The masked address, for somebody who has several friends of one name. */
function EmailOnDemand({ email }: { email: string }) {
  const t = useTexts("friends");
  const [isShown, setShown] = useState(false);
  if (isShown) return <p className="wrap-anywhere py-2">{email}</p>;
  return (
    <button
      type="button"
      onClick={() => setShown(true)}
      className="min-h-8 rounded-sm underline underline-offset-4 hover:text-text pointer-coarse:min-h-11"
    >
      {t("showEmail")}
    </button>
  );
}

type FriendRowProps = Omit<FriendListProps, "friends" | "total"> & { friend: Friend };

function FriendRow({ friend, ...context }: FriendRowProps) {
  const t = useTexts("friends");
  const { text, remedy } = friend.explanation;
  const steps = friendTimeline(friend, new Date(context.asOf), context.timeZone, t);
  const isLive = friend.status === "pending" || friend.status === "active";
  return (
    <m.li
      initial={{ opacity: 0, y: -8 }}
      animate={{ opacity: 1, y: 0 }}
      exit={{ opacity: 0 }}
      data-friend-id={friend.id}
    >
      <details open={isLive} className="group">
        <summary className="flex list-none items-start gap-3 px-4 py-4 -outline-offset-4 sm:px-6 [&::-webkit-details-marker]:hidden">
          <div className="min-w-0 flex-1">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <span className="wrap-anywhere font-medium">{friend.referred_name}</span>
              <StatusBadge
                kind="referral"
                status={friend.status}
                label={badgeLabel(friend, steps, t)}
              />
            </div>
            <p className="wrap-anywhere mt-2 text-sm">{text}</p>
            {remedy ? (
              <p className="wrap-anywhere mt-0.5 text-sm text-text-muted">{remedy}</p>
            ) : null}
          </div>
          <ChevronDown
            aria-hidden="true"
            className="mt-1 size-4 shrink-0 text-text-muted transition-transform duration-150 group-open:rotate-180"
          />
        </summary>
        <div className="px-4 pt-1 pb-6 sm:px-6">
          <FriendTimeline friend={friend} steps={steps} timeZone={context.timeZone} />
          <div className="mt-4 flex flex-wrap items-baseline gap-x-6 text-text-muted text-xs">
            <p className="py-2">
              {t.rich("termsVersion", {
                version: String(friend.terms_version),
                terms: (text) => (
                  <TextLink href={`/terms/${friend.terms_version}`} className="text-text-muted">
                    {text}
                  </TextLink>
                ),
                said: (text) => <span>{text}</span>,
              })}
            </p>
            <EmailOnDemand email={friend.referred_email} />
          </div>
        </div>
      </details>
    </m.li>
  );
}

interface OlderPage {
  referrals: Friend[];
  next_cursor: string | null;
}

/** The friends, newest first, each with a status and the steps until they count. */
export function FriendList({ friends, total, ...context }: FriendListProps) {
  const t = useTexts("friends");
  const [shown, setShown] = useState(FIRST_SHOWN);
  const [older, setOlder] = useState<readonly Friend[]>([]);
  // Undefined before the first page was read, null after the last one.
  const [cursor, setCursor] = useState<string | null | undefined>(undefined);
  const [loading, setLoading] = useState(false);

  const known = new Set(friends.map((friend) => friend.id));
  const all = [...friends, ...older.filter((friend) => !known.has(friend.id))];
  const visible = all.slice(0, shown);
  const hasOlder = cursor !== null && all.length < total;

  async function showMore() {
    if (shown < all.length || !hasOlder) {
      setShown((count) => count + SHOWN_PER_PRESS);
      return;
    }
    setLoading(true);
    const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
    if (cursor) query.set("cursor", cursor);
    const answer = await getJson<OlderPage>(`/api/customer/referrals?${query}`);
    setLoading(false);
    if (!answer.ok) {
      toast.error(t("moreNotLoaded"), { description: answer.message });
      return;
    }
    const { referrals, next_cursor } = answer.data;
    setOlder((before) => {
      const seen = new Set(before.map((friend) => friend.id));
      return [...before, ...referrals.filter((friend) => !seen.has(friend.id))];
    });
    setCursor(next_cursor);
    setShown((count) => count + SHOWN_PER_PRESS);
  }

  return (
    <>
      <ul className="divide-y divide-border">
        <AnimatePresence initial={false}>
          {visible.map((friend) => (
            <FriendRow key={friend.id} friend={friend} {...context} />
          ))}
        </AnimatePresence>
      </ul>
      <LoadMore
        hasMore={shown < all.length || hasOlder}
        loading={loading}
        onLoadMore={showMore}
        label={t("showMore")}
      />
    </>
  );
}
