// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const outOfOrder: Translation<"outOfOrder"> = {
  title: "Akusebenzi",
  heading: "Sinezinkinga njengamanje",
  text: "Kukhona okungahambanga kahle ngakithi. Sicela uzame futhi emva komzuzu.",
  tryAgain: "Zama futhi",
};
