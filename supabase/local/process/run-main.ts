import { isLostConnection, printFailure } from "./fail";

/** Receives what people should read, line by line, in plain words. */
export type Log = (line: string) => void;

const stops: (() => Promise<unknown>)[] = [];
let stopping: Promise<void> | null = null;

/** Registers what must be stopped, last registered first, before this process ends. */
export function beforeExit(stop: () => Promise<unknown>): void {
  stops.push(stop);
}

/** Stops everything that was registered and ends this process. */
function stopAndExit(code: number): Promise<void> {
  stopping ??= (async () => {
    for (const stop of stops.splice(0).reverse()) await stop().catch(() => {});
    process.exit(code);
  })();
  return stopping;
}

/** True from the moment this process was told to stop. */
export function isStopping(): boolean {
  return stopping !== null;
}

/**
 * Runs a command to its end. Signals stop it in order, an error is printed as one line. It also
 * stops when the process that started it ends, which closes their channel.
 *
 * @param interrupted exit code when a signal stops it: 0 for servers, which are meant to be
 *   stopped that way.
 */
export async function runMain(
  main: () => Promise<number>,
  interrupted: "success" | "failure",
): Promise<void> {
  const code = (signal: number) => (interrupted === "success" ? 0 : 128 + signal);
  process.on("SIGINT", () => void stopAndExit(code(2)));
  process.on("SIGTERM", () => void stopAndExit(code(15)));
  process.on("SIGHUP", () => void stopAndExit(code(1)));
  const expectsChannel = process.env.STARTED_BY_BOOTSTRAP === "1";
  // Processes that this one starts have no such channel.
  delete process.env.STARTED_BY_BOOTSTRAP;
  // The process that started this one may have ended already.
  if (expectsChannel && !process.connected) process.exit(1);
  if (process.connected) {
    process.on("disconnect", () => void stopAndExit(1));
    // The channel alone must not keep a finished command alive.
    process.channel?.unref();
  }
  const fail = (error: unknown) => {
    if (!isStopping()) printFailure(error);
    void stopAndExit(1);
  };
  const failUnforeseen = (error: unknown) => {
    // A lost connection in the background is reported by the part that watches the database.
    if (!isLostConnection(error)) fail(error);
  };
  process.on("uncaughtException", failUnforeseen);
  process.on("unhandledRejection", failUnforeseen);
  try {
    await stopAndExit(await main());
  } catch (error) {
    fail(error);
  }
}
