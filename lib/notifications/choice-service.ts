import "server-only";
import { z } from "zod";
import type { CallerClient, ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

/** Which mails a customer wants. */
export const mailChoicesSchema = z.object({ programme: z.boolean(), invoices: z.boolean() });
export type MailChoices = z.infer<typeof mailChoicesSchema>;

/** What a signed link carries. */
export const choiceTokenSchema = z.string().regex(/^[0-9a-f]{72}$/);

/** The choices of the customer whose link this is. @throws AppError `not_found` for another link. */
export function readChoices(client: ServerClient, token: string): Promise<MailChoices> {
  return callRpc(client, "get_mail_choices", { p_token: token }, mailChoicesSchema);
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
    mailChoicesSchema,
  );
}

/**
 * Which mails a signed-in customer wants.
 *
 * Both methods raise AppError `unauthenticated`, and `forbidden` for a session without a customer.
 */
export class MailChoiceService {
  constructor(private readonly deps: { client: CallerClient }) {}

  get(): Promise<MailChoices> {
    return callRpc(this.deps.client, "get_my_mail_choices", {}, mailChoicesSchema);
  }

  /** Keeps them, with their time and that they were chosen in the account. */
  choose(choices: MailChoices): Promise<MailChoices> {
    return callRpc(
      this.deps.client,
      "choose_my_mails",
      { p_choices: { ...choices } },
      mailChoicesSchema,
    );
  }
}
