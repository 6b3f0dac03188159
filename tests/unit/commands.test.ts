import { EventEmitter } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { adminCommand } from "@/lib/composition/admin-command";
import { doctorCommand } from "@/lib/composition/doctor-command";
import { jobCommand } from "@/lib/composition/job-command";
import { reportCommand } from "@/lib/composition/report-command";
import { AppError } from "@/lib/errors";
import { runCommand } from "@/lib/jobs/command";
import { describeDeployment } from "@/lib/jobs/deployment";
import type { Jobs } from "@/lib/jobs/jobs";
import { progressText } from "@/lib/jobs/progress-line";
import { reportBilling, reportCounts, reportVerification } from "@/lib/jobs/summary";
import { capturedOutput } from "@/tests/support/command-output";
import { enterEnvironment } from "@/tests/support/environment";
import { id } from "@/tests/support/facts";
import { sqlFailure, stubClient } from "@/tests/support/stub-client";

const PROJECT = "https://project.supabase.test";
const PUBLISHABLE = "sb_publishable_of_the_project";

/** What the project answers to a path: status and body, an error of the network, or what a test does. */
type Answer = [status: number, body: unknown] | Error | ((request: Request) => Promise<Response>);

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Points this process at a project whose network is scripted, by the end of each address. */
function project(answers: Record<string, Answer>, env: Record<string, string> = {}): string[] {
  const asked: string[] = [];
  undo.push(
    enterEnvironment({
      SUPABASE_URL: PROJECT,
      SUPABASE_PUBLISHABLE_KEY: PUBLISHABLE,
      SUPABASE_SECRET_KEY: "sb_secret_of_the_project",
      SITE_URL: "https://fibre.test",
      CRON_SECRET: "a secret of sixteen",
      LOG_LEVEL: "silent",
      ...env,
    }),
  );
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    const isStranger = request.headers.get("apikey") === PUBLISHABLE;
    const key = Object.keys(answers).find(
      (end) =>
        pathname.endsWith(end.replace("stranger:", "")) &&
        isStranger === end.startsWith("stranger:"),
    );
    const answer: Answer = (key && answers[key]) || [404, { message: `nothing for ${pathname}` }];
    if (answer instanceof Error) throw answer;
    if (typeof answer === "function") return answer(request);
    return Response.json(answer[1], { status: answer[0] });
  });
  return asked;
}

const SWITCHES = { rewards: true, mail: true };

describe("npm run admin", () => {
  test.each([
    [[]],
    [["add", "person@example.test"]],
    [["add", "not-an-address", "--role", "owner"]],
    [["add", "person@example.test", "--role", "king"]],
    [["add", "person@example.test", "more", "--role", "owner"]],
    [["list", "person@example.test"]],
    [["list", "--force"]],
    [["list", "--dry-run"]],
    [["remove", "person@example.test", "--role", "owner"]],
    [["invite", "person@example.test"]],
    [["coverage"]],
  ])("explains itself after %j, and asks the project nothing", async (argv) => {
    const asked = project({});
    const terminal = capturedOutput();
    expect(await adminCommand(argv, terminal)).toBe(2);
    expect(terminal.error).toContain("Usage: npm run admin");
    expect([terminal.out, asked]).toEqual(["", []]);
  });

  test("says which file of suburbs cannot be read", async () => {
    project({});
    const terminal = capturedOutput();
    expect(await adminCommand(["coverage", "/nowhere/suburbs.csv"], terminal)).toBe(1);
    expect(terminal.error).toBe("Error: The file /nowhere/suburbs.csv cannot be read.\n");
  });

  test("says that the environment is wrong, and passes on what it does not know", async () => {
    project({}, { SUPABASE_URL: "not an address" });
    const terminal = capturedOutput();
    expect(await adminCommand(["list"], terminal)).toBe(1);
    expect(terminal.error).toContain("SUPABASE_URL: must be an address");
    project({ "/admin_users": [200, [{ email: 1 }]] });
    await expect(adminCommand(["list"], capturedOutput())).rejects.toThrow(/expected string/);
  });

  test("reports a database and a mail server that fail, and what to look at", async () => {
    project({
      "/admin_users": [500, { code: "57P01", message: "shutting down" }],
      "/rpc/find_auth_user": [200, null],
      "/auth/v1/invite": [500, { code: 500, error_code: "unexpected_failure", msg: "no relay" }],
    });
    const list = capturedOutput();
    expect(await adminCommand(["list"], list)).toBe(1);
    expect(list.error).toMatch(/^Error: .*not available/);
    const add = capturedOutput();
    expect(await adminCommand(["add", "person@example.test", "--role", "owner"], add)).toBe(1);
    expect(add.error).toContain("The invitation could not be sent");
    expect(add.error).toContain("Check the mail server of the project (SMTP)");
  });
});

