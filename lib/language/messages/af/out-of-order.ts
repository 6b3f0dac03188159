// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const outOfOrder: Translation<"outOfOrder"> = {
  title: "Buite werking",
  heading: "Ons ondervind nou probleme",
  text: "Iets het aan ons kant verkeerd gegaan. Probeer asseblief oor ’n minuut weer.",
  tryAgain: "Probeer weer",
};
