import { ADDRESS_FIELDS, NAME_FIELDS, VAT_NUMBER_FIELD } from "@/components/forms/person-fields";
import type { Profile } from "@/lib/identity/profile";

/** The fields of what invoices name of a customer, in the order of the form. */
export const PROFILE_FIELDS = [...NAME_FIELDS, ...ADDRESS_FIELDS, VAT_NUMBER_FIELD] as const;

/** What the fields hold, by their paths. */
export type ProfileValues = Readonly<Record<string, string>>;

export function profileValues({
  first_name,
  last_name,
  address,
  vat_number,
}: Profile): ProfileValues {
  return {
    first_name,
    last_name,
    "address.line1": address?.line1 ?? "",
    "address.line2": address?.line2 ?? "",
    "address.suburb": address?.suburb ?? "",
    "address.city": address?.city ?? "",
    "address.postal_code": address?.postal_code ?? "",
    vat_number: vat_number ?? "",
  };
}

/** The body of the request, from what the fields hold. The server checks and normalises it. */
export function profileBody(values: ProfileValues) {
  const text = (name: string) => (values[name] ?? "").trim();
  return {
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
