"use client";

import { Progress } from "@base-ui/react/progress";
import { type ReactNode, useEffect, useRef } from "react";

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

/** In pixels. */
const STROKE_WIDTH = 10;
/** In milliseconds. */
const FILL_TIME = 250;

export type ProgressRingProps = ProgressProps & {
  /** Diameter in pixels. */
  size?: number;
  /** What was shown on the last visit: the ring fills from there. Without it, it stands still. */
  from?: number | null;
  /** Shown in the middle. Decorative: screen readers read `valueText`. */
  children?: ReactNode;
};

/** A ring that fills clockwise from the top. It moves when its value changes, and stands still else. */
export function ProgressRing({
  label,
  value,
  max,
  valueText,
  size = 128,
  from = null,
  children,
}: ProgressRingProps) {
  const arc = useRef<SVGCircleElement>(null);
  const radius = (size - STROKE_WIDTH) / 2;
  const length = 2 * Math.PI * radius;
  const filled = fraction(value, max);
  const filledBefore = from === null ? filled : fraction(from, max);

  useEffect(() => {
    if (filledBefore === filled) return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const at = (part: number) => ({ strokeDashoffset: length * (1 - part), opacity: 1 });
    arc.current?.animate([at(filledBefore), at(filled)], {
      duration: FILL_TIME,
      easing: "ease-out",
    });
  }, [filledBefore, filled, length]);

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
        <circle
          ref={arc}
          cx={size / 2}
          cy={size / 2}
          r={radius}
          fill="none"
          strokeWidth={STROKE_WIDTH}
          strokeLinecap="round"
          strokeDasharray={length}
          strokeDashoffset={length * (1 - filled)}
          opacity={filled > 0 ? 1 : 0}
          className="stroke-accent"
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
        <span
          aria-hidden="true"
          className="block h-full rounded-full bg-accent transition-[width] duration-250 ease-out motion-reduce:transition-none"
          style={{ width: `${fraction(value, max) * 100}%` }}
        />
      </Progress.Track>
    </Progress.Root>
  );
}
