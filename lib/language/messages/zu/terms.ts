// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const terms: Translation<"terms"> = {
  title: "Imibandela yokumema",
  versionTitle: "Imibandela yokumema, inguqulo {version}",
  description: "Imithetho yohlelo lokumema luka-{brand}, ngamagama alula.",
  inForce: "Imibandela esebenzayo",
  current:
    "Indlela ukumema abangani kwa-{brand} okusebenza ngayo, ngamagama alula. Lena imibandela esebenzayo namuhla: inguqulo {version}.",
  currentSince:
    "Indlela ukumema abangani kwa-{brand} okusebenza ngayo, ngamagama alula. Lena imibandela esebenzayo namuhla: inguqulo {version}, kusukela ngo-<from></from>.",
  earlier: "Inguqulo {version}, yangaphambili. Isebenza kubangani aba-odile ngaleso sikhathi.",
  earlierFromTo:
    "Inguqulo {version}, yangaphambili: ibisebenza kusukela ngo-<from></from> kuya ku-<until></until>. Isebenza kubangani aba-odile ngaleso sikhathi.",
  allVersions: "Zonke izinguqulo",
  allVersionsText:
    "Umngane ugcina inguqulo ebisebenza ngesikhathi e-oda. Ideshibhodi yakho iyisho kumngane ngamunye.",
  version: "Inguqulo {version}",
  inForceSince: "isebenza kusukela ngo-<from></from>",
  from: "kusukela ngo-<from></from>",
  unclear: "Kukhona okungacacile? Bhalela u-<email></email>.",
  rules: {
    paused: "Uhlelo lumisiwe",
    pausedText:
      "Ukumema okusha akubhalwa okwamanje. Osukuzuzile kuhlala kungokwakho, futhi sizosho lapha uma uhlelo luqhubeka.",
    who: "Ubani ongabamba iqhaza",
    whoText:
      "Ikhasimende ngalinye lika-{brand} linekhodi yokumema nelinki yalo. Ungamema abangani ngenkathi isevisi yakho isebenza futhi i-akhawunti yakho ingenayo i-invoyisi esidlulelwe yisikhathi.",
    earn: "Okuzuzayo",
    earnText:
      "{friends, plural, one {Ngomngane ngamunye obaliwe} other {Ngabangani abangu-{friends} ababaliwe}}, uzuza inyanga eyodwa yamahhala. Umngane ngamunye ubalelwa inyanga eyodwa yamahhala kuphela. Ngenkathi une-invoyisi esidlulelwe yisikhathi, inyanga yamahhala oyizuzile ilinda ize ikhokhwe.",
    counts: "Umngane ubalwa nini",
    countsText:
      "Umngane ubalwa uma isevisi yakhe entsha isisebenze {days, plural, one {izinsuku ezingu-#} other {izinsuku ezingu-#}}{invoices, plural, =0 {} one { futhi i-invoyisi yakhe yokuqala isikhokhwe ngokugcwele} other { futhi ama-invoyisi akhe okuqala angu-{invoices} esekhokhwe ngokugcwele}}. Ngenkathi isevisi imisiwe, izinsuku azibalwa. Ukumiswa okungaphezu {grace, plural, one {kwezinsuku ezingu-#} other {kwezinsuku ezingu-#}}, noma ukukhanselwa ngaphambi kokuba umngane abalwe, kuqeda ukumema.",
    linked: "Indlela umngane wakho axhunyaniswa ngayo nawe",
    linkedText:
      "Umngane wakho u-oda ngelinki yakho noma athayiphe ikhodi yakho. Ilinki ikhunjulwa {days, plural, one {izinsuku ezingu-#} other {izinsuku ezingu-#}} kusiphequluli esifanayo. Uma umngane wakho evula izimemo ezimbalwa, kusetshenziswa esokugcina esivumelekile ngaphambi kwe-oda.",
    installation: "Uma ukufakwa kuthatha isikhathi eside",
    installationText:
      "I-oda elinesevisi engasebenzi zingakapheli {days, plural, one {izinsuku ezingu-#} other {izinsuku ezingu-#}} alisabalwa njengokumema. I-oda lomngane wakho lona alithinteki. Uma ukufakwa kuphela okubambezelekile, singakunika isikhathi esengeziwe: sicela usibhalele.",
    worth: "Inani lenyanga yamahhala",
    worthDiscount:
      "Inyanga yamahhala isusa intengo yenyanga egcwele, kufakwe i-VAT, ku-invoyisi eyodwa, ngentengo yosuku i-invoyisi ekhishwa ngalo.{capped, select, yes { Inyanga eyodwa yamahhala inani layo lifika ku-{cap}.} other {}} Uma kunamasevisi amaningana, iya kuleyo enyanga yayo ephelele ibiza kakhulu.",
    worthCredit:
      "Inyanga yamahhala ikhokhela intengo yenyanga egcwele, kufakwe i-VAT, ye-invoyisi eyodwa njengekhredithi, ngentengo yosuku i-invoyisi ekhishwa ngalo. I-invoyisi isakhombisa intengo ne-VAT yayo.{capped, select, yes { Inyanga eyodwa yamahhala inani layo lifika ku-{cap}.} other {}} Uma kunamasevisi amaningana, iya kuleyo enyanga yayo ephelele ibiza kakhulu.",
    used: "Isetshenziswa nini",
    usedText:
      "Inyanga yamahhala izisebenzisa yona, ku-invoyisi yenyanga yakho ephelele elandelayo. Ingxenye yenyanga ayiyithathi, ngaphandle uma ibizophelelwa yisikhathi ngaphambi kwenyanga yakho ephelele elandelayo. Uma isevisi ebiza kakhulu yenyanga isivele ine-invoyisi yayo, ilinda inyanga elandelayo. Ungaqoqa eziningana; eyodwa isetshenziswa ngenyanga yokukhokhisa, futhi ephelelwa kuqala iqala.",
    lasts: "Ihlala isikhathi esingakanani",
    lastsText:
      "Inyanga yamahhala engasetshenzisiwe iphelelwa yisikhathi ngemva {months, plural, one {kwezinyanga ezingu-#} other {kwezinyanga ezingu-#}} uyizuzile, ekupheleni kwalolo suku. Sikukhumbuza kusasele izinsuku ezingu-30.",
    limit: "Bangaki abangani ongabamema",
    limitText:
      "Kufika {friends, plural, one {kubangani abangu-#} other {kubangani abangu-#}} ngenyanga yekhalenda. Lowo okumenywa kwakhe kuphela engabalwanga ubuyisa indawo. Inyanga elandelayo iqala kabusha.",
    excluded: "Okungabalwa",
    excludedText:
      "Awukwazi ukuzimema wena noma umuntu oseyikhasimende kakade, futhi umuntu angamenywa yikhasimende elilodwa ngesikhathi. Umuntu o-oda lakhe likhanselwe ngaphambi kokuba kusebenze noma iyiphi isevisi angamenywa futhi. Okunye ukumema kubhekwa ngumuntu ngaphambi kokuba kuzuze umklomelo; akukho okwenqatshwa ngokuzenzakalelayo ngalokho, futhi ikheli le-inthanethi okwabelwana ngalo aliyona imbangela yokwenqaba.",
    changes: "Esingakushintsha",
    changesText:
      "Imibandela ebisebenza ngesikhathi umngane wakho e-oda iyaqhubeka ukusebenza kulowo mngane. Inyanga yamahhala oyizuzile ithathwa kuphela ngaphambi kokuba isetshenziswe, ngesizathu, futhi siyakubhalela. Ayikwazi ukukhokhwa ngemali noma ukudluliselwa komunye.",
    privacy: "Ubumfihlo bakho nobabangani bakho",
    privacyText:
      "Ubona igama lomngane wakho nohlamvu lokuqala lwesibongo, ikheli le-imeyili elifihliwe nokuthi usefike kuphi. Asilokothi sibhalele abangani egameni lakho: wena uyabelana ngelinki.",
  },
};
