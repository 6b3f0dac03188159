import "server-only";
import { z } from "zod";
import { getEnv } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { EMPTY_FORM, type FormState, SAVED } from "@/lib/form-state";
import { answerForm, type PostedForm } from "@/lib/http/form-action";
import { parseInput } from "@/lib/http/input";
import { enforceRateLimit, RATE_LIMITS } from "@/lib/http/rate-limit";
import { type RequestSession, readRequestSession } from "@/lib/http/request-session";
import { profileInputSchema } from "@/lib/identity/profile";
import { sentences } from "@/lib/language/messages/en/sentences";
import { sharedCodeSchema } from "@/lib/referrals/schemas";
import { deliverMailsAfterResponse } from "./after-response";
import { callerServices, erasureRequests } from "./services";

/** The forms of customers, as they are posted with and without scripts. */

/** @throws AppError `unauthenticated` */
async function requireSession({ address }: PostedForm): Promise<RequestSession> {
  const session = await readRequestSession(null, address);
  if (!session) throw new AppError("unauthenticated");
  return session;
}

/** Changes the phone number of the customer, and what invoices name of them. */
export function answerProfile(data: FormData): Promise<FormState> {
  return answerForm({ route: "/profile", empty: EMPTY_FORM }, data, async (form) => {
    const session = await requireSession(form);
    const text = (name: string) => (form.fields[name] ?? "").trim();
    const hasNoPhone = text("phone") === "" && text("has_phone") === "";
    const profile = parseInput(profileInputSchema, {
      ...(hasNoPhone ? {} : { phone: text("phone") }),
      first_name: text("first_name"),
      last_name: text("last_name"),
      address: {
        line1: text("address.line1"),
        line2: text("address.line2"),
        suburb: text("address.suburb"),
        city: text("address.city"),
        postal_code: text("address.postal_code"),
      },
      vat_number: text("vat_number"),
    });
    await callerServices(session.client).profile.change(profile);
    return { code: SAVED };
  });
}

/** Notes that the customer asks for the erasure of their details. */
export function answerErasureRequest(data: FormData): Promise<FormState> {
  return answerForm({ route: "/profile", empty: EMPTY_FORM }, data, async (form) => {
    const { userId } = await requireSession(form);
    await erasureRequests(form.server(), form.clock).ask(userId, getEnv().ALERT_EMAIL);
    deliverMailsAfterResponse();
    return { code: SAVED };
  });
}

/** Takes the code that a customer forgot or mistyped when they ordered. */
export function answerClaim(data: FormData): Promise<FormState> {
  return answerForm({ route: "/dashboard", empty: EMPTY_FORM }, data, async (form) => {
    const session = await requireSession(form);
    const schema = z.object({
      referral_code: sharedCodeSchema(sentences.enterInvitersCode),
    });
    const { referral_code } = parseInput(schema, { referral_code: form.fields.referral_code });
    await enforceRateLimit(form.server(), RATE_LIMITS.claim, session.userId);
    await callerServices(session.client).claims.claim(referral_code);
    return { code: SAVED };
  });
}
