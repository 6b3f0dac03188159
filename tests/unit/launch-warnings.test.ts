import { describe, expect, test } from "vitest";
import { parseEnv } from "@/lib/env";
import { launchWarnings } from "@/supabase/local/commands/launch-warnings";

const warningsOf = (source: Record<string, string>) =>
  launchWarnings(parseEnv(source), source.SITE_URL !== undefined);

const project = {
  SUPABASE_URL: "https://abc.supabase.co",
  SUPABASE_PUBLISHABLE_KEY: "sb_publishable_x",
  SUPABASE_SECRET_KEY: "sb_secret_x",
};

describe("the launcher warns", () => {
  test.each(["0.0.0.0", "::", "192.168.1.20", "fibre.lan", "localhost.example.com"])(
    "when the demo accounts are served to other machines, by HOST=%s",
    (HOST) => {
      const [warning, ...more] = warningsOf({ HOST });
      expect(warning).toContain(`HOST=${HOST} `);
      expect(more).toEqual([]);
    },
  );

  test.each(["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "::1", "[::1]"])(
    "not when they stay on this machine, by HOST=%s",
    (HOST) => {
      expect(warningsOf({ HOST })).toEqual([]);
      expect(warningsOf({})).toEqual([]);
    },
  );

  test("when a project is named and the site's own address is not", () => {
    expect(warningsOf({ ...project, HOST: "0.0.0.0" })).toEqual([
      expect.stringContaining("SITE_URL is not set"),
    ]);
  });

  test.each(["http://fibre.example", "http://192.168.1.20:3000"])(
    "when a project's site is at %s, without encryption",
    (SITE_URL) => {
      expect(warningsOf({ ...project, SITE_URL })).toEqual([
        expect.stringContaining(`SITE_URL=${SITE_URL} is not https`),
      ]);
    },
  );

  test.each(["https://fibre.example", "http://localhost:3000", "http://127.0.0.1:3000"])(
    "not when it is at %s",
    (SITE_URL) => {
      expect(warningsOf({ ...project, SITE_URL })).toEqual([]);
    },
  );
});
