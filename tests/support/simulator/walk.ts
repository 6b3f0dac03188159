import { fixedClock } from "@/lib/clock";
import { jobsOf } from "@/lib/composition/jobs";
import { billingAt } from "@/tests/support/billing";
import { verify } from "@/tests/support/rows";
import { ACTION_NAMES, ACTIONS, type ActionName } from "./actions";
import { staleFacts } from "./facts";
import {
  beyondLimit,
  brokenFacts,
  brokenHistory,
  leftUndone,
  wrongCounts,
  wrongFreeMonths,
  wrongGrants,
} from "./model";
import {
  ACTIONS_PER_WORLD,
  drawsOf,
  needsWorkerSoon,
  type PlannedAction,
  type PlannedRound,
  type PlannedWorld,
  planWorld,
} from "./plan";
import { brokenPromises } from "./promises";
import { readState, type State } from "./state";
import { Broken, codeOf, type Deed, type RoundNotes, type Turn } from "./turn";
import type { World } from "./world";

/** How long the actions of one round may take: far more than they ever do. */
const LONGEST_ROUND_MS = 60_000;
/**
 * An answer that got lost although nobody was disturbed. The driver notices some faults of earlier
 * rounds late; a product that loses answers by itself does so again and again.
 */
const UNEXPLAINED = "lost, undisturbed";
const UNEXPLAINED_PER_WORLD = 1;
/** After so many actions the database counts its rows, as it would by itself in a longer life. */
const ANALYSED_AT = 120;
/** How much of the past a failure tells. */
const REMEMBERED = 50;

const DISTURBING = new Set(ACTION_NAMES.filter((name) => "disturbs" in ACTIONS[name]));

export interface WalkOptions {
  seed: number;
  /** Actions in all. */
  steps: number;
  /** Actions that this walk keeps coming back to, together. */
  favourite?: readonly ActionName[];
  /** Told now and then how far the walk is. */
  onWorld?: (done: number) => void;
}

/** How often each action had which outcome. */
export type Census = Map<ActionName, Map<string, number>>;

export interface WalkReport {
  steps: number;
  rounds: number;
  worlds: number;
  census: Census;
  /** Seconds spent on acting and on checking. */
  acting: number;
  checking: number;
}

/** The walk found a state that must not be. The message tells how to walk there again. */
export class WalkFailure extends Error {
  override name = "WalkFailure";
  constructor(
    readonly seed: number,
    /** Actions that had been done by then. */
    readonly steps: number,
    readonly violations: readonly string[],
    log: readonly string[],
  ) {
    const again = `SIMULATOR_SEED=${seed} SIMULATOR_STEPS=${steps}`;
    super(
      [
        `seed ${seed}, after ${steps} actions:`,
        ...violations.map((violation) => `  ✗ ${violation}`),
        `The last ${log.length} actions, those of one round side by side:`,
        ...log,
        `The same choice of actions again: ${again} npx vitest run --project races tests/races/simulator.test.ts`,
      ].join("\n"),
    );
  }
}

/** What became of one action. */
interface Done {
  action: PlannedAction;
  notes: string;
  /** `done …`, `refused …`, `lost` or `nothing to do`. */
  outcome: string;
  deed: Deed;
  /** What is wrong with it already. */
  broken: string | null;
}

async function perform(action: PlannedAction, turn: Turn, notes: string[]): Promise<Done> {
  const { refusals, act } = ACTIONS[action.name];
  const done = (outcome: string, deed: Deed = null, broken: string | null = null): Done => ({
    action,
    notes: notes.join("; "),
    outcome,
    deed,
    broken,
  });
  try {
    // Some start late, so that the actors of a round meet at ever different points of their work.
    const { draws, world } = turn;
    await world.wait(draws.percent(50) ? 0 : draws.between(1, draws.oneOf(4, 10, 24)));
    const deed = await act(turn);
    return deed === null ? done("nothing to do") : done(`done ${deed.did}`, deed);
  } catch (error) {
    const code = codeOf(error);
    if (code === "lost") notes.push(String(error));
    if (error instanceof Broken) return done("broken", null, error.message);
    const isAllowed = (refusals as readonly string[]).includes(code);
    if (isAllowed) return done(`refused ${code}`);
    if (code === "lost") return done(turn.round.disturbed ? "lost" : UNEXPLAINED);
    return done(`failed ${code}`, null, `"${action.name}" failed: ${code}`);
  }
}

/** Gives up on a round that hangs: somebody waits for somebody who waits. */
async function within<T>(work: Promise<T>, unfinished: () => string): Promise<T> {
  const { promise: hung, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Broken(unfinished())), LONGEST_ROUND_MS);
  try {
    return await Promise.race([work, hung]);
  } finally {
    clearTimeout(timer);
  }
}

