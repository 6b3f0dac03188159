// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const account: Translation<"account"> = {
  title: "Ideshibhodi",
  hello: "Sawubona, {name}",
  loading: "Ilayisha ideshibhodi yakho",
  mail: {
    complained: "Asisakuthumeleli ama-imeyili",
    complainedText:
      "I-imeyili eya ku-{email} ibikwe njengogaxekile. Ukuze uthole ama-imeyili ethu futhi, kanye nama-invoyisi akho, bhalela u-{support}.",
    bounced: "Ama-imeyili ethu awafiki kuwe",
    bouncedText:
      "Ama-imeyili aya ku-{email} abuyela kithi. Sicela uhlole ukuthi ikheli lilungile yini.",
    correct: "Lungisa ikheli lakho",
  },
  overdue: {
    title: "<amount></amount> isidlulelwe yisikhathi",
    text: "Ize ikhokhwe, abangani abakwazi ukusebenzisa ikhodi yakho, futhi izinyanga zakho zamahhala zilinda.",
    seeInvoices: "Bona ama-invoyisi akho",
  },
  services: {
    title: "{services, plural, one {Isevisi} other {Amasevisi}}",
    none: "Awunayo isevisi okwamanje",
    noneText: "Khetha iphakheji, sizoxhumana nawe ukuze siyifake.",
    seePackages: "Bona amaphakheji",
    pending:
      "I-oda lakho likithi. Siyakushayela ukuze sivumelane ngosuku lokufakwa; ukhokha kusukela ngosuku isevisi eqala ngalo ukusebenza.",
    suspended: "Sicela ubhalele u-<support></support> ukuze ivulwe futhi.",
    suspendedSince:
      "Imisiwe kusukela ngo-<date></date>. Sicela ubhalele u-<support></support> ukuze ivulwe futhi.",
    ended: "Iphelile.",
    endedOn: "Iphele ngo-<date></date>.",
    cancelled: "I-oda likhanseliwe.",
    cancelledOn: "I-oda likhanselwe ngo-<date></date>.",
    activeSince: "Isebenza kusukela ngo-<date></date>.",
    price: "<amount></amount><quiet> ngenyanga, kufakwe i-VAT</quiet>",
    earlierPrice:
      "Iqala ukusebenza ngo-<date></date>. Kuze kube yileso sikhathi isevisi yakho ihlala njengoba ibinjalo, ngo-<amount></amount> ngenyanga.",
    status: {
      pending: "Ilindile",
      active: "Iyasebenza",
      suspended: "Imisiwe",
      cancelled: "Ikhanseliwe",
    },
  },
  invoices: {
    title: "Ama-invoyisi akamuva",
    none: "Awakabikho ama-invoyisi",
    noneText: "Eyakho yokuqala ivela lapha ekuqaleni kwenyanga, uma isevisi yakho isebenza.",
    due: "Ikhokhwa ngo-<date></date>",
    waived: "<amount></amount> kuxolelwe",
    credited: "<amount></amount> kufakwe njengekhredithi",
  },
  survey: {
    title: "Umbuzo owodwa",
    used: "Inyanga yakho yamahhala isetshenziswe ku-invoyisi <number></number>.",
    veryDissatisfied: "Anganeliseki neze",
    dissatisfied: "Anganeliseki",
    neither: "Phakathi nendawo",
    satisfied: "Nganelisekile",
    verySatisfied: "Nganeliseke kakhulu",
    choose: "Khetha enye yezimpendulo ezinhlanu.",
    thanks: "Siyabonga",
    thanksText: "Impendulo yakho isisiza ukwenza uhlelo lube ngcono.",
    question: "Weneliseke kangakanani ngenyanga yakho yamahhala?",
    sending: "Iyathumela",
    send: "Thumela",
    pageTitle: "Inyanga yakho yamahhala",
    answered: "Uphendulile: {score} kwezingu-5.",
    toDashboard: "Iya kudeshibhodi",
  },
  appeal: {
    title: "Buza umuntu",
    heading: "Buza ngo-{name}",
    text: "Sitshele ukuthi kungani lo mngane ebalwa. Umuntu ongabanga yingxenye yesinqumo uyakubheka.",
    window:
      "Ungabuza zingakapheli izinsuku ezingu-30 ngemva kokutholakala ukuthi umngane akabalwa.",
    open: "Ubuze ngo-<asked></asked>. Omunye umuntu uyakubheka futhi uphendula ngaphambi komhla ka-<due></due>.",
    upheld: "Omunye umuntu ukubhekile, futhi lo mngane ubalwa njengabanye bakho.",
    rejected: "Omunye umuntu ukubhekile wafinyelela emphumeleni ofanayo. Lo mngane akabalwa.",
    back: "Buyela kudeshibhodi",
    tooShort: "Bhala umusho ngokuthi kungani lo mngane ebalwa.",
    why: "Kungani lo mngane ebalwa?",
    sending: "Iyathumela",
    send: "Buza umuntu",
  },
  card: {
    title: "Ikhadi lakho lesimemo",
    text: "Liphrinte, lisike, bese ulidlulisa. Ikhodi ivula amaphakheji nesimemo sakho.",
    print: "Phrinta ikhadi",
    label: "Ikhadi lesimemo",
    invites: "<name></name> uyakumema",
    picture: "Ikhodi ye-QR ye-{link}",
    point: "Khomba ikhamera yakho kulo, noma uvule",
  },
};
