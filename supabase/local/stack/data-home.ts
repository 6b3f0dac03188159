import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { codeOf, explainDisk, LaunchError, messageOf } from "../process/fail";

/** The system account that PostgreSQL runs as. Empty when this process is not root. */
export type Account = { uid?: number; gid?: number };

/** The password of a database with made-up customers, which listens on loopback alone. */
const DEMO_PASSWORD = "postgres";

/** Where one embedded database keeps its files. */
export type DataHome = {
  /** What the user named: launcher files, logs, captured mails. */
  dataDir: string;
  /** The PostgreSQL data directory. */
  clusterDir: string;
  /** Whether the PostgreSQL data directory had to be placed outside `dataDir`. */
  isClusterOutside: boolean;
  account: Account;
  /** Password of the database's owner. */
  password: string;
  /** What the user should know about the choices made here, one sentence each. */
  notes: string[];
};

function lookUp(name: string): { uid: number; gid: number } | null {
  try {
    const id = (flag: string) =>
      Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
    const found = { uid: id("-u"), gid: id("-g") };
    return found.uid > 0 ? found : null;
  } catch {
    return null;
  }
}

function run(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * Chooses the account for PostgreSQL, which refuses to run as root.
 *
 * @param lasting whether the data is kept. Such data gets an account of its own, which is created
 *   when the system has none; data that is thrown away may belong to "nobody".
 * @returns the account, and a sentence when a system user was created.
 * @throws LaunchError when there is no account and none can be created.
 */
export function postgresAccount(lasting: boolean): { account: Account; note: string | null } {
  if (process.getuid?.() !== 0) return { account: {}, note: null };
  const existing = lookUp("postgres") ?? (lasting ? null : lookUp("nobody"));
  if (existing) return { account: existing, note: null };
  const isCreated =
    run("useradd", ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"]) ||
    run("adduser", ["-S", "-D", "-H", "postgres"]);
  const created = isCreated ? lookUp("postgres") : null;
  const account = created ?? lookUp("nobody");
  if (!account) {
    throw new LaunchError(
      "PostgreSQL does not run as root and no other account could be made. Start as another user.",
    );
  }
  const note = "Created the system user postgres, because PostgreSQL does not run as root.";
  return { account, note: created ? note : null };
}

function mayEnter(folder: string, account: Account): boolean {
  if (account.uid === undefined) return true;
  for (let path = resolve(folder); ; path = dirname(path)) {
    if (existsSync(path)) {
      const stat = statSync(path);
      const bit = stat.uid === account.uid ? 0o100 : stat.gid === account.gid ? 0o010 : 0o001;
      if ((stat.mode & bit) === 0) return false;
    }
    if (dirname(path) === path) return true;
  }
}

/** A folder for root that every account may enter: lasting where the system has one. */
function sharedFolder(name: string): string {
  for (const base of ["/var/lib/referral-rewards", join(tmpdir(), "referral-rewards")]) {
    try {
      mkdirSync(join(base, name), { recursive: true, mode: 0o755 });
      accessSync(base, constants.W_OK);
      // Anybody could have prepared a folder in a shared temporary directory.
      if (statSync(base).uid === 0) return join(base, name);
    } catch {
      // Try the next one.
    }
  }
  throw new LaunchError(
    "No folder was found that both root and the database account may enter. " +
      "Set LOCAL_DATA_DIR to one, for example /srv/referral-rewards.",
  );
}

/**
 * Makes a folder and those above it. The recursive mode of `mkdirSync` never ends below a file system
 * that refuses new folders, such as /proc.
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o711 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

/**
 * Decides where the files go, and creates the data directory. Other accounts may pass through it
 * but not list it.
 *
 * @param options.password of the database's owner; the public one of a demo when left out.
 * @param options.lasting whether the data is kept: see `postgresAccount`.
 */
export function prepareDataHome(
  dataDir: string,
  options: { lasting: boolean; password?: string },
): DataHome {
  const absolute = resolve(dataDir);
  const password = options.password ?? DEMO_PASSWORD;
  try {
    makeFolder(absolute);
    accessSync(absolute, constants.W_OK);
  } catch (error) {
    throw new LaunchError(
      explainDisk(messageOf(error), absolute) ??
        `LOCAL_DATA_DIR: ${absolute} cannot be made (${messageOf(error)}). Set it to a folder that can.`,
    );
  }
  const { account, note } = postgresAccount(options.lasting);
  const notes = note ? [note] : [];
  if (mayEnter(absolute, account)) {
    const clusterDir = join(absolute, "postgres");
    return { dataDir: absolute, clusterDir, isClusterOutside: false, account, password, notes };
  }
  const key = createHash("sha256").update(absolute).digest("hex").slice(0, 16);
  const clusterDir = join(sharedFolder(key), "postgres");
  notes.push(`The database account may not enter ${absolute}; its files are in ${clusterDir}.`);
  return { dataDir: absolute, clusterDir, isClusterOutside: true, account, password, notes };
}

/** Removes a cluster that is kept outside its data directory, with the folder made for it. */
export function discardCluster(home: DataHome): void {
  if (home.isClusterOutside) rmSync(dirname(home.clusterDir), { recursive: true, force: true });
}

/** A new folder for a stack that is thrown away, which the database account may pass through. */
export function makeScratchDir(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(folder, 0o711);
  return folder;
}

/** Copies the PostgreSQL programs to where the account may run them, when it may not here. */
export function reachablePrograms(nativeDir: string, account: Account, version: string): string {
  if (mayEnter(nativeDir, account)) return nativeDir;
  const target = sharedFolder(`programs-${version}-${process.arch}`);
  const copy = join(target, "native");
  if (!existsSync(copy)) {
    const partial = join(target, `partial-${process.pid}`);
    cpSync(nativeDir, partial, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(partial, copy);
    } catch (error) {
      if (!existsSync(copy)) throw error;
    }
  }
  return copy;
}
