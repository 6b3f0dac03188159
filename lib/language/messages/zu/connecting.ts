// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const connecting: Translation<"connecting"> = {
  samePrice: "Intengo iyefana noma unesimemo noma ungenaso.",
  inviterSees:
    "igama lakho, uhlamvu lokuqala lwesibongo sakho, ikheli le-imeyili elifihliwe, nokuthi i-oda lakho selifike kuphi",
  technician: "Uchwepheshe uza ekhaya lakho",
  technicianText: "Uletha konke okudingekayo bese ekusetha nawe.",
  technicianTextDays:
    "Uletha konke okudingekayo bese ekusetha nawe. Amakhaya amaningi axhunywa zingakapheli {days, plural, one {izinsuku ezingu-#} other {izinsuku ezingu-#}} kufakwe i-oda.",
  online: "Usuxhunyiwe",
  onlineText:
    "Kusukela ngosuku isevisi yakho eqala ngalo ukusebenza, ukhokha ngosuku enyangeni yokuqala.",
  orderOnline: "U-oda ku-inthanethi",
  orderOnlineText:
    "Kuthatha imizuzu embalwa, futhi awukhokhi lutho namuhla. Siyakushayela ukuze sivumelane ngosuku olukulungele.",
  weCall: "Siyakushayela ucingo",
  weCallText: "Enombolweni ese-odeni lakho, ukuze sivumelane ngosuku olukulungele.",
};
