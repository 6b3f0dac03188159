import { type Action, encodeId, extract, plan, type StableId } from "@supabase/pg-delta";
import { formatSqlStatements } from "@supabase/pg-delta/sql-format";
import pg from "pg";

/** Roles of the data API. Older projects grant them every new object by default. */
const API_ROLES = "anon, authenticated, service_role";

export type Statement = {
  /** With its closing semicolon. */
  sql: string;
  /** It may lose data, or fail on a table that has rows: a person decides what is done instead. */
  byHand: boolean;
};

function named(id: { schema: string; name: string }): string {
  return `"${id.schema}"."${id.name}"`;
}

/** How REVOKE names an object that default privileges may open to the API's roles. */
function grantable(id: StableId): string | null {
  switch (id.kind) {
    case "table":
    case "view":
    case "materializedView":
    case "foreignTable":
      return `table ${named(id)}`;
    case "sequence":
      return `sequence ${named(id)}`;
    case "function":
    case "aggregate":
      return `function ${named(id)}(${id.args.join(", ")})`;
    case "procedure":
      return `procedure ${named(id)}(${id.args.join(", ")})`;
    default:
      return null;
  }
}

/** Sequences that PostgreSQL makes for identity columns, by "schema.table.column". */
type IdentitySequences = ReadonlyMap<string, string>;

async function readIdentitySequences(pool: pg.Pool): Promise<IdentitySequences> {
  const { rows } = await pool.query<{ key: string; name: string }>(`
    select format('%s.%s.%s', tn.nspname, t.relname, a.attname) as key,
      format('%I.%I', sn.nspname, s.relname) as name
    from pg_depend as d
    join pg_class as s on s.oid = d.objid and s.relkind = 'S'
    join pg_namespace as sn on sn.oid = s.relnamespace
    join pg_class as t on t.oid = d.refobjid
    join pg_namespace as tn on tn.oid = t.relnamespace
    join pg_attribute as a on a.attrelid = t.oid and a.attnum = d.refobjsubid
    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
      and d.deptype = 'i'`);
  return new Map(rows.map((row) => [row.key, row.name]));
}

/** What a new object must not be open to, whatever a project's default privileges say. */
function revokes(action: Action, sequences: IdentitySequences): string[] {
  if (action.verb !== "create") return [];
  const targets = action.produces.flatMap((id) => {
    const sequence =
      id.kind === "column" ? sequences.get(`${id.schema}.${id.table}.${id.name}`) : undefined;
    const target = sequence ? `sequence ${sequence}` : grantable(id);
    return target ? [target] : [];
  });
  return [...new Set(targets)].map((target) => `REVOKE ALL ON ${target} FROM ${API_ROLES}`);
}

/** Whether a statement may lose data, or fail because of the rows that a table has. */
function needsPerson(
  action: Action,
  newTables: ReadonlySet<string>,
  renamed: Set<string>,
): boolean {
  if (action.dataLoss === "destructive" || action.transactionality === "nonTransactional") {
    return true;
  }
  if (action.produces.some((id) => renamed.has(encodeId(id)))) return true;
  const { sql } = action;
  if (/^ALTER TABLE .* ALTER COLUMN .* (TYPE |SET NOT NULL)/s.test(sql)) return true;
  return (
    /^ALTER TABLE .* ADD COLUMN .* NOT NULL/s.test(sql) &&
    !/ (DEFAULT|GENERATED) /.test(sql) &&
    !action.produces.some((id) => "table" in id && newTables.has(`${id.schema}.${id.table}`))
  );
}

/**
 * The statements that make the database at `from` into the one at `to`, in their order. Changes
 * neither. Each part is a transaction of its own: a new enum label can be used only after the
 * transaction that adds it.
 */
export async function readSchemaDifference(from: string, to: string): Promise<Statement[][]> {
  const pools = [from, to].map((connectionString) => new pg.Pool({ connectionString, max: 1 }));
  try {
    const [present, wanted] = pools;
    if (!present || !wanted) throw new Error("two databases are needed");
    const { factBase: source } = await extract(present);
    const { factBase: desired } = await extract(wanted);
    const { actions, renameCandidates } = plan(source, desired, { renames: "prompt" });
    const sequences = await readIdentitySequences(wanted);
    const produced = actions.flatMap((action) => action.produces);
    const newTables = new Set(
      produced.flatMap((id) => (id.kind === "table" ? [`${id.schema}.${id.name}`] : [])),
    );
    // Dropped here and added there: only a person knows whether it is the same thing.
    const renamed = new Set(
      renameCandidates
        .filter(({ kind }) => kind === "column" || kind === "table")
        .map((candidate) => encodeId(candidate.to)),
    );
    // New labels come first: what uses them may stand anywhere in the plan.
    const commitsFirst = ({ transactionality }: Action) =>
      transactionality === "commitBoundaryAfter";
    const parts = [actions.filter(commitsFirst), actions.filter((one) => !commitsFirst(one))];
    return parts
      .map((part) =>
        part.flatMap((action): Statement[] => {
          // Whoever applies a migration owns what it makes.
          if (/^ALTER .* OWNER TO "postgres"$/.test(action.sql)) return [];
          const byHand = needsPerson(action, newTables, renamed);
          return format([action.sql, ...revokes(action, sequences)]).map((sql) => ({
            sql,
            byHand,
          }));
        }),
      )
      .filter((part) => part.length > 0);
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
}

function format(statements: string[]): string[] {
  const formatted = formatSqlStatements(statements, { keywordCase: "lower", maxWidth: 120 });
  return formatted.map((statement) => `${statement.trim().replace(/;$/, "")};`);
}
