import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { readPaymentFile } from "./payment-file";
import {
  importAnswerSchema,
  instructionsSchema,
  type PaymentImport,
  type PaymentInput,
  type PaymentInstructions,
  type PaymentReceipt,
  receiptSchema,
} from "./payment-schemas";

/** Why the database did not record a row, in words. Other reasons are sentences already. */
const REASONS: Readonly<Record<string, string>> = {
  unknown_invoice: "There is no invoice with this number.",
  own_account: "This is your own account. Please ask a colleague.",
  repeated: "Skipped: this payment is recorded already, or stands in the file before.",
};

/** Payments: recorded and taken back by admins. The rights are those of the caller. */
export class PaymentService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /**
   * Records a payment for an invoice: a part, all, or more than is outstanding. The same key and
   * input record it once. Amounts in cents.
   * @throws AppError `unauthenticated`, `forbidden`, `own_account`, `not_found`, `invalid_request`,
   *   `idempotency_key_reused`
   */
  record(
    invoiceNumber: string,
    payment: PaymentInput,
    idempotencyKey?: string,
  ): Promise<PaymentReceipt> {
    return callRpc(
      this.deps.client,
      "record_payment",
      {
        p_invoice_number: invoiceNumber,
        p_amount_cents: payment.amount_cents,
        p_paid_on: payment.paid_on,
        p_method: payment.method,
        p_reference: payment.reference,
        p_idempotency_key: idempotencyKey,
      },
      receiptSchema,
    );
  }

  /**
   * Takes a payment back that was recorded by mistake or returned by the bank.
   * @throws AppError `unauthenticated`, `forbidden`, `own_account`, `not_found`,
   *   `payment_already_reversed`
   */
  reverse(paymentId: string, reason: string): Promise<PaymentReceipt> {
    return callRpc(
      this.deps.client,
      "reverse_payment",
      { p_payment_id: paymentId, p_reason: reason },
      receiptSchema,
    );
  }

  /** How customers are told to pay. @throws AppError `unauthenticated`, `forbidden` */
  getInstructions(): Promise<PaymentInstructions> {
    return callRpc(this.deps.client, "get_payment_instructions", {}, instructionsSchema);
  }

  /**
   * Makes a new version of the billing settings with other payment instructions.
   * @throws AppError `unauthenticated`, `forbidden`, `password_needed`, `invalid_request`,
   *   `version_conflict` when somebody else was faster
   */
  changeInstructions(
    instructions: string,
    reason: string,
    expectedVersion: number,
  ): Promise<PaymentInstructions> {
    return callRpc(
      this.deps.client,
      "update_payment_instructions",
      {
        p_instructions: instructions,
        p_reason: reason,
        p_expected_version: expectedVersion,
      },
      instructionsSchema,
    );
  }

  /**
   * Records the rows of a bank file (CSV). Good rows are recorded although others are rejected. A
   * dry run judges every row in the same way and records none.
   * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
   */
  async import(csv: string, options: { dryRun: boolean }): Promise<PaymentImport> {
    const file = readPaymentFile(csv);
    const answer = await callRpc(
      this.deps.client,
      "import_payments",
      { p_rows: file.rows.map((row) => ({ ...row })), p_dry_run: options.dryRun },
      importAnswerSchema,
    );
    const rejected = answer.rejected.map(({ row, reason }) => ({
      row,
      reason: REASONS[reason] ?? `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`,
    }));
    return {
      accepted: answer.accepted,
      rejected: [...file.rejected, ...rejected].sort((a, b) => a.row - b.row),
    };
  }
}
