import "server-only";
import { codeInWords } from "@/components/ui/wording";
import { SIGNALS } from "@/lib/fraud/fraud-signals";

const isSignal = (signal: string): signal is keyof typeof SIGNALS => Object.hasOwn(SIGNALS, signal);

/** A fraud signal in words. A signal that the rules no longer know is shown by its code. */
export const signalWords = (signal: string): { label: string; explanation: string } =>
  isSignal(signal) ? SIGNALS[signal] : { label: codeInWords(signal), explanation: "" };
