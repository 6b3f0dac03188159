import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtFiles } from "@/lib/http/built-files";
import { writeCompressedCopies } from "@/supabase/local/commands/compressed-files";

const SCRIPT = `console.log("${"a script of the build ".repeat(100)}")`;
let folder: string;
let server: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "built-files-"));
  mkdirSync(join(folder, "chunks"));
  writeFileSync(join(folder, "chunks/page.js"), SCRIPT);
  writeFileSync(join(folder, "chunks/small.js"), "1");
  writeFileSync(join(folder, "secret.txt.br"), "no file of the build");
  await writeCompressedCopies(folder);
  const files = builtFiles(folder, { "x-content-type-options": "nosniff" });
  server = createServer((question, answer) => {
    if (!files.answer(question, answer)) answer.end("framework");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const ask = (
  headers: Record<string, string>,
  { method = "GET", path = "/_next/static/chunks/page.js" } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const sent = request({ port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const { statusCode = 0 } = response;
        resolve({ status: statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on("error", reject);
    sent.end();
  });

const BROTLI = { "accept-encoding": "gzip, br;q=0.9" };
const isFramework = ({ body }: Answer) => body.toString() === "framework";

describe("a file of the build", () => {
  test("travels as Brotli to a client that takes it, for caches to keep apart and for ever", async () => {
    const { status, headers, body } = await ask(BROTLI);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-encoding": "br",
      "content-type": "application/javascript; charset=UTF-8",
      "content-length": String(body.length),
      "cache-control": "public, max-age=31536000, immutable",
      vary: "Accept-Encoding",
      "x-content-type-options": "nosniff",
    });
    expect(brotliDecompressSync(body).toString()).toBe(SCRIPT);
    expect(body.length).toBeLessThan(SCRIPT.length / 5);
  });

  test("is found under its path with a query too", async () => {
    const { headers } = await ask(BROTLI, { path: "/_next/static/chunks/page.js?dpl=1" });
    expect(headers["content-encoding"]).toBe("br");
  });

  test("answers HEAD with the same headers and nothing else", async () => {
    const whole = await ask(BROTLI);
    const { status, headers, body } = await ask(BROTLI, { method: "HEAD" });
    expect([status, body.length]).toEqual([200, 0]);
    expect({ ...headers, date: "" }).toEqual({ ...whole.headers, date: "" });
  });

  test("is not sent again to whoever has it", async () => {
    const etag = (await ask(BROTLI)).headers.etag ?? "";
    for (const known of [etag, `W/${etag}`, `"another", ${etag}`]) {
      const { status, headers, body } = await ask({ ...BROTLI, "if-none-match": known });
      expect([status, body.length]).toEqual([304, 0]);
      expect(headers).toMatchObject({ etag, vary: "Accept-Encoding" });
    }
    expect((await ask({ ...BROTLI, "if-none-match": '"another"' })).status).toBe(200);
  });

  test.each([
    { name: "no Brotli", headers: { "accept-encoding": "gzip" } },
    { name: "Brotli refused", headers: { "accept-encoding": "br;q=0, gzip" } },
    { name: "no encoding", headers: {} },
    { name: "a part of it", headers: { ...BROTLI, range: "bytes=0-9" } },
  ])("comes from the framework for a client that asks for $name", async ({ headers }) => {
    expect(isFramework(await ask(headers as Record<string, string>))).toBe(true);
  });

  test.each([
    "/_next/static/chunks/small.js",
    "/_next/static/secret.txt",
    "/_next/static/chunks/page.js.br",
    "/_next/static/chunks/../chunks/page.js",
    "/chunks/page.js",
  ])("%s has no copy", async (path) => {
    expect(isFramework(await ask(BROTLI, { path }))).toBe(true);
  });

  test("takes no other method", async () => {
    expect(isFramework(await ask(BROTLI, { method: "POST" }))).toBe(true);
  });
});
