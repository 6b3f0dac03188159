import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type InvoiceDocument, invoiceDocumentSchema } from "./invoice-document";

/** Issued invoices, for their owner and for admins. */
export class InvoiceService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /**
   * One invoice by its number, with the rights of the caller.
   *
   * @throws AppError `not_found` for a number that does not exist or is somebody else's.
   */
  async getInvoice(invoiceNumber: string): Promise<InvoiceDocument> {
    return callRpc(
      this.deps.client,
      "get_invoice",
      { p_invoice_number: invoiceNumber },
      invoiceDocumentSchema,
    );
  }
}
