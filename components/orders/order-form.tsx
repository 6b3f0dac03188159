"use client";

import { useRouter } from "next/navigation";
import {
  type FormEvent,
  type ReactNode,
  useCallback,
  useRef,
  useState,
  useTransition,
} from "react";
import { postJson } from "@/components/account/request";
import { Field, Input, type InputProps } from "@/components/forms/field";
import { PasswordInput } from "@/components/forms/password-input";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { useHydrated } from "@/components/forms/use-hydrated";
import { forgetInvitation } from "@/components/public/invitation/stored-invitation";
import { Button, TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { rememberFriend } from "./friend-name";
import { orderKey, renewOrderKey } from "./order-key";
import { ReferralCodeField } from "./referral-code-field";

/** What the order route answers; the reason is one of a closed list. */
interface PlacedOrder {
  order_id: string;
  customer_id: string;
  referral: { status: "recorded" | "not_applied" | "none"; reason?: string };
  signed_in?: boolean;
}

export type OrderFormProps = {
  packageSlug: string;
  /** The invitation that the browser brought along. */
  invitation: { code: string; firstName: string } | null;
  /** Who is signed in already, ordering with the account they have. */
  account: { email: string; firstName: string; lastName: string } | null;
  /** The order at a glance; beside the form, on phones above its button. */
  summary: ReactNode;
};

type FieldSpec = {
  name: string;
  label: string;
  hint?: string;
  optional?: boolean;
  className?: string;
  input: InputProps;
};

const NAMES: readonly FieldSpec[] = [
  { name: "account.first_name", label: "First name", input: { autoComplete: "given-name" } },
  { name: "account.last_name", label: "Last name", input: { autoComplete: "family-name" } },
];

const PHONE: FieldSpec = {
  name: "account.phone",
  label: "Phone number",
  hint: "We call this number to agree on a date for the installation.",
  className: "sm:col-span-2",
  input: { type: "tel", inputMode: "tel", autoComplete: "tel" },
};

const ADDRESS: readonly FieldSpec[] = [
  {
    name: "account.address.line1",
    label: "Street and number",
    className: "sm:col-span-2",
    input: { autoComplete: "address-line1" },
  },
  {
    name: "account.address.line2",
    label: "Complex, building or unit",
    optional: true,
    className: "sm:col-span-2",
    input: { autoComplete: "address-line2" },
  },
  {
    name: "account.address.suburb",
    label: "Suburb",
    optional: true,
    className: "sm:col-span-2",
    input: { autoComplete: "address-level3" },
  },
  {
    name: "account.address.city",
    label: "City or town",
    input: { autoComplete: "address-level2" },
  },
  {
    name: "account.address.postal_code",
    label: "Postal code",
    input: { autoComplete: "postal-code", inputMode: "numeric" },
  },
];

/** The request's body; texts as typed, the server normalises them. */
function readOrder(form: HTMLFormElement, packageSlug: string) {
  const data = new FormData(form);
  const text = (name: string) => String(data.get(name) ?? "").trim();
  return {
    package_slug: packageSlug,
    account: {
      email: text("account.email"),
      password: String(data.get("account.password") ?? ""),
      first_name: text("account.first_name"),
      last_name: text("account.last_name"),
      phone: text("account.phone"),
      address: {
        line1: text("account.address.line1"),
        line2: text("account.address.line2"),
        suburb: text("account.address.suburb"),
        city: text("account.address.city"),
        postal_code: text("account.address.postal_code"),
      },
    },
    referral_code: text("referral_code") || null,
  };
}

/** The same checks as the server's; loaded when they are needed, since phone numbers weigh a lot. */
async function findErrors(order: unknown): Promise<Record<string, string>> {
  const { createOrderSchema } = await import("@/lib/orders/schemas");
  const parsed = createOrderSchema.safeParse(order);
  if (parsed.success) return {};
  const errors: Record<string, string> = {};
  for (const issue of parsed.error.issues) errors[issue.path.join(".")] ??= issue.message;
  return errors;
}

const preload = () => {
  void import("@/lib/orders/schemas");
};

/** Account, address and code, and the order that comes of them. */
export function OrderForm({ packageSlug, invitation, account, summary }: OrderFormProps) {
  const router = useRouter();
  const hydrated = useHydrated();
  const form = useRef<HTMLFormElement>(null);
  const friendName = useRef<string | null>(null);
  const keepFriendName = useCallback((name: string | null) => {
    friendName.current = name;
  }, []);
  const { errorOf, show, clear } = useFormErrors(form);
  const [failure, setFailure] = useState<{ message: string; signIn?: string } | null>(null);
  const [sending, setSending] = useState(false);
  const [leaving, startLeaving] = useTransition();

  const ownPath = `/order/account?package=${encodeURIComponent(packageSlug)}`;
  const signInPath = `/sign-in?next=${encodeURIComponent(ownPath)}`;

  async function placeOrder(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending || leaving) return;
    const order = readOrder(event.currentTarget, packageSlug);
    setFailure(null);
    setSending(true);
    try {
      const errors = await findErrors(order);
      show(errors);
      if (Object.keys(errors).length > 0) return;

      const answer = await postJson<PlacedOrder>("/api/orders/create", order, {
        "idempotency-key": orderKey(),
      });
      if (!answer.ok) {
        show(answer.fields);
        if (answer.code === "idempotency_key_reused") {
          renewOrderKey();
          setFailure({
            message:
              "An order with your earlier details has reached us already. Sign in to see it, or press the button again to place another one.",
            signIn: "/sign-in?next=/dashboard",
          });
          return;
        }
        setFailure({
          message: answer.fields.package_slug ?? answer.message,
          signIn: answer.code === "email_taken" ? signInPath : undefined,
        });
        return;
      }
      renewOrderKey();
      forgetInvitation();
      rememberFriend(friendName.current);
      const { order_id, referral, signed_in } = answer.data;
      const facts = new URLSearchParams({
        order: order_id,
        package: packageSlug,
        referral: referral.status,
      });
      if (referral.reason) facts.set("reason", referral.reason);
      if (signed_in === false) facts.set("confirm", "1");
      startLeaving(() => {
        router.replace(`/order/confirmation?${facts}`);
        router.refresh();
      });
    } catch {
      // The checks themselves could not be loaded.
      setFailure({
        message: "We could not reach the server. Please check your connection and try again.",
      });
    } finally {
      setSending(false);
    }
  }

  const field = (spec: FieldSpec, defaultValue?: string) => (
    <Field
      key={spec.name}
      label={spec.label}
      hint={spec.hint}
      optional={spec.optional}
      required={!spec.optional}
      error={errorOf(spec.name)}
      className={spec.className}
    >
      <Input
        {...spec.input}
        name={spec.name}
        defaultValue={defaultValue}
        onInput={() => clear(spec.name)}
      />
    </Field>
  );

  return (
    <form
      ref={form}
      method="post"
      onSubmit={placeOrder}
      onFocus={preload}
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
              // The mistake says the same.
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
          <CardHeader title="About you" titleId="order-person" />
          <div className="grid gap-5 sm:grid-cols-2">
            {NAMES.map((spec, index) =>
              field(spec, index === 0 ? account?.firstName : account?.lastName),
            )}
            {field(PHONE)}
          </div>
        </Card>

        <Card aria-labelledby="order-address">
          <CardHeader
            title="Where we install it"
            titleId="order-address"
            description="The address of the connection; it is also on your invoices."
          />
          <div className="grid gap-5 sm:grid-cols-2">{ADDRESS.map((spec) => field(spec))}</div>
        </Card>

        <Card aria-labelledby="order-code">
          <CardHeader
            title="Did a friend invite you?"
            titleId="order-code"
            description="With their code, your order counts towards a free month for them. Your price is the same."
          />
          <ReferralCodeField invitation={invitation} onChecked={keepFriendName} />
        </Card>
      </div>

      <div className="flex min-w-0 flex-col gap-4 lg:sticky lg:top-6">
        {summary}
        {failure ? (
          <Notice tone="negative" role="alert">
            <p>{failure.message}</p>
            {failure.signIn ? (
              <p className="mt-2">
                <TextLink href={failure.signIn}>Go to sign in</TextLink>
              </p>
            ) : null}
          </Notice>
        ) : null}
        <Button
          type="submit"
          variant="primary"
          size="lg"
          block
          disabled={!hydrated}
          loading={sending || leaving}
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
