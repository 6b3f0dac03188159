"use client";

import { useRouter } from "next/navigation";
import { Field, Input } from "@/components/forms/field";
import {
  ADDRESS_FIELDS,
  NAME_FIELDS,
  type PersonField,
  VAT_NUMBER_FIELD,
} from "@/components/forms/person-fields";
import { type FormAction, usePostedForm } from "@/components/forms/use-posted-form";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";
import { toast } from "@/components/ui/toaster";
import { EMPTY_FORM, type FormState, SAVED } from "@/lib/form-state";
import type { Profile } from "@/lib/identity/profile";
import { phoneField, profileValues } from "./profile-values";

export type ProfileFormProps = {
  profile: Profile;
  /** Saves the form on the server. */
  action: FormAction<FormState>;
};

/** Changes the phone number of the customer, and what invoices name of them. */
export function ProfileForm({ profile, action }: ProfileFormProps) {
  const t = useTexts("profile");
  const person = useTexts("person");
  const router = useRouter();
  const { state, formProps, errorOf, clear, pending } = usePostedForm(action, EMPTY_FORM, {
    onAnswer({ code }) {
      if (code !== SAVED) return;
      toast.success(t("saved"), {
        description: t("savedText"),
      });
      router.refresh();
    },
  });
  const values = { ...profileValues(profile), ...state.values };

  const field = ({ name, label, hint, optional, className, input }: PersonField) => (
    <Field
      key={name}
      label={person(label)}
      hint={hint && person(hint)}
      optional={optional}
      required={!optional}
      error={errorOf(name)}
      className={className}
    >
      <Input {...input} name={name} defaultValue={values[name]} onInput={() => clear(name)} />
    </Field>
  );

  return (
    <form {...formProps} className="flex flex-col gap-4 sm:gap-6">
      {state.failure ? (
        <Notice tone="negative" role="alert">
          {state.failure}
        </Notice>
      ) : null}
      {state.code === SAVED ? (
        <noscript>
          <Notice tone="positive" title={t("saved")}>
            {t("savedText")}
          </Notice>
        </noscript>
      ) : null}
      <Card aria-labelledby="profile-name">
        <CardHeader title={person("name")} titleId="profile-name" />
        <div className="grid gap-5 sm:grid-cols-2">{NAME_FIELDS.map(field)}</div>
      </Card>
      <Card aria-labelledby="profile-contact">
        <CardHeader title={t("contact")} titleId="profile-contact" description={t("contactText")} />
        <DescriptionList items={[{ label: person("email"), value: profile.email }]} />
        <div className="mt-5 grid gap-5 border-t pt-5 sm:grid-cols-2">
          {field(phoneField(profile))}
        </div>
        {profile.phone === null ? null : <input type="hidden" name="has_phone" value="yes" />}
      </Card>
      <Card aria-labelledby="profile-address">
        <CardHeader
          title={t("billingAddress")}
          titleId="profile-address"
          description={t("billingAddressText")}
        />
        <div className="grid gap-5 sm:grid-cols-2">{ADDRESS_FIELDS.map(field)}</div>
      </Card>
      <Card aria-labelledby="profile-tax">
        <CardHeader title={t("tax")} titleId="profile-tax" />
        <div className="grid gap-5 sm:grid-cols-2">{field(VAT_NUMBER_FIELD)}</div>
      </Card>
      <div>
        <Button
          type="submit"
          variant="primary"
          loading={pending !== null}
          loadingLabel={t("saving")}
        >
          {t("save")}
        </Button>
      </div>
    </form>
  );
}
