export const formats = {
  months: "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
  /** Zero to ten. */
  numbers: "no one two three four five six seven eight nine ten",
  list: "{items} and {last}",
  today: "today",
  tomorrow: "tomorrow",
  yesterday: "yesterday",
  inDays: "in {days} days",
  daysAgo: "{days} days ago",
} as const;
