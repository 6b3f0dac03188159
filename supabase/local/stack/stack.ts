import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import postgres, { type Sql } from "postgres";
import { z } from "zod";
import type { StackFile } from "@/lib/supabase/stack-file";
import { codeOf, isLostConnection, LaunchError, messageOf } from "../process/fail";
import { freePorts, requireFreePort } from "../process/ports";
import type { Log } from "../process/run-main";
import { AUTH_MAILS, type AuthMail, authMailCapture, authMailTemplate } from "./auth-mail";
import { authRoutes } from "./auth-routes";
import { batchSettings } from "./batched-settings";
import { discardCluster, makeScratchDir, prepareDataHome } from "./data-home";
import { moveDatabaseAside, readDatabaseAge } from "./earlier-database";
import { keepingGrants } from "./grants";
import { lockDataDir } from "./launch-lock";
import { migrate, prepareHistory } from "./migrate";
import {
  type PostgresServer,
  runningPostmaster,
  startPostgres,
  stopLeftover,
} from "./postgres-server";
import { type Backend, Renewal } from "./renewal";
import { keepSqlState } from "./sql-state";

/** The project's own migrations. */
export const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));

/** The schema as it is meant to be, one file per noun. The migrations are made from it. */
export const SCHEMAS = fileURLToPath(new URL("../../schemas", import.meta.url));

/** Name under which the demo data is recorded among the seed files. */
export const SEED_PATH = "supabase/local/seed/seed.ts";

/** Connections of the data API to the database: how many requests it serves at once. */
const API_CONNECTIONS = 20;

const MINIMUM_PASSWORD_LENGTH = 8;

const authMailTemplates = () =>
  Object.fromEntries(
    (Object.keys(AUTH_MAILS) as AuthMail[]).map((mail) => [
      mail,
      { subject: AUTH_MAILS[mail], content_path: authMailTemplate(mail) },
    ]),
  );

/** A database that dies more often than this within the window is not started again. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 600_000;

export type StackOptions = {
  /** Where everything that lasts is kept. */
  dataDir: string;
  dbPort: number;
  apiPort: number;
  /** Receives progress in plain words. */
  log: Log;
  /** A database that will be thrown away: faster, and not safe against power loss. */
  ephemeral?: boolean;
  /** Public address of the site: target of auth mails and the only allowed redirects. */
  siteUrl?: string;
  /** Whether an e-mail address has to be confirmed by a link before its account can sign in. */
  confirmEmails?: boolean;
  /** Another folder of migrations than the project's. */
  migrations?: string;
  /** Password of the database's owner; the public one of a demo when left out. */
  dbPassword?: string;
  /** Starts PostgreSQL again when it dies. Without this, its end is the end of the stack. */
  restarts?: boolean;
  /** Serves a database that a later release has migrated, too. */
  allowNewer?: boolean;
  /** Fixes the secret of the cron routes; one is generated and kept otherwise. */
  cronSecret?: string;
};

export type Stack = {
  dbUrl: string;
  apiUrl: string;
  publishableKey: string;
  secretKey: string;
  jwtSecret: string;
  cronSecret: string;
  /** Files that were applied by this start. */
  applied: string[];
  /** Path of the stack file. */
  stackFile: string;
  /** Settles with the reason when the database ends without being asked to. */
  failed: Promise<string>;
  /** Takes the database down while the API stays up, as an outage would. */
  stopDatabase(): Promise<void>;
  /** Brings it back. */
  startDatabase(): Promise<void>;
  stop(): Promise<void>;
};

const secretsSchema = z.object({
  publishableKey: z.string().startsWith("sb_publishable_"),
  secretKey: z.string().startsWith("sb_secret_"),
  jwtSecret: z.string().min(32),
  cronSecret: z.string().min(16),
});
type Secrets = z.infer<typeof secretsSchema>;

