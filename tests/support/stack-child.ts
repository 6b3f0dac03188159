/**
 * The embedded stack as a process of its own, for tests that cut its connections or take its
 * database away. `start database`, sent as a message, brings that back and is answered `started`.
 */
import { beforeExit, runMain } from "@/supabase/local/process/run-main";
import { startStack } from "@/supabase/local/stack/stack";

await runMain(async () => {
  const [dataDir = "", dbPort, apiPort] = process.argv.slice(2);
  const stack = await startStack({
    dataDir,
    dbPort: Number(dbPort),
    apiPort: Number(apiPort),
    log: () => {},
  });
  beforeExit(stack.stop);
  process.on("message", (message) => {
    if (message !== "start database") return;
    void stack.startDatabase().then(() => process.send?.("started"));
  });
  process.send?.("ready");
  return new Promise<never>(() => {});
}, "success");
