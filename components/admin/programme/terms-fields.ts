import { amountText, parseAmount } from "@/components/forms/amount";
import { formatMoney } from "@/lib/money";
import { type ProgramTerms, programTermsSchema } from "@/lib/programme/terms";

/** The terms without their version: what a new version is made of. */
export type EditableTerms = Omit<ProgramTerms, "version">;

export const editableTermsSchema = programTermsSchema.omit({ version: true });

/** A version's terms alone, whatever else it carries. */
export const termsOf = (version: ProgramTerms): EditableTerms => editableTermsSchema.parse(version);

type NumberField = Exclude<keyof EditableTerms, "code_prefix" | "reward_cap_cents" | "is_paused">;
export type TermsField = NumberField | "code_prefix" | "reward_cap_cents";

export type FieldSpec = {
  name: TermsField;
  label: string;
  hint: string;
  kind: "number" | "text" | "money";
};

export type FieldGroup = { title: string; fields: FieldSpec[] };

/** The form, in its order. */
export const TERMS_FORM: readonly FieldGroup[] = [
  {
    title: "Earning a free month",
    fields: [
      {
        name: "referrals_required",
        label: "Friends per free month",
        hint: "How many friends must count, 1 to 50.",
        kind: "number",
      },
      {
        name: "qualifying_days",
        label: "Days until a friend counts",
        hint: "Of active service without interruption, 1 to 365.",
        kind: "number",
      },
      {
        name: "activation_window_days",
        label: "Days to become active",
        hint: "An order that takes longer no longer counts, 1 to 365.",
        kind: "number",
      },
    ],
  },
  {
    title: "The free month",
    fields: [
      {
        name: "reward_expiry_months",
        label: "Months until it expires",
        hint: "1 to 120. A reminder goes out 30 days before.",
        kind: "number",
      },
      {
        name: "reward_cap_cents",
        label: "Worth at most",
        hint: "Including VAT. Leave empty for no ceiling.",
        kind: "money",
      },
    ],
  },
  {
    title: "Limits",
    fields: [
      {
        name: "monthly_referral_limit",
        label: "Friends per customer and month",
        hint: "Further ones are refused until the next calendar month, 1 to 10 000.",
        kind: "number",
      },
      {
        name: "velocity_alert",
        label: "Friends within 24 hours",
        hint: "More than this go to review, and the team gets a mail.",
        kind: "number",
      },
    ],
  },
  {
    title: "Codes and links",
    fields: [
      {
        name: "code_prefix",
        label: "Start of new codes",
        hint: "2 to 8 capital letters or digits. Existing codes stay as they are.",
        kind: "text",
      },
      {
        name: "attribution_days",
        label: "Days that a link is remembered",
        hint: "In the friend's browser, 1 to 400.",
        kind: "number",
      },
    ],
  },
];

const LABELS = new Map(
  TERMS_FORM.flatMap((group) => group.fields).map((field) => [field.name, field.label]),
);

/** What is typed into the form. */
export type TermsDraft = Record<TermsField, string>;

export function draftOf(terms: EditableTerms): TermsDraft {
  return {
    code_prefix: terms.code_prefix,
    referrals_required: String(terms.referrals_required),
    qualifying_days: String(terms.qualifying_days),
    activation_window_days: String(terms.activation_window_days),
    reward_expiry_months: String(terms.reward_expiry_months),
    monthly_referral_limit: String(terms.monthly_referral_limit),
    velocity_alert: String(terms.velocity_alert),
    attribution_days: String(terms.attribution_days),
    reward_cap_cents: amountText(terms.reward_cap_cents),
  };
}

export type DraftErrors = Partial<Record<TermsField, string>>;

/** Reads the form. Problems come one per field, in words. */
export function readDraft(
  draft: TermsDraft,
  isPaused: boolean,
): { terms: EditableTerms; errors: null } | { terms: null; errors: DraftErrors } {
  const errors: DraftErrors = {};
  const values: Record<string, unknown> = { is_paused: isPaused };
  for (const { name, kind } of TERMS_FORM.flatMap((group) => group.fields)) {
    const text = draft[name].trim();
    if (kind === "number") {
      values[name] = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    } else if (kind === "money") {
      const cents = text === "" ? null : parseAmount(text);
      if (text !== "" && cents === null) errors[name] = "Enter an amount like 799 or 799.50.";
      values[name] = cents;
    } else {
      values[name] = text.toUpperCase();
    }
  }
  const parsed = editableTermsSchema.safeParse(values);
  if (parsed.success && Object.keys(errors).length === 0) {
    return { terms: parsed.data, errors: null };
  }
  for (const issue of parsed.error?.issues ?? []) {
    const name = issue.path[0];
    if (typeof name !== "string" || !LABELS.has(name as TermsField)) continue;
    const field = name as TermsField;
    errors[field] ??=
      issue.code === "too_big"
        ? field === "reward_cap_cents"
          ? "Enter a smaller amount."
          : `Enter ${String(issue.maximum)} or less.`
        : issue.code === "too_small"
          ? field === "reward_cap_cents"
            ? "Enter an amount above zero, or leave this empty."
            : `Enter ${String(issue.minimum)} or more.`
          : field === "code_prefix"
            ? issue.message
            : "Enter a whole number.";
  }
  return { terms: null, errors };
}

export type TermsChange = { label: string; before: string; after: string };

/** What differs between two sets of terms, in words. `currency` is ISO 4217. */
export function termsChanges(
  before: EditableTerms,
  after: EditableTerms,
  currency: string,
): TermsChange[] {
  const words = (terms: EditableTerms, name: TermsField) => {
    const value = terms[name];
    if (name !== "reward_cap_cents") return String(value);
    return terms.reward_cap_cents === null
      ? "no ceiling"
      : formatMoney(terms.reward_cap_cents, currency);
  };
  const changes = [...LABELS].flatMap(([name, label]) =>
    before[name] === after[name]
      ? []
      : [{ label, before: words(before, name), after: words(after, name) }],
  );
  if (before.is_paused !== after.is_paused) {
    const state = (terms: EditableTerms) => (terms.is_paused ? "paused" : "running");
    changes.push({ label: "Programme", before: state(before), after: state(after) });
  }
  return changes;
}
