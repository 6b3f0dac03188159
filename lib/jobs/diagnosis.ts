/** What `npm run doctor` found out about a deployment. `null`: it could not be found out. */
export interface DeploymentFacts {
  /** The embedded stack of this machine, rather than a project. */
  embedded: boolean;
  siteUrl: string;
  supabaseUrl: string;
  publishableKey: string;
  secretKey: string;
  hasCronSecret: boolean;
  hasMailKey: boolean;
  /** Clock of this machine when the database was asked. */
  askedAt: Date;
  /** Versions of the migrations in this folder. */
  migrations: string[];
  /** What the database says with the secret key; or why it says nothing. */
  state: DeploymentState | { problem: string };
  /** Public settings of the auth server, read with the publishable key; or why not. */
  auth: { autoConfirm: boolean; signUpClosed: boolean } | { problem: string };
  /** Whether the publishable key alone may call a function of the server. */
  isOpenToStrangers: boolean | null;
  /** Whether the site answers and its database too; or why not. */
  site: { status: number } | { problem: string };
  /** How the mail server greets, null when none is named. */
  smtp: { greeting: string } | { problem: string } | null;
  /** Settings of the project by its management API; null without an access token. */
  project: ProjectSettings | { problem: string } | null;
  /** The mail templates of this folder, by the name that the management API gives them. */
  templates: Readonly<Record<string, string>>;
}

interface DeploymentState {
  now: Date;
  migrations: string[];
  owners: number;
  /** Since when the oldest mail in the outbox is due; in the future when none is. */
  mailDueSince: Date | null;
  /** Since when the oldest referral should have expired. */
  expiryDueSince: Date | null;
  lastBillingRunAt: Date | null;
}

export interface ProjectSettings {
  siteUrl: string;
  forwardsAddresses: boolean;
  smtpHost: string;
  templates: Readonly<Record<string, string>>;
}

