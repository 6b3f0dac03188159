"use server";

import {
  answerLinkRequest,
  answerNewPassword,
  answerSecondFactor,
  answerSignIn,
} from "@/lib/composition/auth-forms";
import type { FormState } from "@/lib/form-state";

/** Answers the forms of accounts, sent by their scripts or by the browser alone. */

export async function signIn(_: FormState, data: FormData): Promise<FormState> {
  return answerSignIn(data);
}

export async function sendRecoveryLink(_: FormState, data: FormData): Promise<FormState> {
  return answerLinkRequest("recovery", data);
}

export async function sendConfirmationLink(_: FormState, data: FormData): Promise<FormState> {
  return answerLinkRequest("confirmation", data);
}

export async function changePassword(_: FormState, data: FormData): Promise<FormState> {
  return answerNewPassword(data);
}

export async function enterCode(_: FormState, data: FormData): Promise<FormState> {
  return answerSecondFactor(data);
}
