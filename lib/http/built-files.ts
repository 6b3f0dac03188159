import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";

/** The kinds of built files that the build compresses. */
const TYPES: Readonly<Record<string, string>> = {
  ".js": "application/javascript; charset=UTF-8",
  ".css": "text/css; charset=UTF-8",
};

interface BuiltFile {
  body: Buffer;
  type: string;
  etag: string;
}

/** Whether the client takes Brotli: named, and not with a weight of zero. */
function takesBrotli(accepted = ""): boolean {
  return accepted.split(",").some((entry) => {
    const [coding = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    return coding === "br" && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}

/** The compressed copies below a folder, by the path at which the site serves the file. */
function readCopies(folder: string): Map<string, BuiltFile> {
  const copies = new Map<string, BuiltFile>();
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return copies;
  }
  for (const name of names) {
    const type = name.endsWith(".br") ? TYPES[extname(name.slice(0, -3))] : undefined;
    if (type === undefined) continue;
    const body = readFileSync(join(folder, name));
    const digest = createHash("sha256").update(body).digest("base64url").slice(0, 27);
    const path = relative(folder, join(folder, name)).split(sep).join("/").slice(0, -3);
    copies.set(`/_next/static/${path}`, { body, type, etag: `"${digest}-br"` });
  }
  return copies;
}

/**
 * Answers with the copies that the build compressed as far as Brotli goes. Everybody else gets the
 * file from the framework: clients without Brotli, and those that ask for a part of a file.
 *
 * @param folder the build's static files.
 * @param headers what every answer of the site carries.
 */
export function builtFiles(folder: string, headers: OutgoingHttpHeaders) {
  const copies = readCopies(folder);
  return {
    /** Whether the request was answered here. */
    answer(request: IncomingMessage, response: ServerResponse): boolean {
      const { method, url = "" } = request;
      if (method !== "GET" && method !== "HEAD") return false;
      const copy = copies.get(url.split("?", 1)[0] ?? "");
      if (!copy || request.headers.range !== undefined) return false;
      if (!takesBrotli(request.headers["accept-encoding"]?.toString())) return false;
      const shared = {
        ...headers,
        "cache-control": "public, max-age=31536000, immutable",
        etag: copy.etag,
        vary: "Accept-Encoding",
      };
      const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim()) ?? [];
      if (known.some((tag) => tag === "*" || tag.replace(/^W\//, "") === copy.etag)) {
        response.writeHead(304, shared).end();
        return true;
      }
      response.writeHead(200, {
        ...shared,
        "content-type": copy.type,
        "content-encoding": "br",
        "content-length": copy.body.length,
      });
      response.end(method === "HEAD" ? undefined : copy.body);
      return true;
    },
  };
}
export type BuiltFiles = ReturnType<typeof builtFiles>;
