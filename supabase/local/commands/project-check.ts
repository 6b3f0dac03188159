import type { Env } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { createServerClient } from "@/lib/supabase/clients";
import { checkHealth, type DatabaseHealth, schemaProblem } from "@/lib/supabase/maintenance";
import { LaunchError, messageOf } from "../process/fail";

const PATIENCE_MS = 10_000;

/** What a request that failed says underneath, like `getaddrinfo ENOTFOUND abc.supabase.co`. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
}

async function ask(url: string, apikey: string): Promise<Response> {
  try {
    return await fetch(url, { headers: { apikey }, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    throw new LaunchError(
      `SUPABASE_URL: ${new URL(url).origin} does not answer (${reasonOf(error)}). Check the address and the network.`,
    );
  }
}

function explain(error: unknown, url: string): LaunchError {
  const cause = error instanceof AppError ? error.cause : error;
  const { code = "", message = "" } = (cause ?? {}) as { code?: string; message?: string };
  if (code === "invalid_api_key") {
    return new LaunchError(
      `SUPABASE_SECRET_KEY: ${url} refuses this key. Copy the secret key of the project (sb_secret_…).`,
    );
  }
  if (
    code === "PGRST202" ||
    code === "42883" ||
    (error instanceof AppError && error.status === 404)
  ) {
    return new LaunchError(
      `The database of ${url} does not have the schema of this code: run \`npx supabase db push --db-url "$DATABASE_URL"\`.`,
    );
  }
  if (code === "42501") {
    return new LaunchError(
      "SUPABASE_SECRET_KEY: this key has no right to call the server's functions. Use the secret key, not the publishable one.",
    );
  }
  return new LaunchError(`The database of ${url} cannot be used: ${message || messageOf(error)}`);
}

/**
 * Checks a named project before the site is said to be ready: it answers, takes both keys, can be
 * written, and has the migrations of this code.
 *
 * @throws LaunchError with the variable that is wrong, or the command that mends it.
 */
export async function checkProject(
  env: Pick<
    Env,
    "SUPABASE_URL" | "SUPABASE_PUBLISHABLE_KEY" | "SUPABASE_SECRET_KEY" | "ALLOW_NEWER_DATABASE"
  >,
): Promise<DatabaseHealth> {
  const url = env.SUPABASE_URL ?? "";
  const { SUPABASE_PUBLISHABLE_KEY = "", SUPABASE_SECRET_KEY = "" } = env;
  const answer = await ask(`${url}/auth/v1/health`, SUPABASE_PUBLISHABLE_KEY);
  await answer.arrayBuffer();
  if (answer.status === 401 || answer.status === 403) {
    throw new LaunchError(
      `SUPABASE_PUBLISHABLE_KEY: ${url} refuses this key. Copy the publishable key of the project (sb_publishable_…).`,
    );
  }
  if (!answer.ok) {
    throw new LaunchError(
      `SUPABASE_URL: ${url} answers ${answer.status} where the auth server of a Supabase project should be.`,
    );
  }
  let health: DatabaseHealth;
  try {
    health = await checkHealth(createServerClient({ url, secretKey: SUPABASE_SECRET_KEY }));
  } catch (error) {
    throw explain(error, url);
  }
  const problem = schemaProblem(health.migration, env.ALLOW_NEWER_DATABASE);
  if (problem) throw new LaunchError(problem);
  return health;
}
