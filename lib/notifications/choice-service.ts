import "server-only";
import { z } from "zod";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

/** Which mails a customer wants. */
const choicesSchema = z.object({ programme: z.boolean(), invoices: z.boolean() });
export type MailChoices = z.infer<typeof choicesSchema>;

/** What a signed link carries. */
export const choiceTokenSchema = z.string().regex(/^[0-9a-f]{72}$/);

/** The choices of the customer whose link this is. @throws AppError `not_found` for another link. */
export function readChoices(client: ServerClient, token: string): Promise<MailChoices> {
  return callRpc(client, "get_mail_choices", { p_token: token }, choicesSchema);
}

/**
 * Keeps which mails the customer wants, with source and time. An invoice is issued whether or not
 * its mail is wanted.
 * @throws AppError `not_found` for a link that was not signed here.
 */
export function chooseMails(
  client: ServerClient,
  token: string,
  choices: Partial<MailChoices>,
  source: "one_click" | "link",
): Promise<MailChoices> {
  return callRpc(
    client,
    "choose_mails",
    { p_token: token, p_choices: { ...choices }, p_source: source },
    choicesSchema,
  );
}
