import { appendFileSync, chmodSync, renameSync, rmSync, statSync } from "node:fs";

/** A log of this many bytes is put aside, and a new one begun. */
const MAX_BYTES = 10 * 1024 * 1024;
/** How many earlier logs are kept: `NAME.1` is the newest. */
const KEPT = 5;

export type RotatedLog = { write(text: Buffer | string): void; end(): void };

/**
 * Appends to a log file that only its owner may read, and rotates it by size. A log that cannot be
 * written never stops what it is about.
 */
export function openRotatedLog(path: string, maxBytes = MAX_BYTES): RotatedLog {
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  function rotate(): void {
    rmSync(`${path}.${KEPT}`, { force: true });
    for (let n = KEPT - 1; n >= 1; n -= 1) {
      if (statSync(`${path}.${n}`, { throwIfNoEntry: false }))
        renameSync(`${path}.${n}`, `${path}.${n + 1}`);
    }
    renameSync(path, `${path}.1`);
    size = 0;
  }
  return {
    write(text) {
      try {
        if (size > 0 && size + text.length > maxBytes) rotate();
        appendFileSync(path, text, { mode: 0o600 });
        if (size === 0) chmodSync(path, 0o600);
        size += text.length;
      } catch {
        // The disk may be full.
      }
    },
    end() {},
  };
}
