// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const explain: Translation<"explain"> = {
  yourFriend: "jou vriend",
  invoice:
    "{number, plural, =1 {eerste faktuur} =2 {tweede faktuur} =3 {derde faktuur} other {#de faktuur}}",
  ordered:
    "{Name} het bestel; die {days, plural, one {# dag begin} other {# dae begin}} wanneer die diens aktief is.",
  beingInstalled:
    "{Name} word geïnstalleer; die {days, plural, one {# dag begin} other {# dae begin}} wanneer die diens aktief is.",
  orderedRemedy:
    "Die diens moet teen {date} aktief wees. As die installasie langer neem, kan ons hulpspan dit meer tyd gee.",
  suspended: "{Name} se diens is onderbreek, daarom staan die dae stil.",
  suspendedRemedy: "Hulle gaan voort wanneer die diens weer aktief is, op die laatste teen {date}.",
  unpaid: "{Name} se {invoice}, betaalbaar op {date}, is nog nie betaal nie.",
  countsWhenPaid: "{Name} tel sodra dit betaal is.",
  countsWhenPaidBy: "{Name} tel sodra dit betaal is. Die diens moet teen {date} weer aktief wees.",
  toCome:
    "{Name} se {days, plural, one {# dag is} other {# dae is}} verby. Die {invoice} is nog nie gestuur nie.",
  ready: "Alles is volledig. {Name} tel binne die uur.",
  daysEnd: "{Name} se {days, plural, one {# dag eindig} other {# dae eindig}} op {date}.",
  daysEndRemedy: "{Name} tel sodra {words} fakture ook betaal is.",
  running: "{Name} tel op {date}, as die diens aktief bly.",
  runningInvoice:
    "{Name} tel op {date}, as die diens aktief bly en die {invoice} teen dan betaal is.",
  runningInvoices:
    "{Name} tel op {date}, as die diens aktief bly en die eerste {words} fakture teen dan betaal is.",
  invoiceDue: "Die {invoice} is op {date} betaalbaar.",
  notActive: "Die diens was nie teen {date} aktief nie.",
  notActiveRemedy:
    "As {name} nog vir die installasie wag, kan ons hulpspan die verwysing teruggee.",
  cancelled: "Die bestelling is gekanselleer voordat die diens aktief was.",
  cancelledRemedy: "As {name} weer met jou kode bestel, tel dit.",
  suspendedTooLong:
    "Die diens was langer as {days, plural, one {# dag} other {# dae}} onderbreek voordat {name} getel het.",
  suspendedTooLongRemedy: "Sodra die diens weer aktief is, kan ons hulpspan daarna kyk.",
  notEligible: "Hierdie verwysing voldoen nie aan die voorwaardes nie, daarom tel dit nie.",
  ended: "Die diens het geëindig voordat {name} getel het.",
  counted: "{Name} tel vir jou volgende gratis maand.",
  rewarded: "{Name} het vir ’n gratis maand getel.",
  reward: {
    paused: "Dit wag, omdat die verwysingsprogram onderbreek is.",
    pausedRemedy:
      "Dit kom van ’n faktuur af wanneer die program voortgaan, en verval nie voor dan nie.",
    afterOthers: "Een gratis maand kom van elke faktuur af; hierdie een volg.",
    nextInvoice: "Dit kom van jou volgende faktuur af.",
    wholeMonthFrom: "Dit kom van jou volgende hele maand af, die een vanaf {date}.",
    wholeMonth: "Dit wag vir jou volgende hele maand.",
    noService: "Dit wag vir ’n aktiewe diens, tot {date}.",
    noServiceRemedy: "Dit kom van die eerste hele maand af sodra jou diens aktief is.",
  },
  waiting: {
    nextInvoice:
      "{waiting, plural, one {’n Gratis maand wag en kom van jou volgende faktuur af.} other {{Words} gratis maande wag; een kom van elke faktuur af.}}",
    month:
      "{waiting, plural, one {’n Gratis maand wag. Dit kom van jou volgende hele maand af, die een vanaf {date}.} other {{Words} gratis maande wag. Een kom van jou volgende hele maand af, die een vanaf {date}.}}",
    inactive:
      "{waiting, plural, one {’n Gratis maand wag. Dit kom af sodra jou diens aktief is{known, select, yes {, en is joune tot {until}} other {}}.} other {{Words} gratis maande wag. Hulle kom af sodra jou diens aktief is{known, select, yes {, en is joune tot {until}} other {}}.}}",
    paused:
      "{waiting, plural, one {’n Gratis maand wag. Dit kom af wanneer die program voortgaan{known, select, yes {, en is joune tot {until}} other {}}.} other {{Words} gratis maande wag. Hulle kom af wanneer die program voortgaan{known, select, yes {, en is joune tot {until}} other {}}.}}",
    wholeMonth:
      "{waiting, plural, one {’n Gratis maand wag. Dit kom van jou volgende hele maand af{known, select, yes {, en is joune tot {until}} other {}}.} other {{Words} gratis maande wag. Een kom van jou volgende hele maand af{known, select, yes {; hulle is joune tot {until}} other {}}.}}",
  },
  confirming: {
    paused: "Jou gratis maand kom wanneer die program voortgaan.",
    overdue: "Jou gratis maand kom sodra jou agterstallige faktuur betaal is.",
    open: "Jou gratis maand word bevestig.",
  },
  heldUp: {
    paused: "Dit word toegeken wanneer die program voortgaan.",
    overdue: "Dit word toegeken sodra jou agterstallige faktuur betaal is.",
  },
  obstacle: {
    inactive: "Vriende kan jou kode gebruik sodra jou eie diens aktief is.",
    overdue: "Vriende kan jou kode gebruik sodra jou agterstallige faktuur betaal is.",
  },
  invite: {
    paused: "Nuwe vriende kan aansluit wanneer die program voortgaan.",
    share:
      "Deel jou skakel: wanneer {friends, plural, one {{words} vriend} other {{words} vriende}} {days, plural, one {# dag} other {# dae}} bly{invoices, plural, =0 {} =1 { en die eerste faktuur betaal} other { en die eerste {invoiceWords} fakture betaal}}, verdien jy ’n gratis maand.",
  },
  missing: {
    counted: "{counted, plural, one {{Words} vriend tel.} other {{Words} vriende tel.}}",
    days: "{names} {days, plural, one {# dag} other {# dae}}",
    possessive: "{name} se",
    complete: "{Days} is volledig.",
    lands:
      "Jou gratis maand kom wanneer {days} eindig, op {date}{unpaid, select, one {, as die eerste faktuur teen dan betaal is} several {, as die fakture teen dan betaal is} other {}}.",
    landsWhen: "Jou gratis maand kom wanneer {standing}.",
    landsBoth: "Jou gratis maand kom wanneer {days} eindig, op {date}, en {standing}.",
    pausedDays: "{name} se onderbreekte dae voortgaan en eindig",
    invoicePaid: "{name} se faktuur betaal is",
    invoicesPaid: "{name} se {words} fakture betaal is",
    ordered:
      "{friends, plural, one {{Names} het bestel; die {days, plural, one {# dag begin} other {# dae begin}} wanneer die diens aktief is.} other {{Names} het bestel; die {days, plural, one {# dag begin} other {# dae begin}} wanneer hul dienste aktief is.}}",
    installing:
      "{friends, plural, one {{Names} word geïnstalleer; die {days, plural, one {# dag begin} other {# dae begin}} wanneer die diens aktief is.} other {{Names} word geïnstalleer; die {days, plural, one {# dag begin} other {# dae begin}} wanneer hul dienste aktief is.}}",
    more: "{further, plural, one {Nog #} other {Nog #}}, en jy verdien ’n gratis maand.",
    moreToGo: "{further, plural, one {Nog # oor} other {Nog # oor}}: {sentence}",
    furtherWhen:
      "{further, plural, one {Nog # vriend} other {Nog # vriende}}, en jy verdien ’n gratis maand wanneer {standing}.",
    furtherComplete:
      "{further, plural, one {Nog # vriend} other {Nog # vriende}}, en {days} is volledig.",
    furtherOn:
      "{further, plural, one {Nog # vriend} other {Nog # vriende}}, en {days} eindig op {date}.",
    furtherBy:
      "{further, plural, one {Nog # vriend} other {Nog # vriende}}, en {days} eindig teen {date}.",
  },
};
