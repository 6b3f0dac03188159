import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ENV_NAMES, EnvironmentError, getEnv, parseEnv, resetEnv } from "@/lib/env";
import { getSupabaseConnection, readStackFile } from "@/lib/supabase/stack-file";

const problemsOf = (source: Record<string, string>): string[] => {
  try {
    parseEnv(source);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
};

const project = {
  SUPABASE_URL: "https://abc.supabase.co",
  SUPABASE_PUBLISHABLE_KEY: "sb_publishable_x",
  SUPABASE_SECRET_KEY: "sb_secret_x",
};

describe("the environment", () => {
  test("may be empty: the embedded stack, on loopback, with captured mail", () => {
    expect(parseEnv({})).toMatchObject({
      PORT: 3000,
      HOST: "127.0.0.1",
      SITE_URL: "http://localhost:3000",
      LOCAL_API_PORT: 54_321,
      LOCAL_DB_PORT: 54_322,
      LOCAL_DATA_DIR: ".local",
      ENABLE_REFERRAL_REWARDS: true,
      TRUSTED_PROXY_HOPS: 0,
      RATE_LIMIT_FACTOR: 1,
      embedded: true,
    });
  });

  test("that names a project listens everywhere, and takes its address without a slash", () => {
    const env = parseEnv({ ...project, SUPABASE_URL: "https://abc.supabase.co//", PORT: "8080" });
    expect(env).toMatchObject({
      HOST: "0.0.0.0",
      SUPABASE_URL: "https://abc.supabase.co",
      SITE_URL: "http://localhost:8080",
      embedded: false,
    });
  });

  test("counts an empty variable as unset", () => {
    expect(parseEnv({ PORT: "", SUPABASE_URL: "  ", ENABLE_REFERRAL_REWARDS: "" }).PORT).toBe(3000);
  });

  test.each([
    [{ PORT: "eighty" }, "PORT"],
    [{ PORT: "0" }, "PORT"],
    [{ PORT: "65536" }, "PORT"],
    [{ PORT: "80.5" }, "PORT"],
    [{ SITE_URL: "example.com" }, "SITE_URL"],
    [{ SITE_URL: "ftp://example.com" }, "SITE_URL"],
    [{ SITE_URL: "https://example.com/shop" }, "SITE_URL"],
    [{ SITE_URL: "https://example.com?shop" }, "SITE_URL"],
    [{ ALLOW_NEWER_DATABASE: "maybe" }, "ALLOW_NEWER_DATABASE"],
    [{ ENABLE_REFERRAL_REWARDS: "maybe" }, "ENABLE_REFERRAL_REWARDS"],
    [{ TRUSTED_PROXY_HOPS: "-1" }, "TRUSTED_PROXY_HOPS"],
    [{ TRUSTED_PROXY_HOPS: "1.5" }, "TRUSTED_PROXY_HOPS"],
    [{ RATE_LIMIT_FACTOR: "0" }, "RATE_LIMIT_FACTOR"],
    [{ LOG_LEVEL: "loud" }, "LOG_LEVEL"],
    [{ CRON_SECRET: "short" }, "CRON_SECRET"],
    [{ SEED_DEMO: "false" }, "LOCAL_DB_PASSWORD"],
    [{ LOCAL_DB_PASSWORD: "short" }, "LOCAL_DB_PASSWORD"],
    [{ BACKUP_KEEP_DAYS: "-1" }, "BACKUP_KEEP_DAYS"],
    [{ EMAIL_FROM: "a\nb@example.com" }, "EMAIL_FROM"],
    [{ ALERT_EMAIL: "nobody" }, "ALERT_EMAIL"],
    [{ SUPABASE_URL: "https://abc.supabase.co" }, "SUPABASE_PUBLISHABLE_KEY SUPABASE_SECRET_KEY"],
    [{ SUPABASE_SECRET_KEY: "sb_secret_x" }, "SUPABASE_URL"],
    [{ LOCAL_API_PORT: "5000", LOCAL_DB_PORT: "5000" }, "LOCAL_API_PORT"],
  ])("with %j names what is wrong: %s", (source, names) => {
    const problems = problemsOf(source);
    expect(problems.map((problem) => problem.split(":")[0]).join(" ")).toBe(names);
  });

  test.each([
    ["true", true],
    ["TRUE", true],
    ["1", true],
    ["false", false],
    [" 0 ", false],
  ])("reads the kill switch %j as %j", (value, expected) => {
    expect(parseEnv({ ENABLE_REFERRAL_REWARDS: value }).ENABLE_REFERRAL_REWARDS).toBe(expected);
  });

  test("is described by the example file, variable by variable", () => {
    expect(existsSync(".env.example")).toBe(true);
    const example = readFileSync(".env.example", "utf8");
    for (const name of ENV_NAMES) expect(example).toMatch(new RegExp(`^#?\\s*${name}=`, "m"));
  });

  test("gives the log its level, once", async () => {
    const before = process.env.LOG_LEVEL;
    process.env.LOG_LEVEL = "silent";
    // A log of its own: the one of this process was made by whichever test came first.
    vi.resetModules();
    const { log } = await import("@/lib/log");
    expect(log().level).toBe("silent");
    expect(log()).toBe(log());
    if (before === undefined) delete process.env.LOG_LEVEL;
    else process.env.LOG_LEVEL = before;
    resetEnv();
  });
});

describe("the running stack", () => {
  const dir = mkdtempSync(join(tmpdir(), "stack-file-"));
  const names = [...Object.keys(project), "LOCAL_DATA_DIR", "CRON_SECRET"];
  const before = names.map((name) => [name, process.env[name]] as const);
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    resetEnv();
    rmSync(dir, { recursive: true, force: true });
  });
  const only = (source: Record<string, string>) => {
    for (const name of names) delete process.env[name];
    Object.assign(process.env, source);
    resetEnv();
  };
  const stack = {
    dbUrl: "postgres://postgres:postgres@127.0.0.1:54322/postgres",
    apiUrl: "http://127.0.0.1:54321",
    publishableKey: "sb_publishable_local",
    secretKey: "sb_secret_local",
    jwtSecret: "j".repeat(40),
    cronSecret: "c".repeat(20),
    pid: process.pid,
    startedAt: "2026-11-22T08:00:00Z",
  };
  const write = (content: string) => {
    const made = mkdtempSync(join(tmpdir(), "stack-file-"));
    writeFileSync(join(made, "stack.json"), content);
    return made;
  };

  test("is found through the file that the launcher wrote", () => {
    only({ LOCAL_DATA_DIR: write(JSON.stringify(stack)) });
    expect(getSupabaseConnection()).toEqual({
      url: stack.apiUrl,
      publishableKey: stack.publishableKey,
      secretKey: stack.secretKey,
      cronSecret: stack.cronSecret,
      dbUrl: stack.dbUrl,
    });
  });

  test("gives way to the project that the environment names", () => {
    only({ ...project, LOCAL_DATA_DIR: write(JSON.stringify(stack)) });
    expect(getSupabaseConnection()).toMatchObject({
      url: "https://abc.supabase.co",
      cronSecret: null,
      dbUrl: null,
    });
  });

  test("whose launcher is dead, or whose file is broken or absent, is not there", () => {
    const dead = write(JSON.stringify({ ...stack, pid: 2 ** 22 + 1 }));
    for (const folder of [dead, write("{"), write('{"apiUrl":7}'), "/nonexistent"]) {
      expect(readStackFile(join(folder, "stack.json"))).toBeNull();
      only({ LOCAL_DATA_DIR: folder });
      expect(() => getSupabaseConnection()).toThrow(/npm start/);
    }
  });

  test("of another user counts as running", () => {
    const other = write(JSON.stringify({ ...stack, pid: 1 }));
    expect(readStackFile(join(other, "stack.json"))).not.toBeNull();
  });

  test("is validated with the environment that is read once", () => {
    only({ LOCAL_DATA_DIR: "elsewhere" });
    expect(getEnv().LOCAL_DATA_DIR).toBe("elsewhere");
    process.env.LOCAL_DATA_DIR = "changed";
    expect(getEnv().LOCAL_DATA_DIR).toBe("elsewhere");
    resetEnv();
    expect(getEnv().LOCAL_DATA_DIR).toBe("changed");
  });
});
