// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const errors: Translation<"errors"> = {
  invalid_request: "Gaan asseblief na wat jy ingevul het en probeer weer.",
  unauthenticated: "Teken asseblief aan om voort te gaan.",
  forbidden: "Jou rekening mag dit nie doen nie.",
  email_unconfirmed:
    "Bevestig asseblief eers jou e-posadres. Maak die skakel oop in die e-pos wat ons vir jou gestuur het.",
  sign_up_closed:
    "Nuwe rekeninge kan nie op die oomblik gemaak word nie. Probeer asseblief later weer of skryf vir ons.",
  captcha_failed: "Voltooi asseblief die kontrole dat jy ’n mens is, en probeer dan weer.",
  link_expired: "Hierdie skakel is reeds gebruik of is te oud. Vra asseblief vir ’n nuwe een.",
  password_needed: "Tik asseblief jou wagwoord nog een keer in om dit te doen.",
  second_factor_needed:
    "Tik asseblief eers die kode van jou verifikasietoep in, of stel een op onder “Aanteken en wagwoord”.",
  cross_site: "Hierdie versoek het van ’n ander webwerf gekom, daarom is dit nie uitgevoer nie.",
  not_found: "Ons kon nie vind waarna jy gesoek het nie.",
  method_not_allowed: "Hierdie adres aanvaar nie daardie metode nie.",
  self_referral: "Albei kante van hierdie verwysing is een persoon.",
  duplicate_referral: "Hierdie persoon was voorheen ’n kliënt, of is reeds iemand se vriend.",
  referrer_not_eligible:
    "Die verwyser het geen aktiewe diens gehad nie, of ’n agterstallige faktuur, toe die bestelling geplaas is.",
  referral_limit_reached:
    "Die verwyser het geen plek oorgehad in die maand van die bestelling nie.",
  referral_code_unknown: "Hierdie kode kan nie gebruik word nie. Gaan dit asseblief na.",
  order_not_referable: "Daar is geen bestelling of diens wat hangend of aktief is nie.",
  activation_window_over: "Die tyd waarin dit moontlik is, is verby.",
  claim_not_possible:
    "Jy kan een keer sê wie jou genooi het, in die eerste weke ná jou bestelling.",
  survey_answered: "Jy het dit voorheen beantwoord. Dankie.",
  claim_answered: "Jy het dit reeds beantwoord.",
  claim_decided: "Iemand het reeds hieroor besluit.",
  appeal_not_possible: "Jy kan een keer oor ’n vriend vra wat nie tel nie, binne 30 dae.",
  idempotency_key_reused: "Hierdie versoeksleutel is reeds vir ’n ander versoek gebruik.",
  email_taken: "Daar is reeds ’n rekening met hierdie e-posadres. Teken asseblief eerder aan.",
  assessment_stale: "Iemand anders het pas met dieselfde kode bestel. Probeer asseblief weer.",
  program_paused: "Die verwysingsprogram is op die oomblik onderbreek.",
  second_factor_unavailable:
    "Die aantekenbediener van hierdie installasie bied geen tweede faktor nie.",
  payload_too_large: "Die versoek is te groot.",
  unsupported_media_type: "Stuur asseblief die versoek as JSON.",
  rate_limited: "Dit was baie versoeke. Wag asseblief ’n oomblik en probeer weer.",
  internal: "Iets het aan ons kant verkeerd gegaan. Probeer asseblief weer.",
  timed_out: "Dit het te lank geneem en is gestop. Niks is verander nie. Probeer asseblief weer.",
  unavailable: "Die diens is nie nou beskikbaar nie. Probeer asseblief oor ’n minuut weer.",
};