function writePrivately(path: string, value: unknown): void {
  // Renamed when complete, so that no reader sees half a file.
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Keys and secrets of one data directory: generated once, kept over restarts. */
async function keepSecrets(dataDir: string): Promise<Secrets> {
  const path = join(dataDir, "secrets.json");
  let text: string | null = null;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw new LaunchError(`${path}: ${messageOf(error)}`);
  }
  if (text !== null) {
    try {
      return secretsSchema.parse(JSON.parse(text));
    } catch {
      // New secrets replace an unreadable file. They only end the sessions of a local demo.
    }
  }
  const { generateApiKey } = await loadLite();
  const secrets: Secrets = {
    publishableKey: (await generateApiKey("publishable")).key,
    secretKey: (await generateApiKey("secret")).key,
    jwtSecret: randomBytes(48).toString("base64url"),
    cronSecret: randomBytes(32).toString("base64url"),
  };
  writePrivately(path, secrets);
  return secrets;
}

/** Loads the auth and API server with its telemetry switched off. It reads the switches on loading. */
async function loadLite() {
  process.env.LITE_TELEMETRY = "0";
  process.env.DO_NOT_TRACK = "1";
  const [{ App, generateApiKey }, { createPostgresConnection }] = await Promise.all([
    import("@supabase/lite"),
    import("@supabase/lite/postgres"),
  ]);
  return { App, generateApiKey, createPostgresConnection };
}

let quiet = false;

/**
 * The API prints each refused statement and each lost connection with a stack, although the caller
 * receives the error too. Our output leaves them out unless LOG_LEVEL is debug.
 */
function silenceRefusals(): void {
  if (quiet || process.env.LOG_LEVEL === "debug") return;
  quiet = true;
  const print = console.error.bind(console);
  console.error = (...values: unknown[]) => {
    const known = values.some(
      (value) =>
        value instanceof Error && (value.name === "PostgresError" || isLostConnection(value)),
    );
    if (!known) print(...values);
  };
}

function connect(url: string, max = 1): Sql {
  return postgres(url, { max, onnotice: () => {}, connection: { application_name: "launcher" } });
}

async function createApp(
  url: string,
  secrets: Secrets,
  options: StackOptions,
  apiUrl: string,
  lost: () => void = () => {},
) {
  const { App, createPostgresConnection } = await loadLite();
  // A string here is encoded JSON. Encoding it again would make a JSON string of it.
  const serialize = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  const parse = (text: string): unknown => JSON.parse(text);
  const connection = createPostgresConnection({
    url,
    postgresOptions: {
      max: API_CONNECTIONS,
      onnotice: () => {},
      // Only this process closes connections, so one that closes by itself was lost.
      idle_timeout: 0,
      max_lifetime: null,
      onclose: lost,
      connection: { application_name: "data-api" },
      types: {
        json: { to: 114, from: [114], serialize, parse },
        jsonb: { to: 3802, from: [3802], serialize, parse },
      },
    },
  });
  batchSettings(connection.driver);
  const normalise = connection.normalizeDbError.bind(connection);
  connection.normalizeDbError = (error) => keepSqlState(normalise(error));
  const siteUrl = options.siteUrl ?? "http://localhost:3000";
  const mailer = authMailCapture(options.dataDir, options.log);
  const app = new App({
    connection,
    api: { enabled: true, schemas: ["public"], max_rows: 1000, external_url: apiUrl },
    auth: {
      enabled: true,
      enable_signup: true,
      jwt_secret: secrets.jwtSecret,
      publishable_key: secrets.publishableKey,
      secret_key: secrets.secretKey,
      site_url: siteUrl,
      additional_redirect_urls: [`${siteUrl}/**`],
      jwt_expiry: 3600,
      enable_refresh_token_rotation: true,
      refresh_token_reuse_interval: 10,
      minimum_password_length: MINIMUM_PASSWORD_LENGTH,
      email: {
        enable_signup: true,
        enable_confirmations: options.confirmEmails ?? false,
        double_confirm_changes: true,
        template: authMailTemplates(),
      },
    },
    // migrate.ts keeps the history of migrations. The parts below are not used.
    db: { migrations: { enabled: false } },
    storage: { enabled: false },
    studio: { enabled: false },
    options: {
      server: { admin: false, disableStudio: true, disableFallback: true },
      drivers: { email: mailer },
    },
  });
  const routes = authRoutes({
    sql: connection.driver,
    publishableKey: secrets.publishableKey,
    secretKey: secrets.secretKey,
    siteUrl,
    minimumPasswordLength: MINIMUM_PASSWORD_LENGTH,
    mailer,
  });
  return { app, connection, routes };
}

