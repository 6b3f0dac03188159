import postgres, { type PendingQuery, type Row, type Sql } from "postgres";
import { AppError } from "@/lib/errors";
import type { ServerClient } from "@/lib/supabase/clients";
import { sessionClaims } from "@/tests/support/database";
import type { Draws } from "./random";
import type { CustomerState, State } from "./state";
import { wireClient } from "./wire";
import { CHANGING_ADMIN, OWNER, type World } from "./world";

/** What the actions of one round know of each other: who was acted upon, and how roughly. */
export interface RoundNotes {
  /** Services whose status, price or owner somebody tried to change in this round. */
  touchedServices: Set<string>;
  /** Customers of whom somebody tried to take a payment back in this round. */
  touchedAccounts: Set<string>;
  /** Somebody turned the switch of the rewards. */
  rewardsSwitched: boolean;
  /** Somebody bills with the kill switch on, perhaps as a part of somebody else's run. */
  billsWithoutRewards: boolean;
  /** Connections were cut or calls cancelled: answers may be lost, and calls refused. */
  disturbed: boolean;
}

/** One action's part in a round. */
export interface Turn {
  world: World;
  /** The clock of this actor; the actors of a round are seconds apart. */
  at: Date;
  draws: Draws;
  /** Whether there is a slow network between this actor and the database. */
  isSlow: boolean;
  /** What the round found. */
  before: State;
  /** Whom most of the round's actions are about, so that they meet. */
  focus: CustomerState | undefined;
  round: RoundNotes;
  /** Says in the report what the action was about. */
  note(text: string): void;
}

/** What came of an action that was not refused; null when there was nothing to act upon. */
export type Deed = {
  /** For the census. */
  did: string;
  /** What the state after the round must show, or else what is wrong with it. */
  expect?: (after: State) => string | null | undefined;
} | null;

/** An answer of the product that it must never give. */
export class Broken extends Error {
  override name = "Broken";
}

const LOST = /^(CONNECTION_|ECONN|EPIPE|57P0|57014|08)/;

/** Whether an answer got lost, so that nobody knows what became of the call. */
function isLost(error: unknown): boolean {
  // A statement that was cancelled counts as one that took too long.
  if (error instanceof AppError) return error.code === "unavailable" || error.code === "timed_out";
  if (!(error instanceof Error)) return false;
  return LOST.test("code" in error ? String(error.code) : "");
}

/** The rule that refused a call, or how else it failed. */
export function codeOf(error: unknown): string {
  if (isLost(error)) return "lost";
  if (error instanceof AppError) {
    return error.code === "internal" ? `internal: ${String(causeOf(error))}` : error.code;
  }
  if (error instanceof postgres.PostgresError) {
    return error.code.startsWith("PT") ? error.message : `${error.code} ${error.message}`;
  }
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function causeOf({ cause }: AppError): unknown {
  if (cause instanceof Error) return cause.message;
  return typeof cause === "object" ? JSON.stringify(cause) : cause;
}

/** Repeats a call whose answer got lost, as its caller would: with the same key, once. */
export async function again<T>(call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isLost(error)) throw error;
    return call();
  }
}

/** Runs one statement, over a network that may be slow; now and then its connection is cut. */
export async function statement<T>(turn: Turn, run: (sql: Sql) => Promise<T>): Promise<T> {
  const { draws, world } = turn;
  if (turn.isSlow) await world.wait(draws.between(1, 8));
  if (!draws.percent(2)) return run(world.actors);
  turn.round.disturbed = true;
  return world.doomed(run, draws.between(0, 6));
}

/** The server's client: the data API or, mostly, the shorter way to the same functions. */
export function serverClient(turn: Turn): ServerClient {
  const { draws, world } = turn;
  return draws.percent(8) ? world.api : wireClient(world.api, (run) => statement(turn, run));
}

export type Permission =
  | "orders:manage"
  | "billing:manage_invoices"
  | "referrals:review"
  | "program:manage"
  | "admins:manage";

/**
 * Does as an admin what the public function of the same name does, but on the turn's clock: the
 * permission is that of the caller's session at that moment. Returns what the function answers.
 */
export async function asAdmin<T>(
  turn: Turn,
  permission: Permission,
  call: (sql: Sql, actor: PendingQuery<Row[]>) => PendingQuery<Row[]>,
  admin: string = turn.draws.percent(25) ? CHANGING_ADMIN : OWNER,
): Promise<T> {
  const claims = JSON.stringify({ sub: admin, role: "authenticated" });
  return statement(turn, async (sql) => {
    const [row] = await sql<{ answer: T }[]>`
      with session as materialized (select set_config('request.jwt.claims', ${claims}, true))
      select ${call(sql, sql`private.require_permission(${permission})`)} as answer from session`;
    // A cut can look like an empty answer.
    if (!row) throw Object.assign(new Error("no answer"), { code: "CONNECTION_CLOSED" });
    return row.answer;
  });
}

/** A public function called with the rights and the session of an admin, as the data API does. */
export async function asStaff<T>(
  turn: Turn,
  admin: string,
  call: (sql: postgres.TransactionSql) => PendingQuery<{ answer: T }[]>,
): Promise<T> {
  const box: { answer?: T } = {};
  await turn.world.actors.begin(async (sql) => {
    const claims = JSON.stringify(await sessionClaims(sql, admin));
    await sql`select set_config('request.jwt.claims', ${claims}, true)`;
    await sql`set local role authenticated`;
    const [row] = await call(sql);
    box.answer = row?.answer;
  });
  return box.answer as T;
}

/**
 * A row to act upon: mostly one for which the action is meant, now and then any, for it to be
 * refused; and mostly one of whom the round is about, so that the actors meet.
 */
export function choose<T>(
  { draws, focus }: Turn,
  rows: readonly T[],
  isOf: (row: T, customer: string) => boolean,
  isMeant: (row: T) => boolean = () => true,
): T | undefined {
  const [wantsMeant, wantsNear] = [draws.percent(93), draws.percent(65)];
  const fitting = wantsMeant ? rows.filter(isMeant) : [];
  const some = fitting.length > 0 ? fitting : rows;
  const close = wantsNear && focus ? some.filter((row) => isOf(row, focus.id)) : [];
  return draws.pick(close.length > 0 ? close : some);
}
