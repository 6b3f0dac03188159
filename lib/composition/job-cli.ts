/** `npm run job -- NAME [flags]`: the periodic work. See USAGE in `lib/jobs/arguments.ts`. */
import { jobCommand } from "./job-command";

// Idle connections would keep the process waiting.
process.exit(await jobCommand(process.argv.slice(2), process));
