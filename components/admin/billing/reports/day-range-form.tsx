import { FilterForm } from "@/components/admin/lists/filter-form";
import { Field, Input } from "@/components/forms/field";
import { Button } from "@/components/ui/button";
import type { DayRange } from "@/lib/billing/report-schemas";

export type DayRangeFormProps = {
  /** The page that shows the reports. */
  action: string;
  range: DayRange;
  /** What is wrong with the days in the address. */
  error: string | null;
  /** What else of the address stays as it is. */
  kept?: Readonly<Record<string, string>>;
};

/** Which days the reports are about. It is a plain form: the days are in the address of the page. */
export function DayRangeForm({ action, range, error, kept = {} }: DayRangeFormProps) {
  return (
    <FilterForm action={action} values={{ ...range }} className="flex flex-wrap items-end gap-3">
      {Object.entries(kept).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <Field label="From">
        <Input type="date" name="from" required defaultValue={range.from} />
      </Field>
      <Field label="To" error={error}>
        <Input type="date" name="to" required defaultValue={range.to} />
      </Field>
      <Button type="submit">Show</Button>
    </FilterForm>
  );
}
