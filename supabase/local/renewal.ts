import { setTimeout as delay } from "node:timers/promises";

/** Answers requests, until its connections to the database are lost. */
export interface Backend {
  fetch(request: Request, context: { peerAddress: string | null }): Promise<Response>;
  /** Gives its connections up; what is still under way may fail. */
  close(): Promise<unknown>;
}

/** Requests wait this long for a new backend before they are told to come again. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 250;

const unavailable = () =>
  Response.json(
    { code: "PGRST000", message: "The database is not available.", details: null, hint: null },
    { status: 503, headers: { "retry-after": "1" } },
  );

/**
 * Keeps a backend in service. The database driver does not always recover a connection that was
 * cut: it may wait for an answer forever, or fail out of reach of any handler. So the whole
 * backend is replaced once one of its connections is lost, as soon as the database is back.
 */
export class Renewal {
  #current: Promise<{ backend: Backend; lost: Promise<void> }>;
  #stopped = false;

  /** @param make makes a backend; it is given what to call when a connection of it is lost. */
  constructor(private readonly make: (lost: () => void) => Promise<Backend>) {
    this.#current = this.#start();
    this.#current.catch(() => {});
  }

  /** Settles when the first backend is in service, or could not be made. */
  async ready(): Promise<void> {
    await this.#current;
  }

  async fetch(request: Request, context: { peerAddress: string | null }): Promise<Response> {
    const serving = await Promise.race([this.#current, delay(PATIENCE_MS, null)]).catch(() => null);
    if (!serving) return unavailable();
    let isLost = false;
    const abandoned = serving.lost.then(() => {
      isLost = true;
      return delay(PATIENCE_MS).then(unavailable);
    });
    const response = await Promise.race([serving.backend.fetch(request, context), abandoned]);
    // What a backend says that lost its connections is not to be believed: it may miss functions.
    return isLost && (response.status >= 500 || response.status === 404) ? unavailable() : response;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const serving = await this.#current.catch(() => null);
    await serving?.backend.close();
  }

  async #start() {
    let report: () => void = () => {};
    const lost = new Promise<void>((resolve) => {
      report = resolve;
    });
    const backend = await this.make(() => report());
    void lost.then(() => this.#replace(backend));
    return { backend, lost };
  }

  #replace(old: Backend): void {
    if (this.#stopped) return;
    this.#current = (async () => {
      void old.close().catch(() => {});
      for (;;) {
        try {
          return await this.#start();
        } catch (error) {
          if (this.#stopped) throw error;
          await delay(RETRY_MS);
        }
      }
    })();
    this.#current.catch(() => {});
  }
}
