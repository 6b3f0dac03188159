/**
 * A condition that a person can understand and act upon. Its message is printed alone, in one
 * line, without a stack.
 */
export class LaunchError extends Error {
  override name = "LaunchError";
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}

/** The `code` of a system or database error, or an empty string. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return String(error.code);
}

/** Turns what the system says about a full or read-only disk into a sentence with a remedy. */
export function explainDisk(text: string, place: string): string | null {
  if (/ENOSPC|No space left on device|could not extend file|Disk quota/i.test(text)) {
    return `The disk that holds ${place} is full. Free some space and start again.`;
  }
  if (/EROFS|Read-only file system/i.test(text)) {
    return `${place} is on a read-only disk. Set LOCAL_DATA_DIR to a folder that can be written.`;
  }
  if (/EACCES|Permission denied/.test(text)) {
    return `${place} cannot be written by this user. Change its owner, or set LOCAL_DATA_DIR.`;
  }
  return null;
}

/** Prints the error that ends a command: one line when people can act upon it. */
export function printFailure(error: unknown): void {
  const expected = error instanceof LaunchError || (error as Error)?.name === "EnvironmentError";
  if (expected || process.env.LOG_LEVEL !== "debug") {
    const disk = expected ? null : explainDisk(`${codeOf(error)} ${messageOf(error)}`, "the data");
    console.error(`Error: ${disk ?? messageOf(error)}`);
    if (!expected && !disk) console.error("Set LOG_LEVEL=debug to see where it happened.");
  } else {
    console.error(error);
  }
}

/**
 * Whether the database driver threw this while it wrote to a connection that was cut, where no
 * caller can catch it. Its queries are refused besides, with an error of their own.
 */
export function isDriverFault({ name, stack }: { name?: string; stack?: string }): boolean {
  return name === "TypeError" && /postgres\/\S*src\/connection\.js/.test(stack ?? "");
}

/** Whether an error says that a database connection was cut. */
export function isLostConnection(error: unknown): boolean {
  if (/^(CONNECTION_|ECONN|EPIPE|57P0)/.test(codeOf(error))) return true;
  return error instanceof Error && isDriverFault(error);
}
