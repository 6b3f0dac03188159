import { TextLink } from "@/components/ui/button";
import { CellNote } from "@/components/ui/cell-note";
import { DateText, Money } from "@/components/ui/text";
import type { AdminReward } from "@/lib/admin/customer-schemas";
import { lastDayBefore } from "@/lib/dates";

function Quote({ children }: { children: string }) {
  return <q className="wrap-anywhere whitespace-pre-line text-text-muted">{children}</q>;
}

/** Where a free month came from: who granted it and why, or the friends who earned it. */
export function RewardOrigin({ reward }: { reward: AdminReward }) {
  if (reward.source === "manual") {
    return (
      <div className="max-w-72">
        <p>Granted by {reward.granted_by ?? "a former colleague"}</p>
        {reward.grant_reason ? (
          <p className="text-xs">
            <Quote>{reward.grant_reason}</Quote>
          </p>
        ) : null}
      </div>
    );
  }
  return (
    <div className="max-w-72">
      <p>Earned</p>
      {reward.referrals.length > 0 ? (
        <CellNote>With {reward.referrals.join(" and ")}</CellNote>
      ) : null}
    </div>
  );
}

export type RewardOutcomeProps = {
  reward: AdminReward;
  timeZone: string;
  /** ISO 4217. */
  currency: string;
};

/** What happened to a free month, or until when it waits. */
export function RewardOutcome({ reward, timeZone, currency }: RewardOutcomeProps) {
  if (reward.status === "applied") {
    return (
      <div>
        <p>
          Used on{" "}
          {reward.invoice_number ? (
            <TextLink href={`/invoices/${encodeURIComponent(reward.invoice_number)}`}>
              {reward.invoice_number}
            </TextLink>
          ) : (
            "an invoice"
          )}
        </p>
        <CellNote>
          {reward.amount_waived_cents === null ? null : (
            <>
              <Money cents={reward.amount_waived_cents} currency={currency} /> off
            </>
          )}
          {reward.applied_at ? (
            <>
              {", "}
              <DateText value={reward.applied_at} timeZone={timeZone} />
            </>
          ) : null}
        </CellNote>
      </div>
    );
  }
  if (reward.status === "revoked") {
    return (
      <div className="max-w-72">
        <p>
          Revoked by {reward.revoked_by ?? "a former colleague"}
          {reward.revoked_at ? (
            <>
              {" "}
              on <DateText value={reward.revoked_at} timeZone={timeZone} />
            </>
          ) : null}
        </p>
        {reward.revoke_reason ? (
          <p className="text-xs">
            <Quote>{reward.revoke_reason}</Quote>
          </p>
        ) : null}
      </div>
    );
  }
  return (
    <p>
      {reward.status === "expired" ? "Was valid until" : "Waits for a whole month, valid until"}{" "}
      <DateText value={lastDayBefore(reward.expires_at, timeZone)} timeZone={timeZone} />
    </p>
  );
}
