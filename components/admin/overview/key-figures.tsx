"use client";

import { Info } from "lucide-react";
import { TextLink } from "@/components/ui/button";
import { StatCard, StatGrid } from "@/components/ui/stat-card";
import { Tooltip } from "@/components/ui/tooltip";
import type { Figure } from "./metrics";

/** The key figures. A tooltip, also read by screen readers, explains how each is calculated. */
export function KeyFigures({ figures }: { figures: readonly Figure[] }) {
  return (
    <StatGrid>
      {figures.map((figure) => (
        <StatCard
          key={figure.id}
          label={figure.label}
          value={
            figure.href ? (
              <TextLink quiet href={figure.href}>
                {figure.value}
              </TextLink>
            ) : (
              figure.value
            )
          }
          change={figure.change}
          hint={figure.hint}
          corner={
            <Tooltip label={figure.explanation}>
              <button
                type="button"
                aria-label={`${figure.label}: ${figure.explanation}`}
                className="flex size-6 items-center justify-center rounded-full text-text-muted hover:text-text"
              >
                <Info aria-hidden="true" className="size-4" />
              </button>
            </Tooltip>
          }
        />
      ))}
    </StatGrid>
  );
}
