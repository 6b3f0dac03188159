// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const shell: Translation<"shell"> = {
  siteTitle: "Jou internetrekening",
  siteDescription: "Bestel tuisinternet, volg jou diens en deel dit met vriende.",
  main: "Hoofkieslys",
  more: "Meer",
  account: "Rekening",
  packages: "Pakkette",
  howItWorks: "Hoe dit werk",
  inviteFriends: "Nooi vriende",
  referralTerms: "Verwysingsvoorwaardes",
  dashboard: "My oorsig",
  signIn: "Teken aan",
  invoices: "Fakture",
  yourDetails: "Jou besonderhede",
  security: "Sekuriteit",
  signOut: "Teken af",
  signingOut: "Teken tans af",
  notSignedOut: "Ons kon jou nie afteken nie.",
  paused: "Die verwysing van vriende is tans onderbreek. Wat jy verdien het, bly joune.",
  changeLanguage: "Verander die taal",
  notFound: {
    title: "Bladsy nie gevind nie",
    heading: "Ons kan nie daardie bladsy vind nie",
    text: "Daar is dalk ’n tikfout in die adres, of die bladsy het geskuif.",
    seePackages: "Sien die pakkette",
  },
  accountNotLoaded: "Ons kon nie jou rekening laai nie",
  dataIsSafe: "Jou data is veilig. Probeer asseblief oor ’n oomblik weer.",
};
