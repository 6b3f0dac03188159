"use client";

import { useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import type { DialogTarget } from "@/components/admin/actions/use-dialog-target";
import { Checkbox } from "@/components/forms/checkbox";
import { Field } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Select } from "@/components/forms/select";
import type { TeamMember } from "@/lib/access/team-schemas";
import { ROLE_OPTIONS } from "./team-words";

function MemberDialog({
  member,
  dialog,
}: {
  member: TeamMember;
  dialog: DialogTarget<TeamMember>;
}) {
  const act = useAction();
  const [role, setRole] = useState<string>(member.role);
  const [isActive, setIsActive] = useState(member.is_active);
  return (
    <ReasonDialog
      open={dialog.open}
      onOpenChange={dialog.setOpen}
      title={`Change ${member.name}'s access`}
      description="The change counts at once, in sessions that are open, too."
      reasonHint="It stays in the audit log."
      confirmLabel="Save"
      pendingLabel="Saving"
      tone={isActive ? "primary" : "danger"}
      onConfirm={(reason) =>
        act({
          path: `/api/admin/team/${member.id}`,
          method: "PUT",
          body: { role, is_active: isActive, reason },
          done: "Access changed",
          description: member.name,
        })
      }
    >
      <Field label="Role" required>
        <Select name="role" value={role} onValueChange={setRole} options={ROLE_OPTIONS} />
      </Field>
      <Checkbox label="May use the admin area" checked={isActive} onCheckedChange={setIsActive} />
    </ReasonDialog>
  );
}

/** Asks for the new role and a reason, and saves the member that was chosen in the table. */
export function ChangeMember({ dialog }: { dialog: DialogTarget<TeamMember> }) {
  const member = dialog.target;
  if (!member) return null;
  return <MemberDialog key={`${member.id} ${member.role}`} member={member} dialog={dialog} />;
}
