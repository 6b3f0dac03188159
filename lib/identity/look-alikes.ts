/**
 * Letters of other scripts that look like a Latin letter, and Latin letters that no Unicode
 * decomposition resolves. Source: the confusables of Unicode Technical Standard 39, reduced to
 * lower-case Cyrillic, Greek, Armenian and Latin letters that fonts draw alike.
 */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: "аαɑ",
    b: "ьв",
    c: "сϲ",
    d: "ԁđɗ",
    e: "еєҽε",
    f: "ƒ",
    g: "ɡց",
    h: "һн",
    i: "іιıɩӏ",
    j: "јϳ",
    k: "кκ",
    l: "łǀ",
    m: "мμ",
    n: "ոηп",
    o: "оοօσø",
    p: "рρ",
    q: "ԛզ",
    r: "гɾ",
    s: "ѕꜱ",
    t: "тτ",
    u: "υսʋ",
    v: "ѵν",
    w: "ԝωѡ",
    x: "хχ",
    y: "уүγ",
    z: "ᴢζ",
    ss: "ß",
    ae: "æ",
    oe: "œ",
    th: "þ",
  }).flatMap(([latin, others]) => [...others].map((other): [string, string] => [other, latin])),
);

/** Format characters, and the letters and marks that fonts draw as nothing. */
const INVISIBLE = /[\p{Cf}\u115f\u1160\u3164\uffa0\u2800]/gu;

/** The value of a decimal digit of any script: the ten digits of a script stand in one row. */
function digitValue(digit: string): string {
  const point = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(point - value - 1))) value += 1;
  return String(value);
}

/** Drops characters that nobody sees: joiners, direction marks, soft hyphens, blank letters. */
export const dropInvisible = (text: string): string => text.replace(INVISIBLE, "");

/** Decimal digits of every script as 0 to 9. */
export const latinDigits = (text: string): string =>
  text.replace(/[^\p{ASCII}]/gu, (c) => (/\p{Nd}/u.test(c) ? digitValue(c) : c));

/**
 * The Latin text that a person sees: lower case, without diacritics and invisible characters,
 * look-alike letters and digits of other scripts as Latin ones.
 */
export function foldText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase();
  return latinDigits(
    dropInvisible(text)
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/[^\p{ASCII}]/gu, (c) => LOOK_ALIKES.get(c) ?? c),
  );
}
