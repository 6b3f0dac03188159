// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const order: Translation<"order"> = {
  title: "Jou bestelling",
  titlePackage: "Bestel {package}",
  description: "Tuisinternet van {brand}.",
  which: "Watter pakket wil jy hê?",
  whichText: "Kies een, en ons gaan voort na jou besonderhede.",
  gone: "Die pakket wat jy gekies het, word nie meer verkoop nie. Hierdie pakkette wel.",
  intro: "Twee kort stappe, en jy betaal vandag niks.",
  introInvited: "Twee kort stappe, en jy betaal vandag niks. {samePrice}",
  steps: {
    label: "Stappe van jou bestelling",
    home: "Jou huis",
    details: "Jou besonderhede",
    done: "(klaar)",
  },
  where: "Waar installeer ons dit?",
  who: "Vir wie is dit?",
  toSignIn: "Gaan na aanteken",
  address: {
    title: "Adres van die verbinding",
    fromAccount:
      "Ingevul vanaf jou <profile>faktuuradres</profile>, waarheen jou fakture gaan. Verander dit as hierdie verbinding vir ’n ander plek is.",
    text: "Ons kyk dadelik of ons dit kan koppel. Dit staan ook op jou fakture.",
    suburbHint: "Begin tik en kies joune, en ons vul die res in.",
    checking: "Gaan tans jou adres na",
    another: "Gaan ’n ander adres na",
    continue: "Gaan voort",
    told: "Wat jy vir ons gesê het",
    covered: "Ons kan hierdie adres koppel.",
    change: "Verander<more> die adres</more>",
  },
  code: {
    noneTitle: "Uitnodigings deur vriende",
    own: "Die uitnodigingskakel wat jy oopgemaak het, is jou eie. Dit is vir die mense wat jy nooi en geld nie vir jou bestelling nie.",
    customer:
      "Jy is reeds ’n kliënt, daarom geld ’n vriend se uitnodiging nie vir hierdie bestelling nie.",
    inviteYourself: "Nooi self vriende",
    title: "Het ’n vriend jou genooi?",
    text: "As jy met hul kode bestel, sien jou vriend {sees}. Jou prys is dieselfde.",
    label: "Verwysingskode",
    hint: "Jy kan ook die skakel of die hele boodskap plak.",
    check: "Gaan die kode na",
    checking: "Gaan tans die kode na",
    invitedYou: "<name></name> <said>het jou genooi</said>",
    looksLike: "’n Kode lyk soos REF-7K2M9QXA.",
    unchecked:
      "Ons kon nie nou hierdie kode nagaan nie. Jy kan steeds bestel; ons gaan dit dan weer na.",
    unusable: "Hierdie kode kan nie gebruik word nie. Jy kan steeds bestel.",
    withInvitation: "Met die uitnodiging van <name></name>",
  },
  waiting: {
    onList: "Jy is op die lys",
    onListText:
      "Ons skryf een keer vir jou, wanneer jou gebied gekoppel kan word. Die e-pos bring jou hierheen terug.",
    onListFriend:
      "Ons skryf een keer vir jou, wanneer jou gebied gekoppel kan word. Die e-pos bring jou hierheen terug met die uitnodiging van <name></name>, wat ook ’n e-pos kry.",
    title: "Ons bereik nog nie hierdie adres nie",
    text: "Los jou e-posadres, en ons skryf een keer vir jou, wanneer ons dit bereik.",
    textFriend:
      "Los jou e-posadres, en ons skryf een keer vir jou, wanneer ons dit bereik. Die uitnodiging van <name></name> word gehou; hulle hoor dat iemand wat hulle genooi het, gekoppel kan word, maar nie wie nie.",
    firstName: "Jou voornaam",
    email: "Jou e-posadres",
    sending: "Stuur tans",
    tellMe: "Sê vir my wanneer dit oopmaak",
  },
  details: {
    withAccount: "Bestel met jou rekening",
    nothingToFill:
      "Jy hoef niks weer in te vul nie. Om jou naam te verander, gebruik <profile>Jou besonderhede</profile>.",
    about: "Oor jou",
    account: "Jou rekening",
    accountText: "Hiermee teken jy later aan, om te sien hoe ver jou bestelling is.",
    password: "Wagwoord",
    passwordHint: "Ten minste 8 karakters.",
    haveAccount:
      "Het jy reeds ’n rekening? Tik die e-posadres en wagwoord daarvan hierbo in. Niks wat jy ingevul het, gaan verlore nie. <forgot>Jou wagwoord vergeet?</forgot>",
    signingIn: "Teken tans aan",
    signInHere: "Teken hier aan",
  },
  place: "Plaas die bestelling",
  placing: "Plaas tans jou bestelling",
  payNothing:
    "Jy betaal vandag niks. Jou eerste faktuur dek die dae van die dag af waarop jou diens aktief is.",
  summary: {
    title: "Opsomming",
    change: "Verander<more> die pakket</more>",
    download: "Aflaai",
    upload: "Oplaai",
    speed: "{mbps} Mbps",
    perMonth: "Per maand, BTW ingesluit",
    aMonth: "per maand",
    nothingToday: "Jy betaal vandag niks.",
    byDay: "Jou eerste maand word per dag gehef.",
    weCall: "Ons bel jou voordat iemand kom.",
  },
};
