import { ACTION_NAMES, ACTIONS, type ActionName } from "./actions";
import { Draws } from "./random";

/*
 * What happens, when, and with which draws: a function of the seed alone. What an action then
 * finds to act upon depends on how the races before it ended.
 */

/** After so many actions the world is emptied, so that checking it stays cheap. */
export const ACTIONS_PER_WORLD = 350;
const LARGEST_ROUND = 8;
/** A duel has at most so many of these at once: another one would find nothing left to do. */
const JOBS = 3;
const DEAR: ReadonlySet<ActionName> = new Set(["bill", "qualify"]);

export interface PlannedAction {
  /** Position in the whole walk, from 0. */
  step: number;
  name: ActionName;
}

/** Actions that run at once. */
export interface PlannedRound {
  /** How much later than the round before, in milliseconds. */
  passes: number;
  /** Which customer most of it is about, as a share of the list of customers. */
  focus: number;
  actions: PlannedAction[];
}

export interface PlannedWorld {
  /** From 0. */
  number: number;
  startsAt: Date;
  rounds: PlannedRound[];
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/** Pairs that must not meet badly. Rounds of these alone make them meet often. */
const DUELS: readonly (readonly ActionName[])[] = [
  ["bill", "revoke"],
  ["bill", "revoke", "revoke"],
  ["bill", "revoke", "revoke", "revoke"],
  ["bill", "bill"],
  ["bill", "suspend", "reactivate"],
  ["bill", "expire"],
  ["bill", "change a package"],
  ["bill", "change the billing settings", "bill"],
  ["bill", "bill another cycle", "reactivate"],
  ["activate", "cancel an order"],
  ["qualify", "cancel a service"],
  ["qualify", "qualify"],
  ["qualify", "review", "qualify"],
  ["qualify", "review"],
  ["expire", "activate"],
  ["grant", "revoke"],
  ["order", "change the terms"],
  ["order", "order"],
  ["order", "order", "order through two codes"],
  ["notify", "notify"],
  ["credit", "pay"],
  ["pay", "pay", "record a payment"],
  ["record a payment", "reverse a payment", "bill"],
  ["reverse a payment", "reverse a payment", "pay"],
  ["collect debit orders", "qualify"],
  ["suspend", "qualify", "reactivate"],
  ["expire", "reactivate", "reinstate a referral"],
  ["attach a code", "attach a code", "order"],
  ["answer a claim", "decide a claim"],
  ["extend a referral", "expire"],
  ["turn a switch", "bill", "grant"],
  ["seal the audit log", "seal the audit log"],
  ["erase", "order"],
];

/** Rare and dear: drawn by nobody, done every so many actions, in turn. */
const SCHEDULED: readonly { every: number; names: readonly ActionName[] }[] = [
  {
    every: 900,
    names: [
      "kill -9 billing",
      "kill -9 notify",
      "kill -9 qualify",
      "kill -9 billing",
      "kill -9 expire",
    ],
  },
];

const WEIGHTS = ACTION_NAMES.map((name) => [name, ACTIONS[name].weight] as const);

/** Every world begins with a few customers, so that the others have whom to meet. */
const OPENING: readonly (readonly ActionName[])[] = [
  ["order", "order", "order", "order", "order"],
  ["activate", "activate", "activate", "activate", "activate", "activate"],
  ["change the terms", "order", "order", "order", "order"],
  ["activate", "activate", "activate", "activate", "activate"],
];

function timeThatPasses(draws: Draws, names: readonly ActionName[], bills: boolean): number {
  // A cycle that is billed already makes no race, and friends who are counted already neither.
  const due = names.filter((name) => name === "bill" || name === "qualify").length;
  const isDue = due > 1 || bills;
  const isNextCycle = isDue && draws.percent(75);
  const rests = draws.percent(40);
  const kind = draws.weighted([
    ["hours", 38],
    ["days", 50],
    ["weeks", 9],
    // Nobody bills for a month and more.
    ["months", 2],
  ]);
  const share = draws.share();
  if (isNextCycle) return Math.round((20 + share * 11) * DAY);
  if (rests) return 30 * SECOND;
  if (kind === "hours") return Math.round((0.1 + share * 12) * HOUR);
  if (kind === "days") return Math.round((1 + share * 6) * DAY);
  if (kind === "weeks") return Math.round((8 + share * 24) * DAY);
  return Math.round((35 + share * 40) * DAY);
}

function scheduled(step: number): ActionName | undefined {
  for (const { every, names } of SCHEDULED) {
    if ((step + 1) % every === 0) return names[((step + 1) / every - 1) % names.length];
  }
  return undefined;
}

/** Whether a process will have to be killed soon: loading it takes a while. */
export function needsWorkerSoon(step: number): boolean {
  return Array.from({ length: 250 }, (_, n) => scheduled(step + n)).some((name) =>
    name?.startsWith("kill -9"),
  );
}

/** The plan of one world: its first action has the number `firstStep`. Most rounds are of a favourite. */
export function planWorld(
  seed: number,
  number: number,
  firstStep: number,
  steps: number,
  favourite?: readonly ActionName[],
): PlannedWorld {
  const draws = new Draws(seed, number, 1);
  const rounds: PlannedRound[] = [];
  // Every year and month comes; all of it before today, where the product's default clock is.
  const startsAt = new Date(
    Date.UTC(2020 + draws.whole(4), draws.whole(12), draws.between(1, 28), draws.whole(24)),
  );
  let step = firstStep;
  while (step < firstStep + steps) {
    const usual = draws.percent(40) ? draws.pick(DUELS) : undefined;
    const duel = favourite && draws.percent(60) ? favourite : usual;
    const fixed = OPENING[rounds.length];
    const wanted = fixed?.length ?? draws.between(2, LARGEST_ROUND);
    const first = step;
    const names: ActionName[] = [];
    for (let n = 0; n < Math.min(wanted, firstStep + steps - first); n += 1) {
      const meant = scheduled(first + n) ?? fixed?.[n] ?? duel?.[n % duel.length];
      const isCrowd = meant !== undefined && names.filter((one) => one === meant).length >= JOBS;
      const drawn = draws.weighted(WEIGHTS);
      names.push(meant && !(isCrowd && DEAR.has(meant)) ? meant : drawn);
    }
    rounds.push({
      passes: timeThatPasses(draws, names, duel === favourite && duel?.includes("bill") === true),
      focus: draws.share(),
      actions: names.map((name, n) => ({ step: first + n, name })),
    });
    step += names.length;
  }
  return { number, startsAt, rounds };
}

/** The draws of one action. */
export const drawsOf = (seed: number, step: number): Draws => new Draws(seed, step, 2);
