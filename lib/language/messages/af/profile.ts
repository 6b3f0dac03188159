// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const profile: Translation<"profile"> = {
  title: "Jou besonderhede",
  text: "Wat jou fakture noem. Fakture en kredietnotas wat uitgereik is, bly soos hulle is.",
  contact: "Kontak",
  contactText: "Om dit te verander, skryf asseblief vir ons vanaf hierdie e-posadres.",
  none: "Geen",
  saved: "Jou besonderhede is gestoor",
  savedText: "Hulle staan van nou af op jou fakture.",
  billingAddress: "Faktuuradres",
  billingAddressText:
    "Waar jou diens geïnstalleer is, bly soos dit is. Om dit te skuif, skryf asseblief vir ons.",
  tax: "Belasting",
  saving: "Stoor tans",
  save: "Stoor",
  signIn: {
    title: "Aanteken",
    text: "As jy oral afteken, eindig jou sessies op alle toestelle, ook hierdie een.",
    security: "Wagwoord en tweede faktor",
    everywhere: "Teken oral af",
  },
  data: {
    title: "Jou data",
    text: "Alles wat ons van jou bewaar: bestellings, fakture, betalings, vriende, gratis maande en e-posse.",
    download: "Laai my data af",
    asked: "Jy het ons gevra om jou besonderhede uit te wis",
    askedText:
      "Ons het jou versoek van <date></date>. Sodra geen diens en geen faktuur oop is nie, word jou besonderhede verwyder en jou rekening gesluit.",
    ask: "Vra ons om jou besonderhede uit te wis",
    askText:
      "Iemand van ons span kyk daarna en skryf vir jou. Ons wis uit wat ons van jou bewaar sodra jou dienste geëindig het en jou fakture betaal is. Die wet verplig ons om uitgereikte fakture vir ’n paar jaar te bewaar. Gratis maande wat jy nie gebruik het nie, gaan verlore, en jou rekening word gesluit.",
    sending: "Stuur tans",
    send: "Vra vir uitwissing",
  },
  mails: {
    title: "Jou e-posse",
    text: "Kies watter e-posse jy wil kry.",
    noLink: "Hierdie skakel werk nie",
    noLinkText: "Maak die bladsy oop vanaf die skakel aan die einde van een van ons e-posse.",
    programme: "Nuus oor die verwysingsprogram",
    programmeText: "Wanneer vriende bestel en tel, en oor jou gratis maande.",
    invoices: "Nuwe fakture",
    invoicesText:
      "Sonder die e-pos word jou fakture steeds uitgereik en is hulle betaalbaar. Jy vind hulle in jou rekening.",
    always:
      "E-posse oor jou bestellings, jou diens, betalings en die veiligheid van jou rekening word altyd gestuur.",
    saved: "Jou keuse is gestoor.",
    save: "Stoor die keuse",
  },
};