type App = Awaited<ReturnType<typeof createApp>>["app"];

/** The state before the first migration: what a hosted project brings. Idempotent. */
async function preparePlatform(sql: Sql, app: App): Promise<void> {
  const platform = readFileSync(new URL("./platform.sql", import.meta.url), "utf8");
  await app.ensureSystemSchema();
  // After the auth server's own helpers, which read only one notation of the claims.
  await sql.begin((transaction) => transaction.unsafe(platform));
  await prepareHistory(sql);
}

/** Whether an earlier start was killed while it filled in the demo data. */
async function seedWasInterrupted(sql: Sql): Promise<boolean> {
  await prepareHistory(sql);
  const rows = await sql`
    select from supabase_migrations.seed_files where path = ${SEED_PATH} and hash = 'started'`;
  return rows.length > 0;
}

async function recreateDatabase(server: PostgresServer): Promise<void> {
  const sql = connect(server.url("template1"));
  try {
    await sql`drop database if exists postgres with (force)`;
    await sql`create database postgres template template0`;
  } finally {
    await sql.end();
  }
}

/** A database server, and the keys that the auth server needs to prepare a database on it. */
export type DatabaseServer = Pick<
  Stack,
  "dbUrl" | "publishableKey" | "secretKey" | "jwtSecret" | "cronSecret"
>;

/** Runs something with a database server of its own, without the API, and throws it away. */
export async function withDatabaseServer<T>(
  work: (server: DatabaseServer) => Promise<T>,
): Promise<T> {
  const home = prepareDataHome(makeScratchDir("referral-databases-"), { lasting: false });
  try {
    const [port = 0] = await freePorts(1);
    const server = await startPostgres(home, port, false, () => {});
    try {
      return await work({ dbUrl: server.url(), ...(await keepSecrets(home.dataDir)) });
    } finally {
      await server.stop();
    }
  } finally {
    discardCluster(home);
    rmSync(home.dataDir, { recursive: true, force: true });
  }
}

/**
 * Makes a further database on a running stack and migrates it, without the data API. Tests compare
 * it with the first one. Returns its connection string.
 */
export async function createMigratedDatabase(
  stack: DatabaseServer,
  name: string,
  migrations = MIGRATIONS,
): Promise<string> {
  const admin = connect(stack.dbUrl);
  await admin`create database ${admin(name)} template template0`.finally(() => admin.end());
  const url = new URL(stack.dbUrl);
  url.pathname = `/${name}`;
  const options = { dataDir: "", dbPort: 0, apiPort: 0, log: () => {} };
  const { app, connection } = await createApp(url.href, stack, options, "http://127.0.0.1");
  const sql = connect(url.href);
  try {
    await preparePlatform(sql, app);
    await migrate(sql, migrations);
  } finally {
    await Promise.all([sql.end(), connection.close()]);
  }
  return url.href;
}

