import type { FormState } from "@/lib/form-state";
import type { CodeCheck } from "@/lib/referrals/schemas";
import type { Coverage } from "./coverage";

/** What a button of the order form asks for. */
export const ORDER_INTENTS = [
  "continue",
  "back",
  "check_code",
  "sign_in",
  "wait",
  "place",
] as const;

/** The order form between two posts. */
export interface OrderFormState extends FormState {
  step: "home" | "details";
  /** Whether the home that was entered can be connected; null while nobody asked. */
  coverage: Exclude<Coverage, "suburb_needed"> | null;
  /** What was found out about the code that was entered; null while nobody asked. */
  checkedCode: CodeCheck | null;
  /** The person is on the list of those who get a mail when their area opens. */
  isWaiting: boolean;
  /** The idempotency key of the order. */
  orderKey: string;
}

/** The name of the field that says that the person took the code away. */
export const NO_CODE_FIELD = "referral_code_cleared";
/** The name of the field that says which code the page had filled in. */
export const OFFERED_CODE_FIELD = "referral_code_offered";

/** How the names of the fields of a home begin. */
export const HOME = "account.address.";

type Fields = Readonly<Record<string, string>>;

/** The home that was entered, as the API takes it. */
export const homeOf = (fields: Fields) => ({
  line1: fields[`${HOME}line1`] ?? "",
  line2: fields[`${HOME}line2`] ?? "",
  suburb: fields[`${HOME}suburb`] ?? "",
  city: fields[`${HOME}city`] ?? "",
  postal_code: fields[`${HOME}postal_code`] ?? "",
});

/**
 * The code as the API takes it: null when the person took it away, absent when they left it to the
 * invitation that the browser remembers.
 */
export function givenCode(fields: Fields): string | null | undefined {
  const typed = (fields.referral_code ?? "").trim();
  if (typed !== "") return typed;
  const isTakenAway = NO_CODE_FIELD in fields || (fields[OFFERED_CODE_FIELD] ?? "") !== "";
  return isTakenAway ? null : undefined;
}

/** The page that shows what became of an order, to whoever placed it. */
export const confirmationPath = (orderId: string): string => `/order/confirmation?order=${orderId}`;

/** The page on which a package is ordered. */
export const orderPath = (packageSlug: string): string =>
  `/order/account?package=${encodeURIComponent(packageSlug)}`;
