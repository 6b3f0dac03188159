"use client";

import { CircleAlert, Dot, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import useSWR from "swr";
import { ApiError, sendJson } from "@/components/api-client";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Skeleton, SkeletonGroup } from "@/components/ui/skeleton";
import { type EffectLine, effectLines } from "@/lib/admin/act-effect";
import type { Act, ActPreview } from "@/lib/admin/act-preview-schemas";

/** Milliseconds without typing until the effect is asked for. */
const TYPING_PAUSE = 300;

/** The value once it has stayed the same for a moment; null until then. */
function useSettled(value: string | null): string | null {
  const [settled, setSettled] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), TYPING_PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return value === settled ? settled : null;
}

async function readEffect([, act]: readonly [string, string]): Promise<ActPreview> {
  const result = await sendJson<ActPreview>("/api/admin/acts/preview", { body: JSON.parse(act) });
  if (!result.ok) throw new ApiError(result);
  return result.data;
}

const LOOKS = {
  effect: { Icon: Dot, className: "text-text-muted" },
  warning: { Icon: TriangleAlert, className: "text-warning" },
  blocked: { Icon: CircleAlert, className: "text-negative" },
} as const;

function Line({ line }: { line: EffectLine }) {
  const { Icon, className } = LOOKS[line.tone];
  return (
    <li className="flex items-start gap-2">
      <Icon aria-hidden="true" className={cn("mt-0.5 size-4 shrink-0", className)} />
      <span className="wrap-anywhere min-w-0">
        <bdi>{line.text}</bdi>
        {line.quote ? (
          <>
            {" "}
            <q className="text-text-muted">
              <bdi>{line.quote}</bdi>
            </q>
          </>
        ) : null}
      </span>
    </li>
  );
}

/**
 * What an act would do, before it is done, by the rules of the act itself. `act` is null while the
 * dialog is closed or a field is missing.
 */
export function ActEffect({ act }: { act: Act | null }) {
  const asked = useSettled(act === null ? null : JSON.stringify(act));
  const { data, error, isValidating, mutate } = useSWR<ActPreview, ApiError>(
    asked === null ? null : ["act effect", asked],
    readEffect,
    {
      revalidateOnFocus: false,
      revalidateOnReconnect: false,
      shouldRetryOnError: false,
      dedupingInterval: 0,
    },
  );
  if (act === null) return null;
  return (
    <section
      aria-label="What this does"
      aria-live="polite"
      className="min-h-24 rounded-card bg-surface-sunken p-4 text-sm"
    >
      <h3 className="mb-2 font-medium">What this does</h3>
      {data && !isValidating ? (
        <ul className="flex flex-col gap-2">
          {effectLines(data).map((line) => (
            <Line key={`${line.text} ${line.quote ?? ""}`} line={line} />
          ))}
        </ul>
      ) : error && !isValidating ? (
        <div className="flex flex-wrap items-center gap-3">
          <p className="min-w-0 flex-1 basis-40 text-text-muted">
            The effect could not be worked out. {error.message}
          </p>
          <Button size="sm" onClick={() => mutate()}>
            Try again
          </Button>
        </div>
      ) : (
        <SkeletonGroup label="Working out the effect" className="flex flex-col gap-2">
          <Skeleton className="w-full" />
          <Skeleton className="w-2/3" />
        </SkeletonGroup>
      )}
    </section>
  );
}
