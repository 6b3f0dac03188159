// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const connecting: Translation<"connecting"> = {
  samePrice: "Die prys is dieselfde met en sonder ’n uitnodiging.",
  inviterSees:
    "jou voornaam, die eerste letter van jou van, ’n verskuilde e-posadres, en hoe ver jou bestelling is",
  technician: "’n Tegnikus kom na jou huis",
  technicianText: "Hulle bring wat nodig is en stel dit saam met jou op.",
  technicianTextDays:
    "Hulle bring wat nodig is en stel dit saam met jou op. Die meeste huise word binne {days, plural, one {# dag} other {# dae}} ná die bestelling gekoppel.",
  online: "Jy is aanlyn",
  onlineText: "Van die dag af waarop jou diens aktief is, betaal jy die eerste maand per dag.",
  orderOnline: "Jy bestel aanlyn",
  orderOnlineText:
    "Dit neem ’n paar minute, en jy betaal vandag niks. Ons bel jou om ’n dag af te spreek wat jou pas.",
  weCall: "Ons bel jou",
  weCallText: "Op die nommer in jou bestelling, om ’n dag af te spreek wat jou pas.",
};
