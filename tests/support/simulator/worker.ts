/** A process that runs one job as `npm run job` does, once it is told which. */
import { jobsOf } from "@/lib/composition/jobs";
import { runCommand } from "@/lib/jobs/command";
import { createServerClient } from "@/lib/supabase/clients";
import "@/lib/composition/notifications";

process.on("message", (argv: string[]) => {
  const terminal = { out: async () => {}, error: { write: () => true } };
  void runCommand(argv, terminal, (clock) => jobsOf(createServerClient(), clock)).then((code) => {
    process.send?.(code);
  });
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
