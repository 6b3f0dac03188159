import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LaunchError } from "../process/fail";
import { binOf, ROOT, runNode, startNode } from "../process/project";
import type { Log } from "../process/run-main";
import type { Exit } from "../process/supervised";
import { writeCompressedCopies } from "./compressed-files";

/** Everything that a production build depends on. */
const BUILD_INPUTS = [
  "app",
  "components",
  "lib",
  "public",
  "instrumentation.ts",
  "package.json",
  "instrumentation-client.ts",
  "next.config.ts",
  "package-lock.json",
  "postcss.config.mjs",
  "proxy.ts",
  "tsconfig.build.json",
  "tsconfig.json",
];

const STAMP = join(ROOT, ".next", "build-stamp");

function filesBelow(path: string): string[] {
  const absolute = join(ROOT, path);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isFile()) return [path];
  return readdirSync(absolute)
    .sort()
    .flatMap((name) => filesBelow(`${path}/${name}`));
}

function sourceHash(): string {
  const hash = createHash("sha256");
  for (const file of BUILD_INPUTS.flatMap(filesBelow)) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

/** Whether the production build is of the sources as they are. */
export function isBuildFresh(): boolean {
  return existsSync(STAMP) && readFileSync(STAMP, "utf8") === sourceHash();
}

/** Makes a production build. Returns what was printed; the build is not tied to an environment. */
export async function build(): Promise<{ ok: boolean; output: string }> {
  const hash = sourceHash();
  rmSync(STAMP, { force: true });
  const env = { ...process.env, NODE_ENV: "production" };
  const result = await runNode(binOf("next"), ["build"], { env, capture: true });
  if (!result.ok) return result;
  await writeCompressedCopies(join(ROOT, ".next/static"));
  writeFileSync(STAMP, hash);
  return result;
}

/** Builds when the last build is not of these sources. */
export async function buildIfStale(log: Log): Promise<void> {
  if (isBuildFresh()) return;
  log("Building the site");
  const { ok, output } = await build();
  if (!ok) throw new LaunchError(`The site could not be built:\n${output.trim()}`);
}

export type SiteOptions = {
  mode: "start" | "dev";
  host: string;
  port: number;
  env: NodeJS.Dict<string>;
  /** Receives what the server prints, line by line, once it is up. */
  log: Log;
};

export type Site = {
  /** Address on this machine. */
  url: string;
  /** Settles when the server ends. */
  exited: Promise<Exit>;
  stop(): Promise<void>;
};

const EVERY_ADDRESS = ["0.0.0.0", "::", "::0"];

/** Serves the site with Next.js and waits until it answers. It ends when this process does. */
export async function serveSite(options: SiteOptions): Promise<Site> {
  const { mode, host, port } = options;
  const reachable = EVERY_ADDRESS.includes(host) ? "127.0.0.1" : host;
  const url = `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
  const [script, command] =
    mode === "dev" ? [binOf("next"), ["dev"]] : [join(ROOT, "lib/http/entry-server.ts"), []];
  const server = await startNode(script, [...command, "-p", String(port), "-H", host], {
    env: {
      ...options.env,
      NODE_ENV: mode === "dev" ? "development" : "production",
      PORT: String(port),
    },
    capture: true,
    typescript: mode === "start",
  });
  let ready = false;
  let early = "";
  for (const stream of [server.stdout, server.stderr]) {
    let rest = "";
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      if (!ready) early += chunk;
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      // The banner that it prints before it is ready is left out.
      if (ready || mode === "dev") for (const line of lines) options.log(line);
    });
  }
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  const deadline = Date.now() + 90_000;
  while (!ended && Date.now() < deadline) {
    try {
      const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(30_000) });
      await response.arrayBuffer();
      ready = true;
      return { url, exited: server.exited, stop: server.stop };
    } catch {
      await delay(60);
    }
  }
  await server.stop();
  if (/EADDRINUSE/.test(early)) {
    throw new LaunchError(
      `Port ${port} for the site is already in use. Choose another port with PORT=…`,
    );
  }
  throw new LaunchError(`The site does not start:\n${early.trim()}`);
}
