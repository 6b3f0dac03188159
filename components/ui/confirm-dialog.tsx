"use client";

import { type ReactElement, type ReactNode, useState } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { FailureMessage } from "./failure-message";
import { useTexts } from "./texts";

type ConfirmResult = { ok: true } | { ok: false; message: string };

export type ConfirmDialogProps = {
  trigger?: ReactElement;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** What the action touches: names, dates, amounts. */
  children?: ReactNode;
  confirmLabel: string;
  /** While under way, e.g. "Activating". */
  pendingLabel?: string;
  /** The button that changes nothing, e.g. "Keep order" where the action is to cancel. */
  dismissLabel?: string;
  tone?: "primary" | "danger";
  /** Does the work. With `ok: false` the dialog stays open and shows the message. */
  onConfirm: () => Promise<ConfirmResult>;
};

/** Asks once more before an action that needs no reason. */
export function ConfirmDialog({
  trigger,
  open: controlledOpen,
  onOpenChange,
  title,
  description,
  children,
  confirmLabel,
  pendingLabel,
  dismissLabel,
  tone = "primary",
  onConfirm,
}: ConfirmDialogProps) {
  const ui = useTexts("ui");
  const [ownOpen, setOwnOpen] = useState(false);
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  function changeOpen(next: boolean) {
    if (!next) setFailure(null);
    setOwnOpen(next);
    onOpenChange?.(next);
  }

  async function confirm() {
    setPending(true);
    setFailure(null);
    try {
      const result = await onConfirm();
      if (result.ok) changeOpen(false);
      else setFailure(result.message);
    } catch {
      setFailure(ui("unreachableShort"));
    } finally {
      setPending(false);
    }
  }

  return (
    <Dialog
      trigger={trigger}
      open={controlledOpen ?? ownOpen}
      onOpenChange={changeOpen}
      title={title}
      description={description}
      locked={pending}
      footer={
        <>
          <Button onClick={() => changeOpen(false)} disabled={pending}>
            {dismissLabel ?? ui("cancel")}
          </Button>
          <Button variant={tone} loading={pending} loadingLabel={pendingLabel} onClick={confirm}>
            {confirmLabel}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {children}
        <FailureMessage message={failure} />
      </div>
    </Dialog>
  );
}
