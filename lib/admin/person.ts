import { z } from "zod";

/** A person as admins see them in lists. */
export const personSchema = z.object({ id: z.guid(), name: z.string(), email: z.string() });
