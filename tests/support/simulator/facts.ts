import type { Sql } from "postgres";

/** The facts of days: all rows of each table, in one order. */
async function readFacts(sql: Sql): Promise<Record<string, string[]>> {
  const facts: Record<string, string[]> = {};
  for (const table of ["cohort_days", "visit_days", "activity_days", "step_days"]) {
    const rows = await sql<{ row: string }[]>`
      select to_jsonb(d)::text as row from private.${sql(table)} as d order by 1`;
    facts[table] = rows.map(({ row }) => row);
  }
  return facts;
}

/**
 * Where the programme's facts, refreshed for the days that changes touched, differ from those that
 * are written anew from the tables.
 */
export async function staleFacts(sql: Sql): Promise<string[]> {
  for (let written = 1; written > 0; ) {
    const [row] = await sql<{ written: number }[]>`select public.refresh_program_days() as written`;
    written = row?.written ?? 0;
  }
  const kept = await readFacts(sql);
  await sql`select public.rebuild_program_days()`;
  const rebuilt = await readFacts(sql);
  return Object.keys(kept).flatMap((table) => {
    const [is = [], should = []] = [kept[table], rebuilt[table]];
    return [
      ...is.filter((row) => !should.includes(row)).map((row) => `${table} keeps ${row}`),
      ...should.filter((row) => !is.includes(row)).map((row) => `${table} misses ${row}`),
    ];
  });
}
