import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { systemClock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { type DeploymentFacts, diagnose, type ProjectSettings } from "@/lib/jobs/diagnosis";
import { createServerClient } from "@/lib/supabase/clients";
import { readDeploymentState } from "@/lib/supabase/maintenance";
import { getSupabaseConnection, type SupabaseConnection } from "@/lib/supabase/stack-file";
import type { CommandOutput } from "./command-line";

const PATIENCE_MS = 10_000;

const reasonOf = (error: unknown): string => {
  const cause = error instanceof AppError && error.cause !== undefined ? error.cause : error;
  if (cause instanceof Error) {
    return cause.cause instanceof Error ? cause.cause.message || cause.message : cause.message;
  }
  if (typeof cause === "object" && cause !== null && "message" in cause) return `${cause.message}`;
  return String(cause);
};

async function attempt<T>(work: () => Promise<T>): Promise<T | { problem: string }> {
  try {
    return await work();
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

async function getJson(url: string, headers: Record<string, string>): Promise<unknown> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`${new URL(url).host} answers ${response.status}`);
  return response.json();
}

const settingsSchema = z
  .object({ mailer_autoconfirm: z.boolean(), disable_signup: z.boolean() })
  .transform((settings) => ({
    autoConfirm: settings.mailer_autoconfirm,
    signUpClosed: settings.disable_signup,
  }));

/** The first line of a mail server. */
function greet(host: string, port: number): Promise<{ greeting: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS });
    socket.once("data", (data) => {
      socket.end("QUIT\r\n");
      resolve({ greeting: data.toString("utf8").split("\r\n")[0] ?? "" });
    });
    socket.once("timeout", () => socket.destroy(new Error(`${host}:${port} says nothing`)));
    socket.once("error", reject);
  });
}

const TEMPLATES = ["confirmation", "recovery", "invite", "email_change", "reauthentication"];
const nameOf = (template: string) => `mailer_templates_${template}_content`;

const projectSchema = z.looseObject({
  site_url: z.string().nullish(),
  security_sb_forwarded_for_enabled: z.boolean().nullish(),
  smtp_host: z.string().nullish(),
});

async function readProject(supabaseUrl: string, token: string): Promise<ProjectSettings> {
  const reference = new URL(supabaseUrl).hostname.split(".")[0];
  const address = `https://api.supabase.com/v1/projects/${reference}/config/auth`;
  const settings = projectSchema.parse(
    await getJson(address, { authorization: `Bearer ${token}` }),
  );
  return {
    siteUrl: settings.site_url ?? "",
    forwardsAddresses: settings.security_sb_forwarded_for_enabled ?? false,
    smtpHost: settings.smtp_host ?? "",
    templates: Object.fromEntries(
      TEMPLATES.map((template) => [template, String(settings[nameOf(template)] ?? "")]),
    ),
  };
}

async function isOpenToStrangers({ url, publishableKey }: SupabaseConnection): Promise<boolean> {
  const response = await fetch(`${url}/rest/v1/rpc/get_deployment_state`, {
    method: "POST",
    headers: { apikey: publishableKey, "content-type": "application/json" },
    body: "{}",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return response.ok;
}

async function gather(): Promise<DeploymentFacts> {
  const env = getEnv();
  const connection = getSupabaseConnection();
  const { url, publishableKey, secretKey } = connection;
  const embedded = connection.dbUrl !== null;
  const siteUrl = env.SITE_URL;
  const { SMTP_HOST, SMTP_PORT, SUPABASE_ACCESS_TOKEN } = env;
  const [auth, open, site, smtp, project] = await Promise.all([
    attempt(async () =>
      settingsSchema.parse(await getJson(`${url}/auth/v1/settings`, { apikey: publishableKey })),
    ),
    attempt(() => isOpenToStrangers(connection)),
    attempt(async () => {
      const response = await fetch(`${siteUrl}/api/health`, {
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return { status: response.status };
    }),
    SMTP_HOST ? attempt(() => greet(SMTP_HOST, SMTP_PORT)) : null,
    SUPABASE_ACCESS_TOKEN && !embedded
      ? attempt(() => readProject(url, SUPABASE_ACCESS_TOKEN))
      : null,
  ]);
  const askedAt = systemClock();
  const state = await attempt(() => readDeploymentState(createServerClient()));
  return {
    embedded,
    siteUrl,
    supabaseUrl: url,
    publishableKey,
    secretKey,
    hasCronSecret: Boolean(env.CRON_SECRET),
    hasMailKey: Boolean(env.RESEND_API_KEY),
    askedAt,
    migrations: readdirSync("supabase/migrations")
      .flatMap((file) => /^(\d+)_.*\.sql$/.exec(file)?.[1] ?? [])
      .sort(),
    state,
    auth,
    isOpenToStrangers: typeof open === "boolean" ? open : null,
    site,
    smtp,
    project,
    templates: Object.fromEntries(
      TEMPLATES.map((template) => [
        template,
        readFileSync(join("supabase/templates", `${template}.html`), "utf8"),
      ]),
    ),
  };
}

const MARKS = { ok: "✔", look: "?", mend: "✘" } as const;

/** Checks the deployment, and says what to mend. Returns the exit code: 1 when something is to mend. */
export async function doctorCommand({ stdout, stderr }: CommandOutput): Promise<number> {
  const say = (line: string) => stdout.write(`${line}\n`);
  try {
    const facts = await gather();
    say(`Project: ${facts.supabaseUrl}\nSite: ${facts.siteUrl}\n`);
    const findings = diagnose(facts);
    const width = Math.max(...findings.map(({ what }) => what.length));
    for (const { what, verdict, text } of findings) {
      say(`${MARKS[verdict]} ${what.padEnd(width)}  ${text}`);
    }
    const count = findings.filter(({ verdict }) => verdict === "mend").length;
    say(count === 0 ? "\nNothing to mend." : `\n${count} to mend.`);
    return count === 0 ? 0 : 1;
  } catch (error) {
    stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
