import { z } from "zod";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { surveySchema } from "./schemas";

const answeredSchema = surveySchema.extend({ score: z.number().int() });

/** The one question after a free month was used: how satisfied the customer is, from 1 to 5. */
export class SurveyService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** @throws AppError `unauthenticated`, `forbidden`, `not_found` without a free month of theirs on the invoice. */
  get(invoiceNumber: string) {
    return callRpc(
      this.deps.client,
      "get_my_survey",
      { p_invoice_number: invoiceNumber },
      surveySchema,
    );
  }

  /** The first answer counts. @throws AppError as `get`, and `survey_answered` for another one. */
  answer(invoiceNumber: string, score: number) {
    return callRpc(
      this.deps.client,
      "answer_survey",
      { p_invoice_number: invoiceNumber, p_score: score },
      answeredSchema,
    );
  }
}
