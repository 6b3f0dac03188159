// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const refer: Translation<"refer"> = {
  title: "Mema abangani",
  description:
    "Indlela amakhasimende akwa-{brand} azuza ngayo izinyanga zamahhala ngokumema abangani.",
  pausedTitle: "Uhlelo lokumema lumisiwe",
  paused: "Ukumema okusha akubhalwa okwamanje. Osukuzuzile kuhlala kungokwakho.",
  shareLink: "Yabelana ngelinki yakho",
  signInForLink: "Ngena ukuze uthole ilinki yakho",
  howReferringWorks: "Ukumema kusebenza kanjani",
  heading: "I-inthanethi enhle iba ngcono nabangani",
  intro:
    "{brand} ixhuma ikhaya lakho. Mema abantu obaziyo, bese {friends, plural, one {ngomngane ngamunye ohlala exhunyiwe} other {ngabangani abangu-{friends} abahlala bexhunyiwe}}, inyanga yakho eyodwa iba mahhala.",
  steps: {
    share: "Yabelana ngekhodi yakho",
    shareText:
      "Ikhasimende ngalinye linekhodi nelinki yalo. Yithumele ngendlela oyithandayo, noma ukhombise ikhodi ye-QR uma nihlangana.",
    connected: "Umngane wakho uyaxhunywa",
    connectedText:
      "Umngane u-oda ngekhodi yakho, ngentengo efanayo. Uma isevisi yakhe isiqalile, {days, plural, one {izinsuku ezingu-#} other {izinsuku ezingu-#}} ziqala ukubalwa. Uyabona ukuthi usefike kuphi.",
    free: "Inyanga yakho imahhala",
    freeText:
      "Uma {friends, plural, one {umngane oyedwa esebaliwe} other {abangani abangu-{friends} sebebaliwe}}, uzuza inyanga yamahhala. Iyazisusela ku-invoyisi yenyanga yakho ephelele elandelayo; akukho okufanele ukufake isicelo ngakho.",
  },
  allRules: "Yonke imithetho, ngamagama alula: <terms>imibandela yokumema</terms>",
  diagram: {
    friends: "{friends, plural, one {umngane oyedwa} other {abangani abangu-{friends}}}",
    counts: "Umngane obaliwe",
    invoice: "I-invoyisi yakho elandelayo",
    reward: "Umklomelo wokumema: inyanga yamahhala",
    due: "Imali okufanele ikhokhwe",
    oneMonthFree: "Inyanga eyodwa yamahhala",
    example:
      "Isibonelo: {friends, plural, one {umngane oyedwa} other {abangani abangu-{friends}}}, inyanga eyodwa yamahhala.",
    plain:
      "{friends, plural, one {umngane oyedwa} other {abangani abangu-{friends}}}, inyanga eyodwa yamahhala.",
  },
  faq: {
    counts: "Umngane ubalwa nini?",
    countsAnswer:
      "Uma isevisi yakhe isisebenze {days, plural, one {izinsuku ezingu-#} other {izinsuku ezingu-#}}{invoices, plural, =0 {} one { futhi i-invoyisi yakhe yokuqala isikhokhiwe} other { futhi ama-invoyisi akhe okuqala angu-{invoices} esekhokhiwe}}. Ngenkathi imisiwe izinsuku azibalwa. Ideshibhodi yakho ikhombisa ukuthi umngane ngamunye usefike kuphi, nokuthi kungani omunye engabalwa.",
    arrives: "Inyanga yami yamahhala ifika nini?",
    arrivesAnswer:
      "Uma nje {friends, plural, one {umngane oyedwa esebaliwe} other {abangani abangu-{friends} sebebaliwe}}, ugcinelwa yona futhi isuswa ku-invoyisi yenyanga yakho ephelele elandelayo. Ideshibhodi yakho ikhombisa leyo invoyisi ngaphambi kokuba ikhishwe.{capped, select, yes { Inani layo lifika ku-{cap}.} other {}}",
    more: "Ngingazuza engaphezu kweyodwa?",
    moreAnswer:
      "Yebo. Izinyanga zamahhala ziyahlangana, futhi eyodwa isetshenziswa nge-invoyisi yenyanga. Uma unamasevisi amaningana, ikhokhela lelo elibiza kakhulu.",
    expire: "Ingabe izinyanga zamahhala ziyaphelelwa yisikhathi?",
    expireAnswer:
      "Ezingasetshenziswanga ziyaphelelwa, ngemva {months, plural, one {kwenyanga eyodwa} other {kwezinyanga ezingu-{months}}}. Sikubhalela kusasele izinsuku ezingu-30.",
    privacy: "Ingabe abanye abantu bangabona ukuthi obani abangani bami?",
    privacyAnswer:
      "Cha. Ubona abangani bakho ngegama nohlamvu lokuqala lwesibongo, bona babona igama lakho uma bevula ilinki yakho.",
    price: "Ingabe umngane ukhokha kakhulu ngekhodi?",
    priceAnswer: "Cha. Intengo iyefana nekhodi noma ngaphandle kwayo, futhi ikhodi ayiphoqelekile.",
  },
};
