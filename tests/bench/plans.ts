import postgres from "postgres";
import { z } from "zod";

interface PlanNode {
  "Node Type": string;
  "Index Name"?: string | undefined;
  "Relation Name"?: string | undefined;
  "Actual Rows"?: number | undefined;
  Plans?: PlanNode[] | undefined;
}
const planNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.looseObject({
    "Node Type": z.string(),
    "Index Name": z.string().optional(),
    "Relation Name": z.string().optional(),
    "Actual Rows": z.number().optional(),
    Plans: z.array(planNode).optional(),
  }),
);
const logged = z.object({ "Query Text": z.string(), Plan: planNode });

/** What one call read, and by which index. */
export interface Reads {
  indexes: string[];
  /** Tables of which every row was looked at. */
  scanned: string[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/**
 * Carries out each call once with EXPLAIN ANALYZE of every statement in it, those of functions too.
 *
 * @param claims of the person who calls.
 */
export async function readPlans(
  dbUrl: string,
  claims: object,
  calls: Readonly<Record<string, string>>,
): Promise<Record<string, Reads>> {
  let plans: PlanNode[] = [];
  const sql = postgres(dbUrl, {
    max: 1,
    onnotice: ({ message = "" }) => {
      const json = message.slice(message.indexOf("{"));
      if (message.startsWith("duration:")) plans.push(logged.parse(JSON.parse(json)).Plan);
    },
  });
  try {
    await sql`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, false)`;
    await sql.unsafe(`
      load 'auto_explain';
      set auto_explain.log_analyze = on;
      set auto_explain.log_timing = off;
      set auto_explain.log_nested_statements = on;
      set auto_explain.log_format = json;
      set auto_explain.log_level = notice;
      set client_min_messages = notice;
    `);
    const found: Record<string, Reads> = {};
    for (const [name, call] of Object.entries(calls)) {
      // Once before, so that nothing of the catalogue is read for the first time.
      await sql.unsafe(call);
      plans = [];
      await sql.unsafe("set auto_explain.log_min_duration = 0");
      await sql.unsafe(call);
      await sql.unsafe("set auto_explain.log_min_duration = -1");
      const nodes = plans.flatMap(nodesOf);
      const scans = nodes.filter((node) => node["Node Type"].includes("Seq Scan"));
      const named = (names: (string | undefined)[]) =>
        [...new Set(names.filter((each) => each !== undefined))].sort();
      found[name] = {
        indexes: named(nodes.map((node) => node["Index Name"])),
        // Tables of a few rows are read whole, as they should be.
        scanned: named(
          scans
            .filter((node) => (node["Actual Rows"] ?? 0) > 1_000)
            .map((node) => node["Relation Name"]),
        ),
      };
    }
    return found;
  } finally {
    await sql.end();
  }
}
