"use client";

import { Progress } from "@base-ui/react/progress";
import { motion, useReducedMotion } from "framer-motion";
import type { ReactNode } from "react";

export type ProgressProps = {
  /** What is being measured, e.g. "Progress toward your next free month". */
  label: string;
  value: number;
  max: number;
  /** Read out instead of a percentage, e.g. "1 of 2 friends". */
  valueText: string;
};

/** 0 to 1. */
function fraction(value: number, max: number): number {
  if (!(max > 0)) return 0;
  return Math.min(1, Math.max(0, value / max));
}

/** How a value fills: in 250 ms, or at once for people who prefer less motion. */
function useFill() {
  const reduced = useReducedMotion();
  return { duration: reduced ? 0 : 0.25, ease: "easeOut" } as const;
}

/** In pixels. */
const STROKE_WIDTH = 10;

export type ProgressRingProps = ProgressProps & {
  /** Diameter in pixels. */
  size?: number;
  /** Shown in the middle. Decorative: screen readers read `valueText`. */
  children?: ReactNode;
};

/** A ring that fills clockwise from the top. */
export function ProgressRing({
  label,
  value,
  max,
  valueText,
  size = 128,
  children,
}: ProgressRingProps) {
  const transition = useFill();
  const radius = (size - STROKE_WIDTH) / 2;
  const length = 2 * Math.PI * radius;
  const filled = fraction(value, max);
  return (
    <Progress.Root
      aria-label={label}
      value={Math.min(max, Math.max(0, value))}
      max={max}
      getAriaValueText={() => valueText}
      className="relative inline-grid shrink-0 place-items-center"
    >
      <svg
        width={size}
        height={size}
        viewBox={`0 0 ${size} ${size}`}
        aria-hidden="true"
        className="-rotate-90"
      >
        <circle
          cx={size / 2}
          cy={size / 2}
          r={radius}
          fill="none"
          strokeWidth={STROKE_WIDTH}
          className="stroke-accent-soft"
        />
        <motion.circle
          cx={size / 2}
          cy={size / 2}
          r={radius}
          fill="none"
          strokeWidth={STROKE_WIDTH}
          strokeLinecap="round"
          strokeDasharray={length}
          className="stroke-accent"
          initial={{ strokeDashoffset: length, opacity: 0 }}
          animate={{ strokeDashoffset: length * (1 - filled), opacity: filled > 0 ? 1 : 0 }}
          transition={transition}
        />
      </svg>
      <span aria-hidden="true" className="absolute inset-0 grid place-items-center text-center">
        {children}
      </span>
    </Progress.Root>
  );
}

/** A bar that fills from the left. */
export function ProgressBar({ label, value, max, valueText }: ProgressProps) {
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
          animate={{ width: `${fraction(value, max) * 100}%` }}
          transition={useFill()}
        />
      </Progress.Track>
    </Progress.Root>
  );
}
