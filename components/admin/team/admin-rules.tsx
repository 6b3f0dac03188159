"use client";

import { useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { amountText } from "@/components/forms/amount";
import { Checkbox } from "@/components/forms/checkbox";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { Money } from "@/components/ui/text";
import type { AdminRules, AdminSettings } from "@/lib/access/team-schemas";
import { parseAmount } from "@/lib/money";

export type AdminRulesProps = {
  settings: AdminSettings;
  /** ISO 4217. */
  currency: string;
};

type NumberField = Exclude<keyof AdminRules, "second_factor_required">;

const FIELDS: readonly { name: NumberField; label: string; isAmount?: true }[] = [
  { name: "monthly_grants_per_admin", label: "Free months that one person may grant in a month" },
  {
    name: "approval_credit_cents",
    label: "Credit notes need a second person above",
    isAmount: true,
  },
  {
    name: "approval_price_cents",
    label: "Changes of a monthly price need a second person above",
    isAmount: true,
  },
  { name: "approval_bulk_items", label: "Bulk jobs need a second person above this many rows" },
  { name: "approval_hours", label: "Hours until a request expires" },
  { name: "session_idle_minutes", label: "Minutes without use until a session ends" },
  { name: "session_hours", label: "Hours after signing in until a session ends" },
];

type Draft = Record<NumberField, string> & { second_factor_required: boolean };

const draftOf = (settings: AdminSettings): Draft => ({
  ...(Object.fromEntries(
    FIELDS.map(({ name, isAmount }) => [
      name,
      isAmount ? amountText(settings[name]) : String(settings[name]),
    ]),
  ) as Record<NumberField, string>),
  second_factor_required: settings.second_factor_required,
});

/** A field as the API takes it: an amount in cents or a whole number. Null when it is neither. */
function parsedValue({ isAmount }: (typeof FIELDS)[number], text: string): number | null {
  if (isAmount) return parseAmount(text);
  return /^\d{1,6}$/.test(text.trim()) ? Number(text) : null;
}

/** The rules for admins in force, and a dialog that makes a new version of them. */
export function AdminRulesCard({ settings, currency }: AdminRulesProps) {
  const act = useAction();
  const first = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [draft, setDraft] = useState<Draft>(() => draftOf(settings));
  const [errors, setErrors] = useState<Partial<Record<string, string>>>({});

  function changeOpen(next: boolean) {
    if (next) {
      setDraft(draftOf(settings));
      setErrors({});
    }
    setOpen(next);
  }

  function check(): boolean {
    const wrong = FIELDS.filter((field) => parsedValue(field, draft[field.name]) === null);
    setErrors(
      Object.fromEntries(
        wrong.map(({ name, isAmount }) => [
          name,
          isAmount ? "Use an amount like 250 or 250.50." : "Enter a whole number.",
        ]),
      ),
    );
    if (wrong.length > 0) first.current?.focus();
    return wrong.length === 0;
  }

  async function save(reason: string) {
    const rules = Object.fromEntries(
      FIELDS.map((field) => [field.name, parsedValue(field, draft[field.name])]),
    );
    const outcome = await act({
      path: "/api/admin/team/settings",
      method: "PUT",
      body: {
        ...rules,
        second_factor_required: draft.second_factor_required,
        reason,
        expected_version: settings.version,
      },
      done: "Rules saved",
    });
    if (!outcome.result.ok) setErrors(outcome.result.fields);
    return outcome;
  }

  return (
    <Card aria-labelledby="rules-title" className="mt-4 sm:mt-6">
      <CardHeader
        title="Rules for the team"
        titleId="rules-title"
        description="What one person may do alone. Beyond it, a second person has to approve."
        actions={
          <ReasonDialog
            trigger={<Button>Change the rules</Button>}
            open={open}
            onOpenChange={changeOpen}
            title="Change the rules for the team"
            reasonHint="It stays in the audit log."
            confirmLabel="Save the rules"
            pendingLabel="Saving"
            initialFocus={first}
            checkFields={check}
            onConfirm={save}
          >
            {FIELDS.map(({ name, label, isAmount }, index) => (
              <Field
                key={name}
                label={isAmount ? `${label} (${currency}, including VAT)` : label}
                error={errors[name] ?? null}
                required
              >
                <Input
                  ref={index === 0 ? first : undefined}
                  name={name}
                  inputMode={isAmount ? "decimal" : "numeric"}
                  autoComplete="off"
                  value={draft[name]}
                  onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
                />
              </Field>
            ))}
            <Checkbox
              label="Everybody in the team needs a second factor (an authenticator app)"
              checked={draft.second_factor_required}
              onCheckedChange={(second_factor_required) =>
                setDraft({ ...draft, second_factor_required })
              }
            />
          </ReasonDialog>
        }
      />
      <DescriptionList
        items={[
          ...FIELDS.map(({ name, label, isAmount }) => ({
            label,
            value: isAmount ? (
              <Money cents={settings[name]} currency={currency} />
            ) : (
              String(settings[name])
            ),
          })),
          {
            label: "Second factor",
            value: settings.second_factor_required ? "required" : "offered",
          },
        ]}
      />
    </Card>
  );
}
