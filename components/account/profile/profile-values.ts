import {
  ADDRESS_FIELDS,
  NAME_FIELDS,
  type PersonField,
  PHONE_FIELD,
  VAT_NUMBER_FIELD,
} from "@/components/forms/person-fields";
import type { Profile } from "@/lib/identity/profile";

/** The number cannot be taken away; whoever never gave one need not. */
export const phoneField = ({ phone }: Pick<Profile, "phone">): PersonField => ({
  ...PHONE_FIELD,
  optional: phone === null,
});

/** The fields of a customer's details, in the order of the form. */
export const profileFields = (profile: Profile): readonly PersonField[] => [
  ...NAME_FIELDS,
  phoneField(profile),
  ...ADDRESS_FIELDS,
  VAT_NUMBER_FIELD,
];

/** What the fields hold, by their paths. */
export type ProfileValues = Readonly<Record<string, string>>;

export function profileValues({
  first_name,
  last_name,
  phone,
  address,
  vat_number,
}: Profile): ProfileValues {
  return {
    first_name,
    last_name,
    phone: phone ?? "",
    "address.line1": address?.line1 ?? "",
    "address.line2": address?.line2 ?? "",
    "address.suburb": address?.suburb ?? "",
    "address.city": address?.city ?? "",
    "address.postal_code": address?.postal_code ?? "",
    vat_number: vat_number ?? "",
  };
}

/** The body of the request, from what the fields hold. The server checks and normalises it. */
export function profileBody(values: ProfileValues, { phone }: Pick<Profile, "phone">) {
  const text = (name: string) => (values[name] ?? "").trim();
  return {
    ...(text("phone") === "" && phone === null ? {} : { phone: text("phone") }),
    first_name: text("first_name"),
    last_name: text("last_name"),
    address: {
      line1: text("address.line1"),
      line2: text("address.line2"),
      suburb: text("address.suburb"),
      city: text("address.city"),
      postal_code: text("address.postal_code"),
    },
    vat_number: text("vat_number"),
  };
}
