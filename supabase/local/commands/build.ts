/** `npm run build`: the production build, for an image that is served elsewhere. */
import { runMain } from "../process/run-main";
import { buildIfStale } from "./next-server";

await runMain(async () => {
  await buildIfStale((line) => console.log(line));
  return 0;
}, "success");