/** One walk through one world after the other. */
class Walk {
  readonly #census: Census = new Map();
  readonly #log: string[] = [];
  #state: State | null = null;
  #steps = 0;
  #wasDisturbed = false;
  #isAnalysed = false;
  #unexplained = 0;
  #rounds = 0;
  #acting = 0;
  #checking = 0;

  constructor(
    private readonly world: World,
    private readonly options: WalkOptions,
  ) {}

  async run(): Promise<WalkReport> {
    const { steps, seed, favourite, onWorld } = this.options;
    let worlds = 0;
    for (; this.#steps < steps; worlds += 1) {
      const size = Math.min(ACTIONS_PER_WORLD, steps - this.#steps);
      await this.#live(planWorld(seed, worlds, this.#steps, size, favourite));
      onWorld?.(this.#steps);
    }
    const { acting, checking } = { acting: this.#acting / 1000, checking: this.#checking / 1000 };
    return { steps, rounds: this.#rounds, worlds, census: this.#census, acting, checking };
  }

  async #live({ startsAt, rounds }: PlannedWorld): Promise<void> {
    await this.world.reset();
    this.#unexplained = 0;
    let now = startsAt.getTime();
    this.#log.push(`-- a new world on ${startsAt.toISOString()}`);
    this.#state = await this.#check(null, [], null, new Date(now));
    for (const round of rounds) {
      now += round.passes;
      if (this.#steps >= ANALYSED_AT && !this.#isAnalysed) {
        this.#isAnalysed = true;
        await this.world.analyse();
      }
      if (needsWorkerSoon(this.#steps)) this.world.prepareWorker();
      await this.#round(round, now);
    }
    await this.#evening(new Date(now + 60_000));
  }

  /** All actions of a round at once; when the last of them has ended, everything is checked. */
  async #round(round: PlannedRound, now: number): Promise<void> {
    const began = performance.now();
    const before = this.#state;
    if (!before) throw new Error("the world was not looked at before");
    const { world, options } = this;
    const focus = before.customers[Math.floor(round.focus * before.customers.length)];
    const notes: RoundNotes = {
      touchedServices: new Set(),
      touchedAccounts: new Set(),
      rewardsSwitched: false,
      billsWithoutRewards: false,
      disturbed: this.#wasDisturbed || round.actions.some(({ name }) => DISTURBING.has(name)),
    };
    const ended = new Set<number>();
    const all = round.actions.map((action, position) => {
      const said: string[] = [];
      const draws = drawsOf(options.seed, action.step);
      const turn: Turn = {
        world,
        at: new Date(now + position * 1000),
        draws,
        isSlow: draws.percent(35),
        before,
        focus,
        round: notes,
        note: (text) => said.push(text),
      };
      return perform(action, turn, said).finally(() => ended.add(action.step));
    });
    const done = await within(Promise.all(all), () => {
      const open = round.actions.filter(({ step }) => !ended.has(step));
      return `these never ended: ${open.map(({ step, name }) => `${step} ${name}`).join(", ")}`;
    }).catch((error: unknown) => this.#fail([codeOf(error)]));
    if (notes.disturbed) await world.settled();
    // A signal to cancel may arrive late, and meet a statement of the next round.
    this.#wasDisturbed = round.actions.some(({ name }) => DISTURBING.has(name));
    this.#steps += done.length;
    this.#rounds += 1;
    this.#acting += performance.now() - began;
    this.#state = await this.#check(before, done, notes, new Date(now));
  }

  /**
   * The invariants by the product's own check, then what only a comparison with the state before
   * shows, then what each action was promised.
   */
  async #check(
    before: State | null,
    done: readonly Done[],
    notes: RoundNotes | null,
    now: Date,
  ): Promise<State> {
    const { settings, observer } = this.world;
    const { time_zone: timeZone } = settings;
    const touched = notes?.touchedAccounts ?? new Set();
    const began = performance.now();
    const [verdict, after] = await Promise.all([verify(observer), readState(observer, now)]);
    for (const one of done) this.#remember(one, now);
    const broken = [
      ...verdict.details.map(
        ({ invariant, rule, entity }) => `invariant ${invariant}: ${rule} (${entity})`,
      ),
      ...brokenFacts(after, now, timeZone),
      ...(before
        ? [
            ...brokenHistory(before, after),
            ...beyondLimit(before, after, timeZone),
            ...wrongCounts(before, after, touched),
            ...wrongGrants(before, after, { now, timeZone, touched }),
            ...wrongFreeMonths(before, after, timeZone),
          ]
        : []),
      ...(this.#unexplained > UNEXPLAINED_PER_WORLD ? ["answers get lost"] : []),
      ...done.flatMap(({ broken: already, deed, action }) => {
        const unkept = already ?? deed?.expect?.(after);
        return unkept ? [`${action.step} ${action.name}: ${unkept}`] : [];
      }),
    ];
    this.#checking += performance.now() - began;
    if (broken.length > 0) return this.#fail(broken);
    return after;
  }

  /** The day is over and nobody acts: each job runs once, alone, and leaves nothing undone. */
  async #evening(now: Date): Promise<void> {
    const began = performance.now();
    const { world } = this;
    const clock = fixedClock(now);
    const jobs = jobsOf(world.api, clock);
    await world.switchOn(now);
    await jobs.expire();
    await jobs.qualify();
    const billing = billingAt(now, { client: world.api });
    const { errors, unbilled } = await billing.billAll({});
    // An invoice that is free, or paid from the balance, was what a friend waited for.
    await jobs.qualify();
    const before = this.#state;
    const after = await readState(world.observer, now);
    const { violations, details } = await jobs.verify();
    const broken = [
      ...errors.map(({ message }) => `the quiet run ended with: ${message}`),
      ...(unbilled > 0 ? [`${unbilled} months of services are unbilled`] : []),
      ...(violations > 0 ? [`verify: ${JSON.stringify(details)}`] : []),
      ...(before ? brokenHistory(before, after) : []),
      ...(before ? wrongFreeMonths(before, after, world.settings.time_zone) : []),
      ...leftUndone(after, now, world.settings.time_zone),
      ...(await this.#undelivered()),
      ...(await staleFacts(world.observer)),
    ];
    if (broken.length === 0) broken.push(...(await brokenPromises(world, now)));
    const deadlocks = await world.deadlocks();
    if (deadlocks > 0) broken.push(`${deadlocks} deadlocks`);
    this.#checking += performance.now() - began;
    if (broken.length > 0) this.#fail(broken);
  }

  /** Mails that count as sent without having reached the provider. */
  async #undelivered(): Promise<string[]> {
    const rows = await this.world.observer<{ id: string }[]>`
      select n.id from public.notifications as n where n.status = 'sent'`;
    return rows
      .filter(({ id }) => !this.world.delivered.has(id))
      .map(({ id }) => `mail ${id} counts as sent and never was`);
  }

  #remember({ action, notes, outcome }: Done, now: Date): void {
    if (outcome === UNEXPLAINED) this.#unexplained += 1;
    const outcomes = this.#census.get(action.name) ?? new Map<string, number>();
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    this.#census.set(action.name, outcomes);
    const time = now.toISOString().slice(0, 19);
    this.#log.push(`${action.step} [${time}] ${action.name}: ${notes || "–"} → ${outcome}`);
    if (this.#log.length > REMEMBERED) this.#log.splice(0, this.#log.length - REMEMBERED);
  }

  #fail(broken: readonly string[]): never {
    throw new WalkFailure(this.options.seed, this.#steps, broken, [...this.#log]);
  }
}

/**
 * A random walk: rounds of two to eight actions at once, by the plan of the seed. After every
 * round, that is once each of its actions has ended and nothing runs any more on behalf of one
 * that was cut off, all invariants are checked.
 * @throws WalkFailure at the first violation.
 */
export function walk(world: World, options: WalkOptions): Promise<WalkReport> {
  return new Walk(world, options).run();
}

/** The census of several walks. */
export function joined(walks: readonly Census[]): Census {
  const sum: Census = new Map();
  for (const [name, outcomes] of walks.flatMap((census) => [...census])) {
    const all = sum.get(name) ?? new Map<string, number>();
    for (const [outcome, count] of outcomes) all.set(outcome, (all.get(outcome) ?? 0) + count);
    sum.set(name, all);
  }
  return sum;
}

/** How often an action was tried, and how often it did something. */
export function tally(census: Census, name: ActionName): { tried: number; done: number } {
  const outcomes = [...(census.get(name) ?? [])];
  const sum = (some: typeof outcomes) => some.reduce((total, [, count]) => total + count, 0);
  return { tried: sum(outcomes), done: sum(outcomes.filter(([name]) => name.startsWith("done"))) };
}

/** The census as a table for people: each action with its outcomes, the most frequent first. */
export function describeCensus(census: Census): string {
  return [...census]
    .map(([name, outcomes]) => {
      const sorted = [...outcomes].sort(([, a], [, b]) => b - a);
      const sum = sorted.reduce((total, [, count]) => total + count, 0);
      const parts = sorted.map(([outcome, count]) => `${outcome} ${count}`);
      return `${String(sum).padStart(6)} ${name.padEnd(24)} ${parts.join(" · ")}`;
    })
    .sort((a, b) => b.localeCompare(a))
    .join("\n");
}
