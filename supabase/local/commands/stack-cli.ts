/**
 * The embedded stack alone, until Ctrl-C:
 *   node --import tsx supabase/local/commands/stack-cli.ts --data DIR [--db-port N] [--api-port N]
 *     [--migrations DIR] [--ephemeral]
 * Ports that are not given are chosen freely.
 */
import { parseArgs } from "node:util";
import { freePorts } from "../process/ports";
import { beforeExit, runMain } from "../process/run-main";
import { startStack } from "../stack/stack";

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      "db-port": { type: "string" },
      "api-port": { type: "string" },
      migrations: { type: "string" },
      ephemeral: { type: "boolean", default: false },
    },
  });
  if (!values.data) throw new Error("--data DIR is missing");
  const [dbPort = 0, apiPort = 0] = await freePorts(2);
  const stack = await startStack({
    dataDir: values.data,
    dbPort: Number(values["db-port"] ?? dbPort),
    apiPort: Number(values["api-port"] ?? apiPort),
    ephemeral: values.ephemeral,
    migrations: values.migrations,
    log: console.log,
  });
  beforeExit(stack.stop);
  console.log(`Database ${stack.dbUrl}\nData API ${stack.apiUrl}\nKeys in ${stack.stackFile}`);
  throw new Error(await stack.failed);
}, "success");
