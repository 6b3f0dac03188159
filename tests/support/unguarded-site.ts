import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { freePorts } from "@/supabase/local/process/ports";
import { ROOT } from "@/supabase/local/process/project";
import { supervise } from "@/supabase/local/process/supervised";

const manifestSchema = z.looseObject({ functions: z.record(z.string(), z.unknown()) });

/** Links everything in a folder into another one, but for what is named. */
function linkAll(from: string, to: string, but: string[]): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (!but.includes(name)) symlinkSync(join(from, name), join(to, name));
  }
}

/**
 * Serves the production build as if it had no proxy.ts: nothing runs before a page or a route. The
 * build is the same; only the entry that names the proxy is missing from its manifest.
 */
export async function serveWithoutProxy(
  env: NodeJS.Dict<string>,
): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "unguarded-"));
  const copy = join(folder, "site");
  linkAll(ROOT, copy, [".next", ".git", "proxy.ts"]);
  linkAll(join(ROOT, ".next"), join(copy, ".next"), ["server", "cache"]);
  const server = join(ROOT, ".next", "server");
  const manifest = "functions-config-manifest.json";
  linkAll(server, join(copy, ".next", "server"), [manifest]);
  const { functions, ...rest } = manifestSchema.parse(
    JSON.parse(readFileSync(join(server, manifest), "utf8")),
  );
  const { "/_middleware": proxy, ...others } = functions;
  if (proxy === undefined) throw new Error("the build names its proxy elsewhere");
  writeFileSync(
    join(copy, ".next", "server", manifest),
    JSON.stringify({ ...rest, functions: others }),
  );

  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const running = await supervise({
    command: process.execPath,
    args: [
      "--import",
      pathToFileURL(join(ROOT, "node_modules/tsx/dist/loader.mjs")).href,
      join(ROOT, "lib/http/entry-server.ts"),
      "-p",
      String(port),
      "-H",
      "127.0.0.1",
    ],
    cwd: copy,
    env: { ...env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", SITE_URL: url },
    group: true,
    stop: [["SIGKILL", 0]],
    stdio: "pipe",
  });
  const stop = async () => {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  let ended = false;
  void running.exited.then(() => {
    ended = true;
  });
  for (const until = Date.now() + 60_000; !ended && Date.now() < until; await delay(60)) {
    const answer = await fetch(`${url}/api/health`).catch(() => null);
    if (answer?.status === 200) return { url, stop };
  }
  await stop();
  throw new Error("the site without a proxy does not start");
}
