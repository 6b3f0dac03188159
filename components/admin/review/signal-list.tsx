import { Badge } from "@/components/ui/badge";
import type { ReviewCase } from "./review-case";

type Signal = ReviewCase["signals"][number];

const DECIDED: Readonly<Record<string, string>> = {
  cleared: "Cleared",
  rejected: "Rejected",
  shadow: "Recorded only",
};

const effectWords = ({ status, severity }: Signal): string =>
  DECIDED[status] ?? (severity === "hold" ? "Holds the reward" : "For information");

const effectTone = ({ status, severity }: Signal) =>
  status === "open" && severity === "hold" ? ("warning" as const) : ("neutral" as const);

/** The signals: what each one found, and what it means. */
export function SignalList({ signals }: { signals: ReviewCase["signals"] }) {
  return (
    <ul className="flex flex-col gap-4">
      {signals.map((signal) => (
        <li key={signal.id} className="text-sm">
          <p className="flex flex-wrap items-center gap-2 font-medium">
            {signal.label}
            <Badge tone={effectTone(signal)}>{effectWords(signal)}</Badge>
            <span className="font-normal text-text-muted text-xs">weight {signal.weight}</span>
          </p>
          {signal.found ? <p className="wrap-anywhere mt-1">{signal.found}</p> : null}
          {signal.explanation ? <p className="mt-1 text-text-muted">{signal.explanation}</p> : null}
        </li>
      ))}
    </ul>
  );
}
