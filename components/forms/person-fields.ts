import type { InputProps } from "./field";

/** One text field about a person or their address. */
export type PersonField = {
  /** The path of its value, e.g. `address.city`. */
  name: string;
  label: string;
  hint?: string;
  optional?: boolean;
  className?: string;
  input: InputProps;
};

export const NAME_FIELDS: readonly PersonField[] = [
  { name: "first_name", label: "First name", input: { autoComplete: "given-name" } },
  { name: "last_name", label: "Last name", input: { autoComplete: "family-name" } },
];

export const ADDRESS_FIELDS: readonly PersonField[] = [
  {
    name: "address.line1",
    label: "Street and number",
    className: "sm:col-span-2",
    input: { autoComplete: "address-line1" },
  },
  {
    name: "address.line2",
    label: "Complex, building or unit",
    optional: true,
    className: "sm:col-span-2",
    input: { autoComplete: "address-line2" },
  },
  {
    name: "address.suburb",
    label: "Suburb",
    optional: true,
    className: "sm:col-span-2",
    input: { autoComplete: "address-level3" },
  },
  {
    name: "address.city",
    label: "City or town",
    input: { autoComplete: "address-level2" },
  },
  {
    name: "address.postal_code",
    label: "Postal code",
    input: { autoComplete: "postal-code", inputMode: "numeric" },
  },
];

export const VAT_NUMBER_FIELD: PersonField = {
  name: "vat_number",
  label: "VAT number",
  hint: "For companies that are registered for VAT. Invoices name it.",
  optional: true,
  className: "sm:col-span-2",
  input: { autoComplete: "off", spellCheck: false },
};
