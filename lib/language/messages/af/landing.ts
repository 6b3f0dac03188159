// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const landing: Translation<"landing"> = {
  title: "{brand}: tuisinternet",
  description:
    "Tuisinternet van {brand}: pakkette met hul pryse, in ’n paar minute bestel en deur ’n tegnikus geïnstalleer.",
  heading: "Tuisinternet van {brand}",
  intro:
    "Kies ’n pakket en bestel dit in ’n paar minute. ’n Tegnikus koppel jou huis, en jy betaal van die dag af waarop dit werk.",
  seePackages: "Sien die pakkette",
  whatNext: "Wat volgende gebeur",
  facts: {
    from: "Vanaf",
    fromNote: "per maand, BTW ingesluit",
    upTo: "Tot",
    upToNote: "aflaai",
    today: "Vandag",
    todayNote: "te betaal wanneer jy bestel",
  },
  questions: "Vrae wat mense vra",
  packages: {
    title: "Pakkette",
    description: "Tuisinternetpakkette van {brand}, met pryse per maand, BTW ingesluit.",
    heading: "Kies jou pakket",
    intro:
      "Pryse is per maand en sluit BTW in. Jy betaal van die dag af waarop jou diens aktief is.",
    introByDay: "Pryse is per maand en sluit BTW in. Jou eerste maand word per dag gehef.",
    introDayOn:
      "Pryse is per maand en sluit BTW in. Jou eerste maand word per dag gehef, van die dag af waarop jou diens aan is.",
    invitation: "Die uitnodiging van <name></name> gaan saam met jou bestelling. {samePrice}",
    none: "Daar is op die oomblik geen pakket te koop nie",
    noneText: "Skryf asseblief aan <email></email>, en ons sal jou help.",
    earn: "Sodra jy gekoppel is, verdien jy ’n gratis maand vir {friends, plural, one {elke vriend} other {elke {words} vriende}} wat jy nooi. <refer>Hoe verwysing werk</refer>",
    compare: "Vergelyk alle pakkette",
    speeds: "{down} Mbps af, {up} Mbps op",
    speed: "{mbps} Mbps",
    aMonth: "per maand",
    download: "Aflaai",
    upload: "Oplaai",
    order: "Bestel<name></name>",
  },
  invited: {
    title: "{name} nooi jou na {brand}",
    heading: "<name></name> nooi jou na {brand}",
    description: "Tuisinternet van {brand}. {samePrice}",
    intro:
      "<name></name> kry tuisinternet van ons af, en het aan jou gedink. Kies hieronder ’n pakket; die uitnodiging gaan saam met jou bestelling.",
    means: "Wat dit vir jou beteken",
    samePrice: "Dieselfde prys",
    nothingToday: "Niks om vandag te betaal nie",
    nothingTodayText: "Jy betaal van die dag af waarop jou diens aktief is.",
    dayText: "Ons bel jou om ’n dag af te spreek wat jou pas.",
    daysText:
      "Op ’n dag wat jou pas. Die meeste huise word binne {days, plural, one {# dag} other {# dae}} ná die bestelling gekoppel.",
  },
  banner: {
    label: "Uitnodiging",
    own: "Dit is jou eie uitnodigingskakel.",
    ownText: "Dit is vir die mense wat jy nooi.",
    seeJoined: "Kyk wie aangesluit het",
    customer:
      "Jy is reeds ’n kliënt, daarom geld die uitnodiging van <name></name> nie vir jou nie.",
    inviteYourself: "Nooi self vriende",
    invitedBy: "Genooi deur <name></name>",
  },
  faq: {
    pay: "Wanneer betaal ek?",
    payAnswer:
      "Niks wanneer jy bestel nie. Jou eerste faktuur dek die dae van die dag af waarop jou diens aktief is tot die einde van daardie maand. Daarna kry jy een faktuur per maand.",
    day: "Wie spreek die dag van die installasie af?",
    dayAnswer: "Ons bel jou op die nommer in jou bestelling. Jy kies ’n dag waarop iemand tuis is.",
    friend: "’n Vriend van my is ’n kliënt. Wat doen ek?",
    friendAnswer:
      "Maak hul skakel oop voordat jy bestel, of tik hul kode in die bestelvorm in. Dit is opsioneel, en die prys is dieselfde.",
    more: "Betaal ek meer omdat {name} my genooi het?",
    moreAnswer: "Nee. {samePrice}",
    sees: "Wat sien {name} van my?",
    seesAnswer:
      "Sodra jy bestel het: {sees}. Jou adres, telefoonnommer en fakture word aan niemand gewys nie.",
    haveTo: "Moet ek vandag bestel?",
    haveToAnswer:
      "Nee. Hierdie blaaier onthou die uitnodiging vir {days, plural, one {# dag} other {# dae}}. Jy kan ook later die kode in die bestelvorm intik, of daarsonder bestel.",
  },
  account: "Jou rekening by {brand}.",
};
