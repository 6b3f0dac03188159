"use client";

import { Progress } from "@base-ui/react/progress";
import { motion, useReducedMotion } from "framer-motion";

export type BillingProgressProps = {
  /** Names what is measured. */
  label: string;
  value: number;
  max: number;
  /** Read out instead of a percentage. */
  valueText: string;
};

/** A bar that fills from the left within 250 ms, or at once for people who ask for less motion. */
export function BillingProgress({ label, value, max, valueText }: BillingProgressProps) {
  const reduced = useReducedMotion();
  const filled = max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
  return (
    <Progress.Root
      aria-label={label}
      value={Math.min(max, Math.max(0, value))}
      max={max}
      getAriaValueText={() => valueText}
    >
      <Progress.Track className="block h-2.5 overflow-hidden rounded-full bg-accent-soft">
        <motion.span
          aria-hidden="true"
          className="block h-full origin-left rounded-full bg-accent"
          initial={false}
          animate={{ width: `${filled * 100}%` }}
          transition={{ duration: reduced ? 0 : 0.25, ease: "easeOut" }}
        />
      </Progress.Track>
    </Progress.Root>
  );
}
