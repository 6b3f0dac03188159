import type { Metadata } from "next";
import { sourceWords } from "@/components/admin/referrals/referral-words";
import { CaseActions } from "@/components/admin/review/case-actions";
import { History, Ring, Timing, TrackRecord } from "@/components/admin/review/case-context";
import { openWork } from "@/components/admin/review/case-facts";
import { PeopleCompared } from "@/components/admin/review/people-compared";
import { signalsOf } from "@/components/admin/review/review-case";
import { SignalList } from "@/components/admin/review/signal-list";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { DateText } from "@/components/ui/text";
import { countOf } from "@/lib/words";
import { getCase } from "./case";

export const metadata: Metadata = { title: "Case" };

export default async function ReviewCasePage({
  params,
}: {
  params: Promise<{ referral_id: string }>;
}) {
  const { item, session } = await getCase((await params).referral_id);
  const { time_zone: timeZone } = session;
  const work = openWork(item);
  const signals = signalsOf(item.signals, timeZone);

  return (
    <div className="flex flex-col gap-4 sm:gap-6">
      <PageHeader
        title={`${item.referred.name}, referred by ${item.referrer.name}`}
        description={<TextLink href="/admin/review">All cases</TextLink>}
      />
      <div className="-mt-4 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-text-muted">
        <StatusBadge kind="referral" status={item.status} />
        <Badge>Score {item.score}</Badge>
        <span>
          Ordered <DateText value={item.referred_at} timeZone={timeZone} withTime />
        </span>
        <span>{sourceWords(item.source)}</span>
        <span className="font-mono">{item.referral_code}</span>
      </div>
      <Card aria-labelledby="signals-title">
        <CardHeader title={countOf(signals.length, "signal")} titleId="signals-title" />
        <SignalList signals={signals} />
      </Card>
      <PeopleCompared item={item} timeZone={timeZone} />
      <Timing item={item} timeZone={timeZone} />
      <div className="grid gap-4 sm:gap-6 lg:grid-cols-2">
        <TrackRecord item={item} timeZone={timeZone} />
        <div className="flex flex-col gap-4 sm:gap-6">
          <Ring item={item} timeZone={timeZone} />
          <History item={item} timeZone={timeZone} />
        </div>
      </div>
      {work ? (
        <CaseActions
          key={item.id}
          item={{
            id: item.id,
            friend: { id: item.referred.id, name: item.referred.name },
            referrer: { id: item.referrer.id, name: item.referrer.name },
          }}
          work={work}
          nextId={item.next_id}
        />
      ) : null}
    </div>
  );
}
