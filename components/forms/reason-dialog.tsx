"use client";

import {
  type FormEvent,
  type ReactElement,
  type ReactNode,
  type RefObject,
  useId,
  useRef,
  useState,
} from "react";
import type { ApiResult } from "@/components/api-client";
import { Button, LinkButton } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Dialog } from "@/components/ui/dialog";
import { FailureMessage } from "@/components/ui/failure-message";
import { Field, Textarea } from "./field";
import { REASON_MAX, reasonError, reasonLength } from "./reason";
import { forgetTyped, returnTo, signInAgainPath, useReturn, useTypedDraft } from "./typed-draft";

type ReasonResult = { ok: true } | { ok: false; message: string; result?: ApiResult<unknown> };

/** Why the work was not done, and whether signing in helps. */
type Failure = { message: string; isSignedOut: boolean };

function failureOf({ message, result }: Extract<ReasonResult, { ok: false }>): Failure {
  const code = result?.ok === false ? result.code : "";
  if (code === "unauthenticated") {
    return {
      message:
        "Your session has ended, so nothing was done. Sign in and you are back here, with your text.",
      isSignedOut: true,
    };
  }
  if (code === "forbidden") {
    return {
      message: `${message} Nothing was done. Your role may have been changed meanwhile; your text is kept.`,
      isSignedOut: false,
    };
  }
  return { message, isSignedOut: false };
}

export type ReasonDialogProps = {
  trigger?: ReactElement;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** What the action touches: names, dates, amounts. */
  children?: ReactNode;
  reasonLabel?: string;
  reasonHint?: string;
  /** Ready-made reasons; choosing one fills in the field. */
  suggestions?: readonly string[];
  confirmLabel: string;
  /** While saving, e.g. "Granting". */
  pendingLabel?: string;
  /** The button that changes nothing, e.g. "Keep order" where the action is to cancel. */
  dismissLabel?: string;
  tone?: "primary" | "danger";
  /** Names the dialog and what it is about: what is typed then survives a lost session. */
  draftKey?: string;
  /** The first of the other fields in `children`. Without it the reason gets the focus. */
  initialFocus?: RefObject<HTMLElement | null>;
  /** Checks the other fields. False keeps the dialog open; the check moves the focus itself. */
  checkFields?: () => boolean;
  /**
   * Does the work with the trimmed reason. `ok: false` keeps the dialog open with its text and
   * shows the message. A thrown error is shown as a fixed sentence.
   */
  onConfirm: (reason: string) => Promise<ReasonResult>;
};

/**
 * Asks for a reason before an action. The text stays after a failure and after an accidental close;
 * it is cleared once the action has succeeded.
 */
export function ReasonDialog({
  trigger,
  open: controlledOpen,
  onOpenChange,
  title,
  description,
  children,
  reasonLabel = "Reason",
  reasonHint,
  suggestions = [],
  confirmLabel,
  pendingLabel,
  dismissLabel = "Cancel",
  tone = "primary",
  draftKey,
  initialFocus,
  checkFields,
  onConfirm,
}: ReasonDialogProps) {
  const formId = useId();
  const counterId = useId();
  const textarea = useRef<HTMLTextAreaElement>(null);
  const [ownOpen, setOwnOpen] = useState(false);
  const [reason, setReason] = useTypedDraft(draftKey, "reason");
  const [error, setError] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [pending, setPending] = useState(false);

  const open = controlledOpen ?? ownOpen;
  const length = reasonLength(reason);

  function changeOpen(next: boolean) {
    if (!next) {
      setError(null);
      setFailure(null);
    }
    setOwnOpen(next);
    onOpenChange?.(next);
  }

  useReturn(draftKey, () => changeOpen(true));

  async function submit(event: FormEvent) {
    event.preventDefault();
    // The dialog may be inside another form, and React events bubble through portals.
    event.stopPropagation();
    if (pending) return;
    const problem = reasonError(reason);
    setError(problem);
    setFailure(null);
    if (checkFields && !checkFields()) return;
    if (problem) {
      textarea.current?.focus();
      return;
    }
    setPending(true);
    try {
      const result = await onConfirm(reason.trim());
      if (result.ok) {
        setReason("");
        if (draftKey !== undefined) forgetTyped(draftKey);
        changeOpen(false);
      } else {
        setFailure(failureOf(result));
      }
    } catch {
      setFailure({
        message: "We could not reach the server. Please try again.",
        isSignedOut: false,
      });
    } finally {
      setPending(false);
    }
  }

  return (
    <Dialog
      trigger={trigger}
      open={open}
      onOpenChange={changeOpen}
      title={title}
      description={description}
      locked={pending}
      initialFocus={initialFocus ?? textarea}
      footer={
        <>
          <Button onClick={() => changeOpen(false)} disabled={pending}>
            {dismissLabel}
          </Button>
          <Button
            type="submit"
            form={formId}
            variant={tone}
            loading={pending}
            loadingLabel={pendingLabel}
          >
            {confirmLabel}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        onSubmit={submit}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            event.currentTarget.requestSubmit();
          }
        }}
        noValidate
        className="flex flex-col gap-4"
      >
        {children}
        {suggestions.length > 0 ? (
          <fieldset className="flex flex-wrap gap-2" disabled={pending}>
            <legend className="mb-2 text-sm text-text-muted">Common reasons</legend>
            {suggestions.map((suggestion) => (
              <Button
                key={suggestion}
                size="sm"
                onClick={() => {
                  setReason(suggestion);
                  setError(null);
                  textarea.current?.focus();
                }}
              >
                {suggestion}
              </Button>
            ))}
          </fieldset>
        ) : null}
        <div>
          <Field label={reasonLabel} hint={reasonHint} error={error} required>
            <Textarea
              ref={textarea}
              name="reason"
              value={reason}
              readOnly={pending}
              aria-describedby={counterId}
              onChange={(event) => {
                setReason(event.target.value);
                if (error) setError(reasonError(event.target.value));
              }}
            />
          </Field>
          <p
            id={counterId}
            className={cn(
              "mt-2 text-end text-xs",
              length > REASON_MAX ? "text-negative" : "text-text-muted",
            )}
          >
            {length} of {REASON_MAX} characters
          </p>
        </div>
        <FailureMessage message={failure?.message ?? null} />
        {failure?.isSignedOut ? (
          <LinkButton
            href={signInAgainPath()}
            className="self-start"
            onClick={() => {
              if (draftKey !== undefined) returnTo(draftKey);
            }}
          >
            Sign in again
          </LinkButton>
        ) : null}
      </form>
    </Dialog>
  );
}
