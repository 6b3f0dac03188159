/** Where a command writes: the answer, and apart from it progress, usage and problems. */
export interface CommandOutput {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

/** A command was called with words or flags that it does not take. */
export class UsageError extends Error {}

/** Whether a command failed because of its words or flags. */
export const isWrongUsage = (error: unknown): boolean =>
  error instanceof UsageError ||
  (error instanceof TypeError && "code" in error && `${error.code}`.startsWith("ERR_PARSE_ARGS"));
