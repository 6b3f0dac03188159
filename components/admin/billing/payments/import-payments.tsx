"use client";

import { useRouter } from "next/navigation";
import { type ChangeEvent, useState } from "react";
import { type ApiResult, sendText, sentenceOf } from "@/components/api-client";
import { Field, Input } from "@/components/forms/field";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { FailureMessage } from "@/components/ui/failure-message";
import { toast } from "@/components/ui/toaster";
import type { PaymentImport } from "@/lib/billing/payment-schemas";
import { countOf } from "@/lib/words";

type Checked = { text: string; result: PaymentImport };

const send = (text: string, dryRun: boolean): Promise<ApiResult<PaymentImport>> =>
  sendText(`/api/admin/payments/import?dry_run=${dryRun}`, { type: "text/csv", text });

/** Reads a bank file: first it says what would be recorded, then it records it. */
export function ImportPayments() {
  const router = useRouter();
  const [checked, setChecked] = useState<Checked | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [pending, setPending] = useState(false);

  async function choose(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    setChecked(null);
    setFailure(null);
    if (!file) return;
    setPending(true);
    const text = await file.text();
    const answer = await send(text, true);
    setPending(false);
    if (answer.ok) setChecked({ text, result: answer.data });
    else setFailure(sentenceOf(answer));
  }

  async function record() {
    if (!checked) return;
    setPending(true);
    setFailure(null);
    const answer = await send(checked.text, false);
    setPending(false);
    if (!answer.ok) {
      setFailure(sentenceOf(answer));
      return;
    }
    toast.success(`${countOf(answer.data.accepted, "payment")} recorded`);
    setChecked(null);
    router.refresh();
  }

  return (
    <Card aria-labelledby="import-title">
      <CardHeader title="Import a bank file" titleId="import-title" />
      <div className="flex flex-col gap-4">
        <Field
          label="CSV file"
          hint="The first row names the columns invoice_number, amount, paid_on and reference. Days look like 2026-12-14. A row that was recorded before is skipped."
        >
          <Input
            type="file"
            name="file"
            accept=".csv,text/csv"
            onChange={choose}
            className="py-2.5 file:me-3 file:font-medium file:underline file:underline-offset-4"
          />
        </Field>
        <FailureMessage message={failure} />
        {checked ? (
          <div className="flex flex-col gap-4" role="status">
            <p>
              {countOf(checked.result.accepted, "payment")} can be recorded;{" "}
              {countOf(checked.result.rejected.length, "row")} cannot.
            </p>
            {checked.result.rejected.length > 0 ? (
              <ul className="divide-y divide-border border-y text-sm">
                {checked.result.rejected.map(({ row, reason }) => (
                  <li key={row} className="wrap-anywhere py-2">
                    <span className="text-text-muted">Row {row}:</span> {reason}
                  </li>
                ))}
              </ul>
            ) : null}
          </div>
        ) : null}
        <div>
          <Button
            variant="primary"
            disabled={!checked || checked.result.accepted === 0}
            loading={pending}
            loadingLabel={checked ? "Recording" : "Checking"}
            onClick={record}
          >
            Record these payments
          </Button>
        </div>
      </div>
    </Card>
  );
}
