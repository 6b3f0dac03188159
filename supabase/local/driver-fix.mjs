/**
 * Repairs the PostgreSQL driver while it is loaded, for the embedded stack, which must survive a
 * database that goes away. Version 3.4.9 keeps a scheduled write when its connection is lost:
 * that write then either ends the process, out of reach of any handler, or blocks the connection
 * for good. (https://github.com/porsager/postgres/issues/1208)
 *
 * A version that reads differently is left as it is.
 */
import { registerHooks } from "node:module";

const DRIVER = /\/node_modules\/postgres\/(src|cjs\/src)\/connection\.js$/;

/** Lost together with the connection: what was buffered, and the timer that would write it. */
const FORGET = "clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n";
const WRITE = "const x = socket.write(chunk, fn)\n";
const GUARD = `if (socket === null) {
      ${FORGET}      error(Errors.connection('CONNECTION_CLOSED', options, socket))
      return false
    }
    `;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!DRIVER.test(url) || !loaded.source) return loaded;
    const source =
      typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source).toString();
    return {
      ...loaded,
      source: source
        .replaceAll("clearImmediate(nextWriteTimer)\n    socket", `${FORGET}    socket`)
        .replace(WRITE, GUARD + WRITE),
    };
  },
});
