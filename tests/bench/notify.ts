import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Sql } from "postgres";
import { z } from "zod";
import { beforeExit } from "@/supabase/local/process/run-main";
import { MailProvider } from "@/tests/support/mail-provider";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { violations } from "@/tests/support/rows";

export interface NotifySize {
  /** Mails to an unlimited provider. */
  mails: number;
  /** Seconds against the provider with a limit. */
  seconds: number;
  /** Requests per second that the limited provider takes. */
  limit: number;
}

const WORKER = fileURLToPath(new URL("./notify-worker.ts", import.meta.url));
const WORKERS = 2;
/** What a request to the provider takes, in milliseconds. */
const LATENCY_MS = 50;

async function fill(sql: Sql, mails: number): Promise<void> {
  await sql`delete from public.notifications`;
  await sql`
    insert into public.notifications (template, recipient, payload, dedupe_key)
    select 'services_unbilled', 'person-' || n || '@example.test', '{"services": 1, "months": []}', 'bench:' || n
    from generate_series(1, ${mails}::integer) as n`;
  await sql`vacuum (analyze) public.notifications`;
}

async function setPace(sql: Sql, mailsPerMinute: number | null): Promise<void> {
  await sql`
    insert into public.mail_settings (version, mails_per_minute, reason)
    select max(version) + 1, ${mailsPerMinute}, 'Measured' from public.mail_settings`;
}

const workedSchema = z.object({ began: z.number(), ended: z.number(), sent: z.number() });

/** Delivers by a worker process, as a job does. It ends with this one. */
function deliver(own: OwnStack, provider: MailProvider, budgetMs: number | null) {
  const child = spawn(
    process.execPath,
    [
      ...["--import", "tsx", "--import", "./supabase/local/commands/runtime.mjs"],
      ...[WORKER, JSON.stringify({ baseUrl: provider.url, budgetMs })],
    ],
    {
      env: { ...process.env, LOCAL_DATA_DIR: own.dataDir, SUPABASE_URL: "", LOG_LEVEL: "silent" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  beforeExit(async () => void child.kill("SIGKILL"));
  let out = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  return new Promise<z.infer<typeof workedSchema>>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(workedSchema.parse(JSON.parse(out)));
      else reject(new Error(`The worker ended with code ${code}.`));
    });
  });
}

/** All workers at once. Seconds from the first that began until the last that ended. */
async function deliverAll(own: OwnStack, provider: MailProvider, budgetMs: number | null) {
  const worked = await Promise.all(
    Array.from({ length: WORKERS }, () => deliver(own, provider, budgetMs)),
  );
  const began = Math.min(...worked.map((work) => work.began));
  const ended = Math.max(...worked.map((work) => work.ended));
  return { seconds: (ended - began) / 1000, sent: worked.reduce((sum, { sent }) => sum + sent, 0) };
}

/** The most requests within any second. */
function peak(times: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [n, at] of times.entries()) {
    while ((times[first] ?? at) <= at - 1000) first += 1;
    most = Math.max(most, n - first + 1);
  }
  return most;
}

const rounded = (value: number, digits = 1) => Number(value.toFixed(digits));

/**
 * Two workers, as processes of their own, against a provider on loopback: one without a limit, for
 * the throughput; one that refuses more than so many requests within a second, with the pace of a
 * new installation, for how much of the limit is used and how often it refuses.
 */
export async function benchNotify({ mails, seconds, limit }: NotifySize): Promise<object> {
  const own = await ownStack();
  beforeExit(() => own.stop());
  const provider = await MailProvider.start();
  try {
    provider.latencyMs = LATENCY_MS;
    await setPace(own.sql, null);
    await fill(own.sql, mails);
    const free = await deliverAll(own, provider, null);
    if (free.sent !== mails || provider.deliveries.length !== mails) {
      throw new Error(`${mails} mails were queued, ${provider.deliveries.length} arrived.`);
    }

    provider.reset();
    provider.latencyMs = LATENCY_MS;
    provider.limitPerSecond = limit;
    await setPace(own.sql, Math.round(limit * 60 * 0.92));
    await fill(own.sql, seconds * limit * 2);
    const limited = await deliverAll(own, provider, seconds * 1000);
    const times = provider.requests.map(({ at }) => at);
    const [found] = await violations(own.sql);
    if (found && found.rule !== "mail queued without its cause") {
      throw new Error(`An invariant is broken: ${JSON.stringify(found)}`);
    }
    // From the first request to the last: the start of the workers is not the pace.
    const sending = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
    const used = (times.length - 1) / sending / limit;
    console.table({
      "no limit": {
        mails: free.sent,
        seconds: rounded(free.seconds),
        "mails/s": rounded(free.sent / free.seconds),
      },
      [`${limit} a second`]: {
        mails: limited.sent,
        seconds: rounded(limited.seconds),
        "mails/s": rounded(limited.sent / limited.seconds, 2),
        "of the limit": `${Math.round(used * 100)} %`,
        refused: provider.slowed,
        "most in a second": peak(times),
      },
    });
    return {
      mails,
      workers: WORKERS,
      seconds: rounded(free.seconds),
      limit,
      limited_seconds: rounded(limited.seconds),
      limited_sent: limited.sent,
      share_of_limit: rounded(used, 3),
      refused: provider.slowed,
    };
  } finally {
    await provider.stop();
    await own.stop();
  }
}
