import "server-only";
import { AppError } from "@/lib/errors";
import {
  choiceTokenSchema,
  type MailChoices,
  readChoices,
} from "@/lib/notifications/choice-service";
import { createServerClient } from "@/lib/supabase/clients";

/** The choices that a link in a mail leads to; null for a link that was not signed here. */
export async function getMailChoices(token: string): Promise<MailChoices | null> {
  if (!choiceTokenSchema.safeParse(token).success) return null;
  try {
    return await readChoices(createServerClient(), token);
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return null;
    throw error;
  }
}
