"use client";

import { CircleCheck, Info } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import useSWR from "swr";
import { fetchJson } from "@/components/api-client";
import { Field, Input } from "@/components/forms/field";
import { Button } from "@/components/ui/button";
import { Spinner } from "@/components/ui/spinner";
import { useTexts } from "@/components/ui/texts";
import { NO_CODE_FIELD, OFFERED_CODE_FIELD } from "@/lib/orders/order-form";
import { findCode, sameCode } from "@/lib/referrals/referral-code";
import type { CodeCheck } from "@/lib/referrals/schemas";

const DEBOUNCE_MS = 400;

function useDebounced(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

export type ReferralCodeFieldProps = {
  /** The invitation that this browser remembers; its name is empty while it is not checked. */
  invitation: { code: string; firstName: string } | null;
  /** What was typed before the form was posted, and what the server found out about it. */
  posted: { text: string; check: CodeCheck | null } | null;
  /** Called with the first name of the friend, or null while there is no usable code. */
  onChecked: (friendName: string | null) => void;
};

/**
 * The optional referral code. It follows the invitation until the person types, and takes a code, a
 * link or a whole message. It is checked while typing, but never stops the order.
 */
export function ReferralCodeField({ invitation, posted, onChecked }: ReferralCodeFieldProps) {
  const t = useTexts("order");
  const invited = invitation?.code ?? "";
  const initial = posted?.text ?? invited;
  const input = useRef<HTMLInputElement>(null);
  /** What the person typed; null while they left the field to the invitation. */
  const [typed, setTyped] = useState<string | null>(
    posted !== null && posted.text !== invited ? posted.text : null,
  );
  const [isEditing, setEditing] = useState(false);
  const text = typed ?? invited;
  const settled = useDebounced(text);
  const found = findCode(settled);
  const code = found?.code ?? null;
  const { data, error, isLoading } = useSWR(
    code ? `/api/referrals/validate?code=${encodeURIComponent(code)}` : null,
    fetchJson<CodeCheck>,
    {
      fallbackData:
        invitation?.firstName && code === invitation.code
          ? { valid: true, code: invitation.code, referrer_first_name: invitation.firstName }
          : settled === posted?.text
            ? (posted.check ?? undefined)
            : undefined,
      revalidateOnFocus: false,
      revalidateOnReconnect: false,
      shouldRetryOnError: false,
    },
  );

  // The input is not controlled, because that would put back what was typed before scripts ran.
  const isAlive = useRef(false);
  useEffect(() => {
    const element = input.current;
    if (!element || typed !== null) return;
    const wasTypedBefore = !isAlive.current && element.value !== element.defaultValue;
    if (!isAlive.current) setEditing(document.activeElement === element);
    isAlive.current = true;
    if (wasTypedBefore) setTyped(element.value);
    else element.value = invited;
  }, [typed, invited]);

  const friendName = code && data?.valid ? data.referrer_first_name : null;
  useEffect(() => onChecked(friendName), [friendName, onChecked]);

  // Only what is known to be a code is written as one, once the person has left the field.
  const written = data?.valid && code && sameCode(data.code, code) ? data.code : null;
  useEffect(() => {
    if (isEditing || typed === null || written === null || text !== settled) return;
    if (input.current) input.current.value = written;
    setTyped(written);
  }, [isEditing, typed, written, text, settled]);

  const isWaiting = text !== settled || (isLoading && data === undefined);
  // A code that is refused is judged once it is complete: found for sure, or the person went on.
  const isComplete = (found?.isCertain ?? false) || !isEditing;

  function message() {
    if (text.trim() === "") return null;
    if (isWaiting) {
      return (
        <>
          <Spinner />
          <span>{t("code.checking")}</span>
        </>
      );
    }
    if (friendName !== null) {
      return (
        <>
          <CircleCheck aria-hidden="true" className="text-positive" />
          <span className="wrap-anywhere font-medium text-positive">
            {t.rich("code.invitedYou", {
              name: () => <bdi>{friendName}</bdi>,
              said: (text) => <span>{text}</span>,
            })}
          </span>
        </>
      );
    }
    if (!isComplete) return <span>{t("code.looksLike")}</span>;
    if (code && error) {
      return (
        <>
          <Info aria-hidden="true" />
          <span>{t("code.unchecked")}</span>
        </>
      );
    }
    return (
      <>
        <Info aria-hidden="true" />
        <span>{t("code.unusable")}</span>
      </>
    );
  }

  return (
    <div className="flex flex-col gap-2">
      <Field label={t("code.label")} optional hint={t("code.hint")}>
        <Input
          ref={input}
          name="referral_code"
          defaultValue={initial}
          onFocus={() => setEditing(true)}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onBlur={() => setEditing(false)}
          autoComplete="off"
          autoCapitalize="characters"
          autoCorrect="off"
          spellCheck={false}
          className="font-mono placeholder:font-sans"
        />
      </Field>
      <input type="hidden" name={OFFERED_CODE_FIELD} value={invited} />
      {typed !== null && typed.trim() === "" ? (
        <input type="hidden" name={NO_CODE_FIELD} value="1" />
      ) : null}
      <noscript>
        <Button type="submit" name="intent" value="check_code" size="sm">
          {t("code.check")}
        </Button>
      </noscript>
      <p
        role="status"
        className="flex min-h-5 items-start gap-2 text-sm text-text-muted [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0"
      >
        {message()}
      </p>
    </div>
  );
}
