import { type ProgramTerms, programTermsSchema } from "@/lib/programme/terms";

/** The terms without their version number: what people edit. */
export type EditableTerms = Omit<ProgramTerms, "version">;

export const editableTermsSchema = programTermsSchema.omit({ version: true });

/** The editable terms of a version. */
export const termsOf = (version: ProgramTerms): EditableTerms => editableTermsSchema.parse(version);

export type TermsField = Exclude<keyof EditableTerms, "is_paused">;

type TermsChoice = { value: string; label: string };

export type TermsFormField = { name: TermsField; label: string; hint: string } & (
  | { kind: "number" | "text" | "money" }
  | { kind: "choice"; options: readonly TermsChoice[] }
);

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
        hint: "Of active service, 1 to 365. A suspension stops the clock.",
        kind: "number",
      },
      {
        name: "paid_invoices_required",
        label: "Invoices the friend must pay",
        hint: "In full, before the friend counts, 0 to 12.",
        kind: "number",
      },
      {
        name: "suspension_grace_days",
        label: "Days a suspension may last",
        hint: "A longer one ends the referral, 0 to 365.",
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
      {
        name: "reward_vat_treatment",
        label: "VAT on a free month",
        hint: "Ask your tax adviser. It is kept with each free month when it is granted.",
        kind: "choice",
        options: [
          { value: "discount", label: "A discount: VAT on what remains" },
          { value: "consideration", label: "A credit: VAT on the full price" },
        ],
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
        name: "promotion",
        label: "Who reads about the reward",
        hint: "Prospects always read who invited them and what the service is.",
        kind: "choice",
        options: [
          { value: "customers", label: "Customers only" },
          { value: "everyone", label: "Everyone" },
        ],
      },
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

/** The fields of all groups. */
export const TERMS_FIELDS: readonly TermsFormField[] = TERMS_FORM.flatMap((group) => group.fields);

/** The label of each field. */
export const TERMS_LABELS: ReadonlyMap<TermsField, string> = new Map(
  TERMS_FIELDS.map((field) => [field.name, field.label]),
);
