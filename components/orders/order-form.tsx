"use client";

import { type ReactNode, useCallback, useRef } from "react";
import { CaptchaField, type CaptchaFieldProps } from "@/components/forms/captcha-field";
import { Field, Input } from "@/components/forms/field";
import { PasswordInput } from "@/components/forms/password-input";
import type { PersonField } from "@/components/forms/person-fields";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { useHydrated } from "@/components/forms/use-hydrated";
import { Button, TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { INVITER_SEES } from "@/lib/referrals/visibility";
import { ADDRESS_FIELDS, PERSON_FIELDS } from "./order-fields";
import { loadOrderChecks, readOrder } from "./order-request";
import { NO_CODE_FIELD, ReferralCodeField } from "./referral-code-field";
import { type OrderFailure, usePlaceOrder } from "./use-place-order";

export type OrderFormProps = {
  packageSlug: string;
  /** The invitation that this browser remembers. */
  invitation: { code: string; firstName: string } | null;
  /** Why no friend's invitation applies to the person who is signed in; null when one may. */
  noInvitation: "own_code" | "customer" | null;
  /** Who is signed in and orders with their account. */
  account: { email: string; firstName: string; lastName: string; phone: string | null } | null;
  /** The check that somebody is a person; null when none is asked for. */
  captcha: CaptchaFieldProps["settings"];
  /** What is ordered and what it costs; beside the form, on phones above its button. */
  summary: ReactNode;
};

function FailureNotice({ failure }: { failure: OrderFailure }) {
  return (
    <Notice tone="negative" role="alert">
      <p>{failure.message}</p>
      {failure.signIn ? (
        <p className="mt-2">
          <TextLink href={failure.signIn}>Go to sign in</TextLink>
        </p>
      ) : null}
    </Notice>
  );
}

/** The order: account, person, address and referral code. */
export function OrderForm({
  packageSlug,
  invitation,
  noInvitation,
  account,
  captcha,
  summary,
}: OrderFormProps) {
  const hydrated = useHydrated();
  const form = useRef<HTMLFormElement>(null);
  const friendName = useRef<string | null>(null);
  const keepFriendName = useCallback((name: string | null) => {
    friendName.current = name;
  }, []);
  const { errorOf, show, clear } = useFormErrors(form);

  const ownPath = `/order/account?package=${encodeURIComponent(packageSlug)}`;
  const signInPath = `/sign-in?next=${encodeURIComponent(ownPath)}`;
  const { placeOrder, failure, pending } = usePlaceOrder({
    packageSlug,
    signInPath,
    friendName: () => friendName.current,
    showErrors: show,
  });

  const known: Readonly<Record<string, string | undefined>> = {
    "account.first_name": account?.firstName,
    "account.last_name": account?.lastName,
    "account.phone": account?.phone ?? undefined,
  };
  const textField = (field: PersonField) => (
    <Field
      key={field.name}
      label={field.label}
      hint={field.hint}
      optional={field.optional}
      required={!field.optional}
      error={errorOf(field.name)}
      className={field.className}
    >
      <Input
        {...field.input}
        name={field.name}
        defaultValue={known[field.name]}
        onInput={() => clear(field.name)}
      />
    </Field>
  );

  return (
    <form
      ref={form}
      method="post"
      onSubmit={(event) => {
        event.preventDefault();
        void placeOrder(readOrder(new FormData(event.currentTarget), packageSlug));
      }}
      onFocus={() => void loadOrderChecks()}
      noValidate
      className="grid items-start gap-4 sm:gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]"
    >
      <div className="flex min-w-0 flex-col gap-4 sm:gap-6">
        <Card aria-labelledby="order-account">
          <CardHeader
            title="Your account"
            titleId="order-account"
            description={
              account ? (
                `You are signed in as ${account.email}. Enter your password to order with this account.`
              ) : (
                <>
                  You sign in with these later. Already a customer?{" "}
                  <TextLink href={signInPath}>Sign in</TextLink> first.
                </>
              )
            }
          />
          <div className="grid gap-5">
            <Field label="E-mail address" required error={errorOf("account.email")}>
              <Input
                name="account.email"
                type="email"
                inputMode="email"
                autoComplete={account ? "username" : "email"}
                autoCapitalize="none"
                spellCheck={false}
                defaultValue={account?.email}
                onInput={() => clear("account.email")}
              />
            </Field>
            <Field
              label="Password"
              required
              // The error says the same as the hint.
              hint={account || errorOf("account.password") ? undefined : "At least 8 characters."}
              error={errorOf("account.password")}
            >
              <PasswordInput
                name="account.password"
                autoComplete={account ? "current-password" : "new-password"}
                onInput={() => clear("account.password")}
              />
            </Field>
          </div>
        </Card>

        <Card aria-labelledby="order-person">
          <CardHeader
            title="About you"
            titleId="order-person"
            description={
              account ? (
                <>
                  From your account. To change your name, use{" "}
                  <TextLink href="/profile">Your details</TextLink>.
                </>
              ) : undefined
            }
          />
          <div className="grid gap-5 sm:grid-cols-2">{PERSON_FIELDS.map(textField)}</div>
        </Card>

        <Card aria-labelledby="order-address">
          <CardHeader
            title="Where we install it"
            titleId="order-address"
            description={
              account ? (
                <>
                  The address of the connection. Your invoices go to your{" "}
                  <TextLink href="/profile">billing address</TextLink> and name this one if it is
                  another.
                </>
              ) : (
                "The address of the connection. It is also on your invoices."
              )
            }
          />
          <div className="grid gap-5 sm:grid-cols-2">{ADDRESS_FIELDS.map(textField)}</div>
        </Card>

        <Card aria-labelledby="order-code">
          {noInvitation ? (
            <>
              <CardHeader title="Invitations by friends" titleId="order-code" />
              <p className="text-sm text-text-muted">
                {noInvitation === "own_code"
                  ? "The invitation link that you opened is your own. It is for the people you invite and does not apply to your order."
                  : "You are a customer already, so a friend's invitation does not apply to this order."}{" "}
                <TextLink href="/dashboard">Invite friends yourself</TextLink>
              </p>
              <input type="hidden" name={NO_CODE_FIELD} value="1" />
            </>
          ) : (
            <>
              <CardHeader
                title="Did a friend invite you?"
                titleId="order-code"
                description={`If you order with their code, your friend sees ${INVITER_SEES}. Your price is the same.`}
              />
              <ReferralCodeField invitation={invitation} onChecked={keepFriendName} />
            </>
          )}
        </Card>
      </div>

      <div className="flex min-w-0 flex-col gap-4 lg:sticky lg:top-6">
        {summary}
        {failure ? <FailureNotice failure={failure} /> : null}
        <CaptchaField settings={captcha} attempt={failure} />
        <Button
          type="submit"
          variant="primary"
          size="lg"
          block
          disabled={!hydrated}
          loading={pending}
          loadingLabel="Placing your order"
        >
          Place the order
        </Button>
        <p className="text-sm text-text-muted">
          You pay nothing today. Your first invoice covers the days from the day on which your
          service is active.
        </p>
      </div>
    </form>
  );
}
