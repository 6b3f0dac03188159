// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const profile: Translation<"profile"> = {
  title: "Imininingwane yakho",
  text: "Lokho okubhalwa kuma-invoyisi akho. Ama-invoyisi namanothi ekhredithi asevele ekhishiwe ahlala enjalo.",
  contact: "Ukuxhumana",
  contactText: "Ukuze ushintshe lokhu, sicela usibhalele usebenzisa leli kheli le-imeyili.",
  none: "Ayikho",
  saved: "Imininingwane yakho ilondoloziwe",
  savedText: "Isukela manje iba kuma-invoyisi akho.",
  billingAddress: "Ikheli lama-invoyisi",
  billingAddressText:
    "Lapho isevisi yakho ifakwe khona kuhlala kunjalo. Ukuze uyithuthe, sicela usibhalele.",
  tax: "Intela",
  saving: "Iyalondoloza",
  save: "Londoloza",
  signIn: {
    title: "Ukungena",
    text: "Ukuphuma yonke indawo kuqeda amaseshini akho kuwo wonke amadivayisi, nakule.",
    security: "Iphasiwedi nesigaba sesibili",
    everywhere: "Phuma yonke indawo",
  },
  data: {
    title: "Idatha yakho",
    text: "Konke esikugcina ngawe: ama-oda, ama-invoyisi, izinkokhelo, abangani, izinyanga zamahhala nama-imeyili.",
    download: "Dawuniloda idatha yami",
    asked: "Usicele ukuba sisule imininingwane yakho",
    askedText:
      "Sinesicelo sakho somhla ka-<date></date>. Uma kungasekho sevisi na-invoyisi evulekile, imininingwane yakho iyasuswa futhi i-akhawunti yakho ivalwe.",
    ask: "Sicele ukuba sisule imininingwane yakho",
    askText:
      "Omunye wethimba lethu uyakubheka bese ekubhalela. Sisula esikugcina ngawe uma amasevisi akho esephelile futhi ama-invoyisi akho esekhokhiwe. Umthetho usiphoqa ukuba sigcine ama-invoyisi akhishiwe iminyaka ethile. Izinyanga zamahhala ongazisebenzisanga ziyalahleka, futhi i-akhawunti yakho iyavalwa.",
    sending: "Iyathumela",
    send: "Cela ukusulwa",
  },
  mails: {
    title: "Ama-imeyili akho",
    text: "Khetha ukuthi yimaphi ama-imeyili ofuna ukuwathola.",
    noLink: "Le linki ayisebenzi",
    noLinkText: "Vula ikhasi ngelinki esekugcineni kwenye yama-imeyili ethu.",
    programme: "Izindaba zohlelo lokumema",
    programmeText: "Lapho abangani be-oda futhi bebalwa, nangezinyanga zakho zamahhala.",
    invoices: "Ama-invoyisi amasha",
    invoicesText:
      "Ngaphandle kwe-imeyili ama-invoyisi akho asakhishwa futhi kufanele akhokhwe. Uwathola ku-akhawunti yakho.",
    always:
      "Ama-imeyili mayelana nama-oda akho, isevisi yakho, izinkokhelo nokuphepha kwe-akhawunti yakho ahlala ethunyelwa.",
    saved: "Ukukhetha kwakho kulondoloziwe.",
    save: "Londoloza ukukhetha",
  },
};
