// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const ordered: Translation<"ordered"> = {
  placed: {
    title: "I-oda lifakiwe",
    heading: "Siyabonga, i-oda lakho silitholile",
    ordered: "U-ode i-<package></package> ngo-<price></price> ngenyanga. Awukhokhi lutho namuhla.",
    number:
      "<quiet>Inombolo ye-oda lakho ngu-</quiet> <number></number><quiet>. Yiba nayo eduze uma usishayela.</quiet>",
    confirm: "Sicela uqinisekise ikheli lakho le-imeyili",
    confirmText:
      "Sikuthumelele ilinki. Yivule kunoma iyiphi idivayisi, bese ungena. Ayikho i-imeyili? Bheka kufolda yogaxekile, noma ake <again>siyithumele futhi</again>.",
    recorded: "Isimemo somngane wakho sibhaliwe",
    notApplied: "Ikhodi yokumema ayisetshenziswanga",
    nothingChanges: "{reason} Akukho okushintshayo kuwe: intengo yakho iyefana.",
    wrongCode: "Ingabe bekuyikhodi engalungile?",
    wrongCodeText: "Faka ikhodi yomuntu okumemile. Siyambuza, bese siyakubheka.",
    didFriend: "Ingabe umngane ukumemile?",
    didFriendText: "Uma ukhohlwe ikhodi yakhe, yifake manje. Siyambuza, bese siyakubheka.",
    whatNext: "Okwenzeka ngokulandelayo",
    invite: "Umema abangani",
    inviteText: "Ikhodi yakho ikudeshibhodi yakho. Isebenza uma nje isevisi yakho isebenza.",
    facts: "I-oda lakho",
    installedAt: "Ifakwa e-",
    weCall: "Sishayela",
    notRight: "Kukhona okungalungile? Sibhalele nenombolo ye-oda lakho ngaphambi kokuba siyifake.",
    toDashboard: "Iya kudeshibhodi yakho",
    toAccount: "Ngena ku-akhawunti yakho",
    questions: "Imibuzo? Bhalela u-<email></email>.",
    someFriend: "umngane okumemile",
    linked: "I-oda lakho lixhunywe ku-<name></name>, obona {sees}. Intengo yakho iyefana.",
    counts:
      "I-oda lakho libalelwa u-<name></name> uma isevisi yakho isisebenze {days, plural, one {izinsuku ezingu-#} other {izinsuku ezingu-#}} zilandelana. {friends, plural, one {Lokho kuzuza inyanga yamahhala ye-inthanethi.} other {Abangani abangu-{friends} ababaliwe bazuza inyanga yamahhala ye-inthanethi.}}",
  },
  refused: {
    general: "I-oda lakho liphumelele. Ikhodi yokumema ayikwazanga ukusetshenziswa.",
    self_referral:
      "I-oda lakho liphumelele. Ikhodi yokumema ayikwazanga ukusetshenziswa, ngoba amakhodi enzelwe ukumema omunye umuntu.",
    duplicate_referral:
      "I-oda lakho liphumelele. Ikhodi yokumema ayikwazanga ukusetshenziswa, ngoba amakhodi enzelwe abantu abasha kithi abangakaze bamenywe ngaphambilini.",
    referrer_not_eligible:
      "I-oda lakho liphumelele. Ikhodi yokumema ayikwazanga ukusetshenziswa, ngoba ayikwazi ukusetshenziswa okwamanje.",
    rate_limited:
      "I-oda lakho liphumelele. Ikhodi yokumema ayikwazanga ukusetshenziswa, ngoba isetshenziswe kaningi ngokwanele kule nyanga.",
    invalid_code:
      "I-oda lakho liphumelele. Ikhodi yokumema ayikwazanga ukusetshenziswa, ngoba akuyona eyethu.",
    program_paused:
      "I-oda lakho liphumelele. Ikhodi yokumema ayikwazanga ukusetshenziswa, ngoba uhlelo lokumema lumisiwe okwamanje.",
  },
};
