// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const friends: Translation<"friends"> = {
  gained: {
    saved: "Tot dusver gespaar <amount></amount>",
    nextFrom: "volgende gratis maand vanaf <date></date>",
    paused: "die program is onderbreek",
    waiting: "’n gratis maand wag",
    expected: "volgende gratis maand word op <date></date> verwag",
    confirming: "die volgende gratis maand word bevestig",
    missing:
      "nog {missing, plural, one {{words} vriend} other {{words} vriende}} vir die volgende gratis maand",
  },
  signedOut: "Jy is afgeteken",
  signInAgain: "<signIn>Teken weer aan</signIn> om te sien wat nuut is.",
  notRefreshed: "Ons kon dit nie verfris nie",
  asOf: "Dit wys hoe sake op {date} gestaan het.",
  firstTitle: "Nooi ’n vriend, en ’n maand is gratis",
  title: "Jou verwysings",
  text: "Jy verdien ’n gratis maand internet vir {friends, plural, one {elke vriend} other {elke {words} vriende}} wat gekoppel word en bly.",
  paused: "Onderbreek",
  programmePaused: "Die verwysingsprogram is onderbreek",
  programmePausedText:
    "Nuwe verwysings word nie op die oomblik aangeteken nie. Wat jy verdien het, bly joune, en jou kode, <code></code>, werk weer wanneer die program voortgaan.",
  heading: "Vriende <total></total>",
  howItWorks: "Hoe dit werk",
  freeMonths: "Gratis maande",
  status: {
    pending: "Bestel",
    active: "Aktief",
    qualified: "Getel",
    expired: "Verval",
    cancelled: "Gekanselleer",
    rejected: "Afgekeur",
    invoiceOpen: "Faktuur oop",
  },
  showEmail: "Wys die e-posadres",
  termsVersion:
    "<terms>Voorwaardes weergawe {version}</terms> <said>geld vir hierdie vriend.</said>",
  moreNotLoaded: "Ons kon nie meer vriende laai nie.",
  showMore: "Wys meer vriende",
  stepState: {
    done: "klaar",
    current: "nou",
    todo: "kom nog",
    stopped: "hier gestop",
  },
  timeline: {
    by: "teen {date}",
    due: "betaalbaar {date}",
    until: "tot {date}",
    ordered: "Bestel",
    active: "Aktief",
    beingInstalled: "Word geïnstalleer",
    waitingForService: "Wag vir diens",
    counted: "Getel",
    daysUntil: "Dae totdat dit tel",
    daysOver: "{of, plural, one {# van # dag} other {# van # dae}}",
    paused: "Onderbreek op dag {day} van {of}",
    day: "Dag {day} van {of}",
    invoicePaid: "Eerste faktuur betaal",
    invoicesPaid: "{paid} van {required} fakture betaal",
  },
  progress: {
    label: "Vordering na jou volgende gratis maand",
    value: "{qualified} van {required} vriende",
    unit: "{required, plural, one {vriend} other {vriende}}",
    next: "Volgende gratis maand",
    full: "Hierdie maand is vol: {limit, plural, one {# vriend} other {# vriende}} het met jou kode bestel. Die volgende maand begin op {date}.",
    left: "{left, plural, one {# plek} other {# plekke}} oor hierdie maand. Die volgende maand begin op {date}.",
  },
  obstacle: {
    inactive:
      "Vriende kan jou kode gebruik sodra jou eie diens aktief is. Tot dan gaan ’n bestelling daarmee deur, maar word nie aan jou gekoppel nie.",
    overdue:
      "Vriende kan weer jou kode gebruik sodra jou agterstallige faktuur betaal is. Tot dan gaan ’n bestelling daarmee deur, maar word nie aan jou gekoppel nie.",
  },
  share: {
    code: "Jou kode",
    copyCode: "Kopieer kode",
    link: "Jou skakel",
    copyLink: "Kopieer skakel",
    message: "Jou boodskap aan ’n vriend",
    suggestion:
      "Hallo! Ek kry my tuisinternet van {brand} af, en ek het aan jou gedink. As jy dit ook wil hê, kan jy met my skakel bestel:",
    suggestionAgain: "Gebruik weer ons voorstel",
    own: "Maak dit jou eie. Jou skakel word daaronder bygevoeg.",
    subject: "Internet van {brand}",
    newTab: "(maak ’n nuwe oortjie oop)",
    device: "Deel",
    notOpened: "Deel het nie oopgemaak nie.",
    copyInstead: "Kopieer asseblief eerder die skakel.",
    moreWays: "Meer maniere om dit te stuur",
    email: "E-pos",
  },
  qr: {
    button: "QR-kode",
    title: "Wys dit vir ’n vriend",
    text: "Wanneer hulle hul kamera daarop rig, maak die pakkette met jou uitnodiging oop.",
    picture: "QR-kode van {link}",
    download: "Laai die prent af",
    print: "Druk ’n kaartjie",
    failed: "Die prent kon nie gemaak word nie.",
    screenshot: "Neem asseblief ’n skermskoot.",
  },
  steps: {
    send: "Stuur jou skakel",
    sendText: "Jou vriend bestel daardeur, of tik jou kode in. Hul prys is dieselfde.",
    connected: "Hulle word gekoppel",
    connectedFree:
      "Van daardie dag af begin {days, plural, one {# dag} other {# dae}} tel. Jy sien hier op watter dag hulle eindig.",
    connectedInvoice:
      "Van daardie dag af begin {days, plural, one {# dag} other {# dae}} tel, en hul eerste faktuur moet betaal word. Jy sien hier hoe ver hulle is.",
    connectedInvoices:
      "Van daardie dag af begin {days, plural, one {# dag} other {# dae}} tel, en hul eerste {invoices} fakture moet betaal word. Jy sien hier hoe ver hulle is.",
    free: "Jou maand is gratis",
    freeText:
      "Sodra {friends, plural, one {{words} vriend} other {{words} vriende}} getel het, kom ’n gratis maand van die faktuur van jou volgende hele maand af. Ongebruiktes hou {months, plural, one {{monthWords} maand} other {{monthWords} maande}}.",
    how: "Hoe verwysing werk",
    terms: "Verwysingsvoorwaardes",
  },
  rewards: {
    none: "Nog geen. ’n Gratis maand verskyn hier sodra jy dit verdien het, en kom vanself van die faktuur van jou volgende hele maand af.",
    one: "Een gratis maand",
    given:
      "Aan jou gegee op <date></date>. Geldig tot <until></until>{soon, select, yes {, {inDays}} other {}}.",
    earned:
      "Verdien op <date></date>. Geldig tot <until></until>{soon, select, yes {, {inDays}} other {}}.",
    used: "Gebruik op <invoice></invoice>: <amount></amount>",
  },
  nextInvoice: {
    title: "Volgende faktuur",
    nothingYet:
      "Daar is nog niks om te betaal nie. Sodra jou diens aktief is, sien jy hier jou eerste faktuur voordat dit uitgereik word.",
    none: "Sonder ’n aktiewe diens is daar geen volgende faktuur nie.",
    period: "Vir {period}, soos dit vandag lyk",
    charge: "Heffing",
    chargeDays: "Heffing vir {days} van {all} dae",
    due: "Bedrag betaalbaar",
  },
};
