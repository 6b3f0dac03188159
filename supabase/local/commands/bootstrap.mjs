/**
 * Entry point of every npm script: `node supabase/local/commands/bootstrap.mjs COMMAND [arguments]`.
 *
 * It is plain JavaScript without dependencies, for whatever Node the system has. It installs the
 * packages that are missing or stale, then runs the command under the project's own Node with
 * TypeScript support. It prints to stderr only, because stdout belongs to the command.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const commands = {
  start: ["supabase/local/commands/start.ts", "start"],
  dev: ["supabase/local/commands/start.ts", "dev"],
  build: ["supabase/local/commands/build.ts"],
  test: ["supabase/local/commands/test.ts"],
  check: ["supabase/local/commands/check.ts"],
  job: ["lib/composition/job-cli.ts"],
  admin: ["lib/composition/admin-cli.ts"],
  report: ["lib/composition/report-cli.ts"],
  doctor: ["lib/composition/doctor-cli.ts"],
  bench: ["tests/bench/run.ts"],
  backup: ["supabase/local/commands/backup.ts"],
  restore: ["supabase/local/commands/restore.ts"],
  "db:types": ["supabase/local/commands/db-types.ts"],
  "db:migration": ["supabase/local/commands/db-migration.ts"],
  "db:reset": ["supabase/local/commands/db-reset.ts"],
};

/** Signals that stop a command in order. */
const STOPS = ["SIGINT", "SIGTERM", "SIGHUP"];

function say(line) {
  process.stderr.write(`${line}\n`);
}

function quit(line, code = 1) {
  say(`Error: ${line}`);
  process.exit(code);
}

const major = Number(process.versions.node.split(".")[0]);
if (major < 20) quit(`Node 20 or newer is needed; this is ${process.version}.`);

const [name = "", ...parameters] = process.argv.slice(2);
const command = commands[name];
if (!command) quit(`Use one of: ${Object.keys(commands).join(", ")}.`, 2);

// ── Dependencies ────────────────────────────────────────────────────────────────────────────

const lockPath = join(root, "package-lock.json");
const stampPath = join(root, "node_modules", ".install-stamp");

/** SUPABASE_URL as the command will see it: a variable of the shell wins over the .env file. */
function supabaseUrl() {
  const line = /^[ \t]*(?:export[ \t]+)?SUPABASE_URL[ \t]*=[ \t]*["'`]?([^\s"'`#]+)/m;
  return process.env.SUPABASE_URL ?? line.exec(readFileOr(join(root, ".env"), ""))?.[1] ?? "";
}

/** All commands read .env, but for those that bring an environment of their own. */
const readsDotenv = !["test", "check"].includes(name);

/** The build, and the site and its jobs on a named project, need no development dependency. */
const needsDevelopment =
  name !== "build" &&
  (!["start", "dev", "job", "report"].includes(name) || supabaseUrl().trim() === "");

function stampOf(development) {
  const lock = createHash("sha256").update(readFileSync(lockPath)).digest("hex");
  return `${lock} ${process.platform}-${process.arch}${development ? "" : " production"}`;
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/** Whether npm's own record of what it installed agrees with the lockfile. */
function installedAsLocked(development) {
  const locked = readJson(lockPath)?.packages;
  const installed = readJson(join(root, "node_modules", ".package-lock.json"))?.packages;
  if (!locked || !installed) return false;
  return Object.entries(locked).every(([path, wanted]) => {
    if (path === "" || wanted.link) return true;
    const found = installed[path];
    if (found) return found.version === wanted.version;
    const left = wanted.dev || wanted.devOptional;
    return Boolean(wanted.optional || wanted.peer || (left && !development));
  });
}

function writeStamp(development) {
  try {
    writeFileSync(stampPath, stampOf(development));
  } catch {
    // Packages that another user installed: the record is compared again next time.
  }
}

function upToDate() {
  const sufficient = needsDevelopment ? [true] : [true, false];
  const stamp = readFileOr(stampPath, "");
  if (stamp !== "") return sufficient.some((development) => stamp === stampOf(development));
  // Without a stamp the packages were installed by hand, or not at all.
  const found = sufficient.find(installedAsLocked);
  if (found !== undefined) writeStamp(found);
  return found !== undefined;
}

/** Runs npm to its end. Resolves with whether it succeeded, or with the signal that stopped it. */
function npm(...args) {
  const own = process.env.npm_execpath;
  const viaNode = own && /\.c?js$/.test(own) && existsSync(own);
  const child = spawn(
    viaNode ? process.execPath : "npm",
    [
      ...(viaNode ? [own] : []),
      ...args,
      needsDevelopment ? "--include=dev" : "--omit=dev",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ],
    { cwd: root, stdio: ["ignore", 2, 2], shell: !viaNode && process.platform === "win32" },
  );
  return new Promise((resolve) => {
    let stopped = null;
    const stop = (signal) => {
      stopped = signal;
      child.kill(signal);
    };
    for (const signal of STOPS) process.on(signal, stop);
    const settle = (outcome) => {
      for (const signal of STOPS) process.off(signal, stop);
      resolve(stopped === null ? outcome : { stopped });
    };
    child.once("error", (error) => {
      say(`Error: npm cannot be run: ${error.message}. Install it with Node.`);
      settle({ ok: false });
    });
    child.once("exit", (code, signal) => settle(signal ? { stopped: signal } : { ok: code === 0 }));
  });
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Two commands that start at once on a fresh clone must not install at the same time. */
async function withInstallLock(action) {
  const key = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const lock = join(tmpdir(), `npm-install-${key}`);
  for (let waited = false; ; waited = true) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, "pid"), String(process.pid));
      break;
    } catch (error) {
      if (error.code !== "EEXIST") quit(`${lock}: ${error.message}`);
      const pid = Number(readFileOr(join(lock, "pid"), "0"));
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0);
      if ((pid > 0 && !alive(pid)) || (pid === 0 && age > 5_000)) {
        rmSync(lock, { recursive: true, force: true });
      } else {
        if (!waited) say(`Waiting for another install (process ${pid})`);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      }
    }
  }
  try {
    return await action();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function readFileOr(path, fallback) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return fallback;
  }
}

