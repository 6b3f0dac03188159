import type { CommandOutput } from "@/lib/composition/command-line";

/** A terminal that keeps what a command writes. */
export interface CapturedOutput extends CommandOutput {
  /** Standard output up to now. */
  readonly out: string;
  /** Standard error up to now. */
  readonly error: string;
}

export function capturedOutput(): CapturedOutput {
  const written = { out: "", error: "" };
  return {
    stdout: {
      write: (text) => {
        written.out += text;
      },
    },
    stderr: {
      write: (text) => {
        written.error += text;
      },
    },
    get out() {
      return written.out;
    },
    get error() {
      return written.error;
    },
  };
}
