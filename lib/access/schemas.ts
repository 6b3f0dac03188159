import { z } from "zod";
import { sentences } from "@/lib/language/messages/en/sentences";
import { permissionSchema, roleSchema } from "@/lib/permissions";
import { switchesSchema } from "@/lib/switches";

/** Who the caller is here: as a customer, as an admin, as both or as neither. */
export const sessionSchema = z.object({
  user_id: z.guid(),
  customer: z
    .object({ id: z.guid(), first_name: z.string(), last_name: z.string(), email: z.string() })
    .nullable(),
  admin: z
    .object({
      id: z.guid(),
      name: z.string(),
      email: z.string(),
      role: roleSchema,
      permissions: z.array(permissionSchema),
    })
    .nullable(),
  /** The account has a second factor, or needs one, that this session has not given. */
  needs_second_factor: z.boolean(),
  /** What the team has stopped for the whole installation. */
  switches: switchesSchema,
  /** The programme is paused, or rewards are switched off. */
  is_paused: z.boolean(),
  brand_name: z.string(),
  time_zone: z.string(),
});
export type Session = z.infer<typeof sessionSchema>;

export const signInSchema = z.object({
  email: z
    .string({ error: sentences.enterEmail })
    .trim()
    .min(1, sentences.enterEmail)
    .max(320, sentences.emailTooLong),
  password: z
    .string({ error: sentences.enterPassword })
    .min(1, sentences.enterPassword)
    .max(200, sentences.passwordLong),
});

/** What a link from an account mail is for; named as the auth server names it. */
export const linkTypeSchema = z.enum(["signup", "recovery", "email_change", "invite"]);
export type LinkType = z.infer<typeof linkTypeSchema>;

/** A code of an authenticator app. */
export const secondFactorCodeSchema = z.object({
  factor_id: z.guid(sentences.invalidId),
  code: z
    .string({ error: sentences.enterAppCode })
    .transform((value) => value.replaceAll(/\s/g, ""))
    .pipe(z.string().regex(/^\d{6}$/, sentences.sixDigits)),
});
