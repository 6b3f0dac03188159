import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import next from "next";
import { frontDoor } from "./front-door";

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

const app = next({ dev: false, hostname, port });
await app.prepare();
const server = createServer(frontDoor(socketHeader, app.getRequestHandler()));

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
