// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const landing: Translation<"landing"> = {
  title: "{brand}: i-inthanethi yasekhaya",
  description:
    "I-inthanethi yasekhaya evela kwa-{brand}: amaphakheji anentengo yawo, a-odwa ngemizuzu embalwa futhi afakwe uchwepheshe.",
  heading: "I-inthanethi yasekhaya evela kwa-{brand}",
  intro:
    "Khetha iphakheji bese uyi-oda ngemizuzu embalwa. Uchwepheshe uxhuma ikhaya lakho, bese ukhokha kusukela ngosuku esebenza ngalo.",
  seePackages: "Bona amaphakheji",
  whatNext: "Okwenzeka ngokulandelayo",
  facts: {
    from: "Kusuka ku-",
    fromNote: "ngenyanga, kufakwe i-VAT",
    upTo: "Kufika ku-",
    upToNote: "ukudawuniloda",
    today: "Namuhla",
    todayNote: "okukhokhwayo uma u-oda",
  },
  questions: "Imibuzo abantu abayibuzayo",
  packages: {
    title: "Amaphakheji",
    description:
      "Amaphakheji e-inthanethi yasekhaya avela kwa-{brand}, anamanani ngenyanga kufakwe i-VAT.",
    heading: "Khetha iphakheji yakho",
    intro:
      "Amanani angawenyanga futhi afaka i-VAT. Ukhokha kusukela ngosuku isevisi yakho eqala ngalo ukusebenza.",
    introByDay:
      "Amanani angawenyanga futhi afaka i-VAT. Inyanga yakho yokuqala ikhokhiswa ngosuku.",
    introDayOn:
      "Amanani angawenyanga futhi afaka i-VAT. Inyanga yakho yokuqala ikhokhiswa ngosuku, kusukela ngosuku isevisi yakho evulwa ngalo.",
    invitation: "Isimemo sika-<name></name> sihamba ne-oda lakho. {samePrice}",
    none: "Ayikho iphakheji ethengiswayo okwamanje",
    noneText: "Sicela ubhalele u-<email></email>, sizokusiza.",
    earn: "Uma usuxhunyiwe, uthola inyanga yamahhala {friends, plural, one {ngomngane ngamunye omemayo} other {ngabangani abangu-{friends} obamemayo}}. <refer>Ukumema kusebenza kanjani</refer>",
    compare: "Qhathanisa wonke amaphakheji",
    speeds: "{down} Mbps phansi, {up} Mbps phezulu",
    speed: "{mbps} Mbps",
    aMonth: "ngenyanga",
    download: "Ukudawuniloda",
    upload: "Ukulayisha",
    order: "Oda<name></name>",
  },
  invited: {
    title: "{name} ukumemela kwa-{brand}",
    heading: "<name></name> ukumemela kwa-{brand}",
    description: "I-inthanethi yasekhaya evela kwa-{brand}. {samePrice}",
    intro:
      "<name></name> uthola i-inthanethi yasekhaya kithi, futhi ucabange ngawe. Khetha iphakheji ngezansi; isimemo sihamba ne-oda lakho.",
    means: "Kusho ukuthini kuwe",
    samePrice: "Intengo efanayo",
    nothingToday: "Akukho okukhokhwayo namuhla",
    nothingTodayText: "Ukhokha kusukela ngosuku isevisi yakho eqala ngalo ukusebenza.",
    dayText: "Siyakushayela ukuze sivumelane ngosuku olukulungele.",
    daysText:
      "Ngosuku olukulungele. Amakhaya amaningi axhunywa zingakapheli {days, plural, one {izinsuku ezingu-#} other {izinsuku ezingu-#}} kufakwe i-oda.",
  },
  banner: {
    label: "Isimemo",
    own: "Lena ilinki yakho yesimemo.",
    ownText: "Ingeyabantu obamemayo.",
    seeJoined: "Bona abajoyinile",
    customer: "Usuyikhasimende kakade, ngakho isimemo sika-<name></name> asisebenzi kuwe.",
    inviteYourself: "Mema abangani wena",
    invitedBy: "Umenywe ngu-<name></name>",
  },
  faq: {
    pay: "Ngikhokha nini?",
    payAnswer:
      "Awukhokhi lutho uma u-oda. I-invoyisi yakho yokuqala ihlanganisa izinsuku kusukela ngosuku isevisi yakho eqala ngalo ukusebenza kuze kuphele leyo nyanga. Ngemva kwalokho uthola i-invoyisi eyodwa ngenyanga.",
    day: "Ubani ovumelana ngosuku lokufakwa?",
    dayAnswer:
      "Siyakushayela enombolweni ese-odeni lakho. Ukhetha usuku okukhona ngalo umuntu ekhaya.",
    friend: "Umngane wami uyikhasimende. Ngenzenjani?",
    friendAnswer:
      "Vula ilinki yakhe ngaphambi kokuba u-ode, noma uthayiphe ikhodi yakhe efomini le-oda. Akuphoqelekile, futhi intengo iyefana.",
    more: "Ingabe ngikhokha kakhulu ngoba u-{name} ungimemile?",
    moreAnswer: "Cha. {samePrice}",
    sees: "Yini u-{name} ayibonayo ngami?",
    seesAnswer:
      "Uma usu-odile: {sees}. Ikheli lakho, inombolo yocingo nama-invoyisi akuboniswa muntu.",
    haveTo: "Ingabe kufanele ngi-ode namuhla?",
    haveToAnswer:
      "Cha. Lesi siphequluli sikhumbula isimemo {days, plural, one {izinsuku ezingu-#} other {izinsuku ezingu-#}}. Ungathayipha nekhodi efomini le-oda kamuva, noma u-ode ngaphandle kwayo.",
  },
  account: "I-akhawunti yakho kwa-{brand}.",
};
