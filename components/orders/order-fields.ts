import type { InputProps } from "@/components/forms/field";

/** One text field of the order form. */
export type OrderField = {
  /** The path of its value in the order, e.g. `account.address.city`. */
  name: string;
  label: string;
  hint?: string;
  optional?: boolean;
  className?: string;
  input: InputProps;
};

export const PERSON_FIELDS: readonly OrderField[] = [
  { name: "account.first_name", label: "First name", input: { autoComplete: "given-name" } },
  { name: "account.last_name", label: "Last name", input: { autoComplete: "family-name" } },
  {
    name: "account.phone",
    label: "Phone number",
    hint: "We call this number to agree on a date for the installation.",
    className: "sm:col-span-2",
    input: { type: "tel", inputMode: "tel", autoComplete: "tel" },
  },
];

export const ADDRESS_FIELDS: readonly OrderField[] = [
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
