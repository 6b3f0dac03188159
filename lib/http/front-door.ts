import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { REQUEST_ID_HEADER, requestIdOf } from "@/lib/request-context";
import type { BuiltFiles } from "./built-files";
import type { PageCopies } from "./page-copies";
import { noteRequest } from "./request-metrics";
import { pagePattern } from "./route-pattern";

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

type Handle = (request: IncomingMessage, response: ServerResponse) => unknown;

interface Door {
  /** The header in which the app is told each peer's socket address. */
  socketHeader: string;
  /** The header of requests by which this server asks itself for a page as it is now. */
  copyHeader: string;
  copies: PageCopies;
  /** The build's files, compressed when they were built. */
  files: BuiltFiles;
  /** Compresses what is answered, as the client takes it. */
  compress(request: IncomingMessage, response: ServerResponse, next: () => void): void;
  /** The framework's own handler. */
  handle: Handle;
}

/**
 * What every request passes before the framework sees it: malformed addresses and unknown methods are
 * answered here, pages get an id and a line in the log, and pages without a visitor's own part are
 * answered with a copy.
 */
export function frontDoor({
  socketHeader,
  copyHeader,
  copies,
  files,
  compress,
  handle,
}: Door): RequestListener {
  return (request, response) => {
    const { url = "/", method = "GET" } = request;
    if (!isSound(url)) {
      response.writeHead(400, { "content-type": "application/json" }).end(MALFORMED);
      return;
    }
    if (!METHODS.has(method)) {
      response
        .writeHead(405, { "content-type": "application/json", allow: [...METHODS].join(", ") })
        .end(UNKNOWN_METHOD);
      return;
    }
    // Next.js takes its own header away before proxy.ts sees it.
    if (request.headers["next-router-prefetch"]) request.headers["sec-purpose"] ??= "prefetch";
    request.headers[socketHeader] = request.socket.remoteAddress ?? "";
    if (request.headers[copyHeader] !== undefined) {
      delete request.headers[copyHeader];
      void handle(request, response);
      return;
    }
    if (files.answer(request, response)) return;
    compress(request, response, () => {
      if (url.startsWith("/api/")) {
        void handle(request, response);
        return;
      }
      logPage(request, response, url);
      void copies.answer(request, response).then((isAnswered) => {
        if (!isAnswered) handle(request, response);
      });
    });
  };
}
