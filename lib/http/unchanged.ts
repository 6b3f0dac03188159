import "server-only";
import { createHash } from "node:crypto";
import { ok } from "./envelope";

/**
 * Answers with the data, or 304 without any when the caller has it already, by its `If-None-Match`.
 *
 * @param version what the answer depends on: the data without what changes at every request
 */
export function okUnlessUnchanged(request: Request, data: unknown, version: unknown): Response {
  const hash = createHash("sha256").update(JSON.stringify(version)).digest("base64url");
  const etag = `"${hash.slice(0, 27)}"`;
  if (request.headers.get("if-none-match") === etag) {
    return new Response(null, { status: 304, headers: { etag, "cache-control": "no-store" } });
  }
  return ok(data, { headers: { etag } });
}
