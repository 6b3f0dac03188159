"use client";

import { Power, PowerOff } from "lucide-react";
import { useAction } from "@/components/admin/actions/use-action";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import type { SwitchState } from "@/lib/admin/programme-schemas";
import { formatDateTime } from "@/lib/dates";
import type { SwitchName } from "@/lib/switches";

const WORDS: Record<SwitchName, { title: string; on: string; off: string; stop: string }> = {
  rewards: {
    title: "Rewards",
    on: "Referrals are recorded, and free months are granted and used.",
    off: "No referral is recorded, and no free month is granted, used or expired. Invoices go on without free months.",
    stop: "From the next moment on no referral is recorded, and no free month is granted or used, anywhere. Customers read that the programme is paused.",
  },
  mail: {
    title: "Mails",
    on: "Mails leave the outbox as they become due.",
    off: "Mails wait in the outbox. None is lost, and none leaves.",
    stop: "Mails are queued as before, and wait in the outbox until you switch them on again.",
  },
};

/** One switch of the installation: its state, who changed it last and why, and the button. */
export function SwitchCard({ state, timeZone }: { state: SwitchState; timeZone: string }) {
  const act = useAction();
  const words = WORDS[state.name];
  const { is_on } = state;
  const verb = is_on ? "Switch off" : "Switch on";
  const noun = words.title.toLowerCase();
  const last =
    state.changed_at && state.reason
      ? `${is_on ? "Switched on" : "Switched off"} by ${state.changed_by_name ?? "the system"} on ${formatDateTime(state.changed_at, timeZone)}: ${state.reason}`
      : null;
  return (
    <Card aria-labelledby={`switch-${state.name}`} className="mb-4 sm:mb-6">
      <CardHeader
        className="mb-0 items-center sm:mb-0"
        title={
          <span className="flex flex-wrap items-center gap-3">
            {words.title}
            <Badge tone={is_on ? "positive" : "warning"} dot>
              {is_on ? "On" : "Off"}
            </Badge>
          </span>
        }
        titleId={`switch-${state.name}`}
        description={
          <>
            {is_on ? words.on : words.off}
            {last ? <span className="mt-1 block text-text-muted">{last}</span> : null}
          </>
        }
        actions={
          <ReasonDialog
            trigger={
              <Button icon={is_on ? <PowerOff aria-hidden="true" /> : <Power aria-hidden="true" />}>
                {verb}
                <span className="sr-only"> {noun}</span>
              </Button>
            }
            title={`${verb} ${noun}`}
            description={is_on ? words.stop : words.on}
            reasonHint="For colleagues: it stays here and in the audit log."
            confirmLabel={`${verb} ${noun}`}
            pendingLabel="Saving"
            tone={is_on ? "danger" : "primary"}
            onConfirm={(reason) =>
              act({
                path: `/api/admin/switches/${state.name}`,
                method: "POST",
                body: { is_on: !is_on, reason },
                done: `${words.title} are ${is_on ? "off" : "on"}`,
              })
            }
          />
        }
      />
    </Card>
  );
}
