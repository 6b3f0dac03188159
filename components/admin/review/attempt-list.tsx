import { TextLink } from "@/components/ui/button";
import { DateText } from "@/components/ui/text";
import type { RefusedAttempt } from "@/lib/admin/review-schemas";
import { countOf } from "@/lib/words";
import { refusalWords } from "./case-facts";

/** Uses of a code that were refused, newest first, with how often the same phone or network came. */
export function AttemptList({
  attempts,
  timeZone,
}: {
  attempts: readonly RefusedAttempt[];
  timeZone: string;
}) {
  if (attempts.length === 0) return <p className="text-sm text-text-muted">None in 12 months.</p>;
  return (
    <ul className="divide-y divide-border text-sm">
      {attempts.map((attempt) => (
        <li key={attempt.id} className="py-2">
          <p className="flex flex-wrap justify-between gap-2">
            <span>{refusalWords(attempt.reason)}</span>
            <DateText value={attempt.at} timeZone={timeZone} withTime />
          </p>
          <p className="wrap-anywhere text-text-muted text-xs">
            <span className="font-mono">{attempt.referral_code}</span>
            {attempt.customer ? (
              <>
                {" · "}
                <TextLink href={`/admin/customers/${attempt.customer.id}/referrals`}>
                  {attempt.customer.name}
                </TextLink>
              </>
            ) : null}
            {attempt.same_as && attempt.same_as.phone > 0
              ? ` · same phone in ${countOf(attempt.same_as.phone, "other attempt")}`
              : null}
            {attempt.same_as && attempt.same_as.network > 0
              ? ` · same network in ${countOf(attempt.same_as.network, "other attempt")}`
              : null}
          </p>
        </li>
      ))}
    </ul>
  );
}
