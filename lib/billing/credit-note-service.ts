import { z } from "zod";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  type CreditNoteDocument,
  creditNoteDocumentSchema,
  type IssuedCreditNote,
  issuedCreditNoteSchema,
} from "./credit-note-document";
import { type PendingApproval, pendingApprovalSchema } from "./pending-approval";

/** Credit notes: issued by admins, read by them and by the customer. */
export class CreditNoteService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /**
   * Takes a part of an invoice back, or without an amount all that is left of it. The database
   * computes the VAT. The same key and input give the same credit note. Amounts in cents, VAT
   * included. A sum beyond the limit for one person waits for a second one.
   *
   * @throws AppError `unauthenticated`, `forbidden`, `own_account`, `not_found`,
   *   `nothing_to_credit`, `credit_exceeds_invoice`, `idempotency_key_reused`.
   */
  issue(
    invoiceNumber: string,
    credit: { amountCents?: number; reason: string },
    idempotencyKey?: string,
  ): Promise<IssuedCreditNote | PendingApproval> {
    return callRpc(
      this.deps.client,
      "issue_credit_note",
      {
        p_invoice_number: invoiceNumber,
        // Null asks for all that is left; the generated type knows no null.
        p_amount_cents: (credit.amountCents ?? null) as number,
        p_reason: credit.reason,
        p_idempotency_key: idempotencyKey,
      },
      z.union([pendingApprovalSchema, issuedCreditNoteSchema]),
    );
  }

  /**
   * One credit note by its number, with the rights of the caller.
   *
   * @throws AppError `not_found` for a number that does not exist or is somebody else's.
   */
  getCreditNote(creditNoteNumber: string): Promise<CreditNoteDocument> {
    return callRpc(
      this.deps.client,
      "get_credit_note",
      { p_number: creditNoteNumber },
      creditNoteDocumentSchema,
    );
  }
}
