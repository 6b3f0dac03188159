/** A code as words, where it has none of its own: `order_cancelled` is "Order cancelled". */
export function codeInWords(code: string): string {
  const words = code.replaceAll(/[_.]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
