/** `npm run backup`: copies the embedded database, while it serves or while it rests. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { getEnv } from "@/lib/env";
import { readStackFile } from "@/lib/supabase/stack-file";
import packageFile from "@/package.json";
import { LaunchError } from "../process/fail";
import { freePorts } from "../process/ports";
import { runMain } from "../process/run-main";
import { pruneBackups, superuser, takeBackup } from "../stack/backup";
import { prepareDataHome } from "../stack/data-home";
import { startPostgres } from "../stack/postgres-server";

await runMain(async () => {
  const env = getEnv();
  if (!env.embedded) {
    throw new LaunchError(
      "SUPABASE_URL is set: a hosted project has its own backups (see .ops/RUNBOOK.md).",
    );
  }
  const home = prepareDataHome(env.LOCAL_DATA_DIR, {
    lasting: true,
    password: env.LOCAL_DB_PASSWORD,
  });
  if (!existsSync(home.clusterDir)) {
    throw new LaunchError("There is no embedded database yet. `npm start` makes one.");
  }
  const running = readStackFile(join(home.dataDir, "stack.json"));
  const [port = 0] = await freePorts(1);
  const server = running ? null : await startPostgres(home, port, true, () => {});
  const sql = superuser(running?.dbUrl ?? server?.url() ?? "");
  try {
    const now = new Date();
    const path = await takeBackup({ home, sql, release: packageFile.version, now });
    const removed = pruneBackups(home.dataDir, env.BACKUP_KEEP_DAYS || 30, now);
    console.log(`Database: embedded, ${home.clusterDir}`);
    console.log(`Wrote ${path}`);
    if (removed.length > 0) console.log(`Removed ${removed.length} older than the days to keep`);
    return 0;
  } finally {
    await sql.end({ timeout: 2 });
    await server?.stop();
  }
}, "failure");
