import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";
import next from "next";
import { REQUEST_ID_HEADER, requestIdOf } from "@/lib/request-context";
import { noteRequest } from "./request-metrics";
import { pagePattern } from "./route-pattern";

/**
 * Serves the production build. Does what `next start` does, and tells the app each peer's socket
 * address in a header that no client can name: without it a client that connects directly could
 * pretend any address in `X-Forwarded-For`.
 */
const { values } = parseArgs({
  options: { port: { type: "string", short: "p" }, hostname: { type: "string", short: "H" } },
});
const port = Number(values.port ?? process.env.PORT ?? "3000");
const hostname = values.hostname ?? "0.0.0.0";

const socketHeader = `x-socket-${randomBytes(12).toString("hex")}`;
process.env.SOCKET_ADDRESS_HEADER = socketHeader;

/**
 * Whether this is an address with a sound path; Next.js would answer `*` and broken
 * percent-encoding as its own failure.
 */
function isSound(url: string): boolean {
  if (!/^(?:https?:\/)?\//i.test(url)) return false;
  try {
    decodeURIComponent(url.split("?", 1)[0] ?? "");
    return true;
  } catch {
    return false;
  }
}

/** Gives the request of a page its id, and writes a line when it was answered. */
function logPage(request: IncomingMessage, response: ServerResponse, url: string): void {
  const began = performance.now();
  const requestId = requestIdOf({
    get: (name: string) => request.headers[name]?.toString() ?? null,
  });
  request.headers[REQUEST_ID_HEADER] = requestId;
  response.setHeader(REQUEST_ID_HEADER, requestId);
  if (url.startsWith("/_next/")) return;
  response.once("finish", () => {
    const route = pagePattern(url);
    const { method = "GET" } = request;
    const ms = performance.now() - began;
    noteRequest({ requestId, method, route, status: response.statusCode, ms, role: "page" });
  });
}

const MALFORMED = JSON.stringify({
  success: false,
  error: { code: "invalid_request", message: "This address is not valid." },
});

/** What the site answers at all; `TRACE` and the like are none of it. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

const UNKNOWN_METHOD = JSON.stringify({
  success: false,
  error: { code: "method_not_allowed", message: "This address does not accept that method." },
});

const app = next({ dev: false, hostname, port });
await app.prepare();
const handle = app.getRequestHandler();
const server = createServer((request, response) => {
  if (!isSound(request.url ?? "/")) {
    response.writeHead(400, { "content-type": "application/json" }).end(MALFORMED);
    return;
  }
  if (!METHODS.has(request.method ?? "")) {
    response
      .writeHead(405, { "content-type": "application/json", allow: [...METHODS].join(", ") })
      .end(UNKNOWN_METHOD);
    return;
  }
  // Next.js takes its own header away before proxy.ts sees it.
  if (request.headers["next-router-prefetch"]) request.headers["sec-purpose"] ??= "prefetch";
  request.headers[socketHeader] = request.socket.remoteAddress ?? "";
  const url = request.url ?? "/";
  if (!url.startsWith("/api/")) logPage(request, response, url);
  void handle(request, response);
});

// Longer than load balancers keep an idle connection, usually a minute: whoever closes it must not be
// the one that a request is on its way to.
server.keepAliveTimeout = 75_000;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close(() => {
      void app.close().finally(() => process.exit(0));
    });
    // Connections that are kept alive or never finish do not hold up the stop.
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 3_000).unref();
  });
}

server.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
server.listen(port, hostname);
