// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const shell: Translation<"shell"> = {
  siteTitle: "I-akhawunti yakho ye-inthanethi",
  siteDescription: "Oda i-inthanethi yasekhaya, landela isevisi yakho, futhi uyabelane nabangani.",
  main: "Imenyu enkulu",
  more: "Okuningi",
  account: "I-akhawunti",
  packages: "Amaphakheji",
  howItWorks: "Kusebenza kanjani",
  inviteFriends: "Mema abangani",
  referralTerms: "Imibandela yokumema",
  dashboard: "Ideshibhodi",
  signIn: "Ngena",
  invoices: "Ama-invoyisi",
  yourDetails: "Imininingwane yakho",
  security: "Ezokuphepha",
  signOut: "Phuma",
  signingOut: "Iyaphuma",
  notSignedOut: "Asikwazanga ukukukhipha.",
  paused: "Ukumema abangani kumisiwe okwamanje. Osukuzuzile kuhlala kungokwakho.",
  changeLanguage: "Shintsha ulimi",
  notFound: {
    title: "Ikhasi alitholakalanga",
    heading: "Asilitholi lelo khasi",
    text: "Kungenzeka kube nephutha lokuthayipha ekhelini, noma ikhasi lithuthile.",
    seePackages: "Bona amaphakheji",
  },
  accountNotLoaded: "Asikwazanga ukulayisha i-akhawunti yakho",
  dataIsSafe: "Idatha yakho iphephile. Sicela uzame futhi emva kwesikhashana.",
};
