import type { BillingProgress } from "@/lib/billing/schemas";

const WIDTH = 24;

/** One line of progress, like `[########----------------] 33 % · 120 of 360 services`. */
export function describeProgress({ services_total, services_done, errors }: BillingProgress) {
  const share = services_total === 0 ? 1 : Math.min(services_done / services_total, 1);
  const filled = Math.round(share * WIDTH);
  const bar = `[${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}]`;
  const failed = errors > 0 ? ` · ${errors} failed` : "";
  return `${bar} ${Math.floor(share * 100)} % · ${services_done} of ${services_total} services${failed}`;
}

/** Keeps one line of a terminal up to date; writes nothing anywhere else. */
export function progressLine(stream: { isTTY?: boolean; write(text: string): unknown }) {
  const live = stream.isTTY === true;
  return {
    show(progress: BillingProgress): void {
      if (live) stream.write(`\r\u001b[K${describeProgress(progress)}`);
    },
    clear(): void {
      if (live) stream.write("\r\u001b[K");
    },
  };
}
