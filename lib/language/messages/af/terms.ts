// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const terms: Translation<"terms"> = {
  title: "Verwysingsvoorwaardes",
  versionTitle: "Verwysingsvoorwaardes, weergawe {version}",
  description: "Die reëls van {brand} se verwysingsprogram, in gewone woorde.",
  inForce: "Die voorwaardes wat geld",
  current:
    "Hoe die verwysing van vriende na {brand} werk, in gewone woorde. Dit is die voorwaardes wat vandag geld: weergawe {version}.",
  currentSince:
    "Hoe die verwysing van vriende na {brand} werk, in gewone woorde. Dit is die voorwaardes wat vandag geld: weergawe {version}, sedert <from></from>.",
  earlier:
    "Weergawe {version}, ’n vroeëre een. Dit geld vir vriende wat in daardie tyd bestel het.",
  earlierFromTo:
    "Weergawe {version}, ’n vroeëre een: dit het gegeld van <from></from> tot <until></until>. Dit geld vir vriende wat in daardie tyd bestel het.",
  allVersions: "Alle weergawes",
  allVersionsText:
    "’n Vriend behou die weergawe wat gegeld het toe hulle bestel het. Jou oorsig noem dit vir elke vriend.",
  version: "Weergawe {version}",
  inForceSince: "geld sedert <from></from>",
  from: "vanaf <from></from>",
  unclear: "Is iets onduidelik? Skryf aan <email></email>.",
  rules: {
    paused: "Die program is onderbreek",
    pausedText:
      "Nuwe verwysings word nie op die oomblik aangeteken nie. Wat jy verdien het, bly joune, en ons sal hier sê wanneer die program voortgaan.",
    who: "Wie kan deelneem",
    whoText:
      "Elke kliënt van {brand} het ’n persoonlike verwysingskode en skakel. Jy kan vriende verwys terwyl jou diens aktief is en jou rekening geen agterstallige faktuur het nie.",
    earn: "Wat jy verdien",
    earnText:
      "Vir elke {friends, plural, one {vriend wat tel} other {{words} vriende wat tel}}, verdien jy een gratis maand. Elke vriend tel vir slegs een gratis maand. Terwyl jy ’n agterstallige faktuur het, wag ’n gratis maand wat jy verdien het totdat dit betaal is.",
    counts: "Wanneer ’n vriend tel",
    countsText:
      "’n Vriend tel sodra hul nuwe diens vir {days, plural, one {# dag} other {# dae}} aktief was{invoices, plural, =0 {} one { en hul eerste faktuur ten volle betaal is} other { en hul eerste {words} fakture ten volle betaal is}}. Terwyl die diens opgeskort is, staan die dae stil. ’n Opskorting van meer as {grace, plural, one {# dag} other {# dae}}, of ’n kansellasie voordat die vriend tel, beëindig die verwysing.",
    linked: "Hoe jou vriend aan jou gekoppel word",
    linkedText:
      "Jou vriend bestel met jou skakel of tik jou kode in. Die skakel word vir {days, plural, one {# dag} other {# dae}} in dieselfde blaaier onthou. As jou vriend verskeie uitnodigings oopmaak, word die laaste geldige een voor die bestelling gebruik.",
    installation: "As die installasie lank neem",
    installationText:
      "’n Bestelling waarvan die diens nie binne {days, plural, one {# dag} other {# dae}} aktief is nie, tel nie meer as ’n verwysing nie. Jou vriend se bestelling self word nie geraak nie. As slegs die installasie laat is, kan ons dit meer tyd gee: skryf asseblief vir ons.",
    worth: "Wat ’n gratis maand werd is",
    worthDiscount:
      "’n Gratis maand trek die volle maandprys, BTW ingesluit, van een faktuur af, teen die prys op die dag waarop die faktuur uitgereik word.{capped, select, yes { Een gratis maand is tot {cap} werd.} other {}} Met verskeie dienste gaan dit na die een waarvan die hele maand die meeste kos.",
    worthCredit:
      "’n Gratis maand betaal die volle maandprys, BTW ingesluit, van een faktuur as ’n krediet, teen die prys op die dag waarop die faktuur uitgereik word. Die faktuur wys steeds die prys en die BTW daarvan.{capped, select, yes { Een gratis maand is tot {cap} werd.} other {}} Met verskeie dienste gaan dit na die een waarvan die hele maand die meeste kos.",
    used: "Wanneer dit gebruik word",
    usedText:
      "’n Gratis maand word vanself gebruik, op die faktuur van jou volgende hele maand. ’n Deel van ’n maand neem dit nooit nie, tensy dit voor jou volgende hele maand sou verval. As die duurste diens van die maand reeds sy faktuur het, wag dit vir die volgende maand. Jy kan verskeie versamel; een word per faktuurmaand gebruik, en die een wat eerste verval, gaan eerste.",
    lasts: "Hoe lank dit hou",
    lastsText:
      "’n Ongebruikte gratis maand verval {months, plural, one {# maand} other {# maande}} nadat jy dit verdien het, aan die einde van daardie dag. Ons herinner jou 30 dae vooraf.",
    limit: "Hoeveel vriende jy kan verwys",
    limitText:
      "Tot {friends, plural, one {# vriend} other {# vriende}} per kalendermaand. Een waarvan die verwysing eindig sonder om te tel, gee die plek terug. Die volgende maand begin van voor af.",
    excluded: "Wat nie tel nie",
    excludedText:
      "Jy kan nie jouself of iemand wat reeds ’n kliënt is, verwys nie, en ’n persoon kan deur een kliënt op ’n slag verwys word. Iemand wie se bestelling gekanselleer is voordat enige diens aktief was, kan weer verwys word. Na sommige verwysings kyk ’n persoon voordat hulle ’n beloning verdien; niks word outomaties daardeur afgekeur nie, en ’n gedeelde internetadres is geen rede om een af te keur nie.",
    changes: "Wat ons mag verander",
    changesText:
      "Die voorwaardes wat gegeld het toe jou vriend bestel het, bly vir daardie vriend geld. ’n Gratis maand wat jy verdien het, word slegs teruggeneem voordat dit gebruik is, met ’n rede, en ons skryf vir jou. Dit kan nie in kontant uitbetaal of oorgedra word nie.",
    privacy: "Jou privaatheid en dié van jou vriende",
    privacyText:
      "Jy sien jou vriend se voornaam en voorletter, ’n verskuilde e-posadres en hoe ver hulle is. Ons skryf nooit namens jou aan vriende nie: jy deel die skakel self.",
  },
};
