"use client";

import { CircleCheck, Info } from "lucide-react";
import { useEffect, useState } from "react";
import useSWR from "swr";
import { fetchJson } from "@/components/api-client";
import { Field, Input } from "@/components/forms/field";
import { Spinner } from "@/components/ui/spinner";
import { normaliseReferralCode } from "@/lib/referrals/referral-code";
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
  /** The invitation that this browser remembers. */
  invitation: { code: string; firstName: string } | null;
  /** Called with the first name of the friend, or null while there is no usable code. */
  onChecked: (friendName: string | null) => void;
};

/** The optional referral code. It is checked while typing, but never stops the order. */
export function ReferralCodeField({ invitation, onChecked }: ReferralCodeFieldProps) {
  const [typed, setTyped] = useState(invitation?.code ?? "");
  const settled = useDebounced(typed);
  const code = normaliseReferralCode(settled);
  const { data, error, isLoading } = useSWR(
    code ? `/api/referrals/validate?code=${encodeURIComponent(code)}` : null,
    fetchJson<CodeCheck>,
    {
      fallbackData:
        invitation && code === invitation.code
          ? { valid: true, code: invitation.code, referrer_first_name: invitation.firstName }
          : undefined,
      revalidateOnFocus: false,
      revalidateOnReconnect: false,
      shouldRetryOnError: false,
    },
  );

  const friendName = code && data?.valid ? data.referrer_first_name : null;
  useEffect(() => onChecked(friendName), [friendName, onChecked]);

  const isEmpty = typed.trim() === "";
  const isWaiting = typed !== settled || isLoading;
  // Too short to be a code: probably somebody is still typing, so nothing is said about it yet.
  const isShort = settled.replace(/[^A-Za-z0-9]/g, "").length < 8;

  function message() {
    if (isEmpty) return null;
    if (isWaiting) {
      return (
        <>
          <Spinner />
          <span>Checking the code</span>
        </>
      );
    }
    if (code && error) {
      return (
        <>
          <Info aria-hidden="true" />
          <span>
            We could not check this code now. You can still order; we check it again then.
          </span>
        </>
      );
    }
    if (friendName !== null) {
      return (
        <>
          <CircleCheck aria-hidden="true" className="text-positive" />
          <span className="wrap-anywhere font-medium text-positive">{friendName} invited you</span>
        </>
      );
    }
    if (!code && isShort) return <span>A code looks like REF-7K2M9QXA.</span>;
    return (
      <>
        <Info aria-hidden="true" />
        <span>This code can't be used. You can still order.</span>
      </>
    );
  }

  return (
    <div className="flex flex-col gap-2">
      <Field label="Referral code" optional>
        <Input
          name="referral_code"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={() => {
            const tidy = normaliseReferralCode(typed);
            if (tidy) setTyped(tidy);
          }}
          autoComplete="off"
          autoCapitalize="characters"
          autoCorrect="off"
          spellCheck={false}
          maxLength={64}
          className="font-mono uppercase placeholder:font-sans placeholder:normal-case"
        />
      </Field>
      <p
        role="status"
        className="flex min-h-5 items-start gap-2 text-sm text-text-muted [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0"
      >
        {message()}
      </p>
    </div>
  );
}
