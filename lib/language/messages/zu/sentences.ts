// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const sentences: Translation<"sentences"> = {
  passwordLeaked: "Le phasiwedi isohlwini olusobala lwamaphasiwedi avuzile. Khetha enye.",
  passwordTooShort: "Khetha iphasiwedi ende.",
  passwordTooPlain:
    "Hlanganisa izinhlamvu ezincane nezinkulu, izinombolo nezimpawu ephasiwedini yakho.",
  passwordTooWeak: "Khetha iphasiwedi ende noma engajwayelekile.",
  passwordTooLong:
    "Le phasiwedi inde kakhulu. Ingaba nezinhlamvu ezingu-72, nezimbalwa uma ezinye zinezimpawu.",
  mailsTooOften:
    "Asikakwazi ukukuthumelela enye i-imeyili. Sicela ulinde imizuzu embalwa bese uzama futhi.",
  sessionEnded: "Iseshini yakho iphelile. Sicela ungene futhi.",
  mailNotSent:
    "Asikwazanga ukukuthumelela i-imeyili njengamanje. Sicela uzame futhi emizuzwini embalwa.",
  mailSignInClosed: "Akekho ongabhalisa noma angene nge-imeyili okwamanje. Sicela usibhalele.",
  passwordUnchanged: "Khetha iphasiwedi ehlukile kuleyo onayo manje.",
  emailUnusable: "Asikwazi ukusebenzisa leli kheli le-imeyili. Lihlole, noma usebenzise elinye.",
  emailUnreachable:
    "Asikwazi ukuthumela i-imeyili kuleli kheli. Sebenzisa elinye, noma usibhalele.",
  emailForm: "Faka ikheli le-imeyili elifana nelithi igama@example.com.",
  wrongSignIn: "Ikheli le-imeyili noma iphasiwedi akulungile.",
  wrongCode: "Le khodi ayilungile. Faka leyo ekhonjiswa yi-app manje.",
  codeTooLate: "Lokho kuthathe isikhathi eside. Faka ikhodi ekhonjiswa yi-app manje.",
  tooManyApps:
    "Le akhawunti inama-app okuqinisekisa amaningi ngokuvumelekile. Qala ngokususa eyodwa.",
  appNameTaken: "Usunayo i-app yokuqinisekisa enaleli gama.",
  accountBlocked: "Le akhawunti ivinjelwe. Sicela usibhalele.",
  signInOnceMore: "Sicela uphinde ungene, bese ushintsha lokhu.",
  wrongPresentPassword: "Iphasiwedi yakho yamanje ayilungile.",
  passwordUnset: "Qala ngokukhetha iphasiwedi entsha: landela okuthi “Ukhohlwe iphasiwedi yakho?”.",
  enterPresentPassword: "Faka iphasiwedi onayo manje.",
  wrongPassword: "Le phasiwedi ayilungile.",
  accountHasOtherPassword:
    "Ikhona i-akhawunti enaleli kheli le-imeyili, enenye iphasiwedi. Qala ngokungena, noma sebenzisa iphasiwedi yakho lapha.",
  enterEmail: "Faka ikheli lakho le-imeyili.",
  emailTooLong: "Leli kheli lide kakhulu.",
  enterPassword: "Faka iphasiwedi yakho.",
  passwordLong: "Le phasiwedi inde kakhulu.",
  invalidId: "Lena akuyona i-id evumelekile.",
  enterAppCode: "Faka ikhodi.",
  sixDigits: "Faka izinombolo eziyisithupha ezikhonjiswa yi-app.",
  unusableCharacter: "Lokhu kunohlamvu olungenakusetshenziswa.",
  nameDigits: "Igama alinazo izinombolo.",
  nameCharacters: "Sebenzisa izinhlamvu, izikhala, amahayifeni nezimpawu zokukhipha kuphela.",
  nameLetter: "Igama lidinga okungenani uhlamvu olulodwa.",
  nameOnly: "Faka igama kuphela.",
  keepWithin: "Gcina lokhu kungeqi izinhlamvu ezingu-{max}.",
  enterFirstName: "Faka igama.",
  enterLastName: "Faka isibongo.",
  enterYourFirstName: "Faka igama lakho.",
  enterYourLastName: "Faka isibongo sakho.",
  enterStreet: "Faka umgwaqo nenombolo.",
  enterCity: "Faka idolobha.",
  enterPostalCode: "Faka ikhodi yeposi.",
  postalCodeForm: "Ikhodi yeposi inezinombolo ezingu-4, njengo-8001.",
  enterPhone: "Faka inombolo yakho yocingo.",
  phoneTooLong: "Le nombolo inde kakhulu.",
  phoneForm: "Faka inombolo yocingo efana nethi 082 123 4567.",
  choosePassword: "Khetha iphasiwedi.",
  passwordLength: "Khetha iphasiwedi enezinhlamvu okungenani ezingu-8.",
  passwordBytes: "Gcina iphasiwedi ingeqi izinhlamvu ezingu-72. Olunophawu lubalwa kabili.",
  passwordNamesYou: "Le phasiwedi iqukethe igama lakho noma ikheli lakho le-imeyili. Khetha enye.",
  passwordCommon:
    "Le phasiwedi isohlwini lwamaphasiwedi ajwayelekile, noma iseduze nenye yawo. Khetha enye, isibonelo amagama ambalwa angahlobene.",
  passwordRepeats:
    "Le phasiwedi iyaziphinda noma ibala inyuke. Khetha enye, isibonelo amagama ambalwa angahlobene.",
  passwordKeys:
    "Le phasiwedi iwumugqa wezinkinobho. Khetha enye, isibonelo amagama ambalwa angahlobene.",
  passwordGuessable:
    "Le phasiwedi kulula ukuyiqagela. Khetha enye, isibonelo amagama ambalwa angahlobene.",
  packageNotOnSale: "Le phakheji ayithengiswa. Khetha enye.",
  choosePackage: "Khetha iphakheji.",
  noSuchPackage: "Le phakheji ayikho.",
  enterInvitersCode: "Faka ikhodi yomuntu okumemile.",
  orderReceivedBefore:
    "Sesivele sayithola i-oda enemininingwane yakho yangaphambilini. Ngena ukuze uyibone, noma ucindezele inkinobho futhi ukuze ufake enye.",
  tooDeep: "Isicelo sinezingqimba eziningi kakhulu.",
  unstorable: "Lokhu kunohlamvu olungenakugcinwa.",
  missing: "Lokhu akukho.",
  tooLarge: "Lokhu kude noma kukhulu kakhulu.",
  tooSmall: "Lokhu kufushane noma kuncane kakhulu.",
  notValid: "Lokhu akuvumelekile.",
  inBrowserOnly: "Lokhu kungenziwa esipheqululini kuphela. Sicela ungene lapho.",
  enterWhyCounts: "Bhala ukuthi kungani ucabanga ukuthi lo mngane uyabalwa.",
  enterName: "Faka igama.",
  someSuburbs: "Singaxhuma amanye amasabhebhu anale khodi yeposi. Khetha esakho: {suburbs}",
};
