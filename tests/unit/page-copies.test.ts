import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { frontDoor } from "@/lib/http/front-door";
import { pageCopies } from "@/lib/http/page-copies";
import { forgetCopies } from "@/lib/kept-copies";

process.env.LOG_LEVEL = "silent";

/** A framework that renders a page with a nonce of its own each time. */
let rendered: string[] = [];
/** The languages in which it was asked for copies. */
let asked: (string | undefined)[] = [];
let status = 200;
let cookie: string | null = null;
let server: Server;
let url: string;

beforeAll(async () => {
  const copies = pageCopies(
    { freshMs: 60_000, patienceMs: 200, longestMs: 600_000 },
    (path, language, signal) =>
      fetch(`${url}${path}`, { headers: { "x-copy": "1", "accept-language": language }, signal }),
  );
  server = createServer(
    frontDoor({
      socketHeader: "x-socket",
      copyHeader: "x-copy",
      copies,
      files: { answer: () => false },
      compress: (_request, _response, next) => next(),
      handle: (request, response) => {
        const number = rendered.push(`${request.method} ${request.url}`);
        asked.push(request.headers["accept-language"]);
        const nonce = `nonce${number}nonce`;
        response.writeHead(status, {
          "content-type": "text/html",
          "content-security-policy": `script-src 'nonce-${nonce}' 'strict-dynamic'`,
          ...(cookie ? { "set-cookie": cookie } : {}),
        });
        response.end(`<p>${number}</p><script nonce="${nonce}">1</script>`);
      },
    }),
  );
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  forgetCopies();
  rendered = [];
  asked = [];
  status = 200;
  cookie = null;
});

interface Page {
  status: number;
  text: string;
  page: string | undefined;
  nonce: string | undefined;
  policy: string;
  requestId: string;
}

/** Sends exactly these headers; `fetch` would add some. */
const open = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  new Promise<Page>((resolve, reject) => {
    const sent = httpRequest(`${url}${path}`, { method, headers }, async (response) => {
      let text = "";
      for await (const chunk of response) text += String(chunk);
      resolve({
        status: response.statusCode ?? 0,
        text,
        page: /<p>(\d+)</.exec(text)?.[1],
        nonce: /nonce="([^"]+)"/.exec(text)?.[1],
        policy: String(response.headers["content-security-policy"]),
        requestId: String(response.headers["x-request-id"]),
      });
    });
    sent.on("error", reject).end();
  });

describe("a page that everybody sees alike", () => {
  test("is rendered once; each answer has a nonce and an id of its own", async () => {
    const [first, second] = [await open("/packages"), await open("/packages")];
    expect(rendered).toEqual(["GET /packages"]);
    expect(second.page).toBe(first.page);
    for (const { nonce, policy } of [first, second]) {
      expect(nonce).toMatch(/^[0-9a-f]{32}$/);
      expect(policy).toBe(`script-src 'nonce-${nonce}' 'strict-dynamic'`);
    }
    expect(second.nonce).not.toBe(first.nonce);
    expect(second.requestId).not.toBe(first.requestId);
    expect(await open("/packages", {}, "HEAD")).toMatchObject({ status: 200, text: "" });
  });

  test("is rendered anew after a change, and kept where rendering fails afterwards", async () => {
    expect((await open("/")).page).toBe("1");
    forgetCopies();
    expect((await open("/")).page).toBe("2");
    forgetCopies();
    status = 500;
    expect(await open("/")).toMatchObject({ status: 200, page: "2" });
  });
});

describe("a language of browsers", () => {
  test("has copies of its own, whatever else browsers ask for beside it", async () => {
    const first = await open("/", { "accept-language": "af-ZA,af;q=0.9" });
    const english = await open("/");
    const other = await open("/", { "accept-language": "en-ZA,af;q=0.5" });
    const again = await open("/", { "accept-language": "af;q=0.4,de" });
    expect([first.page, english.page, other.page, again.page]).toEqual(["1", "2", "2", "1"]);
    expect(asked).toEqual(["af", "en"]);
  });
});

describe("a page of one's own", () => {
  test.each([
    ["a cookie", "/", { cookie: "referral=x" }],
    ["a cookie that nobody knows", "/", { cookie: "a=1" }],
    ["a token", "/", { authorization: "Bearer x" }],
    ["a link with a code", "/?ref=CODE", {}],
    ["a mark of where the visitor comes from", "/packages?utm_source=x", {}],
    ["a request of the framework", "/", { rsc: "1" }],
    ["a prefetch", "/", { "next-router-prefetch": "1" }],
    ["an action", "/", { "next-action": "x" }],
    ["another page", "/sign-in", {}],
    ["another page of the same beginning", "/order/account?package=x", {}],
  ] as const)("%s gets one", async (_, path, headers) => {
    await open(path, { ...headers });
    const again = await open(path, { ...headers });
    expect(rendered).toHaveLength(2);
    expect(again.page).toBe("2");
  });

  test("a posted form is no page", async () => {
    await open("/");
    await open("/", {}, "POST");
    expect(rendered).toEqual(["GET /", "POST /"]);
  });

  test("what sets a cookie or fails is never copied", async () => {
    cookie = "visitor=somebody";
    await open("/refer");
    await open("/refer");
    expect(rendered.length).toBeGreaterThan(2);
    cookie = null;
    status = 404;
    expect((await open("/terms")).status).toBe(404);
  });

  test("the name by which the server asks itself passes no client's request", async () => {
    const page = await open("/", { "x-copies": "1" });
    expect(page.page).toBe("1");
    expect(rendered).toEqual(["GET /"]);
  });
});
