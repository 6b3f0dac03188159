// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const person: Translation<"person"> = {
  firstName: "Igama",
  lastName: "Isibongo",
  street: "Umgwaqo nenombolo",
  unit: "Ikhompleksi, isakhiwo noma iyunithi",
  suburb: "Isabhebhu",
  city: "Idolobha",
  postalCode: "Ikhodi yeposi",
  vatNumber: "Inombolo ye-VAT",
  vatNumberHint: "Okwezinkampani ezibhaliselwe i-VAT. Ama-invoyisi ayayisho.",
  phone: "Inombolo yocingo",
  phoneHint: "Sishayela le nombolo ukuze sivumelane ngosuku lokufakwa.",
  name: "Igama",
  email: "Ikheli le-imeyili",
};
