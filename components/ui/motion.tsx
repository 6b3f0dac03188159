"use client";

import { LazyMotion, MotionConfig } from "framer-motion";
import type { ReactNode } from "react";

const loadFeatures = () => import("./motion-features").then((loaded) => loaded.domAnimation);

/**
 * Motion for what is inside, loaded after the page. People who prefer less motion get less. Inside,
 * `m.li` and the like move; outside, they stand still.
 */
export function Motion({ children }: { children: ReactNode }) {
  return (
    <LazyMotion features={loadFeatures} strict>
      <MotionConfig reducedMotion="user" transition={{ duration: 0.2, ease: "easeOut" }}>
        {children}
      </MotionConfig>
    </LazyMotion>
  );
}
