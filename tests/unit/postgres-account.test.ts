import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { postgresAccount } from "@/supabase/local/stack/data-home";

/** Programs of a system that has the users listed in a file, in place of the machine's own. */
let system: string;

function program(name: string, body: string): void {
  const path = join(system, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

const users = (...names: string[]) =>
  writeFileSync(join(system, "users"), names.map((name) => `${name}\n`).join(""));
const created = () =>
  existsSync(join(system, "created")) ? readFileSync(join(system, "created"), "utf8").trim() : "";

beforeEach(() => {
  system = mkdtempSync(join(tmpdir(), "referral-users-"));
  // The user's id is the number of its line, from 101 on.
  program(
    "id",
    `line=$(/usr/bin/grep -nx "$2" ${system}/users) || exit 1
    echo $((100 + \${line%%:*}))`,
  );
  program(
    "useradd",
    `for last; do :; done; echo $last | /usr/bin/tee -a ${system}/users >>${system}/created`,
  );
  vi.stubEnv("PATH", system);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(system, { recursive: true, force: true });
});

function asRoot(): void {
  vi.spyOn(process, "getuid").mockReturnValue(0);
}

test("whoever is not root needs no account", () => {
  users();
  vi.spyOn(process, "getuid").mockReturnValue(1000);
  expect(postgresAccount(true)).toEqual({ account: {}, note: null });
  expect(created()).toBe("");
});

test("root creates no user while the system has one for PostgreSQL", () => {
  users("nobody", "postgres");
  asRoot();
  for (const lasting of [true, false]) {
    expect(postgresAccount(lasting)).toEqual({ account: { uid: 102, gid: 102 }, note: null });
  }
  expect(created()).toBe("");
});

test("root creates no user for data that is thrown away", () => {
  users("nobody");
  asRoot();
  expect(postgresAccount(false)).toEqual({ account: { uid: 101, gid: 101 }, note: null });
  expect(created()).toBe("");
});

test("root creates a user for data that lasts, and says so", () => {
  users("nobody");
  asRoot();
  expect(postgresAccount(true)).toEqual({
    account: { uid: 102, gid: 102 },
    note: "Created the system user postgres, because PostgreSQL does not run as root.",
  });
  expect(created()).toBe("postgres");
});
