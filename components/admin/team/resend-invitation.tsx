"use client";

import { useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { Button } from "@/components/ui/button";
import { toast } from "@/components/ui/toaster";
import type { TeamMember } from "@/lib/access/team-schemas";

/** Sends the link of an invitation that waits once more. */
export function ResendInvitation({ member }: { member: TeamMember }) {
  const act = useAction();
  const [sending, setSending] = useState(false);

  async function send() {
    if (sending) return;
    setSending(true);
    const { email, name, role } = member;
    const outcome = await act({
      path: "/api/admin/team",
      body: { email, name, role },
      done: "Invitation sent again",
      description: email,
    });
    setSending(false);
    if (!outcome.ok) toast.error(outcome.message);
  }

  return (
    <Button
      size="sm"
      variant="ghost"
      loading={sending}
      loadingLabel="Sending"
      onClick={() => void send()}
      aria-label={`Send ${member.name} the invitation again`}
    >
      Send again
    </Button>
  );
}
