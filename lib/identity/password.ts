import { sentences } from "@/lib/language/messages/en/sentences";

/** Guesses, as a power of ten, that a password has to withstand. */
const NEEDED_GUESSES_LOG10 = 7;

async function loadEstimator() {
  const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
  ]);
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
}

let estimator: ReturnType<typeof loadEstimator> | undefined;

/**
 * Why a password is too easy to guess, in a sentence for people, or null. It is compared with a list
 * of common passwords and with patterns of the keyboard, dates and repetitions; no request is made.
 *
 * @param known what others know of the person: their e-mail address and name.
 */
export async function passwordWeakness(
  password: string,
  known: readonly string[] = [],
): Promise<string | null> {
  // The lists are large, and most requests need none of them.
  estimator ??= loadEstimator();
  const words = known.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]);
  const verdict = (await estimator).check(
    password,
    words.filter((word) => word.length > 2),
  );
  if (verdict.guessesLog10 >= NEEDED_GUESSES_LOG10) return null;
  const patterns = new Set(verdict.sequence.map(({ pattern }) => pattern));
  const names = verdict.sequence.some(
    (part) => "dictionaryName" in part && String(part.dictionaryName).startsWith("userInputs"),
  );
  if (names) return sentences.passwordNamesYou;
  if (patterns.has("dictionary")) {
    return sentences.passwordCommon;
  }
  if (patterns.has("repeat") || patterns.has("sequence")) {
    return sentences.passwordRepeats;
  }
  if (patterns.has("spatial")) {
    return sentences.passwordKeys;
  }
  return sentences.passwordGuessable;
}
