import { type MailSettings, mailSettingsSchema } from "@/lib/admin/mail-settings";

export type MailSettingsField = keyof MailSettings;

/** What is typed into the form. */
type MailSettingsDraft = Record<MailSettingsField, string>;

type FormField = {
  name: MailSettingsField;
  label: string;
  hint: string;
  kind: "number" | "optional" | "hour";
};

/** The fields of the form, in their groups and in their order. */
export const MAIL_SETTINGS_FORM: readonly { title: string; fields: readonly FormField[] }[] = [
  {
    title: "Pace",
    fields: [
      {
        name: "mails_per_minute",
        label: "Mails in a minute",
        hint: "Of all workers together. Stay a little below what your plan at the provider allows. Leave empty for no limit.",
        kind: "optional",
      },
    ],
  },
  {
    title: "News of the programme",
    fields: [
      {
        name: "programme_mails_per_day",
        label: "Mails to one customer in 24 hours",
        hint: "What comes on top waits and leaves in one mail, 1 to 100.",
        kind: "number",
      },
      {
        name: "quiet_from",
        label: "Quiet from",
        hint: "From this hour such mails wait. Mails about orders, invoices and safety do not.",
        kind: "hour",
      },
      {
        name: "quiet_until",
        label: "Quiet until",
        hint: "The same hour twice: such mails never wait.",
        kind: "hour",
      },
    ],
  },
  {
    title: "Addresses that mails do not reach",
    fields: [
      {
        name: "soft_bounce_limit",
        label: "Soft bounces until an address gets no more mails",
        hint: "A mail that bounced for a passing reason, a full mailbox for example, 1 to 100.",
        kind: "number",
      },
      {
        name: "soft_bounce_days",
        label: "Days in which they count",
        hint: "1 to 365. An address that does not exist gets no more mails at once.",
        kind: "number",
      },
    ],
  },
  {
    title: "Keeping",
    fields: [
      {
        name: "retention_days",
        label: "Days that texts are kept",
        hint: "30 to 3 650. After that the nightly job deletes text, tries and reports of a mail; its subject stays.",
        kind: "number",
      },
    ],
  },
];

const FIELDS = MAIL_SETTINGS_FORM.flatMap(({ fields }) => fields);

/** `7` as `07:00`. */
export const hourText = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

/** A setting in words: `no limit`, `20:00`, `400`. */
function settingText({ name, kind }: Pick<FormField, "name" | "kind">, settings: MailSettings) {
  const value = settings[name];
  if (value === null) return "no limit";
  return kind === "hour" ? hourText(value) : String(value);
}

export const draftOf = (settings: MailSettings): MailSettingsDraft =>
  Object.fromEntries(
    FIELDS.map(({ name }) => [name, settings[name] === null ? "" : String(settings[name])]),
  ) as MailSettingsDraft;

type Read =
  | { settings: MailSettings; errors: null }
  | { settings: null; errors: Readonly<Record<string, string>> };

/** Reads the form: the settings, or one sentence per field that is wrong. */
export function readDraft(draft: MailSettingsDraft): Read {
  const values = Object.fromEntries(
    FIELDS.map(({ name, kind }) => {
      const text = draft[name].trim();
      if (kind === "optional" && text === "") return [name, null];
      return [name, /^\d{1,7}$/.test(text) ? Number(text) : undefined];
    }),
  );
  const parsed = mailSettingsSchema.safeParse(values);
  if (parsed.success) return { settings: parsed.data, errors: null };
  const errors: Record<string, string> = {};
  for (const { path, message } of parsed.error.issues) errors[String(path[0])] ??= message;
  return { settings: null, errors };
}

/** What a version changed, a line per setting. */
export function settingChanges(
  before: MailSettings,
  after: MailSettings,
): { name: MailSettingsField; label: string; from: string; to: string }[] {
  return FIELDS.filter(({ name }) => before[name] !== after[name]).map((field) => ({
    name: field.name,
    label: field.label,
    from: settingText(field, before),
    to: settingText(field, after),
  }));
}
