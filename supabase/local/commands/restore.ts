/**
 * `npm run restore -- FILE [--floor INV-2026-000123]…`: replaces the embedded database by a backup.
 * Mails are held until a person switches them on again under Admin → Programme.
 */
import { parseArgs } from "node:util";
import { getEnv } from "@/lib/env";
import { LaunchError } from "../process/fail";
import { runMain } from "../process/run-main";
import { prepareDataHome } from "../stack/data-home";
import { currentHolder } from "../stack/launch-lock";
import { parseFloor, restoreBackup } from "../stack/restore";

const USAGE =
  "Use `npm run restore -- FILE`, with --floor INV-2026-000123 for numbers known from elsewhere.";

await runMain(async () => {
  const env = getEnv();
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { floor: { type: "string", multiple: true, default: [] } },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    console.error(USAGE);
    return 2;
  }
  if (!env.embedded) {
    throw new LaunchError(
      "SUPABASE_URL is set: restore a hosted project as .ops/RUNBOOK.md describes.",
    );
  }
  const holder = currentHolder(env.LOCAL_DATA_DIR);
  if (holder) {
    throw new LaunchError(
      `The database is in use at ${holder.address} (process ${holder.pid}). Stop it first.`,
    );
  }
  const home = prepareDataHome(env.LOCAL_DATA_DIR, {
    lasting: true,
    password: env.LOCAL_DB_PASSWORD,
  });
  console.log(`Database: embedded, ${home.clusterDir}`);
  const restored = await restoreBackup({
    home,
    file,
    floor: values.floor.map(parseFloor),
    now: new Date(),
    log: console.log,
  });
  console.log(`Restored the backup of ${restored.takenAt.toISOString()}.`);
  if (restored.aside) console.log(`The database that was there is now ${restored.aside}.`);
  for (const { series, year, first, last } of restored.numbers) {
    console.log(`${series}-${year}: numbers ${first} to ${last} are not given again.`);
  }
  console.log(
    `Not in the backup: ${restored.invoices} invoices, ${restored.payments} payments, ${restored.mails} mails. ` +
      "They are listed in public.restores.",
  );
  console.log(
    "No mail leaves until somebody switches mails on under Admin → Programme; `npm run job -- verify` says so too.",
  );
  return 0;
}, "failure");
