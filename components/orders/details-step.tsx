import { Field, Input } from "@/components/forms/field";
import { PasswordInput } from "@/components/forms/password-input";
import { NAME_FIELDS, type PersonField } from "@/components/forms/person-fields";
import { Button, TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";

/** Who is signed in and orders with their account. */
export type OrderingCustomer = {
  email: string;
  firstName: string;
  lastName: string;
  phone: string | null;
};

export type DetailsStepProps = {
  account: OrderingCustomer | null;
  values: Readonly<Record<string, string | undefined>>;
  errorOf: (name: string) => string | null;
  onEdit: (name: string) => void;
  /** The sign-in with the fields of this step is on its way. */
  isSigningIn: boolean;
};

const PHONE: PersonField = {
  name: "phone",
  label: "Phone number",
  hint: "We call this number to agree on a date for the installation.",
  className: "sm:col-span-2",
  input: { type: "tel", inputMode: "tel", autoComplete: "tel" },
};

/** Who orders: a customer confirms what is known, everybody else gives name and account. */
export function DetailsStep({ account, values, errorOf, onEdit, isSigningIn }: DetailsStepProps) {
  const field = ({ name: key, label, hint, className, input }: PersonField) => {
    const name = `account.${key}`;
    return (
      <Field
        key={name}
        label={label}
        hint={hint}
        required
        error={errorOf(name)}
        className={className}
      >
        <Input {...input} name={name} defaultValue={values[name]} onInput={() => onEdit(name)} />
      </Field>
    );
  };

  if (account) {
    return (
      <Card aria-labelledby="order-account">
        <CardHeader
          title="Ordering with your account"
          titleId="order-account"
          description={
            <span>
              There is nothing to fill in again. To change your name, use{" "}
              <TextLink href="/profile">Your details</TextLink>.
            </span>
          }
        />
        <DescriptionList
          items={[
            { label: "Name", value: <bdi>{`${account.firstName} ${account.lastName}`}</bdi> },
            { label: "E-mail address", value: account.email },
            ...(account.phone ? [{ label: "Phone number", value: account.phone }] : []),
          ]}
        />
        {account.phone ? null : (
          <div className="mt-5 grid gap-5 border-t pt-5 sm:grid-cols-2">{field(PHONE)}</div>
        )}
      </Card>
    );
  }

  return (
    <>
      <Card aria-labelledby="order-person">
        <CardHeader title="About you" titleId="order-person" />
        <div className="grid gap-5 sm:grid-cols-2">{[...NAME_FIELDS, PHONE].map(field)}</div>
      </Card>
      <Card aria-labelledby="order-account">
        <CardHeader
          title="Your account"
          titleId="order-account"
          description="With these you sign in later, to see how far your order is."
        />
        <div className="grid gap-5">
          <Field label="E-mail address" required error={errorOf("account.email")}>
            <Input
              name="account.email"
              type="email"
              inputMode="email"
              autoComplete="email"
              autoCapitalize="none"
              spellCheck={false}
              defaultValue={values["account.email"]}
              onInput={() => onEdit("account.email")}
            />
          </Field>
          <Field
            label="Password"
            required
            // The error says the same as the hint.
            hint={errorOf("account.password") ? undefined : "At least 8 characters."}
            error={errorOf("account.password")}
          >
            <PasswordInput
              name="account.password"
              autoComplete="new-password"
              onInput={() => onEdit("account.password")}
            />
          </Field>
        </div>
        <div className="mt-5 flex flex-wrap items-center gap-x-4 gap-y-3 border-t pt-5 text-sm">
          <p className="min-w-0 flex-1 basis-60 text-text-muted">
            Do you have an account already? Enter its e-mail address and password above. Nothing
            that you filled in gets lost.{" "}
            <TextLink href="/forgot-password">Forgot your password?</TextLink>
          </p>
          <Button
            type="submit"
            name="intent"
            value="sign_in"
            loading={isSigningIn}
            loadingLabel="Signing in"
          >
            Sign in here
          </Button>
        </div>
      </Card>
    </>
  );
}
