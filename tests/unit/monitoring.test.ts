import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SpanKind, TraceFlags } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { withoutPersonalData } from "@/lib/composition/tracing";
import { operationalRegistry } from "@/lib/http/operational-metrics";
import {
  noteRequest,
  processRegistry,
  returnRequestHits,
  takeRequestHits,
} from "@/lib/http/request-metrics";
import { apiPattern } from "@/lib/http/route-pattern";
import type { OperationalMetrics } from "@/lib/supabase/monitoring";
import { ROOT } from "@/supabase/local/process/project";

process.env.LOG_LEVEL = "silent";

const FACTS: OperationalMetrics = {
  referrals: { pending: 3, active: 2 },
  rewards: { pending: 1 },
  refused_24h: { self_referral: 4 },
  referrals_24h: 20,
  flagged_24h: 2,
  flags_open: { flag: 1, hold: 2 },
  mails: { queued: 5, failed: 1, oldest_due_seconds: 12.5, outage_seconds: 0 },
  jobs: [
    {
      job: "notify",
      late_after_seconds: 900,
      last_run: 1_790_000_060,
      last_success: 1_790_000_000,
      last_duration_ms: 250,
      runs: 7,
      failures: 1,
    },
  ],
  unbilled: 6,
  billing: { errors: 2, interrupted: 0 },
  verification: { at: 1_790_000_000, violations: 3, by_invariant: { "7": 3 } },
  switches: { rewards: true, mail: false, paused: true },
};

const text = (path: string) => readFileSync(join(ROOT, path), "utf8");

const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          annotations: z.object({ summary: z.string(), runbook: z.string() }),
        }),
      ),
    }),
  ),
});
const rules = rulesSchema.parse(parse(text(".ops/alerts.yml"))).groups.flatMap((g) => g.rules);

const dashboardSchema = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) }),
  ),
});
const panels = dashboardSchema.parse(JSON.parse(text(".ops/dashboard.json"))).panels;

const metricsIn = (expr: string) => [
  ...new Set(expr.match(/\b(?:referral|http|process|nodejs)_[a-z0-9_]+/g) ?? []),
];

