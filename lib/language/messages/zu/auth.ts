// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const auth: Translation<"auth"> = {
  email: "Ikheli le-imeyili",
  password: "Iphasiwedi",
  signIn: {
    title: "Ngena",
    newHere:
      "Umusha lapha? <packages>Khetha iphakheji</packages>. I-akhawunti yakho uyithola ne-oda.",
    forgot: "Ukhohlwe iphasiwedi yakho?",
    signingIn: "Iyangena",
    confirmFirst: "Qala ngokuqinisekisa ikheli lakho le-imeyili",
    newLinkSent: "Ilinki entsha eya ku-{email} isendleleni. Ivule kunoma iyiphi idivayisi.",
    linkSent: "Sithumele ilinki ku-{email}. Yivule, bese ungena.",
    sendAgain: "Thumela ilinki futhi",
    sending: "Iyathumela",
  },
  forgot: {
    title: "Ukhohlwe iphasiwedi yakho",
    heading: "Ukhohlwe iphasiwedi yakho?",
    text: "Faka ikheli le-akhawunti yakho, sizokuthumelela ilinki yokukhetha entsha. Noma <signIn>buyela ekungeneni</signIn>.",
    sent: "Uma kune-akhawunti ka-{email}, ilinki yokukhetha iphasiwedi entsha isendleleni.",
    send: "Thumela ilinki",
  },
  confirmEmail: {
    title: "Qinisekisa ikheli lakho le-imeyili",
    text: "Faka ikheli le-akhawunti yakho, sizophinde sikuthumelele ilinki. Usuqinisekisile? <signIn>Ngena</signIn>.",
    sent: "Uma u-{email} elinde ukuqinisekiswa, ilinki entsha isendleleni. Ithatha indawo yezangaphambili.",
    send: "Thumela ilinki entsha",
  },
  checkInbox: "Sicela uhlole ibhokisi lakho lemilayezo",
  backToSignIn: "Buyela ekungeneni",
  otherAddress: "Sebenzisa elinye ikheli",
  newPassword: {
    title: "Khetha iphasiwedi entsha",
    linkGone: "Le linki ayisasebenzi",
    linkGoneText:
      "Amalinki okukhetha iphasiwedi entsha asebenza kanye futhi isikhathi esifushane. Sicela ucele entsha.",
    sendLink: "Ngithumelele ilinki entsha",
    forEmail: "Eka-{email}",
    present: "Iphasiwedi yamanje",
    new: "Iphasiwedi entsha",
    hint: "Okungenani izinhlamvu ezingu-8. Amagama ambalwa angahlobene alula ukuwakhumbula futhi anzima ukuwaqagela.",
    save: "Londoloza iphasiwedi",
    saving: "Iyalondoloza",
    saved: "Iphasiwedi yakho entsha ilondoloziwe.",
  },
  code: {
    title: "Faka ikhodi yakho",
    text: "Vula i-{app} efonini yakho bese ufaka izinombolo eziyisithupha ezikhombisayo.",
    label: "Ikhodi",
    goOn: "Qhubeka",
    checking: "Iyahlola",
  },
  security: {
    title: "Ukungena nephasiwedi",
    teamNeedsTitle: "Ithimba lakho lidinga isigaba sesibili sokuqinisekisa",
    teamNeeds:
      "Setha i-app yokuqinisekisa ngezansi. Kuze kube yileso sikhathi indawo yabaphathi ihlala ivaliwe.",
    passwordText: "Ukuyishintsha kuqeda amaseshini akho kwamanye amadivayisi.",
    change: "Shintsha iphasiwedi",
    factor: "Isigaba sesibili",
    factorText: "Nge-app yokuqinisekisa efonini yakho, iphasiwedi yakho iyodwa ayivuli lutho.",
    back: "Emuva",
    appName: "I-app yokuqinisekisa {number}",
    scan: "Skena lesi sithombe nge-app, bese ufaka izinombolo eziyisithupha ezikhombisayo.",
    picture: "Imfihlo ye-app yokuqinisekisa, njengekhodi ye-QR",
    orType: "Noma thayipha lokhu: <secret></secret>",
    setItUp: "Yisethe",
    since: "{name}, kusukela ngo-<date></date>",
    remove: "Susa",
    removeTitle: "Susa le app yokuqinisekisa",
    removeText: "Ngaphandle kwenye, iphasiwedi yakho iyodwa iphinda ivule i-akhawunti yakho.",
    removing: "Iyasusa",
    oneMoment: "Isikhashana",
    setUpAnother: "Setha enye i-app",
    setUp: "Setha i-app yokuqinisekisa",
  },
  link: {
    title: "Ilinki yakho",
    signup: {
      title: "Qinisekisa ikheli lakho le-imeyili",
      text: "Cindezela inkinobho, ikheli lakho liqinisekiswe futhi ungene.",
      button: "Qinisekisa ikheli lami",
    },
    recovery: {
      title: "Khetha iphasiwedi entsha",
      text: "Cindezela inkinobho, bese ukwazi ukukhetha iphasiwedi entsha.",
      button: "Qhubeka",
    },
    email_change: {
      title: "Qinisekisa ikheli lakho elisha le-imeyili",
      text: "Cindezela inkinobho ukuze uqinisekise ukushintshwa kwekheli lakho le-imeyili.",
      button: "Qinisekisa ushintsho",
    },
    invite: {
      title: "Yamukela isimemo",
      text: "Cindezela inkinobho, bese ukwazi ukukhetha iphasiwedi yakho.",
      button: "Yamukela",
    },
    signupAgain:
      "Uma uke wayicindezela inkinobho ngaphambilini, ikheli lakho liqinisekisiwe: ngena. Uma kungenjalo, ake sikuthumelele ilinki entsha.",
    emailChangeAgain:
      "Ngena ukuze ubone ukuthi i-akhawunti yakho inaliphi ikheli, bese ucela ushintsho futhi.",
    inviteAgain:
      "Uma wamukele ngaphambilini, ngena. Uma kungenjalo, cela omunye umemo kumuntu okumemile.",
    oneMore: "Enye ilinki",
    oneMoreText:
      "Leli kheli liqinisekisiwe. Manje vula ilinki ese-imeyilini eya kwelinye ikheli, ushintsho luphelele.",
    toStart: "Buyela ekhasini lokuqala",
    expired:
      "Ilinki ngayinye isebenza kanye futhi ihora elilodwa. Le isivele yasetshenziswa, indala, noma ithathelwe indawo entsha.",
    signedIn: "Usungenile: qhubeka",
    incomplete: "Le linki ayiphelele",
    incompleteText:
      "Vula ilinki ese-imeyilini futhi, noma ukopishe ikheli lonke esipheqululini sakho.",
    toSignIn: "Iya ekungeneni",
    busy: "Lezo bekuyizicelo eziningi. Sicela ulinde umzuzu bese ucindezela inkinobho futhi.",
    unavailable:
      "Asikwazanga ukuhlola ilinki njengamanje. Isasebenza: sicela ucindezele inkinobho futhi emva komzuzu.",
  },
};
