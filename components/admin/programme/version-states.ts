import type { Tone } from "@/components/ui/tone";
import type { Program } from "@/lib/admin/programme-schemas";

/** What a version of the terms is now, in words. */
export const VERSION_STATES: Readonly<
  Record<Program["versions"][number]["state"], { label: string; tone: Tone }>
> = {
  in_force: { label: "In force", tone: "positive" },
  scheduled: { label: "Scheduled", tone: "info" },
  past: { label: "Earlier", tone: "neutral" },
  withdrawn: { label: "Withdrawn", tone: "neutral" },
  replaced: { label: "Replaced before its day", tone: "neutral" },
};
