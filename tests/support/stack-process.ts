import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import type { ServerClient } from "@/lib/supabase/clients";
import { type StackFile, stackFileSchema } from "@/lib/supabase/stack-file";
import { freePorts } from "@/supabase/local/process/ports";
import { isAlive } from "@/supabase/local/process/process-info";
import { makeScratchDir } from "@/supabase/local/stack/data-home";
import { eventually } from "./eventually";
import { serviceClient } from "./own-stack";

export interface StackProcess {
  stack: StackFile;
  /** Superuser connections. */
  sql: Sql;
  /** The data API with the secret key. */
  client: ServerClient;
  /** Further superuser connections, closed with the stack. */
  connect(max: number): Sql;
  /** Cuts every connection of the data API, in the middle of whatever it does. */
  cutConnections(): Promise<void>;
  /** The database dies at once (SIGQUIT): nothing is finished, nobody is told. */
  crashDatabase(): Promise<void>;
  /** Brings it back; it recovers from its log. */
  startDatabase(): Promise<void>;
  stop(): Promise<void>;
}

const nextMessage = (child: ChildProcess, expected: string) =>
  new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the stack ended with code ${code}`)));
    child.on("message", (message) => {
      if (message === expected) resolve();
    });
  });

/**
 * A stack as `npm start` has it: a process of its own, with a database that survives a crash. For
 * tests that break connections, which the driver does not survive in the process of a test.
 */
export async function stackProcess(): Promise<StackProcess> {
  const dataDir = makeScratchDir("referral-process-");
  const [dbPort, apiPort] = await freePorts(2);
  const child = spawn(
    process.execPath,
    [
      ...["--import", "tsx", "--import", "./supabase/local/commands/runtime.mjs"],
      ...["tests/support/stack-child.ts", dataDir, String(dbPort), String(apiPort)],
    ],
    {
      env: { ...process.env, LITE_AUTH_BCRYPT_COST: "4" },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  await nextMessage(child, "ready");
  const stack = stackFileSchema.parse(
    JSON.parse(readFileSync(join(dataDir, "stack.json"), "utf8")),
  );
  const connections: Sql[] = [];
  const connect = (max: number) => {
    const sql = postgres(stack.dbUrl, { max, onnotice: () => {} });
    connections.push(sql);
    return sql;
  };
  const sql = connect(10);
  return {
    stack,
    sql,
    client: serviceClient(stack),
    connect,
    async cutConnections() {
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'data-api'`;
    },
    async crashDatabase() {
      const [pid = ""] = readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8").split(
        "\n",
      );
      process.kill(Number(pid), "SIGQUIT");
      await eventually(async () => (isAlive(Number(pid)) ? undefined : true));
    },
    async startDatabase() {
      const started = nextMessage(child, "started");
      child.send("start database");
      await started;
    },
    async stop() {
      await Promise.all(connections.map((open) => open.end({ timeout: 2 }).catch(() => {})));
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGINT");
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
