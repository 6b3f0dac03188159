import type { settingChanges } from "./mail-settings-fields";

/** What a version changed, a line per setting. */
export function SettingChanges({ changes }: { changes: ReturnType<typeof settingChanges> }) {
  return (
    <ul className="divide-y divide-border border-y text-sm">
      {changes.map(({ name, label, from, to }) => (
        <li key={name} className="flex flex-wrap justify-between gap-x-4 gap-y-1 py-2">
          <span>{label}</span>
          <span className="tabular-nums">
            <span className="text-text-muted">{from} to </span>
            {to}
          </span>
        </li>
      ))}
    </ul>
  );
}
