import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import compression from "compression";
import next from "next";
import { getEnv } from "@/lib/env";
import { PUBLIC_PATIENCE } from "@/lib/kept-copies";
import { securityHeaders } from "@/next.config";
import { builtFiles } from "./built-files";
import { frontDoor } from "./front-door";
import { pageCopies } from "./page-copies";

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
/** No client knows this name: only this server can ask for a page that is no copy. */
const copyHeader = `x-copy-${randomBytes(12).toString("hex")}`;

const app = next({ dev: false, hostname, port });
await app.prepare();

/** The address of this server as it reaches itself. */
function ownAddress(): string {
  const { address, family, port: own } = server.address() as AddressInfo;
  const isEvery = address === "0.0.0.0" || address === "::";
  const host = isEvery ? (family === "IPv6" ? "::1" : "127.0.0.1") : address;
  return `http://${host.includes(":") ? `[${host}]` : host}:${own}`;
}

const { PUBLIC_COPY_SECONDS } = getEnv();
const copies = pageCopies(
  { freshMs: PUBLIC_COPY_SECONDS * 1000, ...PUBLIC_PATIENCE },
  (path, language, signal) =>
    fetch(`${ownAddress()}${path}`, {
      headers: { [copyHeader]: "1", "accept-language": language },
      signal,
    }),
);
const server = createServer(
  frontDoor({
    socketHeader,
    copyHeader,
    copies,
    files: builtFiles(".next/static", {
      ...Object.fromEntries(securityHeaders.map(({ key, value }) => [key, value])),
      "Cross-Origin-Resource-Policy": "same-origin",
    }),
    compress: compression() as Parameters<typeof frontDoor>[0]["compress"],
    handle: app.getRequestHandler(),
  }),
);

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