export interface Finding {
  what: string;
  /** `mend`: something does not work. `look`: it may be meant so, or could not be checked. */
  verdict: "ok" | "look" | "mend";
  /** What was found, and for `look` and `mend` what to do. */
  text: string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const ok = (what: string, text: string): Finding => ({ what, verdict: "ok", text });
const look = (what: string, text: string): Finding => ({ what, verdict: "look", text });
const mend = (what: string, text: string): Finding => ({ what, verdict: "mend", text });

function keys(facts: DeploymentFacts): Finding {
  const { publishableKey, secretKey, auth, state } = facts;
  if (!publishableKey.startsWith("sb_publishable_") || !secretKey.startsWith("sb_secret_")) {
    return mend(
      "keys",
      "SUPABASE_PUBLISHABLE_KEY must begin with sb_publishable_ and SUPABASE_SECRET_KEY with sb_secret_. The old anon and service_role keys do not forward the addresses of visitors. Make new ones under Settings, API keys.",
    );
  }
  if ("problem" in auth) {
    return mend(
      "keys",
      `The publishable key is not accepted: ${auth.problem}. Compare it with the project's.`,
    );
  }
  if ("problem" in state) {
    return mend(
      "keys",
      `The secret key cannot read the database: ${state.problem}. Compare it with the project's, and push the migrations.`,
    );
  }
  if (facts.isOpenToStrangers) {
    return mend(
      "keys",
      "A function of the server may be called with the publishable key alone. Push the migrations again: they state every grant.",
    );
  }
  return ok("keys", "both are accepted, and the publishable one opens nothing");
}

function migrations(facts: DeploymentFacts, { migrations: applied }: DeploymentState): Finding {
  const missing = facts.migrations.filter((version) => !applied.includes(version));
  const unknown = applied.filter((version) => !facts.migrations.includes(version));
  if (missing.length > 0) {
    return mend("migrations", `Not applied: ${missing.join(", ")}. Run \`npx supabase db push\`.`);
  }
  if (unknown.length > 0) {
    return look(
      "migrations",
      `Applied, but not in this folder: ${unknown.join(", ")}. Is this an older version of the code?`,
    );
  }
  return ok("migrations", `${applied.length} applied, none missing`);
}

function confirmation({ auth, embedded }: DeploymentFacts): Finding {
  if ("problem" in auth) return mend("sign-in", auth.problem);
  if (auth.signUpClosed) {
    return mend(
      "sign-in",
      "Sign-ups are closed, so nobody new can order. Switch them on (enable_signup in supabase/config.toml).",
    );
  }
  if (!auth.autoConfirm)
    return ok("sign-in", "e-mail addresses are confirmed before the first sign-in");
  const text = "e-mail addresses are not confirmed: nobody proves that an address is theirs";
  return embedded
    ? ok("sign-in", text)
    : look(
        "sign-in",
        `${text}. Set enable_confirmations = true in supabase/config.toml, then push it.`,
      );
}

function smtp({ smtp: found, embedded, project }: DeploymentFacts): Finding {
  if (embedded) return ok("account mails", "kept as files");
  if (project !== null && !("problem" in project) && project.smtpHost === "") {
    return mend(
      "account mails",
      "The project has no mail server, so it sends mails to its team only. Fill in the SMTP_ variables, then push supabase/config.toml.",
    );
  }
  if (found === null) {
    return look(
      "account mails",
      "SMTP_HOST is not set here, so the mail server could not be tried.",
    );
  }
  if ("problem" in found)
    return mend("account mails", `The mail server does not answer: ${found.problem}.`);
  return ok("account mails", `the mail server answers: ${found.greeting}`);
}

const squeezed = (text: string) => text.replace(/\s+/g, " ").trim();

function project(facts: DeploymentFacts): Finding[] {
  const { project: found, embedded, siteUrl } = facts;
  if (embedded) return [ok("templates", "read from supabase/templates")];
  if (found === null) {
    return [
      look(
        "templates",
        "Set SUPABASE_ACCESS_TOKEN to compare the mail templates, the site's address and the forwarding of addresses with the project.",
      ),
    ];
  }
  if ("problem" in found)
    return [mend("templates", `The project's settings cannot be read: ${found.problem}.`)];
  const differing = Object.entries(facts.templates)
    .filter(([name, text]) => squeezed(found.templates[name] ?? "") !== squeezed(text))
    .map(([name]) => name);
  return [
    differing.length > 0
      ? mend(
          "templates",
          `These mails differ from supabase/templates: ${differing.join(", ")}. Run \`npx supabase config push\`. Until then their links may open in one browser only.`,
        )
      : ok("templates", "the project's mails are those of supabase/templates"),
    found.siteUrl === siteUrl
      ? ok("links", `mails lead to ${siteUrl}`)
      : mend(
          "links",
          `Mails lead to ${found.siteUrl}, the site is ${siteUrl}. Set SITE_URL, then push supabase/config.toml.`,
        ),
    found.forwardsAddresses
      ? ok("addresses", "limits of the auth server count per visitor")
      : mend(
          "addresses",
          "The auth server counts all visitors as one. Switch on IP address forwarding (Authentication, Rate limits).",
        ),
  ];
}

function clock({ askedAt }: DeploymentFacts, { now }: DeploymentState): Finding {
  const seconds = Math.round(Math.abs(now.getTime() - askedAt.getTime()) / 1000);
  return seconds > 30
    ? mend(
        "clock",
        `The clocks of this machine and of the database differ by ${seconds} seconds. Set this machine's clock by NTP.`,
      )
    : ok("clock", "agrees with the database");
}

function cron(facts: DeploymentFacts, state: DeploymentState): Finding[] {
  const since = (date: Date | null) => (date ? state.now.getTime() - date.getTime() : 0);
  const late: string[] = [];
  if (since(state.mailDueSince) > 15 * MINUTE) late.push("notify: mails have been waiting");
  if (since(state.expiryDueSince) > 3 * HOUR) late.push("expire: referrals should have expired");
  const findings = [
    late.length > 0
      ? mend(
          "jobs",
          `Work is left undone (${late.join("; ")}). Is the cron running, with the right CRON_SECRET?`,
        )
      : ok("jobs", "no mail and no expiry is late"),
  ];
  if (!facts.embedded && !facts.hasCronSecret) {
    findings.push(mend("cron secret", "CRON_SECRET is not set, so nobody can start the jobs."));
  }
  if (since(state.lastBillingRunAt) > 32 * DAY) {
    findings.push(
      look(
        "billing",
        "The last billing run is more than a month ago. Run `npm run job -- billing`, or check the cron.",
      ),
    );
  }
  return findings;
}

function site({ site: found, siteUrl, embedded }: DeploymentFacts): Finding {
  if (!embedded && !siteUrl.startsWith("https://")) {
    return mend("site", `SITE_URL is ${siteUrl}: sessions would travel unencrypted. Use https.`);
  }
  if ("problem" in found) return mend("site", `${siteUrl} does not answer: ${found.problem}.`);
  return found.status === 200
    ? ok("site", `${siteUrl} and its database answer`)
    : mend("site", `${siteUrl}/api/health answers ${found.status}. See the log of the site.`);
}

function mails({ hasMailKey, embedded }: DeploymentFacts): Finding {
  if (hasMailKey) return ok("programme mails", "are sent by Resend");
  const text = "are captured, not sent";
  return embedded
    ? ok("programme mails", text)
    : look("programme mails", `${text}: RESEND_API_KEY is not set.`);
}

/** What is well, and what to mend. Pure: the facts are gathered elsewhere. */
export function diagnose(facts: DeploymentFacts): Finding[] {
  const { state } = facts;
  return [
    keys(facts),
    ...("problem" in state
      ? []
      : [
          migrations(facts, state),
          clock(facts, state),
          state.owners > 0
            ? ok("owner", `${state.owners} active`)
            : mend("owner", "Nobody is owner. Run `npm run admin -- add EMAIL --role owner`."),
        ]),
    confirmation(facts),
    smtp(facts),
    ...project(facts),
    mails(facts),
    site(facts),
    ...("problem" in state ? [] : cron(facts, state)),
  ];
}
