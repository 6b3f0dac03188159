/** A process that runs one job as `npm run job` does, once it is told which. */
import { runCommand } from "@/lib/jobs/command";
import "@/lib/notifications/delivery";

process.on("message", (argv: string[]) => {
  void runCommand(argv, { out: async () => {}, error: { write: () => true } }).then((code) => {
    process.send?.(code);
  });
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
