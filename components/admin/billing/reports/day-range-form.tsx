import Form from "next/form";
import { Field, Input } from "@/components/forms/field";
import { Button } from "@/components/ui/button";
import type { DayRange } from "@/lib/billing/report-schemas";

export type DayRangeFormProps = {
  /** The page that shows the reports. */
  action: string;
  range: DayRange;
  /** What is wrong with the days in the address. */
  error: string | null;
};

/** Which days the reports are about. It is a plain form: the days are in the address of the page. */
export function DayRangeForm({ action, range, error }: DayRangeFormProps) {
  return (
    <Form action={action} className="flex flex-wrap items-end gap-3">
      <Field label="From">
        <Input type="date" name="from" required defaultValue={range.from} key={range.from} />
      </Field>
      <Field label="To" error={error}>
        <Input type="date" name="to" required defaultValue={range.to} key={range.to} />
      </Field>
      <Button type="submit">Show</Button>
    </Form>
  );
}
