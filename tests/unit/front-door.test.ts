import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { frontDoor } from "@/lib/http/front-door";
import { takeRequestHits } from "@/lib/http/request-metrics";

process.env.LOG_LEVEL = "silent";

const SOCKET = "x-socket-test";
let server: Server;
let port: number;
/** The headers of the requests that came through. */
let passed: IncomingHttpHeaders[] = [];

beforeAll(async () => {
  server = createServer(
    frontDoor({
      socketHeader: SOCKET,
      copyHeader: "x-copy-test",
      copies: { answer: async () => false },
      files: { answer: () => false },
      compress: (_request, _response, next) => next(),
      handle: (request, response) => {
        passed.push(request.headers);
        response.end("page");
      },
    }),
  );
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

/** Sends a request line as it stands; clients of the platform would mend it. */
async function send(line: string, headers = ""): Promise<string> {
  passed = [];
  const socket = connect(port, "127.0.0.1");
  socket.write(`${line} HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n${headers}\r\n`);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
const statusOf = (answer: string) => Number(answer.split(" ")[1]);

describe("what every request passes", () => {
  test.each(["GET *", "GET /%", "GET /%E0%A4%A"])("%s is malformed", async (line) => {
    const answer = await send(line);
    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain('"invalid_request"');
    expect(passed).toEqual([]);
  });

  test.each(["TRACE /", "PROPFIND /packages"])("%s is no method of the site", async (line) => {
    const answer = await send(line);
    expect(statusOf(answer)).toBe(405);
    expect(answer).toMatch(/allow: GET, HEAD, POST/i);
    expect(passed).toEqual([]);
  });

  test("a broken escape in the query is the page's business", async () => {
    expect(statusOf(await send("GET /?ref=%E0%A4%A"))).toBe(200);
  });

  test("the app learns the peer's address, whatever the client claims, and that a page is fetched ahead", async () => {
    await send("GET /", `${SOCKET}: 192.0.2.1\r\nnext-router-prefetch: 1\r\n`);
    expect(passed[0]).toMatchObject({ [SOCKET]: "127.0.0.1", "sec-purpose": "prefetch" });
    await send("GET /", "next-router-prefetch: 1\r\nsec-purpose: prefetch;prerender\r\n");
    expect(passed[0]).toMatchObject({ "sec-purpose": "prefetch;prerender" });
  });

  test("a page gets an id and is counted; the API and the build's files count themselves or not at all", async () => {
    takeRequestHits();
    const counted = () => Object.values(takeRequestHits()).reduce((sum, hits) => sum + hits, 0);
    expect(await send("GET /packages?ref=X")).toMatch(/x-request-id: \S+/i);
    expect(counted()).toBe(1);
    expect(await send("GET /_next/static/x.js")).toMatch(/x-request-id: \S+/i);
    expect(await send("GET /api/health")).not.toMatch(/x-request-id/i);
    expect(counted()).toBe(0);
  });
});
