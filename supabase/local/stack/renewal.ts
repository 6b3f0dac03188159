import { setTimeout as delay } from "node:timers/promises";

/** Answers requests, until its connections to the database are lost. */
export interface Backend {
  fetch(request: Request, context: { peerAddress: string | null }): Promise<Response>;
  /** Closes its connections. Requests under way may fail. */
  close(): Promise<unknown>;
}

interface Serving {
  backend: Backend;
  /** Ends each request that is under way. */
  underWay: Set<() => void>;
  isLost: boolean;
}

/** How long a request waits for a new backend before it is answered with status 503. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 250;

const refusal = (code: string, message: string) =>
  Response.json(
    { code, message, details: null, hint: null },
    { status: 503, headers: { "retry-after": "1" } },
  );

/** The answer to a request that was not begun. */
const unavailable = () => refusal("PGRST000", "The database is not available.");

/** The answer to a request that may or may not have been carried out. */
const lost = () => refusal("08006", "The connection to the database was lost.");

/**
 * Keeps a backend in service. The database driver does not always recover a connection that was
 * cut: it may wait for an answer forever, or throw where no handler catches it. Therefore the whole
 * backend is replaced when one of its connections is lost, as soon as the database is back.
 */
export class Renewal {
  /** The backend in service; null while there is none. */
  #serving: Serving | null = null;
  #arrival: Promise<void>;
  #stopped = false;

  /** @param make makes a backend, which calls `lost` when one of its connections is lost. */
  constructor(private readonly make: (lost: () => void) => Promise<Backend>) {
    this.#arrival = this.#start();
    this.#arrival.catch(() => {});
  }

  /** Settles when the first backend is in service, or could not be made. */
  async ready(): Promise<void> {
    await this.#arrival;
  }

  async fetch(request: Request, context: { peerAddress: string | null }): Promise<Response> {
    if (!this.#serving) {
      await Promise.race([this.#arrival.catch(() => {}), delay(PATIENCE_MS)]);
    }
    const serving = this.#serving;
    if (!serving) return unavailable();
    const { promise: abandoned, resolve } = Promise.withResolvers<Response>();
    const abandon = () => resolve(lost());
    serving.underWay.add(abandon);
    try {
      const response = await Promise.race([serving.backend.fetch(request, context), abandoned]);
      // A backend that lost a connection may wrongly answer that a function does not exist.
      const isDoubtful = serving.isLost && (response.status >= 500 || response.status === 404);
      return isDoubtful ? lost() : response;
    } finally {
      serving.underWay.delete(abandon);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#arrival.catch(() => {});
    await this.#serving?.backend.close();
  }

  async #start(): Promise<void> {
    let serving: Serving | null = null;
    let wasLostEarly = false;
    const backend = await this.make(() => {
      if (serving) this.#replace(serving);
      else wasLostEarly = true;
    });
    serving = { backend, underWay: new Set(), isLost: false };
    this.#serving = serving;
    if (wasLostEarly) this.#replace(serving);
  }

  #replace(old: Serving): void {
    if (this.#stopped || old.isLost) return;
    old.isLost = true;
    this.#serving = null;
    void old.backend.close().catch(() => {});
    // A request on a cut connection would wait forever.
    void delay(PATIENCE_MS).then(() => {
      for (const abandon of old.underWay) abandon();
    });
    this.#arrival = this.#startAgain();
    this.#arrival.catch(() => {});
  }

  async #startAgain(): Promise<void> {
    for (;;) {
      try {
        await this.#start();
        return;
      } catch (error) {
        if (this.#stopped) throw error;
        await delay(RETRY_MS);
      }
    }
  }
}
