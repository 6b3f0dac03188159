/** `npm run admin -- COMMAND`: the team and the list of suburbs from the terminal. */
import { adminCommand } from "./admin-command";

process.exit(await adminCommand(process.argv.slice(2), process));
