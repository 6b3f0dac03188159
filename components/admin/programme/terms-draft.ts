import type { z } from "zod";
import { amountText } from "@/components/forms/amount";
import { parseAmount } from "@/lib/money";
import {
  type EditableTerms,
  editableTermsSchema,
  TERMS_FIELDS,
  TERMS_LABELS,
  type TermsField,
} from "./terms-form-fields";

type ZodIssue = z.core.$ZodIssue;

/** What is typed into the form. */
export type TermsDraft = Record<TermsField, string>;

export function draftOf(terms: EditableTerms): TermsDraft {
  return {
    code_prefix: terms.code_prefix,
    referrals_required: String(terms.referrals_required),
    qualifying_days: String(terms.qualifying_days),
    paid_invoices_required: String(terms.paid_invoices_required),
    suspension_grace_days: String(terms.suspension_grace_days),
    activation_window_days: String(terms.activation_window_days),
    reward_expiry_months: String(terms.reward_expiry_months),
    monthly_referral_limit: String(terms.monthly_referral_limit),
    velocity_alert: String(terms.velocity_alert),
    attribution_days: String(terms.attribution_days),
    reward_cap_cents: amountText(terms.reward_cap_cents),
    reward_vat_treatment: terms.reward_vat_treatment,
    promotion: terms.promotion,
  };
}

export type DraftErrors = Partial<Record<TermsField, string>>;

const isTermsField = (name: unknown): name is TermsField =>
  typeof name === "string" && (TERMS_LABELS as ReadonlyMap<string, string>).has(name);

function sentenceFor(field: TermsField, issue: ZodIssue): string {
  const isMoney = field === "reward_cap_cents";
  if (issue.code === "too_big") {
    return isMoney ? "Enter a smaller amount." : `Enter ${String(issue.maximum)} or less.`;
  }
  if (issue.code === "too_small") {
    return isMoney
      ? "Enter an amount above zero, or leave this empty."
      : `Enter ${String(issue.minimum)} or more.`;
  }
  return field === "code_prefix" ? issue.message : "Enter a whole number.";
}

/** Reads the form: the terms, or one sentence per field that is wrong. */
export function readDraft(
  draft: TermsDraft,
  isPaused: boolean,
): { terms: EditableTerms; errors: null } | { terms: null; errors: DraftErrors } {
  const errors: DraftErrors = {};
  const values: Record<string, unknown> = { is_paused: isPaused };
  for (const { name, kind } of TERMS_FIELDS) {
    const text = draft[name].trim();
    if (kind === "number") {
      values[name] = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    } else if (kind === "money") {
      const cents = text === "" ? null : parseAmount(text);
      if (text !== "" && cents === null) errors[name] = "Enter an amount like 799 or 799.50.";
      values[name] = cents;
    } else if (kind === "choice") {
      values[name] = text;
    } else {
      values[name] = text.toUpperCase();
    }
  }
  const parsed = editableTermsSchema.safeParse(values);
  if (parsed.success && Object.keys(errors).length === 0) {
    return { terms: parsed.data, errors: null };
  }
  for (const issue of parsed.error?.issues ?? []) {
    const [name] = issue.path;
    if (isTermsField(name)) errors[name] ??= sentenceFor(name, issue);
  }
  return { terms: null, errors };
}
