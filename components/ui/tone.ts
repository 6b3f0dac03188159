/** What a colour says. Every tone carries its own text: colour alone never carries meaning. */
export type Tone = "neutral" | "accent" | "positive" | "warning" | "negative" | "info";

/** Text on the tone's soft ground; each pair reaches 4.5:1 in light and dark. */
export const toneSoft: Record<Tone, string> = {
  neutral: "bg-surface-sunken text-text-muted",
  accent: "bg-accent-soft text-accent-strong",
  positive: "bg-positive-soft text-positive",
  warning: "bg-warning-soft text-warning",
  negative: "bg-negative-soft text-negative",
  info: "bg-info-soft text-info",
};

/** Text in the tone's colour on a page or card ground. */
export const toneText: Record<Tone, string> = {
  neutral: "text-text-muted",
  accent: "text-accent-strong",
  positive: "text-positive",
  warning: "text-warning",
  negative: "text-negative",
  info: "text-info",
};
