import { Field, Input } from "@/components/forms/field";
import { PasswordInput } from "@/components/forms/password-input";
import { NAME_FIELDS, type PersonField, PHONE_FIELD } from "@/components/forms/person-fields";
import { Button, TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { useTexts } from "@/components/ui/texts";

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

const PHONE: PersonField = { ...PHONE_FIELD, hint: "phoneHint" };

/** Who orders: a customer confirms what is known, everybody else gives name and account. */
export function DetailsStep({ account, values, errorOf, onEdit, isSigningIn }: DetailsStepProps) {
  const t = useTexts("order");
  const person = useTexts("person");
  const field = ({ name: key, label, hint, className, input }: PersonField) => {
    const name = `account.${key}`;
    return (
      <Field
        key={name}
        label={person(label)}
        hint={hint && person(hint)}
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
          title={t("details.withAccount")}
          titleId="order-account"
          description={
            <span>
              {t.rich("details.nothingToFill", {
                profile: (text) => <TextLink href="/profile">{text}</TextLink>,
              })}
            </span>
          }
        />
        <DescriptionList
          items={[
            {
              label: person("name"),
              value: <bdi>{`${account.firstName} ${account.lastName}`}</bdi>,
            },
            { label: person("email"), value: account.email },
            ...(account.phone ? [{ label: person("phone"), value: account.phone }] : []),
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
        <CardHeader title={t("details.about")} titleId="order-person" />
        <div className="grid gap-5 sm:grid-cols-2">{[...NAME_FIELDS, PHONE].map(field)}</div>
      </Card>
      <Card aria-labelledby="order-account">
        <CardHeader
          title={t("details.account")}
          titleId="order-account"
          description={t("details.accountText")}
        />
        <div className="grid gap-5">
          <Field label={person("email")} required error={errorOf("account.email")}>
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
            label={t("details.password")}
            required
            // The error says the same as the hint.
            hint={errorOf("account.password") ? undefined : t("details.passwordHint")}
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
            {t.rich("details.haveAccount", {
              forgot: (text) => <TextLink href="/forgot-password">{text}</TextLink>,
            })}
          </p>
          <Button
            type="submit"
            name="intent"
            value="sign_in"
            loading={isSigningIn}
            loadingLabel={t("details.signingIn")}
          >
            {t("details.signInHere")}
          </Button>
        </div>
      </Card>
    </>
  );
}
