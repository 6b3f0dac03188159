// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const ordered: Translation<"ordered"> = {
  placed: {
    title: "Bestelling geplaas",
    heading: "Dankie, ons het jou bestelling",
    ordered:
      "Jy het <package></package> vir <price></price> per maand bestel. Jy betaal vandag niks.",
    number:
      "<quiet>Jou bestelnommer is</quiet> <number></number><quiet>. Hou dit byderhand wanneer jy ons bel.</quiet>",
    confirm: "Bevestig asseblief jou e-posadres",
    confirmText:
      "Ons het vir jou ’n skakel gestuur. Maak dit op enige toestel oop, en jy is aangeteken. Geen e-pos nie? Kyk in jou strooiposgids, of laat ons dit <again>weer stuur</again>.",
    recorded: "Jou vriend se uitnodiging is aangeteken",
    notApplied: "Die verwysingskode is nie toegepas nie",
    nothingChanges: "{reason} Niks verander vir jou nie: jou prys is dieselfde.",
    wrongCode: "Was dit die verkeerde kode?",
    wrongCodeText:
      "Tik die kode in van die persoon wat jou genooi het. Ons vra hulle, en kyk dan daarna.",
    didFriend: "Het ’n vriend jou genooi?",
    didFriendText: "As jy hul kode vergeet het, tik dit nou in. Ons vra hulle, en kyk dan daarna.",
    whatNext: "Wat volgende gebeur",
    invite: "Jy nooi vriende",
    inviteText: "Jou eie kode is op jou oorsig. Dit werk sodra jou diens aktief is.",
    facts: "Jou bestelling",
    installedAt: "Geïnstalleer by",
    weCall: "Ons bel",
    notRight: "Is iets nie reg nie? Skryf vir ons met jou bestelnommer voordat ons dit installeer.",
    toDashboard: "Gaan na jou oorsig",
    toAccount: "Teken by jou rekening aan",
    questions: "Vrae? Skryf aan <email></email>.",
    someFriend: "die vriend wat jou genooi het",
    linked:
      "Jou bestelling is gekoppel aan <name></name>, wat die volgende sien: {sees}. Jou prys is dieselfde.",
    counts:
      "Jou bestelling tel vir <name></name> sodra jou diens vir {days, plural, one {# dag} other {# dae}} aaneen aktief was. {friends, plural, one {Dit verdien ’n gratis maand internet.} other {Elke {words} vriende wat tel, verdien ’n gratis maand internet.}}",
  },
  refused: {
    general: "Jou bestelling is deur. Die verwysingskode kon nie toegepas word nie.",
    self_referral:
      "Jou bestelling is deur. Die verwysingskode kon nie toegepas word nie, omdat kodes bedoel is om iemand anders te nooi.",
    duplicate_referral:
      "Jou bestelling is deur. Die verwysingskode kon nie toegepas word nie, omdat kodes bedoel is vir mense wat nuut by ons is en nie voorheen genooi is nie.",
    referrer_not_eligible:
      "Jou bestelling is deur. Die verwysingskode kon nie toegepas word nie, omdat dit nie op die oomblik gebruik kan word nie.",
    rate_limited:
      "Jou bestelling is deur. Die verwysingskode kon nie toegepas word nie, omdat dit hierdie maand so dikwels as moontlik gebruik is.",
    invalid_code:
      "Jou bestelling is deur. Die verwysingskode kon nie toegepas word nie, omdat dit nie een van ons s’n is nie.",
    program_paused:
      "Jou bestelling is deur. Die verwysingskode kon nie toegepas word nie, omdat die verwysingsprogram op die oomblik onderbreek is.",
  },
};
