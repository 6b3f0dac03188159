"use client";

import { useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { useTypedDraft } from "@/components/forms/typed-draft";
import { Button } from "@/components/ui/button";
import { DescriptionList } from "@/components/ui/description-list";
import { DateText } from "@/components/ui/text";
import { lastDayBefore } from "@/lib/dates";
import type { ReferralRow } from "./referral-row";

type SecondChanceProps = { row: ReferralRow; timeZone: string };

/** Gives a pending referral more days to become active. */
function Extend({ row, timeZone }: SecondChanceProps) {
  const act = useAction();
  const input = useRef<HTMLInputElement>(null);
  const draftKey = `extend ${row.id}`;
  const [until, setUntil] = useTypedDraft(draftKey, "until");
  const [error, setError] = useState<string | null>(null);

  function checkFields(): boolean {
    setError(until === "" ? "Please choose a day." : null);
    if (until === "") input.current?.focus();
    return until !== "";
  }

  return (
    <ReasonDialog
      trigger={
        <Button
          size="sm"
          variant="ghost"
          aria-label={`Extend the referral of ${row.referred.name}`}
        >
          Extend
        </Button>
      }
      draftKey={draftKey}
      title="Give this referral more time"
      description="For an order that waits for coverage or a late installation. Both sides get a mail."
      reasonHint="It stays in the audit log."
      confirmLabel="Extend"
      pendingLabel="Extending"
      initialFocus={input}
      checkFields={checkFields}
      onConfirm={(reason) =>
        act({
          path: `/api/admin/referrals/${row.id}/extend`,
          body: { until, reason },
          done: "Referral extended",
          description: row.referred.name,
        })
      }
    >
      <DescriptionList
        items={[
          { label: "Friend", value: row.referred.name },
          { label: "Referred by", value: row.referrer.name },
          {
            label: "Open until",
            value: (
              <DateText
                value={lastDayBefore(row.activation_due_at, timeZone)}
                timeZone={timeZone}
              />
            ),
          },
        ]}
      />
      <Field label="Open until the end of" error={error} required>
        <Input
          ref={input}
          name="until"
          type="date"
          value={until}
          onChange={(event) => {
            setUntil(event.target.value);
            setError(null);
          }}
        />
      </Field>
    </ReasonDialog>
  );
}

/** Gives an ended referral back. */
function Reinstate({ row }: SecondChanceProps) {
  const act = useAction();
  return (
    <ReasonDialog
      trigger={
        <Button
          size="sm"
          variant="ghost"
          aria-label={`Reinstate the referral of ${row.referred.name}`}
        >
          Reinstate
        </Button>
      }
      draftKey={`reinstate ${row.id}`}
      title="Give this referral back"
      description="It counts again by the terms under which it was made. The service must be active or still to come. Both sides get a mail."
      reasonHint="It stays in the audit log."
      confirmLabel="Reinstate"
      pendingLabel="Reinstating"
      onConfirm={(reason) =>
        act({
          path: `/api/admin/referrals/${row.id}/reinstate`,
          body: { reason },
          done: "Referral reinstated",
          description: row.referred.name,
        })
      }
    >
      <DescriptionList
        items={[
          { label: "Friend", value: row.referred.name },
          { label: "Referred by", value: row.referrer.name },
        ]}
      />
    </ReasonDialog>
  );
}

/** What an admin can do for a referral that waits or has ended; a cancelled order or service stays one. */
export function SecondChance({ row, timeZone }: SecondChanceProps) {
  if (row.status === "pending") return <Extend row={row} timeZone={timeZone} />;
  if (row.status === "expired" || row.status_reason === "suspended_too_long") {
    return <Reinstate row={row} timeZone={timeZone} />;
  }
  return null;
}
