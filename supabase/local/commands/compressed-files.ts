import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const compress = promisify(brotliCompress);

/** Smaller files gain nothing worth a copy. */
const SMALLEST_BYTES = 1_000;

/** Writes a `.br` copy beside each script and style sheet below a folder. They are served by `lib/http/built-files.ts`. */
export async function writeCompressedCopies(folder: string): Promise<void> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const wanted = names.filter((name) => /\.(?:js|css)$/.test(name));
  await Promise.all(
    wanted.map(async (name) => {
      const plain = await readFile(join(folder, name));
      if (plain.length < SMALLEST_BYTES) return;
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      };
      await writeFile(join(folder, `${name}.br`), await compress(plain, { params }));
    }),
  );
}
