import { judge, LATER_EVENTS, randomStory, tellStory } from "@/tests/support/stories";

const share = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 100;

/**
 * How often the day first shown for a free month was the day on which it was earned, and why not:
 * over random histories, and over those without later events. In percent, two decimals.
 */
export function benchStories({ stories }: { stories: number }): object {
  const began = performance.now();
  const count = (calm: boolean) => {
    const sum = { months: 0, as_shown: 0, unexplained: 0, reasons: {} as Record<string, number> };
    for (let seed = 1; seed <= stories; seed += 1) {
      const verdict = judge(tellStory(randomStory(seed, { calm })));
      sum.months += verdict.months;
      sum.as_shown += verdict.asShown;
      sum.unexplained += verdict.unexplained.length;
      for (const line of verdict.unexplained) console.error(line);
      for (const event of LATER_EVENTS) {
        sum.reasons[event] = (sum.reasons[event] ?? 0) + (verdict.reasons[event] ?? 0);
      }
    }
    return { ...sum, as_shown_percent: share(sum.as_shown, sum.months) };
  };
  const all = count(false);
  const calm = count(true);
  const row = (label: string, value: number | string) =>
    console.log(`${label.padEnd(44)} ${value}`);
  row("Histories", stories);
  row("Free months with a day shown before", all.months);
  row("  earned on the day first shown", `${all.as_shown} (${all.as_shown_percent} %)`);
  for (const [event, times] of Object.entries(all.reasons)) row(`  moved: ${event}`, times);
  row("  moved without a reason", all.unexplained);
  row("Without later events: free months", calm.months);
  row("  earned on the day first shown", `${calm.as_shown} (${calm.as_shown_percent} %)`);
  row("  moved: another friend came first", calm.reasons["another friend came first"] ?? 0);
  row("  moved without a reason", calm.unexplained);
  return {
    bench: "stories",
    stories,
    all,
    calm,
    seconds: Math.round(performance.now() - began) / 1000,
  };
}
