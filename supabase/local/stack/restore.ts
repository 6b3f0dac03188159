import { existsSync, rmSync } from "node:fs";
import { z } from "zod";
import { LaunchError, messageOf } from "../process/fail";
import { freePorts } from "../process/ports";
import type { Log } from "../process/run-main";
import {
  type Issued,
  placeCluster,
  readIssued,
  readJournal,
  superuser,
  unpackBackup,
} from "./backup";
import type { DataHome } from "./data-home";
import { moveDatabaseAside } from "./earlier-database";
import { startPostgres, stopLeftover } from "./postgres-server";

/** A number that is known to be given already, from a document for instance. */
export type Floor = { series: string; year: number; last_number: number };

export type RestoreOptions = {
  home: DataHome;
  /** The backup, as `npm run backup` wrote it. */
  file: string;
  /** Numbers that are known from elsewhere. */
  floor: Floor[];
  now: Date;
  log: Log;
};

const summarySchema = z.object({
  numbers: z.array(
    z.object({ series: z.string(), year: z.number(), first: z.number(), last: z.number() }),
  ),
  invoices: z.number(),
  payments: z.number(),
  mails: z.number(),
});

export type Restored = z.infer<typeof summarySchema> & {
  takenAt: Date;
  /** Where the database that was replaced is now; null when there was none. */
  aside: string | null;
};

/** What the present database, which is about to be replaced, has issued since the backup. */
async function issuedBy(home: DataHome, since: Date): Promise<Issued | null> {
  if (!existsSync(home.clusterDir)) return null;
  const [port = 0] = await freePorts(1);
  try {
    const server = await startPostgres(home, port, true, () => {});
    const sql = superuser(server.url());
    try {
      return await readIssued(sql, since);
    } finally {
      await sql.end({ timeout: 2 });
      await server.stop();
    }
  } catch {
    // It is damaged: that may be why it is being replaced.
    return null;
  }
}

/**
 * Replaces the embedded database by a backup, so that it is safe to serve: mails are held, numbers
 * go on after the last one that is known, and what the backup does not know is listed in
 * `public.restores`. The database that was there is moved aside. Nothing may be running.
 *
 * @throws LaunchError when the backup is damaged, or nothing tells which numbers were given since.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { home, floor, now, log } = options;
  const { folder, manifest } = await unpackBackup(options.file);
  try {
    const takenAt = new Date(manifest.taken_at);
    await stopLeftover(home.clusterDir, log);
    const issued = (await issuedBy(home, takenAt)) ?? readJournal(home.dataDir, takenAt);
    if (issued === null && floor.length === 0) {
      throw new LaunchError(
        "Neither the present database nor its journal (issued.json) says which numbers were given since the backup. " +
          "Look up the newest invoice and credit note that left the house, and name them: --floor INV-2026-000123 --floor CRN-2026-000004",
      );
    }
    const aside = existsSync(home.clusterDir) ? moveDatabaseAside(home, now) : null;
    placeCluster(folder, home);
    const [port = 0] = await freePorts(1);
    const server = await startPostgres(home, port, true, log);
    const sql = superuser(server.url());
    try {
      const known = issued ?? { series: [], invoices: [], payments: [], mails: [] };
      const [row] = await sql`
        select private.note_restore(
          ${takenAt.toISOString()}, ${sql.json(known as never)}, ${sql.json(floor)},
          ${now.toISOString()}) as it`;
      return { ...summarySchema.parse(row?.it), takenAt, aside };
    } catch (error) {
      throw new LaunchError(`The restored database could not be made safe: ${messageOf(error)}`);
    } finally {
      await sql.end({ timeout: 2 });
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads `INV-2026-000123`. @throws LaunchError when it is no number of a document. */
export function parseFloor(text: string): Floor {
  const [, series, year, number] = /^([A-Z0-9]{2,8})-(\d{4})-(\d{1,12})$/.exec(text) ?? [];
  if (!series) throw new LaunchError(`--floor ${text}: use a number like INV-2026-000123.`);
  return { series, year: Number(year), last_number: Number(number) };
}
