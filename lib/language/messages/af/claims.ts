// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const claims: Translation<"claims"> = {
  title: "Het iemand jou genooi?",
  text: "As jy hul kode vergeet het toe jy bestel het, sê vir ons wie s’n dit was.",
  code: "Kode van die persoon wat jou genooi het",
  send: "Stuur",
  sending: "Stuur tans",
  told: "Jy het vir ons gesê dat <code></code> die kode is van die persoon wat jou genooi het",
  open: "Ons het die persoon gevra om dit te bevestig, en kyk dan daarna. Jy kry ’n e-pos.",
  confirmed: "Dit is bevestig. Ons kyk daarna, en jy kry ’n e-pos.",
  answer: {
    title: "Het jy hulle genooi?",
    text: "Hulle sê dat jy het, en dat jou kode vergeet is. As jy dit bevestig, kyk ons daarna.",
    yes: "Ja, ek het",
    yesName: "Ja, ek het {name} genooi",
    no: "Nee",
    noName: "Nee, ek het nie {name} genooi nie",
    failed: "Dit het nie gewerk nie.",
    thanksYes: "Dankie. Ons kyk nou daarna.",
    thanksNo: "Dankie. Ons laat dit daarby.",
  },
};
