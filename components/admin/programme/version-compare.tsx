import { Field } from "@/components/forms/field";
import { Select } from "@/components/forms/select";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { cn } from "@/components/ui/cn";
import type { Program } from "@/lib/admin/programme-schemas";
import { formatDate } from "@/lib/dates";
import { termsRows } from "./terms-changes";
import { termsOf } from "./terms-form-fields";
import { VERSION_STATES } from "./version-states";

type Version = Program["versions"][number];

export type VersionCompareProps = {
  /** Newest first. */
  versions: Program["versions"];
  left: Version;
  right: Version;
  timeZone: string;
  /** ISO 4217. */
  currency: string;
};

/** Two versions of the terms side by side; what differs is marked. */
export function VersionCompare({ versions, left, right, timeZone, currency }: VersionCompareProps) {
  const options = versions.map((version) => ({
    value: String(version.version),
    label: `Version ${version.version}, ${VERSION_STATES[version.state].label.toLowerCase()}, ${formatDate(version.effective_at ?? version.created_at, timeZone)}`,
  }));
  const rows = termsRows(termsOf(left), termsOf(right), currency);
  const differing = rows.filter(({ before, after }) => before !== after).length;
  return (
    <Card padding="flush" aria-labelledby="compare-title" className="mt-4 sm:mt-6">
      <CardHeader
        divided
        title="Versions side by side"
        titleId="compare-title"
        description={
          differing === 0
            ? "These two do not differ."
            : `${differing} of ${rows.length} terms differ.`
        }
      />
      <form
        method="get"
        className="grid items-end gap-4 border-b px-4 py-4 sm:grid-cols-[1fr_1fr_auto] sm:px-6"
      >
        <Field label="One">
          <Select name="left" defaultValue={String(left.version)} options={options} />
        </Field>
        <Field label="Other">
          <Select name="right" defaultValue={String(right.version)} options={options} />
        </Field>
        <Button type="submit">Compare</Button>
      </form>
      <table className="w-full text-sm">
        <caption className="sr-only">
          Version {left.version} and version {right.version}
        </caption>
        <thead>
          <tr className="border-b text-start text-text-muted">
            <th scope="col" className="px-4 py-3 text-start font-normal sm:px-6">
              Term
            </th>
            {[left, right].map((version, n) => (
              <th
                key={n === 0 ? "left" : "right"}
                scope="col"
                className="px-4 py-3 text-start font-medium text-text sm:px-6"
              >
                Version {version.version}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-border">
          {rows.map(({ label, before, after }) => {
            const differs = before !== after;
            return (
              <tr key={label} className={cn(differs && "bg-warning-soft")}>
                <th
                  scope="row"
                  className="px-4 py-3 text-start align-top font-normal text-text-muted sm:px-6"
                >
                  {label}
                  {differs ? (
                    <Badge tone="warning" className="ms-2">
                      Differs
                    </Badge>
                  ) : null}
                </th>
                <td className="wrap-anywhere px-4 py-3 align-top sm:px-6">{before}</td>
                <td
                  className={cn(
                    "wrap-anywhere px-4 py-3 align-top sm:px-6",
                    differs && "font-medium",
                  )}
                >
                  {after}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}