describe("npm run report", () => {
  const stage = {
    codes: 1,
    referrals: 1,
    active: 1,
    earned: 1,
    applied: 1,
    fraud_bps: 500,
    p95_ms: 200,
    satisfaction_hundredths: 400,
  };
  const launch = (status: string) => ({
    as_of: "2026-12-08T00:00:00Z",
    version: 1,
    launched_on: "2026-12-01",
    targets: { week_1: stage, month_1: stage },
    stages: [
      {
        stage: "week_1",
        first_day: "2026-12-01",
        last_day: "2026-12-07",
        is_over: true,
        measures: [
          { measure: "codes", bound: "at_least", target: 100, value: 40, expected: 100, status },
        ],
      },
    ],
  });
  const withLaunch = (status: string) =>
    project({ "/rpc/get_switches": [200, SWITCHES], "/rpc/report_launch": [200, launch(status)] });

  test.each([
    ["reached", 0],
    ["on_track", 0],
    ["behind", 1],
    ["missed", 1],
  ])("exits for a target that is %s with %d", async (status, code) => {
    withLaunch(status);
    const terminal = capturedOutput();
    expect(await reportCommand(["launch"], terminal)).toBe(code);
    expect(terminal.out).toMatch(/Codes?.* 100 +40/i);
    expect(terminal.error).toBe(`Database: ${PROJECT}; rewards are on\n`);
  });

  test("gives scripts one line of JSON, as of the instant that was asked for", async () => {
    let asOf: unknown;
    project({
      "/rpc/get_switches": [200, SWITCHES],
      "/rpc/report_launch": async (request) => {
        asOf = await request.json();
        return Response.json(launch("reached"));
      },
    });
    const terminal = capturedOutput();
    expect(await reportCommand(["launch", "--json", "--as-of", "2026-12-08"], terminal)).toBe(0);
    expect(JSON.parse(terminal.out)).toEqual(launch("reached"));
    expect(terminal.out.split("\n")).toHaveLength(2);
    expect(asOf).toEqual({ p_as_of: "2026-12-08T00:00:00.000Z" });
  });

  test("explains itself when asked to, and after what it does not take", async () => {
    const help = capturedOutput();
    expect(await reportCommand(["--help"], help)).toBe(0);
    expect(help.out).toContain("Usage: npm run report");
    for (const argv of [
      [],
      ["sales"],
      ["launch", "now"],
      ["launch", "--as-of", "soon"],
      ["launch", "--x"],
    ]) {
      const terminal = capturedOutput();
      expect([argv, await reportCommand(argv, terminal)]).toEqual([argv, 2]);
      expect([terminal.out, terminal.error.slice(0, 21)]).toEqual(["", "Usage: npm run report"]);
    }
  });

  test("fails with the reason when the database does not tell", async () => {
    project({ "/rpc/get_switches": [500, { code: "XX000", message: "broken" }] });
    const terminal = capturedOutput();
    expect(await reportCommand(["launch"], terminal)).toBe(1);
    expect(terminal.error).toMatch(/^Error: \S+/);
    expect(terminal.out).toBe("");
  });
});

