import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";

/** The header in which a request's id comes in, goes out, and reaches the database. */
export const REQUEST_ID_HEADER = "x-request-id";

const SOUND_ID = /^[\w.:-]{8,80}$/;

/** The id that a proxy in front gave a request, or a new one. */
export function requestIdOf(headers: Pick<Headers, "get">): string {
  const given = headers.get(REQUEST_ID_HEADER);
  return given !== null && SOUND_ID.test(given) ? given : randomUUID();
}

const current = new AsyncLocalStorage<string>();

/** Does work on behalf of a request: calls of the database made meanwhile carry its id. */
export function withRequestId<T>(requestId: string, work: () => Promise<T>): Promise<T> {
  return current.run(requestId, work);
}

/** The id of the request that is being worked on; null outside of one. */
export function currentRequestId(): string | null {
  return current.getStore() ?? null;
}
