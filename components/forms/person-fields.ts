import type { English } from "@/lib/language/messages/en";
import type { InputProps } from "./field";

/** One text field about a person or their address. */
export type PersonField = {
  /** The path of its value, e.g. `address.city`. */
  name: string;
  /** Its label and hint, in the area `person` of the catalogue. */
  label: keyof English["person"];
  hint?: keyof English["person"];
  optional?: boolean;
  className?: string;
  input: InputProps;
};

export const NAME_FIELDS: readonly PersonField[] = [
  { name: "first_name", label: "firstName", input: { autoComplete: "given-name" } },
  { name: "last_name", label: "lastName", input: { autoComplete: "family-name" } },
];

export const ADDRESS_FIELDS: readonly PersonField[] = [
  {
    name: "address.line1",
    label: "street",
    className: "sm:col-span-2",
    input: { autoComplete: "address-line1" },
  },
  {
    name: "address.line2",
    label: "unit",
    optional: true,
    className: "sm:col-span-2",
    input: { autoComplete: "address-line2" },
  },
  {
    name: "address.suburb",
    label: "suburb",
    optional: true,
    className: "sm:col-span-2",
    input: { autoComplete: "address-level3" },
  },
  {
    name: "address.city",
    label: "city",
    input: { autoComplete: "address-level2" },
  },
  {
    name: "address.postal_code",
    label: "postalCode",
    input: { autoComplete: "postal-code", inputMode: "numeric" },
  },
];

export const PHONE_FIELD: PersonField = {
  name: "phone",
  label: "phone",
  className: "sm:col-span-2",
  input: { type: "tel", inputMode: "tel", autoComplete: "tel" },
};

export const VAT_NUMBER_FIELD: PersonField = {
  name: "vat_number",
  label: "vatNumber",
  hint: "vatNumberHint",
  optional: true,
  className: "sm:col-span-2",
  input: { autoComplete: "off", spellCheck: false },
};
