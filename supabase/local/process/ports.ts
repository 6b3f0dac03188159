import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";
import { codeOf, LaunchError } from "./fail";
import { describeListener } from "./process-info";

function listen(port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.unref();
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Fails in one clear line when a port cannot be listened on. `variable` is how to change it. */
export async function requireFreePort(
  port: number,
  host: string,
  what: string,
  variable: string,
): Promise<void> {
  try {
    await close(await listen(port, host));
  } catch (error) {
    if (codeOf(error) === "EADDRINUSE") {
      const owner = describeListener(port);
      throw new LaunchError(
        `Port ${port} for ${what} is already in use${owner ? ` (${owner})` : ""}. ` +
          `Stop that program, or choose another port with ${variable}=…`,
      );
    }
    if (codeOf(error) === "EACCES") {
      throw new LaunchError(`Port ${port} for ${what} needs more rights. Set ${variable}=…`);
    }
    if (codeOf(error) === "EADDRNOTAVAIL") {
      throw new LaunchError(`HOST: this machine has no address ${host} for ${what}.`);
    }
    if (/^(ENOTFOUND|EAI_|EINVAL)/.test(codeOf(error))) {
      throw new LaunchError(
        `HOST: ${host} is no address of this machine. Leave HOST empty, or use 0.0.0.0.`,
      );
    }
    throw error;
  }
}

/**
 * Where ports are taken from: below those that systems give to outgoing connections, one of which
 * could take a free port before its server begins to listen.
 */
const FIRST_PORT = 15_000;
const LAST_PORT = 32_000;

/** Ports on loopback that are free right now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    try {
      await close(await listen(port, "127.0.0.1"));
      ports.add(port);
    } catch (error) {
      if (codeOf(error) !== "EADDRINUSE") throw error;
    }
  }
  return [...ports];
}
