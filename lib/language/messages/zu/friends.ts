// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const friends: Translation<"friends"> = {
  gained: {
    saved: "Osukongile kuze kube manje <amount></amount>",
    nextFrom: "inyanga yamahhala elandelayo kusukela ngo-<date></date>",
    paused: "uhlelo lumisiwe",
    waiting: "inyanga yamahhala ilindile",
    expected: "inyanga yamahhala elandelayo ilindeleke ngo-<date></date>",
    confirming: "inyanga yamahhala elandelayo iyaqinisekiswa",
    missing:
      "{missing, plural, one {kusele umngane oyedwa} other {kusele abangani abangu-{missing}}} ukuze uthole inyanga yamahhala elandelayo",
  },
  signedOut: "Uphumile",
  signInAgain: "<signIn>Ngena futhi</signIn> ukuze ubone okusha.",
  notRefreshed: "Asikwazanga ukuvuselela lokhu",
  asOf: "Kukhombisa ukuthi izinto bezimi kanjani ngo-{date}.",
  firstTitle: "Mema umngane, uthole inyanga yamahhala",
  title: "Abangani obamemile",
  text: "Uzuza inyanga yamahhala ye-inthanethi {friends, plural, one {ngomngane ngamunye oxhunywayo ahlale} other {ngabangani abangu-{friends} abaxhunywayo bahlale}}.",
  paused: "Kumisiwe",
  programmePaused: "Uhlelo lokumema lumisiwe",
  programmePausedText:
    "Ukumema okusha akubhalwa okwamanje. Osukuzuzile kuhlala kungokwakho, futhi ikhodi yakho, <code></code>, isebenza futhi uma uhlelo luqhubeka.",
  heading: "Abangani <total></total>",
  howItWorks: "Kusebenza kanjani",
  freeMonths: "Izinyanga zamahhala",
  status: {
    pending: "U-odile",
    active: "Uyasebenza",
    qualified: "Ubaliwe",
    expired: "Kuphelelwe yisikhathi",
    cancelled: "Kukhanseliwe",
    rejected: "Kwenqatshiwe",
    invoiceOpen: "I-invoyisi ayikakhokhwa",
  },
  showEmail: "Bonisa ikheli le-imeyili",
  termsVersion: "<terms>Inguqulo yemibandela {version}</terms> <said>isebenza kulo mngane.</said>",
  moreNotLoaded: "Asikwazanga ukulayisha abanye abangani.",
  showMore: "Bonisa abanye abangani",
  stepState: {
    done: "kuqediwe",
    current: "manje",
    todo: "kusazokwenzeka",
    stopped: "kumiswe lapha",
  },
  timeline: {
    by: "ngaphambi komhla ka-{date}",
    due: "ikhokhwa ngo-{date}",
    until: "kuze kube ngu-{date}",
    ordered: "U-odile",
    active: "Iyasebenza",
    beingInstalled: "Iyafakwa",
    waitingForService: "Ulinde isevisi",
    counted: "Ubaliwe",
    daysUntil: "Izinsuku zize zibalwe",
    daysOver: "{of, plural, one {usuku olu-# kwalu-#} other {izinsuku ezingu-# kwezingu-#}}",
    paused: "Kumiswe ngosuku {day} kwezingu-{of}",
    day: "Usuku {day} kwezingu-{of}",
    invoicePaid: "I-invoyisi yokuqala ikhokhiwe",
    invoicesPaid: "Ama-invoyisi angu-{paid} kwangu-{required} akhokhiwe",
  },
  progress: {
    label: "Inqubekela phambili eya enyangeni yakho yamahhala elandelayo",
    value: "Abangani abangu-{qualified} kwabangu-{required}",
    unit: "{required, plural, one {umngane} other {abangani}}",
    next: "Inyanga yamahhala elandelayo",
    full: "Le nyanga igcwele: {limit, plural, one {umngane oyedwa u-odile} other {abangani abangu-# ba-odile}} ngekhodi yakho. Inyanga elandelayo ivulwa ngo-{date}.",
    left: "{left, plural, one {Kusele indawo eyodwa} other {Kusele izindawo ezingu-#}} kule nyanga. Inyanga elandelayo ivulwa ngo-{date}.",
  },
  obstacle: {
    inactive:
      "Abangani bangasebenzisa ikhodi yakho uma isevisi yakho isebenza. Kuze kube yileso sikhathi i-oda elenziwe ngayo liyaphumelela, kodwa alixhunywa kuwe.",
    overdue:
      "Abangani bangasebenzisa ikhodi yakho futhi uma i-invoyisi yakho esidlulelwe yisikhathi isikhokhiwe. Kuze kube yileso sikhathi i-oda elenziwe ngayo liyaphumelela, kodwa alixhunywa kuwe.",
  },
  share: {
    code: "Ikhodi yakho",
    copyCode: "Kopisha ikhodi",
    link: "Ilinki yakho",
    copyLink: "Kopisha ilinki",
    message: "Umlayezo wakho oya kumngane",
    suggestion:
      "Sawubona! Ngithola i-inthanethi yami yasekhaya kwa-{brand}, ngacabanga ngawe. Uma nawe uyifuna, ungayi-oda ngelinki yami:",
    suggestionAgain: "Sebenzisa isiphakamiso sethu futhi",
    own: "Wenze ube ngowakho. Ilinki yakho ifakwa ngezansi kwawo.",
    subject: "I-inthanethi evela kwa-{brand}",
    newTab: "(ivula ithebhu entsha)",
    device: "Yabelana",
    notOpened: "Ukwabelana akuvulekanga.",
    copyInstead: "Sicela ukopishe ilinki esikhundleni salokho.",
    moreWays: "Ezinye izindlela zokuyithumela",
    email: "I-imeyili",
  },
  qr: {
    button: "Ikhodi ye-QR",
    title: "Khombisa umngane lokhu",
    text: "Uma ekhomba ikhamera yakhe kukho, amaphakheji avuleka nesimemo sakho.",
    picture: "Ikhodi ye-QR ye-{link}",
    download: "Dawuniloda isithombe",
    print: "Phrinta ikhadi",
    failed: "Isithombe asikwazanga ukwenziwa.",
    screenshot: "Sicela uthathe isithombe sesikrini.",
  },
  steps: {
    send: "Thumela ilinki yakho",
    sendText: "Umngane wakho u-oda ngayo, noma athayiphe ikhodi yakho. Intengo yakhe iyefana.",
    connected: "Uyaxhunywa",
    connectedFree:
      "Kusukela ngalolo suku, izinsuku ezingu-{days} ziqala ukubalwa. Ubona lapha ukuthi ziphela ngaluphi usuku.",
    connectedInvoice:
      "Kusukela ngalolo suku, izinsuku ezingu-{days} ziqala ukubalwa, futhi i-invoyisi yakhe yokuqala kufanele ikhokhwe. Ubona lapha ukuthi usefike kuphi.",
    connectedInvoices:
      "Kusukela ngalolo suku, izinsuku ezingu-{days} ziqala ukubalwa, futhi ama-invoyisi akhe okuqala angu-{invoices} kufanele akhokhwe. Ubona lapha ukuthi usefike kuphi.",
    free: "Inyanga yakho imahhala",
    freeText:
      "Uma {friends, plural, one {umngane oyedwa esebaliwe} other {abangani abangu-{friends} sebebaliwe}}, inyanga yamahhala isuswa ku-invoyisi yenyanga yakho ephelele elandelayo. Ezingasetshenzisiwe zihlala {months, plural, one {inyanga eyodwa} other {izinyanga ezingu-{months}}}.",
    how: "Ukumema kusebenza kanjani",
    terms: "Imibandela yokumema",
  },
  rewards: {
    none: "Ayikabikho. Inyanga yamahhala ivela lapha uma nje usuyizuzile, futhi iyazisusela ku-invoyisi yenyanga yakho ephelele elandelayo.",
    one: "Inyanga eyodwa yamahhala",
    given:
      "Uyinikwe ngo-<date></date>. Isebenza kuze kube ngu-<until></until>{soon, select, yes {, {inDays}} other {}}.",
    earned:
      "Uyizuze ngo-<date></date>. Isebenza kuze kube ngu-<until></until>{soon, select, yes {, {inDays}} other {}}.",
    used: "Isetshenziswe ku-<invoice></invoice>: <amount></amount>",
  },
  nextInvoice: {
    title: "I-invoyisi elandelayo",
    nothingYet:
      "Akukho okufanele ukukhokhe okwamanje. Uma isevisi yakho isebenza, ubona i-invoyisi yakho yokuqala lapha ngaphambi kokuba ikhishwe.",
    none: "Ngaphandle kwesevisi esebenzayo ayikho i-invoyisi elandelayo.",
    period: "Ye-{period}, njengoba ibukeka namuhla",
    charge: "Inkokhelo",
    chargeDays: "Inkokhelo yezinsuku ezingu-{days} kwezingu-{all}",
    due: "Imali okufanele ikhokhwe",
  },
};
