import {
  ADDRESS_FIELDS as ADDRESS,
  NAME_FIELDS,
  type PersonField,
} from "@/components/forms/person-fields";

/** A field whose name is the path of its value in the order, e.g. `account.address.city`. */
const inOrder = (field: PersonField): PersonField => ({ ...field, name: `account.${field.name}` });

export const PERSON_FIELDS: readonly PersonField[] = [
  ...NAME_FIELDS,
  {
    name: "phone",
    label: "Phone number",
    hint: "We call this number to agree on a date for the installation.",
    className: "sm:col-span-2",
    input: { type: "tel" as const, inputMode: "tel" as const, autoComplete: "tel" },
  },
].map(inOrder);

export const ADDRESS_FIELDS: readonly PersonField[] = ADDRESS.map(inOrder);
