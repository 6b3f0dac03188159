"use client";

import { useAction } from "@/components/admin/actions/use-action";
import type { DialogTarget } from "@/components/admin/actions/use-dialog-target";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import type { ApiKey } from "@/lib/access/api-key-schemas";

/** Asks for a reason, and ends the key that was chosen in the table. */
export function RevokeApiKey({ dialog }: { dialog: DialogTarget<ApiKey> }) {
  const act = useAction();
  const key = dialog.target;
  if (!key) return null;
  return (
    <ReasonDialog
      key={key.id}
      open={dialog.open}
      onOpenChange={dialog.setOpen}
      title={`Revoke “${key.name}”`}
      description="Calls with this key are refused from now on, for good. What was recorded with it stays."
      reasonHint="It stays in the audit log."
      confirmLabel="Revoke the key"
      pendingLabel="Revoking"
      dismissLabel="Keep the key"
      tone="danger"
      onConfirm={(reason) =>
        act({
          path: `/api/admin/team/api-keys/${key.id}/revoke`,
          body: { reason },
          done: "Key revoked",
          description: key.name,
        })
      }
    />
  );
}
