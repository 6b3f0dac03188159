import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import type { ServerClient } from "@/lib/supabase/clients";
import { freePorts } from "@/supabase/local/process/ports";
import { type Stack, type StackOptions, startStack } from "@/supabase/local/stack/stack";
import { clientOfServer } from "./clients";

export interface OwnStack {
  stack: Stack;
  /** LOCAL_DATA_DIR of commands that shall find this stack. */
  dataDir: string;
  /** Superuser connections. */
  sql: Sql;
  /** The data API with the secret key. */
  client: ServerClient;
  /** Further superuser connections, closed with the stack. */
  connect(max: number): Sql;
  stop(): Promise<void>;
}

/** A client of the data API with the secret key of a stack. */
export const serviceClient = ({
  apiUrl,
  secretKey,
}: Pick<Stack, "apiUrl" | "secretKey">): ServerClient => clientOfServer(apiUrl, secretKey);

/**
 * Database and data API for one test file alone: for tests that see every row, as a billing run
 * does, or that break what others rely on. On free ports, and gone after `stop`.
 */
export async function ownStack(
  options: Pick<StackOptions, "confirmEmails"> = {},
): Promise<OwnStack> {
  const dataDir = mkdtempSync(join(tmpdir(), "referral-own-"));
  const connections: Sql[] = [];
  try {
    const [dbPort = 0, apiPort = 0] = await freePorts(2);
    const stack = await startStack({
      ...options,
      dataDir,
      dbPort,
      apiPort,
      ephemeral: true,
      log: () => {},
    });
    const connect = (max: number) => {
      const sql = postgres(stack.dbUrl, { max, onnotice: () => {} });
      connections.push(sql);
      return sql;
    };
    return {
      stack,
      dataDir,
      sql: connect(10),
      client: serviceClient(stack),
      connect,
      async stop() {
        await Promise.all(connections.map((sql) => sql.end({ timeout: 2 }).catch(() => {})));
        await stack.stop();
        rmSync(dataDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}
