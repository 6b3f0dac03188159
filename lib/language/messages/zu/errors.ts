// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const errors: Translation<"errors"> = {
  invalid_request: "Sicela uhlole lokho okufakile bese uzama futhi.",
  unauthenticated: "Sicela ungene ukuze uqhubeke.",
  forbidden: "I-akhawunti yakho ayivunyelwe ukwenza lokhu.",
  email_unconfirmed:
    "Sicela uqale uqinisekise ikheli lakho le-imeyili. Vula ilinki ese-imeyilini esikuthumelele yona.",
  sign_up_closed:
    "Ama-akhawunti amasha awakwazi ukwenziwa okwamanje. Sicela uzame futhi kamuva noma usibhalele.",
  captcha_failed: "Sicela uqedele ukuhlola ukuthi ungumuntu, bese uzama futhi.",
  link_expired: "Le linki isivele yasetshenziswa noma indala kakhulu. Sicela ucele entsha.",
  password_needed: "Sicela ufake iphasiwedi yakho futhi ukuze wenze lokhu.",
  second_factor_needed:
    "Sicela uqale ufake ikhodi ye-app yakho yokuqinisekisa, noma usethe eyodwa ngaphansi kokuthi “Ukungena nephasiwedi”.",
  cross_site: "Lesi sicelo sivele kwenye isayithi, ngakho asenziwanga.",
  not_found: "Asikwazanga ukuthola obukufuna.",
  method_not_allowed: "Leli kheli aliyamukeli leyo ndlela.",
  self_referral: "Izinhlangothi zombili zalokhu kumema zingumuntu oyedwa.",
  duplicate_referral:
    "Lo muntu ubeyikhasimende ngaphambilini, noma usevele ungumngane womunye umuntu.",
  referrer_not_eligible:
    "Omemile ubengenayo isevisi esebenzayo, noma ubene-invoyisi esidlulelwe yisikhathi, ngesikhathi kufakwa i-oda.",
  referral_limit_reached: "Omemile ubengasenayo indawo enyangeni ye-oda.",
  referral_code_unknown: "Le khodi ayikwazi ukusetshenziswa. Sicela uyihlole.",
  order_not_referable: "Ayikho i-oda noma isevisi elindile noma esebenzayo.",
  activation_window_over: "Isikhathi lapho lokhu kungenzeka khona sesidlulile.",
  claim_not_possible:
    "Ungasho kanye ukuthi ubani okumemile, emavikini okuqala ngemva kwe-oda lakho.",
  survey_answered: "Usukuphendulile lokhu ngaphambilini. Siyabonga.",
  claim_answered: "Usukuphendulile lokhu.",
  claim_decided: "Omunye umuntu usenqumile ngalokhu.",
  appeal_not_possible: "Ungabuza kanye ngomngane ongabaliwe, kungakapheli izinsuku ezingu-30.",
  idempotency_key_reused: "Lo khiye wesicelo usuke wasetshenziselwa esinye isicelo.",
  email_taken:
    "Isivele ikhona i-akhawunti enaleli kheli le-imeyili. Sicela ungene esikhundleni salokho.",
  assessment_stale: "Omunye umuntu usanda kwenza i-oda ngekhodi efanayo. Sicela uzame futhi.",
  program_paused: "Uhlelo lokumema lumisiwe okwamanje.",
  second_factor_unavailable:
    "Iseva yokungena yalolu hlelo ayinaso isigaba sesibili sokuqinisekisa.",
  payload_too_large: "Isicelo sikhulu kakhulu.",
  unsupported_media_type: "Sicela uthumele isicelo njenge-JSON.",
  rate_limited: "Lezo bekuyizicelo eziningi. Sicela ulinde isikhashana bese uzama futhi.",
  internal: "Kukhona okungahambanga kahle ngakithi. Sicela uzame futhi.",
  timed_out:
    "Lokhu kuthathe isikhathi eside futhi kumisiwe. Akukho okushintshiwe. Sicela uzame futhi.",
  unavailable: "Isevisi ayitholakali njengamanje. Sicela uzame futhi emva komzuzu.",
};
