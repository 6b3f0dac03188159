/** `npm run db:types [-- --check]`: the typed database schema, from the migrations. */

import { runMain } from "../process/run-main";
import { typesAreCurrent, writeTypes } from "./database-types";

await runMain(async () => {
  if (!process.argv.includes("--check")) {
    await writeTypes();
    console.log("Wrote lib/supabase/database.types.ts");
    return 0;
  }
  if (await typesAreCurrent()) {
    console.log("lib/supabase/database.types.ts is what the migrations lead to");
    return 0;
  }
  console.error("lib/supabase/database.types.ts differs: run `npm run db:types` and commit it");
  return 1;
}, "failure");