/** Installs the packages. Returns the code to end with, or null to go on. */
async function install() {
  if (upToDate()) return null;
  say("Installing dependencies (once, and after each change of package-lock.json)");
  // Without a stamp, an install that is interrupted is repeated by the next command.
  rmSync(stampPath, { force: true });
  let outcome = await npm("ci");
  if (outcome.ok === false) {
    say("`npm ci` failed; trying `npm install`, which tolerates more");
    outcome = await npm("install", "--no-save");
  }
  if (outcome.stopped) {
    say("The installation was stopped. The next command begins it again.");
    return 128 + (constants.signals[outcome.stopped] ?? 0);
  }
  if (!outcome.ok) {
    say("Error: the dependencies could not be installed. The lines above say why.");
    say("Check the network and the free disk space, then run `npm ci` yourself.");
    return 1;
  }
  writeStamp(needsDevelopment);
  return null;
}

if (!upToDate()) {
  const code = await withInstallLock(install);
  if (code !== null) process.exit(code);
}

// ── The command ─────────────────────────────────────────────────────────────────────────────

function chooseNode() {
  const windows = process.platform === "win32";
  const bundled = join(root, "node_modules", "node", "bin", windows ? "node.exe" : "node");
  if (existsSync(bundled) && spawnSync(bundled, ["--version"]).status === 0) return bundled;
  if (major >= 24) return process.execPath;
  return quit(
    "The project's own Node is missing (its install script did not run). " +
      "Run `npm rebuild node`, or use Node 24 or newer.",
  );
}

const [script, ...fixed] = command;
if (!existsSync(join(root, script))) quit(`${script} is missing.`);
const load = (path) => ["--import", pathToFileURL(join(root, path)).href];
const child = spawn(
  chooseNode(),
  [
    // A job works in small batches for a long time. A larger young generation makes it no faster.
    ...(name === "job" ? ["--max-semi-space-size=16"] : []),
    ...(readsDotenv && existsSync(join(root, ".env")) ? ["--env-file=.env"] : []),
    ...load("node_modules/tsx/dist/loader.mjs"),
    ...load("supabase/local/commands/runtime.mjs"),
    join(root, script),
    ...fixed,
    ...parameters,
  ],
  // The command sees the channel close when this process ends, even by kill -9.
  {
    cwd: root,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, STARTED_BY_BOOTSTRAP: "1" },
  },
);

for (const signal of STOPS) {
  process.on(signal, () => {
    // In a terminal Ctrl-C reaches the command by itself.
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    child.kill(signal);
  });
}
child.on("error", (error) => quit(error.message));
child.on("exit", (code, signal) => {
  process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
});

// Started by npm: when npm is killed, nobody waits for us any more. A shell may stand between.
function parentOf(pid) {
  if (pid === process.pid) return process.ppid;
  const stat = readFileOr(`/proc/${pid}/stat`, "");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

if (process.env.npm_lifecycle_event && process.ppid > 1) {
  const shell = readFileOr(`/proc/${process.ppid}/comm`, "").trim();
  const watched = ["sh", "dash", "bash", "zsh"].includes(shell) ? process.ppid : process.pid;
  const ppid = process.ppid;
  const parent = parentOf(watched);
  setInterval(() => {
    if (process.ppid !== ppid || parentOf(watched) !== parent) child.kill("SIGTERM");
  }, 500).unref();
}
