import { z } from "zod";

/** Why an admin does something: 3 to 500 characters after trimming; kept as given. */
export const reasonSchema = z
  .string({ error: "Give a reason." })
  .trim()
  .min(3, "Give a reason of at least 3 characters.")
  .max(500, "Keep the reason within 500 characters.");
