/** `npm run report -- launch`: the launch targets, and how far they are. */
import { reportCommand } from "./report-command";

process.exit(await reportCommand(process.argv.slice(2), process));
