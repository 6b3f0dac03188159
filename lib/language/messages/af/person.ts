// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const person: Translation<"person"> = {
  firstName: "Voornaam",
  lastName: "Van",
  street: "Straat en nommer",
  unit: "Kompleks, gebou of eenheid",
  suburb: "Voorstad",
  city: "Stad of dorp",
  postalCode: "Poskode",
  vatNumber: "BTW-nommer",
  vatNumberHint: "Vir maatskappye wat vir BTW geregistreer is. Fakture noem dit.",
  phone: "Telefoonnommer",
  phoneHint: "Ons bel hierdie nommer om ’n datum vir die installasie af te spreek.",
  name: "Naam",
  email: "E-posadres",
};
