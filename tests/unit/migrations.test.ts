import { describe, expect, test } from "vitest";
import { schemaProblem } from "@/lib/supabase/maintenance";
import { SCHEMA_VERSION } from "@/lib/supabase/schema-version";
import { readMigrations } from "@/supabase/local/stack/migrate";
import { MIGRATIONS } from "@/supabase/local/stack/stack";

describe("migrations", () => {
  test("the code knows the newest one", () => {
    expect(readMigrations(MIGRATIONS).at(-1)?.version).toBe(SCHEMA_VERSION);
  });

  test("each says how it is undone", () => {
    for (const { file, text } of readMigrations(MIGRATIONS)) {
      expect([file, /^-- Undo: \S.*\.$/m.test(text)]).toEqual([file, true]);
    }
  });

  test("a database of another release is refused, unless a newer one is accepted", () => {
    expect(schemaProblem(SCHEMA_VERSION, false)).toBeNull();
    expect(schemaProblem("20991231000000", false)).toContain("is newer than this code");
    expect(schemaProblem("20991231000000", true)).toBeNull();
    for (const older of [null, "20200101000000"]) {
      expect(schemaProblem(older, true)).toContain("misses migrations");
    }
  });
});
