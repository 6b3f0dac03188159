import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import postgres from "postgres";
import type { Log } from "../process/run-main";
import { SEED_PATH, type Stack } from "../stack/stack";

/** How the demo data reaches the stack. */
export type SeedContext = Pick<Stack, "dbUrl" | "apiUrl" | "publishableKey" | "secretKey"> & {
  log: Log;
};

const SEED_URL = new URL("./seed.ts", import.meta.url);

/**
 * Fills in the demo data unless that was done before. It is recorded as done only at its end. The
 * next start recognises a seed that was interrupted, and recreates the database.
 */
export async function seedOnce(context: SeedContext): Promise<boolean> {
  const sql = postgres(context.dbUrl, { max: 1, onnotice: () => {} });
  try {
    const done = await sql`select from supabase_migrations.seed_files where path = ${SEED_PATH}`;
    if (done.length > 0) return false;
    await sql`insert into supabase_migrations.seed_files values (${SEED_PATH}, 'started')`;
    context.log("Filling in the demo data");
    const { seed }: { seed: (context: SeedContext) => Promise<unknown> } = await import(
      SEED_URL.href
    );
    await seed(context);
    const hash = createHash("sha256").update(readFileSync(SEED_URL)).digest("hex");
    await sql`update supabase_migrations.seed_files set hash = ${hash} where path = ${SEED_PATH}`;
    return true;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
