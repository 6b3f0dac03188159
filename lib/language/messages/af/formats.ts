// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const formats: Translation<"formats"> = {
  months: "Jan Feb Mrt Apr Mei Jun Jul Aug Sep Okt Nov Des",
  numbers: "geen een twee drie vier vyf ses sewe agt nege tien",
  list: "{items} en {last}",
  today: "vandag",
  tomorrow: "môre",
  yesterday: "gister",
  inDays: "oor {days} dae",
  daysAgo: "{days} dae gelede",
};
