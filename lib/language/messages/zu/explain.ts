// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const explain: Translation<"explain"> = {
  yourFriend: "umngane wakho",
  invoice:
    "{number, plural, =1 {i-invoyisi yokuqala} =2 {i-invoyisi yesibili} =3 {i-invoyisi yesithathu} other {i-invoyisi yesi-#}}",
  ordered: "{Name} u-odile; izinsuku ezingu-{days} ziqala uma isevisi isebenza.",
  beingInstalled: "{Name} uyafakelwa; izinsuku ezingu-{days} ziqala uma isevisi isebenza.",
  orderedRemedy:
    "Isevisi kufanele isebenze ngaphambi komhla ka-{date}. Uma ukufakwa kuthatha isikhathi eside, abasizi bethu banganika isikhathi esengeziwe.",
  suspended: "Isevisi ka-{Name} imisiwe, ngakho izinsuku azibalwa.",
  suspendedRemedy: "Ziyaqhubeka uma isevisi isebenza futhi, kungakapheli umhla ka-{date}.",
  unpaid: "{Name}: {invoice}, okufanele ikhokhwe ngo-{date}, ayikakhokhwa.",
  countsWhenPaid: "{Name} ubalwa uma nje isikhokhiwe.",
  countsWhenPaidBy:
    "{Name} ubalwa uma nje isikhokhiwe. Isevisi kufanele isebenze futhi ngaphambi komhla ka-{date}.",
  toCome: "Izinsuku ezingu-{days} zika-{Name} seziphelile. I-{invoice} ayikathunyelwa.",
  ready: "Konke kuphelele. {Name} uzobalwa lingakapheli ihora.",
  daysEnd: "Izinsuku ezingu-{days} zika-{Name} ziphela ngo-{date}.",
  daysEndRemedy: "{Name} ubalwa uma ama-invoyisi angu-{words} nawo esekhokhiwe.",
  running: "{Name} ubalwa ngo-{date}, uma isevisi ihlala isebenza.",
  runningInvoice:
    "{Name} ubalwa ngo-{date}, uma isevisi ihlala isebenza futhi {invoice} isikhokhiwe ngaleso sikhathi.",
  runningInvoices:
    "{Name} ubalwa ngo-{date}, uma isevisi ihlala isebenza futhi ama-invoyisi okuqala angu-{words} esekhokhiwe ngaleso sikhathi.",
  invoiceDue: "{invoice} kufanele ikhokhwe ngo-{date}.",
  notActive: "Isevisi ayizange isebenze ngaphambi komhla ka-{date}.",
  notActiveRemedy: "Uma {name} esalinde ukufakelwa, abasizi bethu bangabuyisela ukumema.",
  cancelled: "I-oda likhanselwe ngaphambi kokuba isevisi isebenze.",
  cancelledRemedy: "Uma {name} e-oda futhi ngekhodi yakho, kuyabalwa.",
  suspendedTooLong:
    "Isevisi imiswe isikhathi esingaphezu kwezinsuku ezingu-{days} ngaphambi kokuba {name} abalwe.",
  suspendedTooLongRemedy: "Uma isevisi isisebenza futhi, abasizi bethu bangakubheka.",
  notEligible: "Lokhu kumema akuhlangabezani nemibandela, ngakho akubalwa.",
  ended: "Isevisi iphelile ngaphambi kokuba {name} abalwe.",
  counted: "{Name} ubalelwa inyanga yakho yamahhala elandelayo.",
  rewarded: "{Name} ubalelwe inyanga yamahhala.",
  reward: {
    paused: "Ilindile, ngoba uhlelo lokumema lumisiwe.",
    pausedRemedy: "Isuswa ku-invoyisi uma uhlelo luqhubeka, futhi ayiphelelwa ngaphambi kwalokho.",
    afterOthers: "Inyanga eyodwa yamahhala isuswa ku-invoyisi ngayinye; le iyalandela.",
    nextInvoice: "Isuswa ku-invoyisi yakho elandelayo.",
    wholeMonthFrom: "Isuswa enyangeni yakho ephelele elandelayo, eqala ngo-{date}.",
    wholeMonth: "Ilinde inyanga yakho ephelele elandelayo.",
    noService: "Ilinde isevisi esebenzayo, kuze kube ngu-{date}.",
    noServiceRemedy: "Isuswa enyangeni ephelele yokuqala uma isevisi yakho isebenza.",
  },
  waiting: {
    nextInvoice:
      "{waiting, plural, one {Inyanga yamahhala ilindile futhi isuswa ku-invoyisi yakho elandelayo.} other {Izinyanga zamahhala ezingu-{waiting} zilindile; eyodwa isuswa ku-invoyisi ngayinye.}}",
    month:
      "{waiting, plural, one {Inyanga yamahhala ilindile. Isuswa enyangeni yakho ephelele elandelayo, eqala ngo-{date}.} other {Izinyanga zamahhala ezingu-{waiting} zilindile. Eyodwa isuswa enyangeni yakho ephelele elandelayo, eqala ngo-{date}.}}",
    inactive:
      "{waiting, plural, one {Inyanga yamahhala ilindile. Isuswa uma isevisi yakho isebenza{known, select, yes {, futhi ingeyakho kuze kube ngu-{until}} other {}}.} other {Izinyanga zamahhala ezingu-{waiting} zilindile. Zisuswa uma isevisi yakho isebenza{known, select, yes {, futhi zingezakho kuze kube ngu-{until}} other {}}.}}",
    paused:
      "{waiting, plural, one {Inyanga yamahhala ilindile. Isuswa uma uhlelo luqhubeka{known, select, yes {, futhi ingeyakho kuze kube ngu-{until}} other {}}.} other {Izinyanga zamahhala ezingu-{waiting} zilindile. Zisuswa uma uhlelo luqhubeka{known, select, yes {, futhi zingezakho kuze kube ngu-{until}} other {}}.}}",
    wholeMonth:
      "{waiting, plural, one {Inyanga yamahhala ilindile. Isuswa enyangeni yakho ephelele elandelayo{known, select, yes {, futhi ingeyakho kuze kube ngu-{until}} other {}}.} other {Izinyanga zamahhala ezingu-{waiting} zilindile. Eyodwa isuswa enyangeni yakho ephelele elandelayo{known, select, yes {; zingezakho kuze kube ngu-{until}} other {}}.}}",
  },
  confirming: {
    paused: "Inyanga yakho yamahhala ifika uma uhlelo luqhubeka.",
    overdue:
      "Inyanga yakho yamahhala ifika uma i-invoyisi yakho esidlulelwe yisikhathi isikhokhiwe.",
    open: "Inyanga yakho yamahhala iyaqinisekiswa.",
  },
  heldUp: {
    paused: "Inikezwa uma uhlelo luqhubeka.",
    overdue: "Inikezwa uma i-invoyisi yakho esidlulelwe yisikhathi isikhokhiwe.",
  },
  obstacle: {
    inactive: "Abangani bangasebenzisa ikhodi yakho uma isevisi yakho isebenza.",
    overdue:
      "Abangani bangasebenzisa ikhodi yakho uma i-invoyisi yakho esidlulelwe yisikhathi isikhokhiwe.",
  },
  invite: {
    paused: "Abangani abasha bangajoyina uma uhlelo luqhubeka.",
    share:
      "Yabelana ngelinki yakho: uma {friends, plural, one {umngane oyedwa ehlala} other {abangani abangu-{friends} behlala}} izinsuku ezingu-{days}{invoices, plural, =0 {} =1 { {friends, plural, one {futhi ekhokha} other {futhi bekhokha}} i-invoyisi yokuqala} other { {friends, plural, one {futhi ekhokha} other {futhi bekhokha}} ama-invoyisi okuqala angu-{invoices}}}, uzuza inyanga yamahhala.",
  },
  missing: {
    counted:
      "{counted, plural, one {Umngane oyedwa ubaliwe.} other {Abangani abangu-{counted} babaliwe.}}",
    days: "izinsuku ezingu-{days} {names}",
    possessive: "zika-{name}",
    complete: "{Days} ziphelele.",
    lands:
      "Inyanga yakho yamahhala ifika lapho {days} ziphela, ngo-{date}{unpaid, select, one {, uma i-invoyisi yokuqala isikhokhiwe ngaleso sikhathi} several {, uma ama-invoyisi esekhokhiwe ngaleso sikhathi} other {}}.",
    landsWhen: "Inyanga yakho yamahhala ifika lapho {standing}.",
    landsBoth: "Inyanga yakho yamahhala ifika lapho {days} ziphela, ngo-{date}, futhi {standing}.",
    pausedDays: "izinsuku ezimisiwe zika-{name} ziqhubeka futhi ziphela",
    invoicePaid: "i-invoyisi ka-{name} isikhokhiwe",
    invoicesPaid: "ama-invoyisi angu-{words} ka-{name} esekhokhiwe",
    ordered:
      "{friends, plural, one {{Names} u-odile; izinsuku ezingu-{days} ziqala uma isevisi isebenza.} other {{Names} ba-odile; izinsuku ezingu-{days} ziqala uma amasevisi abo esebenza.}}",
    installing:
      "{friends, plural, one {{Names} uyafakelwa; izinsuku ezingu-{days} ziqala uma isevisi isebenza.} other {{Names} bayafakelwa; izinsuku ezingu-{days} ziqala uma amasevisi abo esebenza.}}",
    more: "{further, plural, one {Kusele oyedwa} other {Kusele abangu-{further}}}, bese uzuza inyanga yamahhala.",
    moreToGo: "{further, plural, one {Kusele oyedwa} other {Kusele abangu-{further}}}: {sentence}",
    furtherWhen:
      "{further, plural, one {Kusele umngane oyedwa} other {Kusele abangani abangu-{further}}}, bese uzuza inyanga yamahhala lapho {standing}.",
    furtherComplete:
      "{further, plural, one {Kusele umngane oyedwa} other {Kusele abangani abangu-{further}}}, futhi {days} ziphelele.",
    furtherOn:
      "{further, plural, one {Kusele umngane oyedwa} other {Kusele abangani abangu-{further}}}, futhi {days} ziphela ngo-{date}.",
    furtherBy:
      "{further, plural, one {Kusele umngane oyedwa} other {Kusele abangani abangu-{further}}}, futhi {days} ziphela ngaphambi komhla ka-{date}.",
  },
};
