import { z } from "zod";

/** Lists of the admin area, and what admins keep of them. */

/** The lists of which a view can be saved. */
const savedViewListSchema = z.enum([
  "customers",
  "orders",
  "referrals",
  "claims",
  "approvals",
  "mailbox",
  "addresses",
  "audit",
  "invoices",
  "payments",
  "runs",
  "unbilled",
  "team",
  "api_keys",
  "bulk_jobs",
]);
export type SavedViewList = z.infer<typeof savedViewListSchema>;

export const LONGEST_VIEW_NAME = 60;

/** A view as its owner saves it. `query` is the query string of the page, without "?". */
export const savedViewInputSchema = z.strictObject({
  list: savedViewListSchema,
  name: z
    .string({ error: "Give the view a name." })
    .trim()
    .min(1, "Give the view a name.")
    .max(LONGEST_VIEW_NAME, `Keep the name within ${LONGEST_VIEW_NAME} characters.`),
  query: z
    .string()
    .max(1000, "These filters are too long to be saved.")
    .regex(/^[\w.~%=&*+-]*$/, "These filters cannot be saved."),
});
export type SavedViewInput = z.infer<typeof savedViewInputSchema>;

export const savedViewSchema = z.object({ id: z.guid(), name: z.string(), query: z.string() });
export type SavedView = z.infer<typeof savedViewSchema>;

const count = z.number().int().min(0);

/** How much waits in the lists that somebody works on; each counts the rows that its link shows. */
export const workCountsSchema = z.object({
  /** Cases with open flags. */
  review: count,
  /** Requests that the reader may decide. */
  approvals: count,
  /** Forgotten codes that the referrer confirmed. */
  claims: count,
  /** Orders that are pending. */
  orders: count,
  /** Mails that were given up. */
  mailbox: count,
});
export type WorkCounts = z.infer<typeof workCountsSchema>;
