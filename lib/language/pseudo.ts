import type { CompiledMessage } from "icu-minify/format";

/** Letters that look like ours and are not, in the same order. */
const PLAIN = "abcdefghijklmnopqrstuvwxyz";
const DISGUISED = "åƀçđéƒĝĥîĵķļɱñöþɋŕšţûṽŵẋýž";

/** How much longer than English a text may get. */
const GROWTH = 0.4;

/** What is added to a text has words as long as those of isiZulu often are. */
const LONG_WORD = 14;

/** Stands around every text of the catalogue, so that a test finds those that come from elsewhere. */
const PSEUDO_START = "⟦";
const PSEUDO_END = "⟧";

const disguise = (text: string): string =>
  [...text].map((letter) => DISGUISED[PLAIN.indexOf(letter)] ?? letter).join("");

/** Letters of a text that people see. */
const lengthOf = (node: unknown): number => {
  if (typeof node === "string") return node.trim().length;
  if (!Array.isArray(node)) return 0;
  const [, kind, options] = node as unknown[];
  if (typeof kind === "number") {
    const branches = typeof options === "object" && options !== null ? Object.values(options) : [];
    return Math.max(0, ...branches.map(lengthOf));
  }
  return node.slice(1).reduce<number>((sum, child) => sum + lengthOf(child), 0);
};

function inside(node: unknown): unknown {
  if (typeof node === "string") return disguise(node);
  if (!Array.isArray(node)) return node;
  const [name, kind, options, ...rest] = node as unknown[];
  // An argument, or a plural, select, number or date with its options.
  if (node.length === 1) return node;
  if (typeof kind === "number" && kind > 0) {
    if (kind > 3 || typeof options !== "object" || options === null) return node;
    const branches = Object.entries(options).map(([key, value]) => [key, branch(value)]);
    return [name, kind, Object.fromEntries(branches), ...rest];
  }
  return [name, ...node.slice(1).map(inside)];
}

const branch = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(inside) : inside(value);

/** A text of the catalogue as tests show it: disguised, 40 % longer, between two marks. */
export function pseudoMessage(message: CompiledMessage): CompiledMessage {
  const nodes = typeof message === "string" ? [message] : message;
  const letters = nodes.reduce<number>((sum, node) => sum + lengthOf(node), 0);
  const dots = "·".repeat(Math.ceil(letters * GROWTH));
  const padding = dots.replace(new RegExp(`.{${LONG_WORD}}(?=.)`, "g"), "$& ");
  const disguised = nodes.map(inside) as Extract<CompiledMessage, unknown[]>;
  return [PSEUDO_START, ...disguised, padding, PSEUDO_END];
}
