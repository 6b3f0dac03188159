"use client";

import { CSPProvider } from "@base-ui/react/csp-provider";
import { Tooltip } from "@base-ui/react/tooltip";
import { MotionConfig } from "framer-motion";
import type { ReactNode } from "react";

/**
 * Settings for motion and pop-ups: people who prefer less motion get less, and inline styles carry
 * the request's nonce.
 */
export function AppMotion({ nonce, children }: { nonce?: string; children: ReactNode }) {
  return (
    <CSPProvider nonce={nonce}>
      <MotionConfig
        reducedMotion="user"
        nonce={nonce}
        transition={{ duration: 0.2, ease: "easeOut" }}
      >
        <Tooltip.Provider delay={400}>{children}</Tooltip.Provider>
      </MotionConfig>
    </CSPProvider>
  );
}
