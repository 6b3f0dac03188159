import type { ReservedSql, Sql } from "postgres";

/** `SELECT set_config('request.path', $1, true)`: how the data API hands on one fact of a request. */
const SETTING = /^\s*select set_config\('([a-z_.]+)', (\$1|''), true\)\s*$/i;
const BEGIN = /^\s*begin\s*$/i;
const END = /^\s*(commit|rollback)\s*$/i;
/** Calls of functions and the sign-in server's own statements: few texts that come again and again. */
const REPEATED = /^\s*(select \* from public\.\w+\(|(select|insert|update|delete)\b.* "auth"\.")/i;

/** What a statement without rows answers. */
const nothing = () => Object.assign([], { command: "SELECT", count: 0 });

/**
 * The data API begins a transaction, states a dozen facts of the request one by one, and only then
 * sends the statement. This holds the beginning back and sends it in one message with the statement.
 */
function batching(reserved: ReservedSql): ReservedSql {
  let begin: string | null = null;
  let settings: [name: string, value: unknown][] = [];

  /** Sends what was held back. The answers come in the order of the messages. */
  function sendHeld(): PromiseLike<unknown>[] {
    const sent: PromiseLike<unknown>[] = [];
    if (begin !== null) sent.push(reserved.unsafe(begin).execute());
    if (settings.length > 0) {
      const calls = settings.map(([name], n) => `set_config('${name}', $${n + 1}, true)`);
      const values = settings.map(([, value]) => String(value));
      sent.push(reserved.unsafe(`select ${calls.join(", ")}`, values, { prepare: true }).execute());
    }
    begin = null;
    settings = [];
    return sent;
  }

  async function run(text: string, values: unknown[]): Promise<unknown> {
    if (begin === null && BEGIN.test(text)) {
      begin = text;
      return nothing();
    }
    const setting = begin === null ? null : SETTING.exec(text);
    if (setting?.[1] !== undefined) {
      settings.push([setting[1], setting[2] === "$1" ? values[0] : ""]);
      return nothing();
    }
    if (begin !== null && END.test(text)) {
      begin = null;
      settings = [];
      return nothing();
    }
    const held = sendHeld();
    const parameters = values as Parameters<ReservedSql["unsafe"]>[1];
    const query = reserved.unsafe(text, parameters, { prepare: REPEATED.test(text) }).execute();
    const [first] = (await Promise.allSettled([...held, query])).filter(
      (outcome) => outcome.status === "rejected",
    );
    // What failed first is the cause: what follows only says that the transaction is aborted.
    if (first) throw first.reason;
    return query;
  }

  return new Proxy(reserved, {
    get: (target, name) => {
      if (name === "unsafe") return (text: string, values: unknown[] = []) => run(text, values);
      if (name === "release") {
        return () => {
          begin = null;
          settings = [];
          target.release();
        };
      }
      return Reflect.get(target, name);
    },
  });
}

/** Lets every connection that the data API reserves send the facts of a request with its statement. */
export function batchSettings(sql: Sql): void {
  const reserve = sql.reserve.bind(sql);
  sql.reserve = async () => batching(await reserve());
}
