"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useRef, useState } from "react";
import { sendJson } from "@/components/api-client";
import { Field, Input } from "@/components/forms/field";
import {
  ADDRESS_FIELDS,
  NAME_FIELDS,
  type PersonField,
  VAT_NUMBER_FIELD,
} from "@/components/forms/person-fields";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { useHydrated } from "@/components/forms/use-hydrated";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { toast } from "@/components/ui/toaster";
import type { Profile } from "@/lib/identity/profile";
import { profileBody, profileValues } from "./profile-values";

/** Changes what invoices name of the customer. */
export function ProfileForm({ profile }: { profile: Profile }) {
  const router = useRouter();
  const hydrated = useHydrated();
  const form = useRef<HTMLFormElement>(null);
  const { errorOf, show, clear } = useFormErrors(form);
  const [failure, setFailure] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  const values = profileValues(profile);

  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const given = Object.fromEntries(
      [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]),
    );
    setPending(true);
    setFailure(null);
    const answer = await sendJson("/api/customer/profile", {
      method: "PUT",
      body: profileBody(given),
    });
    setPending(false);
    show(answer.ok ? {} : answer.fields);
    if (!answer.ok) {
      setFailure(answer.message);
      return;
    }
    toast.success("Your details are saved", {
      description: "They are on your invoices from now on.",
    });
    router.refresh();
  }

  const field = ({ name, label, hint, optional, className, input }: PersonField) => (
    <Field
      key={name}
      label={label}
      hint={hint}
      optional={optional}
      required={!optional}
      error={errorOf(name)}
      className={className}
    >
      <Input {...input} name={name} defaultValue={values[name]} onInput={() => clear(name)} />
    </Field>
  );

  return (
    <form
      ref={form}
      method="post"
      onSubmit={save}
      noValidate
      className="flex flex-col gap-4 sm:gap-6"
    >
      {failure ? (
        <Notice tone="negative" role="alert">
          {failure}
        </Notice>
      ) : null}
      <Card aria-labelledby="profile-name">
        <CardHeader title="Name" titleId="profile-name" />
        <div className="grid gap-5 sm:grid-cols-2">{NAME_FIELDS.map(field)}</div>
      </Card>
      <Card aria-labelledby="profile-address">
        <CardHeader
          title="Billing address"
          titleId="profile-address"
          description="Where your service is installed stays as it is. To move it, please write to us."
        />
        <div className="grid gap-5 sm:grid-cols-2">{ADDRESS_FIELDS.map(field)}</div>
      </Card>
      <Card aria-labelledby="profile-tax">
        <CardHeader title="Tax" titleId="profile-tax" />
        <div className="grid gap-5 sm:grid-cols-2">{field(VAT_NUMBER_FIELD)}</div>
      </Card>
      <div>
        <Button
          type="submit"
          variant="primary"
          disabled={!hydrated}
          loading={pending}
          loadingLabel="Saving"
        >
          Save
        </Button>
      </div>
    </form>
  );
}