/** The auth and data API over its own connections, with exactly the grants that the migrations state. */
async function createBackend(
  url: string,
  secrets: Secrets,
  options: StackOptions,
  apiUrl: string,
  lost: () => void,
): Promise<Backend> {
  const { app, connection, routes } = await createApp(url, secrets, options, apiUrl, lost);
  const sql = connect(url);
  try {
    await keepingGrants(sql, () =>
      // The API grants itself every privilege on first use. keepingGrants then revokes them.
      connection.withContext({ auth: { role: "anon" } }, async () => {}),
    );
  } catch (error) {
    await connection.driver.end({ timeout: 0 });
    throw error;
  } finally {
    await sql.end({ timeout: 2 });
  }
  // The API reads the schema at its first request, and knows no function before that.
  const warmUp = new Request(`${apiUrl}/rest/v1/service_packages?limit=0`, {
    headers: { apikey: secrets.publishableKey },
  });
  const { status } = await app.fetch(warmUp, { peerAddress: null });
  if (status >= 500) {
    await connection.driver.end({ timeout: 0 });
    throw new Error(`the API answers ${status}`);
  }
  return {
    async fetch(request, context) {
      const address = new URL(request.url);
      if (!address.pathname.startsWith("/auth/v1/")) return app.fetch(request, context);
      const routed = await routes(request, address);
      return "response" in routed ? routed.response : app.fetch(routed.request, context);
    },
    close: () => connection.driver.end({ timeout: 2 }),
  };
}

/**
 * Milliseconds for which an idle connection stays open. With Node's five seconds a client that was
 * busy for a moment sends its next request on a connection that is being closed, and the request fails.
 */
const KEEP_ALIVE_MS = 75_000;

function listen(app: Pick<Backend, "fetch">, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        port,
        hostname: "127.0.0.1",
        async fetch(request, env) {
          const peerAddress =
            "incoming" in env ? (env.incoming.socket.remoteAddress ?? null) : null;
          const response = await app.fetch(request, { peerAddress });
          // The HTTP server adds the length itself. Clients refuse a response that has it twice.
          if (request.method !== "HEAD") response.headers.delete("content-length");
          return response;
        },
      },
      () => resolve(server),
    ) as Server;
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.once("error", reject);
  });
}

async function checkHealth(apiUrl: string, publishableKey: string): Promise<void> {
  const response = await fetch(`${apiUrl}/auth/v1/health`, { headers: { apikey: publishableKey } });
  if (!response.ok) throw new Error(`the API answers ${response.status}`);
  await response.arrayBuffer();
  const refused = await fetch(`${apiUrl}/auth/v1/health`);
  await refused.arrayBuffer();
  if (refused.status !== 401) throw new Error("the API answers without a key");
}

/**
 * Starts the embedded stack: PostgreSQL, the migrations, then Supabase's auth and data API in
 * front of it, all on loopback. What it started is written to `stack.json` in the data
 * directory. Everything ends with this process, also when it is killed.
 *
 * @throws LaunchError with one clear sentence when something outside is in the way.
 */
