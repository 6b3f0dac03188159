// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const auth: Translation<"auth"> = {
  email: "E-posadres",
  password: "Wagwoord",
  signIn: {
    title: "Teken aan",
    newHere:
      "Nuut hier? <packages>Kies ’n pakket</packages>. Jy kry jou rekening saam met die bestelling.",
    forgot: "Jou wagwoord vergeet?",
    signingIn: "Teken tans aan",
    confirmFirst: "Bevestig eers jou e-posadres",
    newLinkSent: "’n Nuwe skakel na {email} is op pad. Maak dit op enige toestel oop.",
    linkSent: "Ons het ’n skakel na {email} gestuur. Maak dit oop, en jy is aangeteken.",
    sendAgain: "Stuur die skakel weer",
    sending: "Stuur tans",
  },
  forgot: {
    title: "Jou wagwoord vergeet",
    heading: "Jou wagwoord vergeet?",
    text: "Tik die adres van jou rekening in, en ons stuur vir jou ’n skakel om ’n nuwe een te kies. Of gaan <signIn>terug na aanteken</signIn>.",
    sent: "As daar ’n rekening vir {email} is, is ’n skakel om ’n nuwe wagwoord te kies op pad.",
    send: "Stuur die skakel",
  },
  confirmEmail: {
    title: "Bevestig jou e-posadres",
    text: "Tik die adres van jou rekening in, en ons stuur die skakel nog een keer. Reeds bevestig? <signIn>Teken aan</signIn>.",
    sent: "As {email} wag om bevestig te word, is ’n nuwe skakel op pad. Dit vervang die vroeëres.",
    send: "Stuur ’n nuwe skakel",
  },
  checkInbox: "Kyk asseblief in jou inkassie",
  backToSignIn: "Terug na aanteken",
  otherAddress: "Gebruik ’n ander adres",
  newPassword: {
    title: "Kies ’n nuwe wagwoord",
    linkGone: "Hierdie skakel werk nie meer nie",
    linkGoneText:
      "Skakels om ’n nuwe wagwoord te kies, werk een keer en vir ’n kort tyd. Vra asseblief vir ’n nuwe een.",
    sendLink: "Stuur vir my ’n nuwe skakel",
    forEmail: "Vir {email}",
    present: "Huidige wagwoord",
    new: "Nuwe wagwoord",
    hint: "Ten minste 8 karakters. ’n Paar onverwante woorde is maklik om te onthou en moeilik om te raai.",
    save: "Stoor die wagwoord",
    saving: "Stoor tans",
    saved: "Jou nuwe wagwoord is gestoor.",
  },
  code: {
    title: "Tik jou kode in",
    text: "Maak {app} op jou foon oop en tik die ses syfers in wat dit wys.",
    label: "Kode",
    goOn: "Gaan voort",
    checking: "Kontroleer tans",
  },
  security: {
    title: "Aanteken en wagwoord",
    teamNeedsTitle: "Jou span benodig ’n tweede faktor",
    teamNeeds: "Stel hieronder ’n verifikasietoep op. Tot dan bly die admin-gebied gesluit.",
    passwordText: "As jy dit verander, eindig jou sessies op ander toestelle.",
    change: "Verander die wagwoord",
    factor: "Tweede faktor",
    factorText: "Met ’n verifikasietoep op jou foon maak jou wagwoord alleen niks oop nie.",
    back: "Terug",
    appName: "Verifikasietoep {number}",
    scan: "Skandeer hierdie prent met die toep, en tik dan die ses syfers in wat dit wys.",
    picture: "Die geheim vir die verifikasietoep, as ’n QR-kode",
    orType: "Of tik dit in: <secret></secret>",
    setItUp: "Stel dit op",
    since: "{name}, sedert <date></date>",
    remove: "Verwyder",
    removeTitle: "Verwyder hierdie verifikasietoep",
    removeText: "Sonder nog een maak jou wagwoord alleen weer jou rekening oop.",
    removing: "Verwyder tans",
    oneMoment: "Net ’n oomblik",
    setUpAnother: "Stel nog ’n toep op",
    setUp: "Stel ’n verifikasietoep op",
  },
  link: {
    title: "Jou skakel",
    signup: {
      title: "Bevestig jou e-posadres",
      text: "Druk die knoppie, en jou adres is bevestig en jy is aangeteken.",
      button: "Bevestig my adres",
    },
    recovery: {
      title: "Kies ’n nuwe wagwoord",
      text: "Druk die knoppie, en jy kan ’n nuwe wagwoord kies.",
      button: "Gaan voort",
    },
    email_change: {
      title: "Bevestig jou nuwe e-posadres",
      text: "Druk die knoppie om die verandering van jou e-posadres te bevestig.",
      button: "Bevestig die verandering",
    },
    invite: {
      title: "Aanvaar die uitnodiging",
      text: "Druk die knoppie, en jy kan jou wagwoord kies.",
      button: "Aanvaar",
    },
    signupAgain:
      "As jy die knoppie voorheen gedruk het, is jou adres bevestig: teken aan. Anders kan ons vir jou ’n nuwe skakel stuur.",
    emailChangeAgain:
      "Teken aan om te sien watter adres jou rekening het, en vra weer vir die verandering.",
    inviteAgain:
      "As jy voorheen aanvaar het, teken aan. Anders vra die persoon wat jou genooi het vir nog ’n uitnodiging.",
    oneMore: "Nog een skakel",
    oneMoreText:
      "Hierdie adres is bevestig. Maak nou die skakel in die e-pos aan die ander adres oop, en die verandering is klaar.",
    toStart: "Terug na die beginblad",
    expired:
      "Elke skakel werk een keer en vir een uur. Hierdie een is reeds gebruik, is ouer, of is deur ’n nuwer een vervang.",
    signedIn: "Jy is aangeteken: gaan voort",
    incomplete: "Hierdie skakel is nie volledig nie",
    incompleteText:
      "Maak die skakel in die e-pos weer oop, of kopieer die hele adres na jou blaaier.",
    toSignIn: "Gaan na aanteken",
    busy: "Dit was baie versoeke. Wag asseblief ’n minuut en druk die knoppie weer.",
    unavailable:
      "Ons kon die skakel nie nou nagaan nie. Dit werk nog: druk asseblief die knoppie oor ’n minuut weer.",
  },
};
