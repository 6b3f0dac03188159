"use server";

import { answerClaim, answerErasureRequest, answerProfile } from "@/lib/composition/account-forms";
import type { FormState } from "@/lib/form-state";

/** Answers the forms of customers, sent by their scripts or by the browser alone. */

export async function saveProfile(_: FormState, data: FormData): Promise<FormState> {
  return answerProfile(data);
}

export async function askForErasure(_: FormState, data: FormData): Promise<FormState> {
  return answerErasureRequest(data);
}

export async function claimCode(_: FormState, data: FormData): Promise<FormState> {
  return answerClaim(data);
}