export async function startStack(given: StackOptions): Promise<Stack> {
  const { log } = given;
  const home = prepareDataHome(given.dataDir, {
    lasting: !given.ephemeral,
    password: given.dbPassword,
  });
  const options = { ...given, dataDir: home.dataDir };
  for (const note of home.notes) log(note);
  const apiUrl = `http://127.0.0.1:${options.apiPort}`;
  const unlock = lockDataDir(home.dataDir, options.siteUrl ?? apiUrl);
  const stackFile = join(home.dataDir, "stack.json");
  const cleanup: (() => Promise<unknown> | unknown)[] = [unlock];
  // The caller removes the data directory, and does not know of a cluster outside it.
  if (options.ephemeral && home.isClusterOutside) cleanup.push(() => discardCluster(home));
  const stop = async () => {
    for (const step of cleanup.splice(0).reverse()) {
      await Promise.resolve(step()).catch(() => {});
    }
  };
  try {
    await requireFreePort(options.apiPort, "127.0.0.1", "the data API", "LOCAL_API_PORT");
    // The database of a crashed start may still hold the port.
    if (runningPostmaster(home.clusterDir)) await stopLeftover(home.clusterDir, log);
    await requireFreePort(options.dbPort, "127.0.0.1", "the database", "LOCAL_DB_PORT");

    const secrets = await keepSecrets(home.dataDir);
    if (options.cronSecret) secrets.cronSecret = options.cronSecret;
    const durable = !options.ephemeral;
    let server = await startPostgres(home, options.dbPort, durable, log);
    cleanup.push(() => server.stop());

    const migrations = options.migrations ?? MIGRATIONS;
    let sql = connect(server.url());
    const age = await readDatabaseAge(sql, migrations);
    if (age.kind === "later" && !options.allowNewer) {
      await sql.end();
      throw new LaunchError(
        `The database in ${home.clusterDir} is newer than this code (migration ${age.version}): ` +
          "update the code, or drop the database with `npm run db:reset`.",
      );
    }
    if (age.kind === "earlier") {
      await sql.end();
      await server.stop();
      const aside = moveDatabaseAside(home, new Date());
      log(`The database was made by an earlier schema: it is now ${aside}, and a new one is made`);
      server = await startPostgres(home, options.dbPort, durable, log);
      sql = connect(server.url());
    }
    if (await seedWasInterrupted(sql)) {
      log("The demo data was left incomplete by the last start: making the database anew");
      await sql.end();
      await recreateDatabase(server);
      sql = connect(server.url());
    }
    silenceRefusals();
    cleanup.push(() => sql.end({ timeout: 2 }));
    const platform = await createApp(server.url(), secrets, options, apiUrl);
    try {
      await preparePlatform(sql, platform.app);
    } finally {
      await platform.connection.driver.end({ timeout: 2 });
    }
    const applied = await migrate(sql, migrations);
    if (applied.length > 0) {
      log(`Applied ${applied.length} migration${applied.length === 1 ? "" : "s"}`);
    }
    await sql.end();

    const api = new Renewal((lost) => createBackend(server.url(), secrets, options, apiUrl, lost));
    cleanup.push(() => api.stop());
    await api.ready();
    const http = await listen(api, options.apiPort);
    cleanup.push(
      () =>
        new Promise<void>((resolve) => {
          http.close(() => resolve());
          // Requests under way may finish. Idle connections are closed, endless ones after a time.
          http.closeIdleConnections();
          setTimeout(() => http.closeAllConnections(), 2_000).unref();
        }),
    );
    await checkHealth(apiUrl, secrets.publishableKey);

    let reportFailure: (reason: string) => void = () => {};
    const failed = new Promise<string>((resolve) => {
      reportFailure = resolve;
    });
    let restarts = 0;
    const watch = (watched: PostgresServer): void => {
      void watched.failed.then(async (reason) => {
        if (!options.restarts || restarts >= MAX_RESTARTS) return reportFailure(reason);
        restarts += 1;
        setTimeout(() => {
          restarts -= 1;
        }, RESTART_WINDOW_MS).unref();
        log(`${reason} Starting it again (${restarts} of ${MAX_RESTARTS})`);
        try {
          server = await startPostgres(home, options.dbPort, durable, log);
          watch(server);
        } catch (error) {
          reportFailure(messageOf(error));
        }
      });
    };
    watch(server);
    const description: StackFile = {
      dbUrl: server.url(),
      apiUrl,
      ...secrets,
      ...(options.siteUrl ? { siteUrl: options.siteUrl } : {}),
      pid: process.pid,
      startedAt: new Date().toISOString(),
    };
    writePrivately(stackFile, description);
    cleanup.push(() => rmSync(stackFile, { force: true }));
    return {
      dbUrl: server.url(),
      apiUrl,
      ...secrets,
      applied,
      stackFile,
      failed,
      stop,
      stopDatabase: () => server.stop(),
      async startDatabase() {
        server = await startPostgres(home, options.dbPort, durable, log);
        watch(server);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
