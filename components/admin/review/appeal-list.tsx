import { Badge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DateText } from "@/components/ui/text";

export type OpenAppeal = {
  referral_id: string;
  due_at: string;
  is_overdue: boolean;
  referrer: { id: string; name: string };
};

/** Referrers who asked for another look, by deadline. Nothing is shown when nobody asked. */
export function AppealList({
  appeals,
  timeZone,
}: {
  appeals: readonly OpenAppeal[];
  timeZone: string;
}) {
  if (appeals.length === 0) return null;
  return (
    <Card padding="flush" aria-labelledby="appeals-title" className="mb-4 sm:mb-6">
      <CardHeader
        divided
        title="Appeals"
        titleId="appeals-title"
        description="Somebody else than the person who rejected decides."
      />
      <ul className="divide-y divide-border text-sm">
        {appeals.map((appeal) => (
          <li
            key={appeal.referral_id}
            className="flex flex-wrap items-center justify-between gap-2 px-4 py-3 sm:px-6"
          >
            <TextLink href={`/admin/review/${appeal.referral_id}`} className="wrap-anywhere">
              {appeal.referrer.name}
            </TextLink>
            <span className="text-text-muted">
              {appeal.is_overdue ? <Badge tone="warning">Overdue</Badge> : null} Answer by{" "}
              <DateText value={appeal.due_at} timeZone={timeZone} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
