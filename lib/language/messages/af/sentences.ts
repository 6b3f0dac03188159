// Draft: a native reader has not reviewed these texts yet.
import type { Translation } from "../en";

export const sentences: Translation<"sentences"> = {
  passwordLeaked:
    "Hierdie wagwoord is in ’n openbare lys van uitgelekte wagwoorde. Kies ’n ander een.",
  passwordTooShort: "Kies ’n langer wagwoord.",
  passwordTooPlain: "Meng klein- en hoofletters, syfers en tekens in jou wagwoord.",
  passwordTooWeak: "Kies ’n langer of minder algemene wagwoord.",
  passwordTooLong:
    "Hierdie wagwoord is te lank. Dit mag 72 letters hê, en minder wanneer sommige aksente het.",
  mailsTooOften:
    "Ons kan nog nie nog ’n e-pos vir jou stuur nie. Wag asseblief ’n paar minute en probeer weer.",
  sessionEnded: "Jou sessie het geëindig. Teken asseblief weer aan.",
  mailNotSent:
    "Ons kon nie nou vir jou ’n e-pos stuur nie. Probeer asseblief oor ’n paar minute weer.",
  mailSignInClosed:
    "Niemand kan op die oomblik per e-pos registreer of aanteken nie. Skryf asseblief vir ons.",
  passwordUnchanged: "Kies ’n wagwoord wat van jou huidige een verskil.",
  emailUnusable:
    "Ons kan nie hierdie e-posadres gebruik nie. Gaan dit na, of gebruik ’n ander een.",
  emailUnreachable:
    "Ons kan nie e-pos na hierdie adres stuur nie. Gebruik ’n ander een, of skryf vir ons.",
  emailForm: "Tik ’n e-posadres soos naam@example.com in.",
  wrongSignIn: "Die e-posadres of die wagwoord is nie reg nie.",
  wrongCode: "Hierdie kode is nie reg nie. Tik die een in wat die toep nou wys.",
  codeTooLate: "Dit het te lank geneem. Tik die kode in wat die toep nou wys.",
  tooManyApps: "Hierdie rekening het soveel verifikasietoeps as wat dit mag hê. Verwyder eers een.",
  appNameTaken: "Jy het reeds ’n verifikasietoep met hierdie naam.",
  accountBlocked: "Hierdie rekening is geblokkeer. Skryf asseblief vir ons.",
  signInOnceMore: "Teken asseblief nog een keer aan, en verander dit dan.",
  wrongPresentPassword: "Jou huidige wagwoord is nie reg nie.",
  passwordUnset: "Kies eers ’n nuwe wagwoord: volg “Jou wagwoord vergeet?”.",
  enterPresentPassword: "Tik die wagwoord in wat jy nou het.",
  wrongPassword: "Hierdie wagwoord is nie reg nie.",
  accountHasOtherPassword:
    "Daar is ’n rekening met hierdie e-posadres, met ’n ander wagwoord. Teken eers aan, of gebruik jou wagwoord hier.",
  enterEmail: "Tik jou e-posadres in.",
  emailTooLong: "Hierdie adres is te lank.",
  enterPassword: "Tik jou wagwoord in.",
  passwordLong: "Hierdie wagwoord is te lank.",
  invalidId: "Hierdie is nie ’n geldige id nie.",
  enterAppCode: "Tik die kode in.",
  sixDigits: "Tik die ses syfers in wat die toep wys.",
  unusableCharacter: "Dit bevat ’n karakter wat nie gebruik kan word nie.",
  nameDigits: "’n Naam het geen syfers nie.",
  nameCharacters: "Gebruik slegs letters, spasies, koppeltekens en afkappingstekens.",
  nameLetter: "’n Naam moet ten minste een letter hê.",
  nameOnly: "Tik slegs ’n naam in.",
  keepWithin: "Hou dit binne {max} karakters.",
  enterFirstName: "Tik die voornaam in.",
  enterLastName: "Tik die van in.",
  enterYourFirstName: "Tik jou voornaam in.",
  enterYourLastName: "Tik jou van in.",
  enterStreet: "Tik die straat en nommer in.",
  enterCity: "Tik die stad of dorp in.",
  enterPostalCode: "Tik die poskode in.",
  postalCodeForm: "’n Poskode het 4 syfers, soos 8001.",
  enterPhone: "Tik jou telefoonnommer in.",
  phoneTooLong: "Hierdie nommer is te lank.",
  phoneForm: "Tik ’n telefoonnommer soos 082 123 4567 in.",
  choosePassword: "Kies ’n wagwoord.",
  passwordLength: "Kies ’n wagwoord van ten minste 8 karakters.",
  passwordBytes: "Hou die wagwoord binne 72 karakters. Een met ’n aksent tel twee keer.",
  passwordNamesYou: "Hierdie wagwoord bevat jou naam of jou e-posadres. Kies ’n ander een.",
  passwordCommon:
    "Hierdie wagwoord is op ’n lys van algemene wagwoorde, of is naby aan een. Kies ’n ander een, byvoorbeeld ’n paar onverwante woorde.",
  passwordRepeats:
    "Hierdie wagwoord herhaal of tel op. Kies ’n ander een, byvoorbeeld ’n paar onverwante woorde.",
  passwordKeys:
    "Hierdie wagwoord is ’n ry sleutels. Kies ’n ander een, byvoorbeeld ’n paar onverwante woorde.",
  passwordGuessable:
    "Hierdie wagwoord is maklik om te raai. Kies ’n ander een, byvoorbeeld ’n paar onverwante woorde.",
  packageNotOnSale: "Hierdie pakket is nie te koop nie. Kies ’n ander een.",
  choosePackage: "Kies ’n pakket.",
  noSuchPackage: "Hierdie pakket bestaan nie.",
  enterInvitersCode: "Tik die kode in van die persoon wat jou genooi het.",
  orderReceivedBefore:
    "Ons het reeds ’n bestelling met jou vroeëre besonderhede ontvang. Teken aan om dit te sien, of druk die knoppie weer om nog een te plaas.",
  tooDeep: "Die versoek is te diep genes.",
  unstorable: "Dit bevat ’n karakter wat nie gestoor kan word nie.",
  missing: "Dit ontbreek.",
  tooLarge: "Dit is te lank of te groot.",
  tooSmall: "Dit is te kort of te klein.",
  notValid: "Dit is nie geldig nie.",
  inBrowserOnly: "Dit kan slegs in die blaaier gedoen word. Teken asseblief daar aan.",
  enterWhyCounts: "Skryf hoekom jy dink dat hierdie vriend tel.",
  enterName: "Tik ’n naam in.",
  someSuburbs: "Ons kan sommige voorstede met hierdie poskode koppel. Kies joune: {suburbs}",
};
