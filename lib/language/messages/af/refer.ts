// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const refer: Translation<"refer"> = {
  title: "Nooi vriende",
  description: "Hoe kliënte van {brand} gratis maande verdien deur vriende te nooi.",
  pausedTitle: "Die verwysingsprogram is onderbreek",
  paused: "Nuwe verwysings word nie op die oomblik aangeteken nie. Wat jy verdien het, bly joune.",
  shareLink: "Deel jou skakel",
  signInForLink: "Teken aan om jou skakel te kry",
  howReferringWorks: "Hoe verwysing werk",
  heading: "Goeie internet word beter met vriende",
  intro:
    "{brand} koppel jou huis. Nooi die mense wat jy ken, en vir {friends, plural, one {elke vriend wat gekoppel bly} other {elke {words} vriende wat gekoppel bly}}, is een van jou maande gratis.",
  steps: {
    share: "Deel jou kode",
    shareText:
      "Elke kliënt het ’n persoonlike kode en skakel. Stuur dit soos jy verkies, of wys die QR-kode wanneer julle ontmoet.",
    connected: "Jou vriend word gekoppel",
    connectedText:
      "’n Vriend bestel met jou kode, teen dieselfde prys. Sodra hul diens aktief is, begin {days, plural, one {# dag} other {# dae}} tel. Jy sien hoe ver hulle is.",
    free: "Jou maand is gratis",
    freeText:
      "Wanneer {friends, plural, one {een vriend} other {{words} vriende}} getel het, verdien jy ’n gratis maand. Dit kom vanself van die faktuur van jou volgende hele maand af; jy hoef niks te eis nie.",
  },
  allRules: "Al die reëls, in gewone woorde: <terms>verwysingsvoorwaardes</terms>",
  diagram: {
    friends: "{friends, plural, one {een vriend} other {{words} vriende}}",
    counts: "’n Vriend wat tel",
    invoice: "Jou volgende faktuur",
    reward: "Verwysingsbeloning: gratis maand",
    due: "Bedrag betaalbaar",
    oneMonthFree: "Een maand gratis",
    example:
      "’n Voorbeeld: {friends, plural, one {een vriend} other {{words} vriende}}, een maand gratis.",
    plain: "{friends, plural, one {een vriend} other {{words} vriende}}, een maand gratis.",
  },
  faq: {
    counts: "Wanneer tel ’n vriend?",
    countsAnswer:
      "Wanneer hul diens vir {days, plural, one {# dag} other {# dae}} aktief was{invoices, plural, =0 {} one { en hul eerste faktuur betaal is} other { en hul eerste {words} fakture betaal is}}. Terwyl dit opgeskort is, staan die dae stil. Jou oorsig wys hoe ver elke vriend is, en hoekom een nie tel nie.",
    arrives: "Wanneer kom my gratis maand?",
    arrivesAnswer:
      "Sodra {friends, plural, one {een vriend} other {{words} vriende}} getel het, word dit vir jou gehou en kom dit van die faktuur van jou volgende hele maand af. Jou oorsig wys daardie faktuur voordat dit uitgereik word.{capped, select, yes { Dit is tot {cap} werd.} other {}}",
    more: "Kan ek meer as een verdien?",
    moreAnswer:
      "Ja. Gratis maande word bymekaargetel, en een word per maandelikse faktuur gebruik. As jy verskeie dienste het, betaal dit vir die duurste een.",
    expire: "Verval gratis maande?",
    expireAnswer:
      "Ongebruiktes verval ná {months, plural, one {een maand} other {{words} maande}}. Ons skryf 30 dae vooraf vir jou.",
    privacy: "Kan ander mense sien wie my vriende is?",
    privacyAnswer:
      "Nee. Jy sien jou vriende by voornaam en voorletter, en hulle sien jou voornaam wanneer hulle jou skakel oopmaak.",
    price: "Betaal ’n vriend meer met ’n kode?",
    priceAnswer: "Nee. Die prys is dieselfde met en sonder ’n kode, en die kode is opsioneel.",
  },
};
