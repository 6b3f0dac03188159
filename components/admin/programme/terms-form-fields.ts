import { type ProgramTerms, programTermsSchema } from "@/lib/programme/terms";

/** The terms without their version number: what people edit. */
export type EditableTerms = Omit<ProgramTerms, "version">;

export const editableTermsSchema = programTermsSchema.omit({ version: true });

/** The editable terms of a version. */
export const termsOf = (version: ProgramTerms): EditableTerms => editableTermsSchema.parse(version);

type NumberField = Exclude<keyof EditableTerms, "code_prefix" | "reward_cap_cents" | "is_paused">;
export type TermsField = NumberField | "code_prefix" | "reward_cap_cents";

export type TermsFormField = {
  name: TermsField;
  label: string;
  hint: string;
  kind: "number" | "text" | "money";
};

export type TermsFormGroup = { title: string; fields: TermsFormField[] };

/** The fields of the form, in their groups and in their order. */
export const TERMS_FORM: readonly TermsFormGroup[] = [
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
        hint: "An order that takes longer does not count, 1 to 365.",
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

/** The label of each field. */
export const TERMS_LABELS: ReadonlyMap<TermsField, string> = new Map(
  TERMS_FORM.flatMap((group) => group.fields).map((field) => [field.name, field.label]),
);
