import { Field, Input } from "@/components/forms/field";
import { Select } from "@/components/forms/select";
import type { DraftErrors, TermsDraft } from "./terms-draft";
import { TERMS_FORM, type TermsField, type TermsFormField } from "./terms-form-fields";

const INPUT_MODES = { number: "numeric", money: "decimal", text: "text" } as const;

/** A label with the currency for amounts, e.g. "Worth at most (R)". */
const labelOf = (field: TermsFormField, currency: string): string =>
  field.kind === "money" ? `${field.label} (${currency === "ZAR" ? "R" : currency})` : field.label;

export type TermsFieldsetsProps = {
  draft: TermsDraft;
  errors: DraftErrors | null;
  /** ISO 4217. */
  currency: string;
  onChange: (name: TermsField, value: string) => void;
};

/** The fields of the terms, in their groups. */
export function TermsFieldsets({ draft, errors, currency, onChange }: TermsFieldsetsProps) {
  return (
    <div className="flex flex-col gap-8">
      {TERMS_FORM.map((group) => (
        <fieldset key={group.title} className="flex min-w-0 flex-col gap-5">
          <legend className="mb-4 font-medium text-sm text-text-muted">{group.title}</legend>
          {group.fields.map((field) => (
            <Field
              key={field.name}
              label={labelOf(field, currency)}
              hint={field.hint}
              error={errors?.[field.name]}
              optional={field.kind === "money"}
            >
              {field.kind === "choice" ? (
                <Select
                  name={field.name}
                  value={draft[field.name]}
                  options={field.options}
                  onValueChange={(value) => onChange(field.name, value)}
                />
              ) : (
                <Input
                  name={field.name}
                  value={draft[field.name]}
                  onChange={(event) => onChange(field.name, event.target.value)}
                  inputMode={INPUT_MODES[field.kind]}
                  autoComplete="off"
                  maxLength={16}
                  className="max-w-48"
                />
              )}
            </Field>
          ))}
        </fieldset>
      ))}
    </div>
  );
}
