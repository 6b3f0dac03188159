/** Reads which characters a TrueType font draws, so that no text is drawn with gaps. */

const TABLE_ENTRY = 16;

function tableAt(font: DataView, tag: string): number | null {
  for (let n = 0; n < font.getUint16(4); n += 1) {
    const entry = 12 + n * TABLE_ENTRY;
    const name = String.fromCharCode(...[0, 1, 2, 3].map((i) => font.getUint8(entry + i)));
    if (name === tag) return font.getUint32(entry + 8);
  }
  return null;
}

/** Segments of the character map's format 4, which covers the first plane of Unicode. */
function addSegments(font: DataView, at: number, found: Set<number>): void {
  const count = font.getUint16(at + 6) / 2;
  const [ends, starts] = [at + 14, at + 16 + 2 * count];
  const [deltas, ranges] = [starts + 2 * count, starts + 4 * count];
  for (let n = 0; n < count; n += 1) {
    const [first, last] = [font.getUint16(starts + 2 * n), font.getUint16(ends + 2 * n)];
    const range = font.getUint16(ranges + 2 * n);
    for (let character = first; character <= last && character !== 0xffff; character += 1) {
      const glyph =
        range === 0
          ? (character + font.getUint16(deltas + 2 * n)) & 0xffff
          : font.getUint16(ranges + 2 * n + range + 2 * (character - first));
      if (glyph !== 0) found.add(character);
    }
  }
}

/**
 * The code points that a TrueType font has a glyph for.
 *
 * @throws Error when the file holds no character map of format 4.
 */
export function charactersOf(file: Uint8Array): ReadonlySet<number> {
  const font = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const map = tableAt(font, "cmap");
  const found = new Set<number>();
  if (map !== null) {
    for (let n = 0; n < font.getUint16(map + 2); n += 1) {
      const at = map + font.getUint32(map + 4 + 8 * n + 4);
      if (font.getUint16(at) === 4) addSegments(font, at, found);
    }
  }
  if (found.size === 0) throw new Error("the font has no character map of format 4");
  return found;
}
