/**
 * Loaded before TypeScript that runs outside Next.js: jobs, benchmarks, the launcher. There,
 * "server-only" has no bundler to talk to, and would refuse to load.
 */
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === "server-only") {
      return { url: "data:text/javascript,export{}", format: "module", shortCircuit: true };
    }
    return nextResolve(specifier, context);
  },
});
