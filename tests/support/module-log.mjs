/** Writes the address of each module that a process loads to the file that MODULE_LOG names. */
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

registerHooks({
  load(url, context, nextLoad) {
    appendFileSync(process.env.MODULE_LOG, `${url}\n`);
    return nextLoad(url, context);
  },
});
