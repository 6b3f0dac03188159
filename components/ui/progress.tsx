"use client";

import { Progress } from "@base-ui/react/progress";
import { motion, useReducedMotion } from "framer-motion";
import type { ReactNode } from "react";
import { cn } from "./cn";

export type ProgressProps = {
  /** What is being measured, e.g. "Progress toward your next free month". */
  label: string;
  value: number;
  max: number;
  /** Read out instead of a percentage, e.g. "1 of 2 friends". */
  valueText: string;
  className?: string;
};

function fraction(value: number, max: number): number {
  if (!(max > 0)) return 0;
  return Math.min(1, Math.max(0, value / max));
}

/** 250 ms, or none for people who ask for less motion. */
function useFill() {
  const reduced = useReducedMotion();
  return { duration: reduced ? 0 : 0.25, ease: "easeOut" } as const;
}

export type ProgressRingProps = ProgressProps & {
  /** Diameter in pixels. */
  size?: number;
  strokeWidth?: number;
  /** Shown in the middle; decorative, since `valueText` is what is read out. */
  children?: ReactNode;
};

/** A ring that fills clockwise from the top. */
export function ProgressRing({
  label,
  value,
  max,
  valueText,
  size = 128,
  strokeWidth = 10,
  children,
  className,
}: ProgressRingProps) {
  const transition = useFill();
  const radius = (size - strokeWidth) / 2;
  const length = 2 * Math.PI * radius;
  const filled = fraction(value, max);
  return (
    <Progress.Root
      aria-label={label}
      value={Math.min(max, Math.max(0, value))}
      max={max}
      getAriaValueText={() => valueText}
      className={cn("relative inline-grid shrink-0 place-items-center", className)}
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
          strokeWidth={strokeWidth}
          className="stroke-accent-soft"
        />
        <motion.circle
          cx={size / 2}
          cy={size / 2}
          r={radius}
          fill="none"
          strokeWidth={strokeWidth}
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
