"use client";

import { useRef, useState } from "react";
import {
  PROFILE_FIELDS,
  profileBody,
  profileValues,
} from "@/components/account/profile/profile-values";
import { useAction } from "@/components/admin/actions/use-action";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { Button } from "@/components/ui/button";
import { useTexts } from "@/components/ui/texts";
import type { Profile } from "@/lib/identity/profile";

export type ChangeDetailsProps = { customerId: string; customerName: string; profile: Profile };

/** Changes what the invoices to come name of a customer. */
export function ChangeDetails({ customerId, customerName, profile }: ChangeDetailsProps) {
  const act = useAction();
  const person = useTexts("person");
  const first = useRef<HTMLInputElement>(null);
  const fields = useRef<HTMLDivElement>(null);
  const { errorOf, show, clear } = useFormErrors(fields);
  const [values, setValues] = useState(() => profileValues(profile));

  async function save(reason: string) {
    const outcome = await act({
      path: `/api/admin/customers/${customerId}/profile`,
      method: "PUT",
      body: { ...profileBody(values), reason },
      done: "Details saved",
      description: "They are on invoices from now on.",
    });
    show(outcome.result.ok ? {} : outcome.result.fields);
    return outcome;
  }

  return (
    <ReasonDialog
      trigger={<Button size="sm">Change</Button>}
      title={`Change the details of ${customerName}`}
      description="They are on invoices from now on. Invoices and credit notes that were issued stay as they are, and so does the place of the service."
      reasonHint="It stays in the audit log. Please write no names or addresses here."
      confirmLabel="Save details"
      pendingLabel="Saving"
      initialFocus={first}
      onOpenChange={(open) => {
        if (!open) return;
        setValues(profileValues(profile));
        show({});
      }}
      onConfirm={save}
    >
      <div ref={fields} className="grid gap-4 sm:grid-cols-2">
        {PROFILE_FIELDS.map(({ name, label, optional, className, input }, index) => (
          <Field
            key={name}
            label={person(label)}
            optional={optional}
            required={!optional}
            error={errorOf(name)}
            className={className}
          >
            <Input
              {...input}
              // What the browser knows is about the admin.
              autoComplete="off"
              ref={index === 0 ? first : undefined}
              name={name}
              value={values[name]}
              onChange={(event) => {
                setValues({ ...values, [name]: event.target.value });
                clear(name);
              }}
            />
          </Field>
        ))}
      </div>
    </ReasonDialog>
  );
}
