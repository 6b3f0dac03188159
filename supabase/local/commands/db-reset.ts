/** `npm run db:reset`: removes the embedded database, so that the next start seeds afresh. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { getEnv } from "@/lib/env";
import { LaunchError } from "../process/fail";
import { runMain } from "../process/run-main";
import { prepareDataHome } from "../stack/data-home";
import { currentHolder } from "../stack/launch-lock";
import { removeCluster, stopLeftover } from "../stack/postgres-server";

await runMain(async () => {
  const env = getEnv();
  if (!env.embedded) {
    throw new LaunchError("SUPABASE_URL is set: only the embedded database can be dropped here.");
  }
  const holder = currentHolder(env.LOCAL_DATA_DIR);
  if (holder) {
    throw new LaunchError(
      `The database is in use at ${holder.address} (process ${holder.pid}). Stop it first.`,
    );
  }
  if (!existsSync(env.LOCAL_DATA_DIR)) {
    console.log("There is no embedded database yet. `npm start` makes one.");
    return 0;
  }
  const home = prepareDataHome(env.LOCAL_DATA_DIR, { lasting: false });
  await stopLeftover(home.clusterDir, console.log);
  removeCluster(home);
  rmSync(join(home.dataDir, "auth-mails"), { recursive: true, force: true });
  rmSync(join(home.dataDir, "stack.json"), { force: true });
  console.log("The embedded database is gone. The next `npm start` makes a new one.");
  return 0;
}, "failure");
