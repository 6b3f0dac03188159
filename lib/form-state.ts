/** What a form shows after it was posted: what was typed, and what is to be said about it. */
export interface FormState {
  /** What the fields held, by their names; never a password. */
  values: Readonly<Record<string, string>>;
  /** One sentence per wrong field, by its name. */
  errors: Readonly<Record<string, string>>;
  /** What is wrong with the whole; null when nothing is. */
  failure: string | null;
  /** The code of that failure, where it needs an answer of its own. */
  code: string | null;
  /** Where to go on; the form is done. Null while it stays. */
  goTo: string | null;
}

export const EMPTY_FORM: FormState = {
  values: {},
  errors: {},
  failure: null,
  code: null,
  goTo: null,
};

/** The code of a form whose content is saved. */
export const SAVED = "saved";

/** The code of a form that asked for a mail, once the mail is on its way. */
export const LINK_SENT = "link_sent";
