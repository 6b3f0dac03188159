const LONGEST_NAME = 60;
const LONGEST_SUBJECT = 140;

/** Control, direction-changing and other invisible characters. Joiners stay: scripts need them. */
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}]/gu;
/** Breaks a line for some readers although it is no control character. */
const SEPARATORS = /[\p{Cc}\p{Zl}\p{Zp}]/gu;
/** Takes no room, and ends what mail readers would take for an address. */
const WORD_JOINER = "\u2060";

function shorten(text: string, longest: number): string {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join("")}…`;
}

const oneLine = (text: string): string =>
  text.replace(SEPARATORS, " ").replace(INVISIBLE, "").replace(/\s+/gu, " ").trim();

/**
 * A person's name as a mail may show it: one line, bounded, and without the patterns that mail
 * readers turn into links. Anybody can order under any name, so a name must not be able to put a
 * link of its own into a mail that we send.
 */
export function mailName(raw: string): string {
  return shorten(oneLine(raw), LONGEST_NAME).replace(
    /(?<=\S)[.\u3002\uff0e:](?=[^\s.]{2})|@(?=\S)/gu,
    `$&${WORD_JOINER}`,
  );
}

/** A longer text of a colleague: line breaks stay, other invisible characters go. */
export function mailParagraph(raw: string): string {
  return raw
    .split(/\r\n|[\n\r\u2028\u2029]/u)
    .map(oneLine)
    .join("\n")
    .trim();
}

/** A subject line: no line break can end the header, and it fits a list of mails. */
export function mailSubject(raw: string): string {
  return shorten(oneLine(raw), LONGEST_SUBJECT);
}
