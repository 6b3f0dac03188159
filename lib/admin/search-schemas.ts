import { z } from "zod";
import { orderStatusSchema } from "@/lib/invoicing/service";

/** What a search of the whole admin area finds, on the wire. */
export const searchResultSchema = z.object({
  customers: z.array(
    z.object({
      id: z.guid(),
      name: z.string(),
      email: z.string(),
      phone: z.string().nullable(),
      referral_code: z.string(),
    }),
  ),
  orders: z.array(
    z.object({
      order_number: z.string(),
      status: orderStatusSchema,
      customer_id: z.guid(),
      customer_name: z.string(),
    }),
  ),
  documents: z.array(
    z.object({
      kind: z.enum(["invoice", "credit_note"]),
      number: z.string(),
      issued_at: z.string(),
      customer_id: z.guid(),
      customer_name: z.string(),
    }),
  ),
});
export type SearchResult = z.infer<typeof searchResultSchema>;
