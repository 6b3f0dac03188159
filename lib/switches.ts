import { z } from "zod";

/** What the team can stop for the whole installation. */
export const switchNameSchema = z.enum(["rewards", "mail"]);
export type SwitchName = z.infer<typeof switchNameSchema>;

/** Whether each switch is on. `rewards` off: nothing is granted or used. `mail` off: no mail leaves. */
export const switchesSchema = z.object({ rewards: z.boolean(), mail: z.boolean() });
