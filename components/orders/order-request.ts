import { captchaOf } from "@/components/forms/captcha-field";
import { NO_CODE_FIELD } from "./referral-code-field";

/** The body of the order request, from the form's values. The server normalises the texts. */
export function readOrder(values: FormData, packageSlug: string) {
  const text = (name: string) => String(values.get(name) ?? "").trim();
  return {
    package_slug: packageSlug,
    account: {
      email: text("account.email"),
      password: String(values.get("account.password") ?? ""),
      first_name: text("account.first_name"),
      last_name: text("account.last_name"),
      phone: text("account.phone"),
      address: {
        line1: text("account.address.line1"),
        line2: text("account.address.line2"),
        suburb: text("account.address.suburb"),
        city: text("account.address.city"),
        postal_code: text("account.address.postal_code"),
      },
    },
    // Left out when the person said nothing: then the invitation that the browser remembers counts.
    referral_code: text("referral_code") || (values.has(NO_CODE_FIELD) ? null : undefined),
    ...captchaOf(values),
  };
}

export type OrderRequestBody = ReturnType<typeof readOrder>;

/** Loads the checks of the order. They are large, because they know phone numbers worldwide. */
export const loadOrderChecks = () => import("@/lib/orders/schemas");

/** One sentence per wrong field, keyed by its path. The server makes the same checks. */
export async function findErrors(order: OrderRequestBody): Promise<Record<string, string>> {
  const { createOrderSchema } = await loadOrderChecks();
  const parsed = createOrderSchema.safeParse(order);
  if (parsed.success) return {};
  const errors: Record<string, string> = {};
  for (const issue of parsed.error.issues) errors[issue.path.join(".")] ??= issue.message;
  return errors;
}
