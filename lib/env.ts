import { z } from "zod";

/** A variable of the environment is missing or wrong. The message names each, one per line. */
export class EnvironmentError extends Error {
  override name = "EnvironmentError";
  constructor(readonly problems: string[]) {
    super(problems.join("\n"));
  }
}

const port = (fallback: number) =>
  z.coerce
    .number({ error: "must be a port number" })
    .int("must be a port number")
    .min(1, "must be a port number from 1 to 65535")
    .max(65_535, "must be a port number from 1 to 65535")
    .default(fallback);

const address = z
  .url({ protocol: /^https?$/, error: "must be an address like https://example.com" })
  .transform((value) => value.replace(/\/+$/, ""));

const yesOrNo = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.enum(["true", "false", "1", "0"], { error: "must be true or false" }))
  .transform((value) => value === "true" || value === "1");

const mailbox = z.string().regex(/^(?:[^<>\r\n]+ <[^\s@<>]+@[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+)$/, {
  error: "must be an e-mail address, or a name and an address: Name <name@example.com>",
});

const variables = {
  PORT: port(3000),
  HOST: z.string().optional(),
  SITE_URL: address
    .refine((value) => /^https?:\/\/[^/?#]+$/.test(value), {
      error: "must have no path: only a scheme and a host, like https://example.com",
    })
    .optional(),
  SUPABASE_URL: address.optional(),
  SUPABASE_PUBLISHABLE_KEY: z.string().optional(),
  SUPABASE_SECRET_KEY: z.string().optional(),
  LOCAL_API_PORT: port(54_321),
  LOCAL_DB_PORT: port(54_322),
  LOCAL_DATA_DIR: z.string().default(".local"),
  LOCAL_CONFIRM_EMAILS: yesOrNo.default(false),
  LOCAL_DB_PASSWORD: z.string().min(12, "must have at least 12 characters").optional(),
  SEED_DEMO: yesOrNo.default(true),
  BACKUP_KEEP_DAYS: z.coerce
    .number({ error: "must be a number of days" })
    .int("must be a whole number of days")
    .min(0, "must be 0 or more")
    .max(3650, "must be 3650 or less")
    .default(0),
  CRON_SECRET: z.string().min(16, "must have at least 16 characters").optional(),
  METRICS_SECRET: z.string().min(16, "must have at least 16 characters").optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: address.optional(),
  /** Mail server of the Supabase project, for `supabase config push` and the doctor. */
  SMTP_HOST: z.string().optional(),
  SMTP_PORT: port(587),
  SMTP_USER: z.string().optional(),
  SMTP_PASS: z.string().optional(),
  SMTP_SENDER: z.string().optional(),
  SUPABASE_ACCESS_TOKEN: z.string().optional(),
  CAPTCHA_PROVIDER: z
    .enum(["turnstile", "hcaptcha"], { error: "must be turnstile or hcaptcha" })
    .optional(),
  CAPTCHA_SITE_KEY: z.string().optional(),
  CAPTCHA_SECRET_KEY: z.string().optional(),
  RESEND_API_KEY: z.string().optional(),
  RESEND_BASE_URL: address.optional(),
  RESEND_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{24,}={0,2}$/, {
      error: "must be the signing secret of a Resend webhook: whsec_ and base64 text",
    })
    .optional(),
  EMAIL_FROM: mailbox.optional(),
  ALERT_EMAIL: mailbox.optional(),
  ENABLE_REFERRAL_REWARDS: yesOrNo.default(true),
  TRUSTED_PROXY_HOPS: z.coerce
    .number({ error: "must be a number of proxies" })
    .int("must be a whole number of proxies")
    .min(0, "must be 0 or more")
    .max(10, "must be 10 or less")
    .default(0),
  ALLOW_NEWER_DATABASE: yesOrNo.default(false),
  PUBLIC_COPY_SECONDS: z.coerce
    .number({ error: "must be a number of seconds" })
    .min(0, "must be 0 or more")
    .max(300, "must be 300 or less")
    .default(2),
  /** Lets the cookie `language=pseudo` show every text longer and marked, for tests of the catalogue. */
  PSEUDO_LANGUAGE: yesOrNo.default(false),
  RATE_LIMIT_FACTOR: z.coerce
    .number({ error: "must be a number" })
    .positive("must be more than 0")
    .default(1),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
      error: "must be one of fatal, error, warn, info, debug, trace, silent",
    })
    .default("info"),
};

/** Names of all variables that the application reads. */
export const ENV_NAMES: readonly string[] = Object.keys(variables);

const schema = z
  .object(variables)
  .superRefine((env, context) => {
    const require = (name: keyof typeof env, because: string) => {
      if (!env[name]) context.addIssue({ code: "custom", path: [name], message: because });
    };
    if (env.SUPABASE_URL) {
      require("SUPABASE_PUBLISHABLE_KEY", "is needed when SUPABASE_URL is set");
      require("SUPABASE_SECRET_KEY", "is needed when SUPABASE_URL is set");
    } else if (env.SUPABASE_PUBLISHABLE_KEY || env.SUPABASE_SECRET_KEY) {
      require("SUPABASE_URL", "is needed when a Supabase key is set");
    }
    const captcha = ["CAPTCHA_PROVIDER", "CAPTCHA_SITE_KEY", "CAPTCHA_SECRET_KEY"] as const;
    if (captcha.some((name) => env[name])) {
      for (const name of captcha) require(name, "is needed when another CAPTCHA_ variable is set");
    }
    if (!env.SUPABASE_URL && !env.SEED_DEMO) {
      require("LOCAL_DB_PASSWORD", "is needed when SEED_DEMO is false");
    }
    if (!env.SUPABASE_URL && env.LOCAL_API_PORT === env.LOCAL_DB_PORT) {
      context.addIssue({
        code: "custom",
        path: ["LOCAL_API_PORT"],
        message: "must differ from LOCAL_DB_PORT",
      });
    }
  })
  .transform((env) => ({
    ...env,
    /** True when no project is named: the launcher then brings its own. */
    embedded: !env.SUPABASE_URL,
    /** Listen address: loopback for the embedded stack, which holds known passwords. */
    HOST: env.HOST ?? (env.SUPABASE_URL ? "0.0.0.0" : "127.0.0.1"),
    /** Public address of the site, without a trailing slash. */
    SITE_URL: env.SITE_URL ?? `http://localhost:${env.PORT}`,
    /** Sender of mails, and where alerts go. The defaults are for a capturing mailbox. */
    EMAIL_FROM: env.EMAIL_FROM ?? "Acme Fibre <hello@acmefibre.example>",
    ALERT_EMAIL: env.ALERT_EMAIL ?? "alerts@acmefibre.example",
  }));

export type Env = z.infer<typeof schema>;

/**
 * Validates an environment. An empty variable counts as unset.
 *
 * @throws EnvironmentError naming every variable that is wrong.
 */
export function parseEnv(source: Readonly<Record<string, string | undefined>>): Env {
  const given = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new EnvironmentError([...new Set(problems)]);
}

let memo: Env | null = null;

/** The environment of this process, validated on first use. @throws EnvironmentError */
export function getEnv(): Env {
  memo ??= parseEnv(process.env);
  return memo;
}

/** Forgets what was read, for tests that change the environment. */
export function resetEnv(): void {
  memo = null;
}
