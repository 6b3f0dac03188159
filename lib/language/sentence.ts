import { sentences } from "./messages/en/sentences";

/** A sentence with its values, in English: what code throws where a sentence needs a number. */
export function sentence(
  key: keyof typeof sentences,
  values: Readonly<Record<string, string | number>>,
): string {
  return sentences[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