/** Every name that a scrape holds, with the parts of a histogram. */
async function exposed(): Promise<Set<string>> {
  noteRequest({
    requestId: "request-1",
    method: "GET",
    route: "/api/health",
    status: 200,
    ms: 12,
    role: "public",
  });
  const written = `${await processRegistry().metrics()}${await operationalRegistry(FACTS).metrics()}`;
  return new Set(written.match(/^[a-z][a-z0-9_]*(?=[{ ])/gm));
}

it("says of each switch whether it is on", async () => {
  const switched = async (rewards: boolean, mail: boolean, paused: boolean) =>
    (await operationalRegistry({ ...FACTS, switches: { rewards, mail, paused } }).metrics()).match(
      /^referral_(?:rewards_on|mail_on|programme_paused) [01]$/gm,
    );
  expect(await switched(true, true, true)).toEqual([
    "referral_rewards_on 1",
    "referral_mail_on 1",
    "referral_programme_paused 1",
  ]);
  expect(await switched(false, false, false)).toEqual([
    "referral_rewards_on 0",
    "referral_mail_on 0",
    "referral_programme_paused 0",
  ]);
});

describe("what alert rules and dashboard ask for", () => {
  it.each(rules.map((rule) => [rule.alert, rule.expr]))("%s is exposed", async (_, expr) => {
    const names = await exposed();
    const asked = metricsIn(expr).filter((name) => name !== "up");
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
    expect(asked.length > 0 || expr.startsWith("up")).toBe(true);
  });

  it.each(panels.map((panel) => [panel.title, panel.targets.map(({ expr }) => expr).join("\n")]))(
    "%s is exposed",
    async (_, expr) => {
      const names = await exposed();
      expect(metricsIn(expr).filter((name) => !names.has(name))).toEqual([]);
      expect(metricsIn(expr).length).toBeGreaterThan(0);
    },
  );

  it("has a chapter of the runbook for each alert", () => {
    const chapters = [...text(".ops/RUNBOOK.md").matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(chapters).toEqual(rules.map(({ alert }) => alert));
    for (const { alert, annotations } of rules) {
      expect(annotations.runbook).toBe(`.ops/RUNBOOK.md#${alert.toLowerCase()}`);
    }
  });
});

/** Runs the checker of Prometheus; null where it is not installed. */
function promtool(args: string[], input = ""): { status: number | null; output: string } | null {
  const { error, status, stdout, stderr } = spawnSync("promtool", args, {
    cwd: ROOT,
    encoding: "utf8",
    input,
  });
  return error ? null : { status, output: `${stdout}${stderr}` };
}

describe.skipIf(promtool(["--version"]) === null)("Prometheus itself", () => {
  it("loads the rules and the example of a scrape", () => {
    for (const args of [
      ["check", "rules", ".ops/alerts.yml"],
      ["check", "config", "--syntax-only", ".ops/prometheus.yml"],
    ]) {
      expect(promtool(args)).toMatchObject({ status: 0 });
    }
  });

  it("reads the metrics, and has nothing to say about their names", async () => {
    const written = await operationalRegistry(FACTS).metrics();
    expect(promtool(["check", "metrics"], written)).toEqual({ status: 0, output: "" });
  });

  it("raises no alert while all is well, and each one when its cause is there", () => {
    expect(promtool(["test", "rules", "tests/support/alert-rules.yml"])).toMatchObject({
      status: 0,
    });
    const tested = text("tests/support/alert-rules.yml");
    for (const { alert } of rules) {
      expect(tested.match(new RegExp(`alertname(?:: |=")${alert}\\b`, "g"))).toHaveLength(2);
    }
  }, 120_000);
});

describe("the metrics", () => {
  it("say in numbers what the database says", async () => {
    const written = await operationalRegistry(FACTS).metrics();
    for (const line of [
      "referral_database_up 1",
      'referral_referrals{status="pending"} 3',
      'referral_refused_codes_24h{reason="self_referral"} 4',
      'referral_job_last_success_timestamp_seconds{name="notify"} 1790000000',
      'referral_job_last_duration_seconds{name="notify"} 0.25',
      "referral_unbilled_service_months 6",
      'referral_invariant_violations_by_invariant{invariant="7"} 3',
      "referral_mail_on 0",
      "referral_programme_paused 1",
    ]) {
      expect(written.split("\n")).toContain(line);
    }
  });

  it("say that the database is away, and no figure that could be old", async () => {
    const written = await operationalRegistry(null).metrics();
    expect(written).toContain("referral_database_up 0");
    expect(written).not.toContain("referral_referrals");
  });

  it("count requests by pattern, and made-up addresses together", async () => {
    const note = (route: string) =>
      noteRequest({
        ...{ requestId: "request-1", method: "GET", route, status: 404, ms: 1, role: "page" },
      });
    for (let n = 0; n < 400; n += 1) note(`/made-up-${n}`);
    const written = await processRegistry().metrics();
    expect(new Set(written.match(/route="[^"]*"/g)).size).toBeLessThanOrEqual(301);
    expect(written).toContain('route="other"');
  });

  it("give the requests of people once, by upper bound, and take back what was not kept", () => {
    takeRequestHits();
    const note = (ms: number, role: string) =>
      noteRequest({ requestId: "request-1", method: "GET", route: "/x", status: 200, ms, role });
    note(4, "page");
    note(200, "customer");
    note(201, "admin");
    note(90_000, "public");
    note(5_000, "cron");
    note(5_000, "metrics");
    const taken = takeRequestHits();
    expect(taken).toEqual({ "5": 1, "200": 1, "300": 1, "60000": 1 });
    expect(takeRequestHits()).toEqual({});
    returnRequestHits(taken);
    note(4, "page");
    expect(takeRequestHits()).toMatchObject({ "5": 2, "60000": 1 });
  });
});

describe("what leaves the house in logs and traces", () => {
  it("has patterns for addresses, also for those that the API does not have", () => {
    expect(apiPattern("/api/orders/42/cancel", { id: "42" })).toBe("/api/orders/[id]/cancel");
    expect(apiPattern("/api/people/thandi@example.com", { path: ["people", "thandi@x"] })).toBe(
      "/api/[...path]",
    );
    expect(apiPattern("/api", { path: undefined })).toBe("/api");
  });

  it("has no query in the name and the attributes of a span", () => {
    const exporter = new InMemorySpanExporter();
    const provider = new NodeTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    const span = provider.getTracer("test").startSpan("fetch GET https://x.test/a?email=t@x.test", {
      kind: SpanKind.CLIENT,
      attributes: { "http.target": "/auth/confirm?token_hash=secret", "http.status_code": 200 },
    });
    span.end();
    const [made] = exporter.getFinishedSpans();
    if (!made) throw new Error("no span was made");
    const clean = withoutPersonalData(made);
    expect(clean.name).toBe("fetch GET https://x.test/a");
    expect(clean.attributes).toEqual({ "http.target": "/auth/confirm", "http.status_code": 200 });
    expect(clean.spanContext().traceFlags).toBe(TraceFlags.SAMPLED);
    expect(clean.duration).toEqual(made.duration);
  });
});
