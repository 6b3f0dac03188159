import { describe, expect, test } from "vitest";
import { parseEnv } from "@/lib/env";
import { launchRefusals, launchWarnings } from "@/supabase/local/commands/launch-warnings";

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

  test("when a project's site sends no mail", () => {
    expect(warningsOf({ ...project, SITE_URL: "https://fibre.example" })).toEqual([
      expect.stringContaining("RESEND_API_KEY is not set"),
    ]);
    const sends = { ...project, SITE_URL: "https://fibre.example", RESEND_API_KEY: "re_x" };
    expect(warningsOf(sends)).toEqual([]);
  });
});

describe("a site on a named project", () => {
  const complete = {
    ...project,
    SITE_URL: "https://fibre.example",
    CRON_SECRET: "0123456789abcdef",
    EMAIL_FROM: "hello@fibre.example",
  };
  const refusalsOf = (source: Record<string, string>) =>
    launchRefusals(parseEnv(source), source).map((line) => line.split(":")[0]);

  test("starts when it has all that it needs, at an https address or on this machine", () => {
    expect(refusalsOf(complete)).toEqual([]);
    for (const SITE_URL of ["http://localhost:3000", "http://127.0.0.1:3000"]) {
      expect(refusalsOf({ ...complete, SITE_URL })).toEqual([]);
    }
  });

  test.each([
    ["CRON_SECRET", ""],
    ["EMAIL_FROM", " "],
    ["SITE_URL", "http://fibre.example"],
    ["SITE_URL", "http://192.168.1.20:3000"],
  ])("does not start with %s=%j, and names it", (name, value) => {
    expect(refusalsOf({ ...complete, [name]: value })).toEqual([name]);
  });

  test("names everything at once; the embedded stack needs none of it", () => {
    expect(refusalsOf({ ...project, SITE_URL: "http://fibre.example" })).toEqual([
      "CRON_SECRET",
      "EMAIL_FROM",
      "SITE_URL",
    ]);
    expect(refusalsOf({})).toEqual([]);
  });
});

describe("a site that sends mails", () => {
  test.each([
    ["EMAIL_FROM", "ALERT_EMAIL"],
    ["ALERT_EMAIL", "EMAIL_FROM"],
  ] as const)("does not start without %s, wherever its database is", (missing, given) => {
    const source = { RESEND_API_KEY: "re_x", [given]: "a@fibre.example" };
    const refused = launchRefusals(parseEnv(source), source);
    expect(refused).toEqual([expect.stringMatching(new RegExp(`^${missing}: `))]);
    expect(launchRefusals(parseEnv({}), { ...source, RESEND_API_KEY: "" })).toEqual([]);
  });
});
