import postgres, { type Sql } from "postgres";
import type { ServerClient } from "@/lib/supabase/clients";

/** What supabase-js answers. */
interface Answer {
  data: unknown;
  error: { code: string; message: string; details: string } | null;
  status: number;
}

/** The type of a function that returns nothing, as PostgreSQL numbers it. */
const VOID = 2278;

const unreachable = (why: string): Answer => ({
  data: null,
  error: { code: "", message: `TypeError: fetch failed (${why})`, details: "" },
  status: 0,
});

/** Calls a function by its named arguments and answers as the data API would. */
async function call(sql: Sql, name: string, args: Record<string, unknown> = {}): Promise<Answer> {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  const list = given.map(([key], n) => `${key} => $${n + 1}`).join(", ");
  try {
    const rows = await sql.unsafe<{ answer: unknown }[]>(
      `select public.${name}(${list}) as answer`,
      given.map(([, value]) => value) as never[],
      { prepare: true },
    );
    const [row] = rows;
    // A cut can look like an empty answer.
    if (!row) return unreachable("no answer");
    // The data API answers nothing for a function that returns nothing.
    const data = rows.columns[0]?.type === VOID ? null : row.answer;
    return { data, error: null, status: 200 };
  } catch (error) {
    if (error instanceof postgres.PostgresError) {
      const { code, message, detail } = error;
      return { data: null, error: { code, message, details: detail ?? "" }, status: 400 };
    }
    return unreachable(String(error));
  }
}

/**
 * A client whose function calls go straight to the database, as `run` has them carried out: a data
 * API without its HTTP, for many more calls in the same time.
 */
export function wireClient(
  client: ServerClient,
  run: <T>(statement: (sql: Sql) => Promise<T>) => Promise<T>,
): ServerClient {
  return new Proxy(client, {
    get(target, property) {
      if (property !== "rpc") return Reflect.get(target, property);
      return (name: string, args?: Record<string, unknown>) => run((sql) => call(sql, name, args));
    },
  });
}
