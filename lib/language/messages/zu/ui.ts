// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const ui: Translation<"ui"> = {
  skip: "Yeqela kokuqukethwe",
  optional: "(akuphoqelekile)",
  close: "Vala",
  cancel: "Khansela",
  copied: "Kukopishiwe",
  copyBlocked: "Ukukopisha kuvinjelwe lapha. Sicela ukhethe umbhalo bese uyawukopisha.",
  selectAndCopy: "Khetha bese uyakopisha",
  showCharacters: "Bonisa izinhlamvu",
  tryAgain: "Zama futhi",
  tryingAgain: "Iyazama futhi",
  reference: "Inombolo yereferensi {id}",
  notLoaded: "Asikwazanga ukulayisha lokhu",
  checkConnection: "Sicela uhlole ukuxhumeka kwakho bese uzama futhi.",
  unreachable: "Asikwazanga ukufinyelela iseva. Sicela uhlole ukuxhumeka kwakho bese uzama futhi.",
  unreachableShort: "Asikwazanga ukufinyelela iseva. Sicela uzame futhi.",
  failedMoment: "Kukhona okungahambanga kahle ngakithi. Sicela uzame futhi emva kwesikhashana.",
  captchaBroken:
    "Ukuhlola ukuthi ungumuntu akukwazanga ukulayishwa. Sicela uphinde ulayishe ikhasi.",
  pageNotLoaded: "Leli khasi alilayishekanga",
  keepsHappening: "Uma kuqhubeka kwenzeka, sicela usitshele le nombolo yereferensi: {id}",
  goHome: "Iya ekhasini lokuqala",
  notices: "Izaziso",
  loadMore: "Layisha okwengeziwe",
  loading: "Iyalayisha",
};
