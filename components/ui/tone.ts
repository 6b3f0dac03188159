/** What a colour means. Text beside it says the same, because colour alone is not enough. */
export type Tone = "neutral" | "accent" | "positive" | "warning" | "negative" | "info";

/** Text on the soft background of its tone. Each pair has a contrast of 4.5:1 in light and dark. */
export const toneSoft: Record<Tone, string> = {
  neutral: "bg-surface-sunken text-text-muted",
  accent: "bg-accent-soft text-accent-strong",
  positive: "bg-positive-soft text-positive",
  warning: "bg-warning-soft text-warning",
  negative: "bg-negative-soft text-negative",
  info: "bg-info-soft text-info",
};

/** Text in the colour of its tone, on the background of a page or a card. */
export const toneText: Record<Tone, string> = {
  neutral: "text-text-muted",
  accent: "text-accent-strong",
  positive: "text-positive",
  warning: "text-warning",
  negative: "text-negative",
  info: "text-info",
};
