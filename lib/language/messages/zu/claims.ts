// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const claims: Translation<"claims"> = {
  title: "Ingabe ukhona okumemile?",
  text: "Uma ukhohlwe ikhodi yakhe ngesikhathi u-oda, sitshele ukuthi bekungekabani.",
  code: "Ikhodi yomuntu okumemile",
  send: "Thumela",
  sending: "Iyathumela",
  told: "Usitshele ukuthi <code></code> yikhodi yomuntu okumemile",
  open: "Sicele lowo muntu akuqinisekise, bese siyakubheka. Uzothola i-imeyili.",
  confirmed: "Kuqinisekisiwe. Siyakubheka, futhi uzothola i-imeyili.",
  answer: {
    title: "Ingabe ubamemile?",
    text: "Bathi ubamemile, nokuthi ikhodi yakho ikhohliwe. Uma ukuqinisekisa, siyakubheka.",
    yes: "Yebo, ngibamemile",
    yesName: "Yebo, ngimmemile u-{name}",
    no: "Cha",
    noName: "Cha, angimmemanga u-{name}",
    failed: "Lokho akusebenzanga.",
    thanksYes: "Siyabonga. Siyakubheka manje.",
    thanksNo: "Siyabonga. Sizokuyeka lapho.",
  },
};
