/** `npm run doctor`: checks a deployment and says what to mend. Exits with 1 when something is to mend. */
import { doctorCommand } from "./doctor-command";

process.exit(await doctorCommand(process));
