"use client";

import { Download, KeyRound, LogOut } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormAction, usePostedForm } from "@/components/forms/use-posted-form";
import { Button, LinkButton } from "@/components/ui/button";
import { buttonClasses } from "@/components/ui/button-classes";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { DateText } from "@/components/ui/text";
import { EMPTY_FORM, type FormState } from "@/lib/form-state";

export type OwnDataProps = {
  /** When the customer asked for erasure, ISO 8601; null when they did not. */
  erasureAskedAt: string | null;
  /** Notes on the server that they ask for it. */
  askForErasure: FormAction<FormState>;
  /** IANA zone in which dates are shown. */
  timeZone: string;
};

/** How somebody signs in, on this device and on others. */
export function SignInCard() {
  return (
    <Card aria-labelledby="profile-sign-in">
      <CardHeader
        title="Sign-in"
        titleId="profile-sign-in"
        description="Signing out everywhere ends your sessions on all devices, this one too."
      />
      <div className="flex flex-wrap gap-3">
        <LinkButton href="/security" icon={<KeyRound aria-hidden="true" />}>
          Password and second factor
        </LinkButton>
        {/* Posted by the browser itself: the whole page is left anyway. */}
        <form method="post" action="/sign-out">
          <input type="hidden" name="scope" value="everywhere" />
          <Button type="submit" icon={<LogOut aria-hidden="true" />}>
            Sign out everywhere
          </Button>
        </form>
      </div>
    </Card>
  );
}

/** What the customer may do with their data: take it along, and ask for its erasure. */
export function OwnDataCard({ erasureAskedAt, askForErasure, timeZone }: OwnDataProps) {
  const router = useRouter();
  const { state, formProps, pending } = usePostedForm(askForErasure, EMPTY_FORM, {
    onAnswer: ({ failure }) => {
      if (failure === null) router.refresh();
    },
  });
  return (
    <Card aria-labelledby="profile-data">
      <CardHeader
        title="Your data"
        titleId="profile-data"
        description="Everything that we keep of you: orders, invoices, payments, friends, free months and mails."
      />
      <a href="/api/customer/data" download className={buttonClasses({})}>
        <Download aria-hidden="true" />
        <span>Download my data</span>
      </a>
      {erasureAskedAt ? (
        <Notice role="status" className="mt-5" title="You asked us to erase your details">
          <p>
            We have your request of <DateText value={erasureAskedAt} timeZone={timeZone} />. Once no
            service and no invoice is open, your details are removed and your account is closed.
          </p>
        </Notice>
      ) : (
        <details className="mt-5 border-t pt-4">
          <summary className="w-fit cursor-pointer rounded-sm py-2 font-medium text-sm pointer-coarse:py-3">
            Ask us to erase your details
          </summary>
          <div className="mt-2 flex flex-col gap-4 text-sm text-text-muted">
            <p>
              Somebody of our team looks at it and writes to you. We erase what we keep of you once
              your services have ended and your invoices are paid. The law makes us keep issued
              invoices for some years. Free months that you have not used are lost, and your account
              is closed.
            </p>
            <form {...formProps} className="flex flex-col gap-3">
              {state.failure ? (
                <Notice tone="negative" role="alert">
                  {state.failure}
                </Notice>
              ) : null}
              <Button
                type="submit"
                variant="danger"
                className="self-start"
                loading={pending !== null}
                loadingLabel="Sending"
              >
                Ask for erasure
              </Button>
            </form>
          </div>
        </details>
      )}
    </Card>
  );
}
