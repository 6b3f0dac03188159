const KEY = "order-draft";

/** What is typed into the order form, by the names of its fields. */
type Draft = Readonly<Record<string, string>>;

/** Fields that are not kept: secrets, and what the page itself fills in. */
const isKept = (name: string): boolean =>
  (name.startsWith("account.") || name.startsWith("wait.") || name === "referral_code") &&
  !name.includes("password");

/** Keeps what is typed for this tab. It survives a reload, another package and signing in. */
export function keepDraft(form: HTMLFormElement): void {
  const draft: Record<string, string> = {};
  for (const element of form.elements) {
    if (!(element instanceof HTMLInputElement) || !isKept(element.name)) continue;
    // A code that the page filled in follows the invitation, so it is not kept as typed.
    const isOwn = element.value !== element.defaultValue;
    const isEmpty = element.value === "" && element.defaultValue === "";
    if (isOwn || (element.name !== "referral_code" && !isEmpty)) {
      draft[element.name] = element.value;
    }
  }
  try {
    sessionStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    // The browser does not allow storage. Nothing is kept then.
  }
}

function readDraft(): Draft {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => {
        const [name, text] = entry;
        return isKept(name) && typeof text === "string" && text.length <= 2_000;
      }),
    );
  } catch {
    return {};
  }
}

/** Fills in what was kept, except where something else was typed meanwhile. */
export function restoreDraft(form: HTMLFormElement): void {
  for (const [name, text] of Object.entries(readDraft())) {
    const element = form.elements.namedItem(name);
    if (!(element instanceof HTMLInputElement) || element.value !== element.defaultValue) continue;
    if (element.value === text) continue;
    element.value = text;
    element.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Call it once the order is placed. */
export function forgetDraft(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}