describe("npm run doctor", () => {
  const template = (name: string) => readFileSync(`supabase/templates/${name}.html`, "utf8");
  const state = {
    now: new Date().toISOString(),
    migrations: readdirSync("supabase/migrations").map((file) => file.split("_")[0] ?? ""),
    owners: 1,
    mail_due_since: null,
    expiry_due_since: null,
    last_billing_run_at: null,
  };
  const healthy: Record<string, Answer> = {
    "stranger:/auth/v1/settings": [200, { mailer_autoconfirm: false, disable_signup: false }],
    "stranger:/rpc/get_deployment_state": [401, { message: "permission denied" }],
    "/rpc/get_deployment_state": [200, state],
    "/api/health": [200, { success: true }],
    "/projects/project/config/auth": [
      200,
      {
        site_url: "https://fibre.test",
        security_sb_forwarded_for_enabled: true,
        smtp_host: "smtp.test",
        ...Object.fromEntries(
          ["confirmation", "recovery", "invite", "email_change", "reauthentication"].map((name) => [
            `mailer_templates_${name}_content`,
            template(name),
          ]),
        ),
      },
    ],
  };
  const examine = async (
    changes: Record<string, Answer> = {},
    env: Record<string, string> = { SUPABASE_ACCESS_TOKEN: "sbp_token" },
  ) => {
    project({ ...healthy, ...changes }, env);
    const terminal = capturedOutput();
    const code = await doctorCommand(terminal);
    return { code, out: terminal.out, error: terminal.error };
  };
  /** A mail server that greets, or says nothing at all. */
  async function mailServer(greeting: string): Promise<Record<string, string>> {
    const server: Server = createServer((socket) => {
      socket.on("error", () => {});
      socket.write(greeting);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    undo.push(() => server.close());
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return { SMTP_HOST: "127.0.0.1", SMTP_PORT: String(address.port) };
  }

  test("compares the project's settings with this folder, and greets its mail server", async () => {
    const smtp = await mailServer("220 smtp.test ESMTP ready\r\n");
    const { code, out } = await examine({}, { SUPABASE_ACCESS_TOKEN: "sbp_token", ...smtp });
    expect(out).toContain(`Project: ${PROJECT}\nSite: https://fibre.test\n`);
    expect(out).toMatch(/✔ keys .*both are accepted/);
    expect(out).toMatch(/✔ templates /);
    expect(out).toMatch(/✔ links .*https:\/\/fibre\.test/);
    expect(out).toMatch(/✔ addresses /);
    expect(out).toMatch(/✔ account mails .*220 smtp\.test ESMTP ready/);
    expect(out).toMatch(/✔ migrations .*none missing/);
    expect(out).toMatch(/\nNothing to mend\.\n$/);
    expect(code).toBe(0);
  });

  test("counts what is to mend", async () => {
    const { code, out } = await examine({
      "/rpc/get_deployment_state": [200, { ...state, migrations: [], owners: 0 }],
    });
    expect(out).toMatch(/✘ migrations .*Not applied/);
    expect(out).toMatch(/✘ owner .*npm run admin/);
    expect(out).toMatch(/\n2 to mend\.\n$/);
    expect(code).toBe(1);
  });

  test.each<[string, Record<string, Answer>, RegExp]>([
    [
      "a key of another project",
      { "stranger:/auth/v1/settings": [401, {}] },
      /✘ keys .*project\.supabase\.test answers 401/,
    ],
    [
      "a database that refuses the secret key",
      {
        "/rpc/get_deployment_state": [403, { code: "42501", message: "permission denied for it" }],
      },
      /✘ keys .*secret key cannot read the database: permission denied for it/,
    ],
    [
      "functions that are open to strangers",
      { "stranger:/rpc/get_deployment_state": [200, state] },
      /✘ keys .*publishable key alone/,
    ],
    [
      "a site that does not answer, with the cause of the network",
      {
        "/api/health": new TypeError("fetch failed", {
          cause: new Error("connect ECONNREFUSED 127.0.0.1:9"),
        }),
      },
      /✘ site .*does not answer: connect ECONNREFUSED 127\.0\.0\.1:9/,
    ],
    [
      "a site whose database fails",
      { "/api/health": [503, {}] },
      /✘ site .*\/api\/health answers 503/,
    ],
    [
      "an access token that is not accepted",
      { "/projects/project/config/auth": [401, {}] },
      /✘ templates .*api\.supabase\.com answers 401/,
    ],
    [
      "a project that was never configured",
      { "/projects/project/config/auth": [200, {}] },
      /✘ templates .*confirmation, recovery, invite/,
    ],
    [
      "an address of the site without a cause",
      { "/api/health": new Error("certificate has expired") },
      /✘ site .*certificate has expired/,
    ],
    [
      "what failed without being an error",
      { "/api/health": () => Promise.reject("no route") },
      /✘ site .*no route/,
    ],
    [
      "a database whose answer cannot be read",
      { "/rpc/get_deployment_state": [200, { owners: "many" }] },
      /✘ keys .*get_deployment_state returned an unexpected shape/,
    ],
  ])("names %s", async (_what, changes, expected) => {
    const { code, out } = await examine(changes);
    expect(out).toMatch(expected);
    expect(code).toBe(1);
  });

  test("without a token it looks no project up, and says what it could not check", async () => {
    const { out } = await examine({}, {});
    expect(out).toMatch(/\? templates .*Set SUPABASE_ACCESS_TOKEN/);
    expect(out).toMatch(/\? account mails .*SMTP_HOST is not set/);
  });

  test("names a mail server that nobody reaches", async () => {
    const { out } = await examine({}, { SMTP_HOST: "127.0.0.1", SMTP_PORT: "9" });
    expect(out).toMatch(/✘ account mails .*ECONNREFUSED/);
  });

  test("fails with the variables that are wrong", async () => {
    const { code, out, error } = await examine({}, { PORT: "none" });
    expect([code, out]).toEqual([1, ""]);
    expect(error).toContain("Error: PORT: must be a port number");
  });
});

describe("the line about a deployment", () => {
  const lineFor = (switches: object, env: Record<string, string> = {}) => {
    project({}, env);
    return describeDeployment(stubClient({ status: 200, body: switches }).server);
  };

  test("names the database, the switches and why they are off", async () => {
    expect(await lineFor(SWITCHES)).toBe(`Database: ${PROJECT}; rewards are on`);
    expect(await lineFor({ rewards: false, mail: false })).toBe(
      `Database: ${PROJECT}; rewards are off (switched off by the team); mails are held`,
    );
    expect(await lineFor(SWITCHES, { ENABLE_REFERRAL_REWARDS: "false" })).toBe(
      `Database: ${PROJECT}; rewards are off (ENABLE_REFERRAL_REWARDS)`,
    );
  });

  test("cannot be written when the database does not tell", async () => {
    project({});
    const broken = stubClient(sqlFailure("57P01"));
    await expect(describeDeployment(broken.server)).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("the report of a job", () => {
  const billed = {
    run_id: id(1),
    period_start: "2026-12-01",
    period_end: "2027-01-01",
    invoices: 3,
    free_months: 1,
    waived_cents: 79_900,
    total_cents: 159_800,
    skipped: 2,
    currency: "ZAR",
    errors: [],
    completed: 1,
    unbilled: 0,
  };

  test("of a run says the month and the sums; each failure is named by what it is about", () => {
    const report = reportBilling({
      ...billed,
      errors: [
        { customer_id: id(2), service_id: id(3), message: "No price" },
        { customer_id: id(4), service_id: null, message: "No name" },
        { customer_id: null, service_id: null, message: "Stopped" },
      ],
    });
    const text = report.lines.join("\n");
    expect(text).toMatch(/^Billed +1 ?[–-] ?31 Dec(ember)? 2026/);
    expect(text).toMatch(/Total due +R ?1 598[.,]00/);
    expect(text).toMatch(new RegExp(`Service ${id(3)} No price`));
    expect(text).toMatch(new RegExp(`Customer ${id(4)} No name`));
    expect(text).toMatch(/Run +Stopped$/);
    expect(report.ok).toBe(false);
  });

  test("of a dry run says what would be billed, and is a success without errors", () => {
    const report = reportBilling({ ...billed, run_id: null });
    expect(report.lines[0]).toMatch(/^Would bill /);
    expect(report.ok).toBe(true);
  });

  test("of a job that counts has its labels, and the key where there is none", () => {
    expect(reportCounts({ sent: 2, unheard_of: 1 }).lines).toEqual([
      "Mails sent                   2",
      "unheard_of                   1",
    ]);
  });

  test("of a check fails with each violation, and says how many more there are", () => {
    const details = [{ invariant: 4, rule: "no double reward", entity: id(1) }];
    expect(reportVerification({ violations: 3, details })).toMatchObject({
      lines: [`Invariant 4: no double reward (${id(1)})`, "… and 2 more", "3 violations"],
      ok: false,
    });
    expect(reportVerification({ violations: 0, details: [] })).toMatchObject({
      lines: ["No violations"],
      ok: true,
    });
  });

  test("a run without services is done", () => {
    expect(progressText({ services_total: 0, services_done: 0, errors: 0 })).toContain("100 %");
  });
});

describe("a job of the command line", () => {
  const counts = { sent: 0, captured: 0, retried: 0, failed: 0 };
  const jobsWith = (notify: () => Promise<unknown>): Jobs =>
    ({ notify, billing: notify }) as unknown as Jobs;
  /** Runs `notify`, or the given job, whose work is `work`. */
  async function run(work: () => Promise<unknown>, argv = ["notify"], isTTY = false) {
    project({});
    let out = "";
    let error = "";
    const code = await runCommand(
      argv,
      {
        out: async (text) => {
          out += text;
        },
        error: {
          isTTY,
          write: (text) => {
            error += text;
          },
        },
        about: async () => "Database: here",
      },
      () => jobsWith(work),
    );
    return { code, out, error };
  }

  test("says first which database it works with, then reports", async () => {
    const done = await run(async () => counts);
    expect(done).toMatchObject({ code: 0, error: "Database: here\n" });
    expect(done.out).toContain("Mails sent");
    const json = await run(async () => counts, ["notify", "--json"], true);
    expect(JSON.parse(json.out)).toEqual(counts);
  });

  test("tells the operator what is underneath a failure", async () => {
    const network = new AppError("unavailable", {
      cause: {
        message: "TypeError: fetch failed",
        details: "at x\nCaused by: Error: connect ECONNREFUSED\nat y",
      },
    });
    const failed = await run(() => Promise.reject(network));
    expect(failed.code).toBe(1);
    expect(failed.error).toContain(
      `Error: ${network.message}\n  TypeError: fetch failed\n  Caused by: Error: connect ECONNREFUSED\n`,
    );
    const bare = new AppError("internal", { cause: { message: "no such table" } });
    expect((await run(() => Promise.reject(bare))).error).toMatch(/\n {2}no such table\n$/);
    expect((await run(() => Promise.reject(new Error("odd")))).error).toContain("Error: odd\n");
    expect((await run(() => Promise.reject("a text"))).error).toContain("Error: a text\n");
  });

  test("says how to bill a cycle that is closed or to come", async () => {
    const closed = new AppError("billing_cycle_closed");
    const { code, error } = await run(() => Promise.reject(closed), ["billing"]);
    expect(code).toBe(1);
    expect(error).toContain('Give it with --force --reason "…"');
  });

  test("explains itself on wrong usage, and when asked to", async () => {
    const wrong = await run(async () => counts, ["nap"]);
    expect(wrong).toMatchObject({ code: 2, out: "" });
    expect(wrong.error).toContain('There is no job "nap".');
    expect(await run(async () => counts, ["--help"])).toMatchObject({ code: 0, error: "" });
  });
});

describe("npm run job", () => {
  /** A process that notes with which codes it would have ended. */
  function host(changes: { connected?: boolean } = {}) {
    const events = new EventEmitter();
    const exits: number[] = [];
    const unref = vi.fn();
    let out = "";
    let error = "";
    return {
      events,
      exits,
      unref,
      text: () => ({ out, error }),
      process: {
        stdout: {
          write: (text: string, done: () => void) => {
            out += text;
            done();
          },
        },
        stderr: {
          write: (text: string) => {
            error += text;
          },
        },
        on: (event: string, listener: () => void) => events.on(event, listener),
        exit: (code: number) => exits.push(code),
        channel: { unref },
        ...changes,
      },
    };
  }

  test("works with the project of the environment, and fails with its reason", async () => {
    project({ "/rpc/get_switches": [200, SWITCHES] });
    const terminal = host();
    expect(await jobCommand(["verify"], terminal.process)).toBe(1);
    expect(terminal.text().error).toMatch(
      new RegExp(`^Database: ${PROJECT}; rewards are on\nError: `),
    );
    expect(terminal.unref).not.toHaveBeenCalled();
  });

  test("hands its whole report over before it ends", async () => {
    const terminal = host();
    expect(await jobCommand(["--help"], terminal.process)).toBe(0);
    expect(terminal.text().out).toContain("Usage: npm run job");
  });

  test("ends at once when it is interrupted, with the code of the signal", async () => {
    const terminal = host();
    project({
      "/rpc/get_switches": async () => {
        terminal.events.emit("SIGINT");
        return Response.json(SWITCHES);
      },
    });
    await jobCommand(["verify"], terminal.process);
    expect(terminal.exits).toEqual([130]);
  });

  test("lets a billing run end in order, until it is interrupted a second time", async () => {
    const terminal = host({ connected: true });
    project({
      "/rpc/get_switches": async () => {
        terminal.events.emit("SIGTERM");
        expect(terminal.exits).toEqual([]);
        terminal.events.emit("disconnect");
        return Response.json(SWITCHES);
      },
    });
    // The process of this test does not end: the code of the last interruption stays.
    expect(await jobCommand(["billing"], terminal.process)).toBe(1);
    expect(terminal.exits).toEqual([1]);
    expect(terminal.unref).toHaveBeenCalledOnce();
  });
});

test("the commands of npm end with the code of their command", async () => {
  project({});
  const exit = vi.spyOn(process, "exit").mockImplementation((() => undefined) as never);
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const out = vi.spyOn(process.stdout, "write").mockImplementation(((
    _text: string,
    done?: () => void,
  ) => {
    done?.();
    return true;
  }) as never);
  vi.spyOn(process, "on").mockReturnValue(process);
  if (process.channel) vi.spyOn(process.channel, "unref").mockReturnValue(undefined as never);
  const before = process.argv;
  undo.push(() => {
    process.argv = before;
  });
  process.argv = ["node", "command", "--no-such-flag"];
  await import("@/lib/composition/admin-cli");
  await import("@/lib/composition/report-cli");
  await import("@/lib/composition/job-cli");
  await import("@/lib/composition/doctor-cli");
  const texts = write.mock.calls.map(([text]) => String(text));
  expect(exit.mock.calls).toEqual([[2], [2], [2], [1]]);
  expect(texts.filter((text) => text.includes("Usage: npm run"))).toHaveLength(3);
  expect(out).toHaveBeenCalled();
});
