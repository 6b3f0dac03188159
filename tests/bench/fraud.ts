import { assessReferral, type FraudVerdict } from "@/lib/fraud/fraud-rules";
import { addressKey, compareAddresses } from "@/lib/identity/address";
import { Random } from "@/supabase/local/seed/random";
import { DEFAULT_TERMS } from "@/tests/support/facts";
import { MemoryEvidence } from "@/tests/support/fraud-gather";
import { type Label, makeFraudWorld, type WorldOrder } from "@/tests/support/fraud-world";
import { makePlace, type Place, placeName, writeAddress } from "@/tests/support/places";

/**
 * `npm run bench -- fraud`: judges a labelled world of referrals in order of time, and says what is
 * caught, what is missed, and which honest people are held.
 *
 * It measures the pure code: the evidence is gathered in memory, by the questions that the database
 * is asked (`MemoryEvidence`). It opens no database, so it says nothing about the latency of an
 * order. The labels come from the generator, not from the rules.
 */

export interface FraudSize {
  seed: number;
  /** Pairs of addresses compared. */
  pairs: number;
}

type Outcome = "blocked" | "held" | "flagged" | "passed";

interface Share {
  count: number;
  of: number;
  /** Per cent, with the 95 % interval of Wilson. */
  percent: number;
  low: number;
  high: number;
}

/** A share with its Wilson interval at 95 %. */
export function shareOf(count: number, of: number): Share {
  if (of === 0) return { count, of, percent: 0, low: 0, high: 100 };
  const z = 1.959964;
  const p = count / of;
  const scale = 1 + z ** 2 / of;
  const middle = (p + z ** 2 / (2 * of)) / scale;
  const half = (z * Math.sqrt((p * (1 - p)) / of + z ** 2 / (4 * of ** 2))) / scale;
  const percent = (x: number) => Math.round(Math.min(1, Math.max(0, x)) * 10_000) / 100;
  return {
    count,
    of,
    percent: percent(p),
    low: percent(middle - half),
    high: percent(middle + half),
  };
}

export const outcomeOf = (verdict: FraudVerdict): Outcome => {
  if (verdict.verdict === "blocked") return "blocked";
  if (verdict.flags.some(({ severity }) => severity === "hold")) return "held";
  return verdict.flags.length > 0 ? "flagged" : "passed";
};

const isCaught = (label: Label, outcome: Outcome): boolean => {
  if (label === "block") return outcome === "blocked";
  if (label === "hold") return outcome === "blocked" || outcome === "held";
  return outcome !== "passed";
};

export interface Judged {
  order: WorldOrder;
  verdict: FraudVerdict;
  outcome: Outcome;
}

/** Judges every order of a world and records those that are accepted. */
export function judgeWorld(seed: number, scale = 1): Judged[] {
  const world = makeFraudWorld(seed, scale);
  const memory = new MemoryEvidence(world);
  return world.orders.map((order) => {
    const verdict = assessReferral(memory.gather(order), DEFAULT_TERMS);
    if (verdict.verdict === "accepted") memory.record(order);
    return { order, verdict, outcome: outcomeOf(verdict) };
  });
}

const withText = ({ count, of, percent, low, high }: Share): string =>
  `${String(count).padStart(5)} of ${String(of).padStart(5)}  ${percent.toFixed(2).padStart(6)} %  [${low.toFixed(2)}, ${high.toFixed(2)}]`;

const labelled = (judged: readonly Judged[], label: Label) =>
  judged.filter(({ order }) => order.label === label);

/** What the aims are measured by. */
export function summarise(judged: readonly Judged[]) {
  const caught = (label: Label) => {
    const all = labelled(judged, label);
    return shareOf(all.filter(({ outcome }) => isCaught(label, outcome)).length, all.length);
  };
  const honest = labelled(judged, "honest");
  const of = (outcome: Outcome) =>
    shareOf(honest.filter((one) => one.outcome === outcome).length, honest.length);
  return {
    referrals: judged.length,
    block_caught: caught("block"),
    hold_caught: caught("hold"),
    flag_caught: caught("flag"),
    honest_blocked: of("blocked"),
    honest_held: of("held"),
    honest_flagged: of("flagged"),
  };
}

function signalRows(judged: readonly Judged[]) {
  const rows = new Map<string, { cheats: number; honest: number; only: number }>();
  for (const { order, verdict } of judged) {
    const names =
      verdict.verdict === "blocked"
        ? [verdict.reason]
        : verdict.flags.map(({ signal }) => signal as string);
    for (const name of names) {
      const row = rows.get(name) ?? { cheats: 0, honest: 0, only: 0 };
      if (order.label === "honest") row.honest += 1;
      else row.cheats += 1;
      if (order.label !== "honest" && names.length === 1) row.only += 1;
      rows.set(name, row);
    }
  }
  return [...rows]
    .map(([signal, { cheats, honest, only }]) => ({
      signal,
      cheats,
      only,
      honest,
      precision: shareOf(cheats, cheats + honest),
    }))
    .sort((a, b) => b.cheats - a.cheats);
}

