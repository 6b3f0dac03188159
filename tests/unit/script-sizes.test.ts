import { expect, test } from "vitest";
import { scriptsAbove, scriptsNamedBy } from "@/supabase/local/commands/script-sizes";

test("the scripts of a page are counted once each, without those of old browsers", () => {
  const html = `
    <script src="/a.js" async=""></script><script src="/b.js?x=1&amp;y=2"></script>
    <script src="/a.js"></script><script src="/old.js" noModule=""></script><script>1</script>`;
  expect(scriptsNamedBy(html)).toEqual(["/a.js", "/b.js?x=1&y=2"]);
});

test("a page above its budget is named with its size and the budget", () => {
  const sizes = { "/": 150, order: 201.04, "sign-in": 160, dashboard: 261.27 };
  expect(scriptsAbove(sizes)).toEqual([
    "order: 201.0 kB of scripts, allowed 200",
    "dashboard: 261.3 kB of scripts, allowed 240",
  ]);
});
