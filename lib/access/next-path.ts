/**
 * Where to go after signing in. Only paths of this site are followed. The fallback is used for
 * everything that a browser could read as another origin or a script.
 */
export function safeNextPath(next: string | null | undefined, fallback: string): string {
  if (!next?.startsWith("/") || next.length > 500) return fallback;
  // Browsers treat "\" as "/" and drop tabs and line breaks, so "/\evil" and "/<tab>/evil" leave the site.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\\\u0000-\u001f\u007f]/.test(next) || next.startsWith("//")) return fallback;
  const base = "http://own.invalid";
  try {
    const url = new URL(next, base);
    if (url.origin !== base || url.pathname.startsWith("//")) return fallback;
    return url.pathname + url.search + url.hash;
  } catch {
    return fallback;
  }
}