function kindRows(judged: readonly Judged[]) {
  const kinds = new Map<string, Judged[]>();
  for (const one of judged) {
    const key = `${one.order.label}: ${one.order.kind}`;
    kinds.set(key, [...(kinds.get(key) ?? []), one]);
  }
  return [...kinds].map(([kind, all]) => {
    const count = (outcome: Outcome) => all.filter((one) => one.outcome === outcome).length;
    return {
      kind,
      orders: all.length,
      blocked: count("blocked"),
      held: count("held"),
      flagged: count("flagged"),
      passed: count("passed"),
    };
  });
}

/** A home that differs from `place` in one thing that tells homes apart. */
function otherHome(place: Place, random: Random): Place {
  const digits = (text: string) => Number.parseInt(text.replace(/\D/g, ""), 10);
  const ways: Place[] = [
    { ...place, number: String(digits(place.number) + random.int(1, 9)) },
    { ...place, unit: place.unit === null ? "3" : String(digits(place.unit) + random.int(1, 9)) },
    { ...place, streetNames: ["Sesame"] },
  ];
  return random.pick(ways);
}

function measureAddresses({ seed, pairs }: FraudSize) {
  const random = new Random(seed);
  const drawn = Array.from({ length: pairs }, () => {
    const place = makePlace(random);
    const other = otherHome(place, random);
    const addresses = [place, place, other].map((p) => writeAddress(p, random));
    return { addresses, isOther: placeName(place) !== placeName(other) };
  });
  let split = 0;
  let merged = 0;
  let notSame = 0;
  for (const { addresses, isOther } of drawn) {
    const [a, b, other] = addresses;
    if (a === undefined || b === undefined || other === undefined) continue;
    if (addressKey(a) !== addressKey(b)) split += 1;
    if (compareAddresses(a, b).kind !== "same") notSame += 1;
    if (isOther && addressKey(a) === addressKey(other)) merged += 1;
  }
  const sample = drawn.slice(0, 20_000).flatMap(({ addresses }) => addresses.slice(0, 1));
  const before = process.cpuUsage();
  for (const address of sample) addressKey(address);
  const used = process.cpuUsage(before);
  const perSecond = Math.round(sample.length / ((used.user + used.system) / 1e6));
  return {
    pairs,
    one_place_two_keys: split,
    one_place_not_same: notSame,
    two_places_one_key: merged,
    keys_per_cpu_second: perSecond,
  };
}

/** Who was missed, and which honest people were blocked or held. */
export function printMisses(judged: readonly Judged[]): void {
  const missed = judged.filter(
    ({ order, outcome }) =>
      (order.label === "block" || order.label === "hold") && !isCaught(order.label, outcome),
  );
  const hurt = judged.filter(
    ({ order, outcome }) =>
      order.label === "honest" && (outcome === "blocked" || outcome === "held"),
  );
  console.log(`Missed: ${missed.length}`);
  for (const { order, outcome } of missed.slice(0, 40)) {
    console.log(`  ${order.kind} (${outcome}): ${JSON.stringify(order.address)} ${order.email}`);
  }
  console.log(`Honest people blocked or held: ${hurt.length}`);
  for (const { order, verdict } of hurt.slice(0, 40)) {
    const why =
      verdict.verdict === "blocked"
        ? verdict.reason
        : verdict.flags
            .filter((f) => f.severity === "hold")
            .map((f) => f.signal)
            .join(", ");
    console.log(`  ${order.kind} (${why}): ${JSON.stringify(order.address)} ${order.email}`);
  }
}

export async function benchFraud(size: FraudSize): Promise<object> {
  const judged = judgeWorld(size.seed);
  const summary = summarise(judged);
  console.log("Orders by kind");
  console.table(kindRows(judged));
  console.log("Signals and blocks: orders of cheats and of honest people that raise them");
  console.table(
    signalRows(judged).map(({ precision, ...row }) => ({ ...row, precision: withText(precision) })),
  );
  console.log("Overall, with 95 % intervals");
  for (const [name, value] of Object.entries(summary)) {
    if (typeof value === "object") console.log(`  ${name.padEnd(16)} ${withText(value)}`);
  }
  printMisses(judged);
  const addresses = measureAddresses(size);
  console.log("Addresses");
  console.table([addresses]);
  return { bench: "fraud", seed: size.seed, ...summary, addresses };
}
