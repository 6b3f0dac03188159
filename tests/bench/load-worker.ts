/**
 * Sends requests to a site from a process of its own, as clients do. Takes its task as JSON and
 * prints what it measured as JSON. A step after another, so that each has the machine to itself.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { newAddress, newEmail, newPhone, orderBody } from "@/tests/support/people";
import {
  type Load,
  type Recording,
  type Target,
  type Timing,
  taskSchema,
  timingOf,
} from "./load-figures";

const task = taskSchema.parse(JSON.parse(process.argv[2] ?? ""));

/** Milliseconds until the whole answer is there, and whether it is the one that was asked for. */
async function ask(path: string, init: RequestInit = {}): Promise<{ ms: number; status: number }> {
  const began = performance.now();
  const response = await fetch(`${task.siteUrl}${path}`, { redirect: "manual", ...init });
  await response.arrayBuffer();
  return { ms: performance.now() - began, status: response.status };
}

const get = ({ path, cookie }: Target) => ask(path, { headers: cookie ? { cookie } : {} });

function order(code: string | null) {
  return ask("/api/orders/create", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      origin: task.siteUrl,
      "idempotency-key": randomUUID(),
      "x-forwarded-for": newAddress(),
    },
    body: JSON.stringify(orderBody(task.packageSlug, { referral_code: code })),
  });
}

/** The same request over many connections for some seconds. */
async function readFor(target: Target, connections: number, seconds: number): Promise<Load> {
  for (let n = 0; n < 5; n += 1) await get(target);
  const times: number[] = [];
  let failed = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < until) {
        const { ms, status } = await get(target);
        times.push(ms);
        if (status !== 200) failed += 1;
      }
    }),
  );
  return { ...timingOf(times), failed, per_second: rate(times.length, began) };
}

const rate = (count: number, began: number) =>
  Math.round((count / (performance.now() - began)) * 10_000) / 10;

/** Orders that all begin at once; meanwhile another customer keeps reading. */
async function orderAtOnce(count: number, codes: readonly string[], probes: readonly Target[]) {
  let isOver = false;
  const watched = Promise.all(
    probes.map(async (probe): Promise<[string, Timing]> => {
      const times: number[] = [];
      while (!isOver) {
        times.push((await get(probe)).ms);
        await delay(20);
      }
      return [probe.name, timingOf(times)];
    }),
  );
  const began = performance.now();
  const answers = await Promise.all(
    Array.from({ length: count }, (_, n) => order(codes[n % codes.length] ?? null)),
  );
  const per_second = rate(count, began);
  isOver = true;
  const failed = answers.filter(({ status }) => status !== 201).length;
  const orders = { ...timingOf(answers.map(({ ms }) => ms)), failed, per_second };
  return { orders, meanwhile: Object.fromEntries(await watched) };
}

async function orderAlone(count: number): Promise<Timing> {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) times.push((await order(null)).ms);
  return timingOf(times);
}

/** Another system records orders, so many at a time, until all are sent. */
async function recordAll(): Promise<Recording> {
  const { apiKey, codes, referrals, connections } = task.recording;
  const send = async (code: string | undefined) => {
    const response = await fetch(`${task.siteUrl}/api/v1/referrals`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({
        referral_code: code,
        external_id: randomUUID(),
        email: newEmail("elsewhere"),
        phone: newPhone(),
        name: "Lerato Mokoena",
        address: {
          line1: `${randomUUID().slice(0, 4)} Main Road`,
          city: "Paarl",
          postal_code: "7646",
        },
      }),
    });
    return { status: response.status, text: await response.text() };
  };
  // Connections are open and modules loaded before the load comes.
  for (let n = 0; n < 20; n += 1) await send("REF-ZZZZZZZZ");
  const times: number[] = [];
  let next = 0;
  let recorded = 0;
  let failed = 0;
  let server_errors = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < referrals) {
        const code = codes[next++ % codes.length];
        const from = performance.now();
        const { status, text } = await send(code);
        times.push(performance.now() - from);
        if (status >= 500) server_errors += 1;
        if (status !== 201) failed += 1;
        if (text.includes('"status":"recorded"')) recorded += 1;
      }
    }),
  );
  const per_second = rate(times.length, began);
  return { ...timingOf(times), failed, per_second, recorded, server_errors };
}

const reads: Record<string, Load> = {};
for (const target of task.reads) {
  reads[target.name] = await readFor(target, task.connections, task.seconds);
}
// One after another first: connections are open and modules loaded before the crowd comes.
const alone = await orderAlone(5);
const withCode = await orderAtOnce(task.orders, task.codes, task.probes);
const withoutCode = await orderAtOnce(task.orders, [], task.probes);
const recording = await recordAll();
process.stdout.write(JSON.stringify({ reads, alone, withCode, withoutCode, recording }));
process.exit(0);
