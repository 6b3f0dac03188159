// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const ui: Translation<"ui"> = {
  skip: "Gaan na die inhoud",
  optional: "(opsioneel)",
  close: "Maak toe",
  cancel: "Kanselleer",
  copied: "Gekopieer",
  copyBlocked: "Kopiëring is hier geblokkeer. Kies asseblief die teks en kopieer dit.",
  selectAndCopy: "Kies en kopieer",
  showCharacters: "Wys die karakters",
  tryAgain: "Probeer weer",
  tryingAgain: "Probeer tans weer",
  reference: "Verwysing {id}",
  notLoaded: "Ons kon dit nie laai nie",
  checkConnection: "Gaan asseblief jou verbinding na en probeer weer.",
  unreachable:
    "Ons kon nie die bediener bereik nie. Gaan asseblief jou verbinding na en probeer weer.",
  unreachableShort: "Ons kon nie die bediener bereik nie. Probeer asseblief weer.",
  failedMoment: "Iets het aan ons kant verkeerd gegaan. Probeer asseblief oor ’n oomblik weer.",
  captchaBroken:
    "Die kontrole dat jy ’n mens is, kon nie gelaai word nie. Laai asseblief die bladsy weer.",
  pageNotLoaded: "Hierdie bladsy het nie gelaai nie",
  keepsHappening: "As dit aanhou gebeur, gee asseblief hierdie verwysing vir ons: {id}",
  goHome: "Gaan na die tuisblad",
  notices: "Kennisgewings",
  loadMore: "Laai meer",
  loading: "Laai tans",
};
