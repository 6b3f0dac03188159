/** Connections of the database tests, and databases that they own. */
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import postgres, { type ISql, type Sql } from "postgres";
import { createMigratedDatabase, MIGRATIONS } from "@/supabase/local/stack/stack";
import { testStack } from "./context";

const DROP_WAIT_MS = 10_000;

function connectTo(url: string, max: number): Sql {
  return postgres(url, { max, onnotice: () => {}, connection: { application_name: "test" } });
}

/** One connection, as the database's owner, to the database that the data API serves. */
export function sharedDatabase(max = 2): Sql {
  return connectTo(testStack().dbUrl, max);
}

export type OwnDatabase = {
  url: string;
  sql: Sql;
  /** Further connections of one's own; closed by `drop`. */
  pool(max: number): Sql;
  drop(): Promise<void>;
};

/** A migrated database that nobody else uses: it may be damaged, and is dropped at the end. */
export async function ownDatabase(migrations = MIGRATIONS): Promise<OwnDatabase> {
  const stack = testStack();
  const name = `test_${randomBytes(6).toString("hex")}`;
  const url = await createMigratedDatabase(stack, name, migrations);
  const pools: Sql[] = [];
  const pool = (max: number) => {
    const made = connectTo(url, max);
    pools.push(made);
    return made;
  };
  return {
    url,
    sql: pool(4),
    pool,
    async drop() {
      await Promise.all(pools.map((open) => open.end({ timeout: 1 })));
      const admin = connectTo(stack.dbUrl, 1);
      const gone = admin
        .unsafe(`drop database if exists ${name} with (force)`)
        .then(() => admin.end())
        .catch(() => admin.end({ timeout: 1 }));
      // It saves room only: whatever is left is thrown away with the server. A drop waits for every
      // other process of the server, so no test waits for it longer than this.
      await Promise.race([gone, delay(DROP_WAIT_MS, undefined, { ref: false })]);
    },
  };
}

export type Failure = { code: string; message: string; detail: string };

/** What the database says when it refuses; fails when it does not. */
export async function refusal(work: PromiseLike<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    return { code: error.code, message: error.message, detail: error.detail ?? "" };
  }
  throw new Error("the database did not refuse");
}

/** The claims of a session of a user: the given one, else one that begins now. */
export async function sessionClaims(
  sql: ISql,
  userId: string,
  sessionId?: string,
): Promise<Record<string, string>> {
  const claims = { sub: userId, role: "authenticated" };
  if (sessionId !== undefined) return { ...claims, session_id: sessionId };
  const session = randomUUID();
  await sql`
    insert into auth.sessions (id, user_id, aal, created_at, updated_at)
    select ${session}, u.id, 'aal1', now(), now() from auth.users as u where u.id = ${userId}`;
  return { ...claims, session_id: session };
}

/**
 * Runs statements with the rights and the session of a signed-in user, as the data API does.
 *
 * @param sessionId the session of the auth server that the token names; one that began just now unless given.
 */
export async function asUser<T>(
  sql: Sql,
  userId: string | null,
  work: (transaction: ISql) => Promise<T>,
  sessionId?: string,
): Promise<T> {
  const box: { value?: T } = {};
  await sql.begin(async (transaction) => {
    const claims = userId === null ? {} : await sessionClaims(transaction, userId, sessionId);
    await transaction`
      select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
    await transaction.unsafe(`set local role ${userId === null ? "anon" : "authenticated"}`);
    box.value = await work(transaction);
  });
  return box.value as T;
}
