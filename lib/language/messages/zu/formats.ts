// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const formats: Translation<"formats"> = {
  months: "Jan Feb Mas Eph Mey Jun Jul Aga Sep Okt Nov Dis",
  // Numbers take the class of their noun in isiZulu, so texts write digits.
  numbers: "0 1 2 3 4 5 6 7 8 9 10",
  list: "{items} kanye no-{last}",
  today: "namuhla",
  tomorrow: "kusasa",
  yesterday: "izolo",
  inDays: "ezinsukwini ezingu-{days}",
  daysAgo: "ezinsukwini ezingu-{days} ezedlule",
};
