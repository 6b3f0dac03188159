import { Checkbox } from "@/components/forms/checkbox";
import { cn } from "@/components/ui/cn";

const KEYS = [
  { key: "J", does: "next" },
  { key: "K", does: "previous" },
  { key: "C", does: "clear" },
  { key: "R", does: "reject" },
] as const;

export type ShortcutsProps = { on: boolean; onChange: (on: boolean) => void };

/** What the keys do, and a checkbox to turn them off. */
export function Shortcuts({ on, onChange }: ShortcutsProps) {
  return (
    <div className="flex flex-col gap-3 text-sm">
      <Checkbox label="Keyboard shortcuts" checked={on} onCheckedChange={onChange} />
      <dl className={cn("flex flex-wrap gap-x-4 gap-y-2 text-text-muted", !on && "line-through")}>
        {KEYS.map(({ key, does }) => (
          <div key={key} className="flex items-center gap-1.5">
            <dt>
              <kbd className="rounded-md border bg-surface-sunken px-1.5 py-0.5 font-mono text-xs">
                {key}
              </kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
