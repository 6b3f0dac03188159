import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import postgres, { type Sql } from "postgres";
import { z } from "zod";
import { codeOf, explainDisk, LaunchError, messageOf } from "../process/fail";
import type { DataHome } from "./data-home";

/** Parts of a cluster that belong to a running server, or that recovery makes anew. */
const LEFT_OUT = ["postmaster.pid", "postmaster.opts", "pg_wal", "pg_replslot", "pg_stat_tmp"];

const DAY_MS = 86_400_000;

const manifestSchema = z.object({ taken_at: z.iso.datetime(), release: z.string() });
export type BackupManifest = z.infer<typeof manifestSchema>;

function run(command: string, args: string[]): void {
  const result = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (result.error) throw new LaunchError(`${command} cannot be run: ${result.error.message}`);
  if (result.status !== 0) {
    const said = `${result.stderr}`.trim();
    throw new LaunchError(
      explainDisk(said, "the backup") ?? `${command} failed: ${said.slice(-400)}`,
    );
  }
}

/** SHA-256 of a file, in hexadecimal digits. */
async function checksumOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

const nameAt = (time: Date) =>
  `${time.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-")}.tar.gz`;

/** Copies a folder whose files may vanish meanwhile: a dropped table, a temporary file. */
function copyLiving(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    try {
      if (entry.isDirectory()) copyLiving(source, target);
      else copyFileSync(source, target);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
}

function copyCluster(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (LEFT_OUT.includes(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyLiving(source, target);
    else copyFileSync(source, target);
  }
  for (const empty of ["pg_wal", "pg_replslot", "pg_stat_tmp"]) {
    mkdirSync(join(to, empty), { recursive: true, mode: 0o700 });
  }
}

/**
 * Copies the files of a server that goes on serving. PostgreSQL's own protocol makes the copy whole:
 * changes during it are in the log of the server, which is copied last.
 */
async function copyRunning(sql: Sql, from: string, to: string): Promise<void> {
  const session = await sql.reserve();
  try {
    await session`select pg_backup_start('backup', true)`;
    copyCluster(from, to);
    const [stopped] = await session<{ labelfile: string }[]>`
      select labelfile from pg_backup_stop(false)`;
    writeFileSync(join(to, "backup_label"), stopped?.labelfile ?? "");
  } finally {
    session.release();
  }
  for (const name of readdirSync(join(from, "pg_wal"))) {
    if (/^[0-9A-F]{24}$/.test(name)) cpSync(join(from, "pg_wal", name), join(to, "pg_wal", name));
  }
}

export type BackupOptions = {
  home: DataHome;
  /** A connection of the superuser; the server may go on serving meanwhile. */
  sql: Sql;
  release: string;
  now: Date;
};

/**
 * Writes `backups/TIME.tar.gz` with the database and its keys, and its checksum beside it. Only the
 * owner may read them. Returns the path.
 *
 * @throws LaunchError when the disk is full, or tar is missing.
 */
export async function takeBackup({ home, sql, release, now }: BackupOptions): Promise<string> {
  const folder = join(home.dataDir, "backups");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const work = mkdtempSync(join(folder, "partial-"));
  try {
    const cluster = join(work, "postgres");
    mkdirSync(cluster, { mode: 0o700 });
    // Taken before the copy: what happens during it counts as unknown to the backup.
    const manifest: BackupManifest = { taken_at: now.toISOString(), release };
    await copyRunning(sql, home.clusterDir, cluster);
    writeFileSync(join(work, "manifest.json"), JSON.stringify(manifest), { mode: 0o600 });
    const secrets = join(home.dataDir, "secrets.json");
    const parts = ["manifest.json", "postgres"];
    if (existsSync(secrets)) {
      cpSync(secrets, join(work, "secrets.json"));
      parts.push("secrets.json");
    }
    const partial = join(work, "backup.tar.gz");
    run("tar", ["-czf", partial, "-C", work, ...parts]);
    chmodSync(partial, 0o600);
    const path = join(folder, nameAt(now));
    writeFileSync(`${path}.sha256`, `${await checksumOf(partial)}  ${basename(path)}\n`, {
      mode: 0o600,
    });
    renameSync(partial, path);
    return path;
  } catch (error) {
    throw new LaunchError(explainDisk(messageOf(error), folder) ?? messageOf(error));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Removes backups that are older than so many days, but never the newest one. */
export function pruneBackups(dataDir: string, keepDays: number, now: Date): string[] {
  const folder = join(dataDir, "backups");
  if (!existsSync(folder)) return [];
  const oldest = nameAt(new Date(now.getTime() - keepDays * DAY_MS));
  const backups = readdirSync(folder).filter((name) => /^\d{8}-\d{6}\.tar\.gz$/.test(name));
  const removed = backups
    .sort()
    .slice(0, -1)
    .filter((name) => name < oldest);
  for (const name of removed) {
    rmSync(join(folder, name));
    rmSync(join(folder, `${name}.sha256`), { force: true });
  }
  return removed;
}

/**
 * Checks a backup against its checksum, and unpacks it to a new folder.
 *
 * @throws LaunchError when it is missing, incomplete or changed.
 */
export async function unpackBackup(
  path: string,
): Promise<{ folder: string; manifest: BackupManifest }> {
  if (!existsSync(path)) throw new LaunchError(`There is no backup at ${path}.`);
  if (!existsSync(`${path}.sha256`)) {
    throw new LaunchError(`${path}.sha256 is missing, so the backup cannot be checked.`);
  }
  const wanted = readFileSync(`${path}.sha256`, "utf8").split(/\s/)[0];
  if ((await checksumOf(path)) !== wanted) {
    throw new LaunchError(`${path} is damaged: its checksum is another one. Use another backup.`);
  }
  const folder = mkdtempSync(join(tmpdir(), "referral-restore-"));
  run("tar", ["-xzf", path, "-C", folder]);
  try {
    const text = readFileSync(join(folder, "manifest.json"), "utf8");
    return { folder, manifest: manifestSchema.parse(JSON.parse(text)) };
  } catch {
    rmSync(folder, { recursive: true, force: true });
    throw new LaunchError(`${path} is no backup of this product.`);
  }
}

/** Puts an unpacked cluster in the place of the database, which must be empty. */
export function placeCluster(folder: string, home: DataHome): void {
  cpSync(join(folder, "postgres"), home.clusterDir, { recursive: true, preserveTimestamps: true });
  chmodSync(home.clusterDir, 0o700);
  const [kept, secrets] = [join(folder, "secrets.json"), join(home.dataDir, "secrets.json")];
  // On a new machine the keys come with the backup. Sessions and callers go on as before.
  if (existsSync(kept) && !existsSync(secrets)) {
    cpSync(kept, secrets);
    chmodSync(secrets, 0o600);
  }
  const { uid, gid } = home.account;
  if (uid === undefined || gid === undefined) return;
  chownSync(home.clusterDir, uid, gid);
  execFileSync("chown", ["-R", `${uid}:${gid}`, home.clusterDir]);
}

/** What left a database after an instant: see `private.issued_since`. */
const issuedSchema = z.looseObject({
  at: z.string(),
  series: z.array(z.object({ series: z.string(), year: z.number(), last_number: z.number() })),
  invoices: z.array(z.looseObject({ number: z.string() })),
  payments: z.array(z.looseObject({})),
  mails: z.array(z.looseObject({ template: z.string(), dedupe_key: z.string() })),
});
export type Issued = z.infer<typeof issuedSchema>;

export async function readIssued(sql: Sql, since: Date): Promise<Issued> {
  const [row] = await sql`select private.issued_since(${since.toISOString()}) as it`;
  return issuedSchema.parse(row?.it);
}

/** How far back the journal beside the data looks. */
const JOURNAL_DAYS = 40;

/** Writes beside the data what has left it, for a restore after the database itself is lost. */
export async function writeJournal(sql: Sql, dataDir: string, now: Date): Promise<void> {
  const issued = await readIssued(sql, new Date(now.getTime() - JOURNAL_DAYS * DAY_MS));
  const path = join(dataDir, "issued.json");
  writeFileSync(`${path}.new`, JSON.stringify(issued), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** The journal, without what a backup of that moment knows already. Null when there is none. */
export function readJournal(dataDir: string, since: Date): Issued | null {
  try {
    const issued = issuedSchema.parse(
      JSON.parse(readFileSync(join(dataDir, "issued.json"), "utf8")),
    );
    const isLater = (time: unknown) => typeof time === "string" && new Date(time) > since;
    return {
      ...issued,
      invoices: issued.invoices.filter((invoice) => isLater(invoice.issued_at)),
      payments: issued.payments.filter((payment) => isLater(payment.created_at)),
      mails: issued.mails.filter((mail) => isLater(mail.sent_at)),
    };
  } catch {
    return null;
  }
}

/** A connection of the superuser for one command. */
export const superuser = (url: string) => postgres(url, { max: 2, onnotice: () => {} });
