import { Gauge, Registry } from "prom-client";
import type { OperationalMetrics } from "@/lib/supabase/monitoring";

type Values = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

const byLabel = (label: string, counts: Readonly<Record<string, number>>): Values =>
  Object.entries(counts).map(([value, count]) => [{ [label]: value }, count] as const);

const single = (value: number): Values => [[{}, value]];

/**
 * What must agree between all processes, in the form that Prometheus reads. Without facts the
 * database did not answer, and `referral_database_up` says so.
 */
export function operationalRegistry(facts: OperationalMetrics | null): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string, values: Values) => {
    const labelNames = [...new Set(values.flatMap(([labels]) => Object.keys(labels)))];
    const made = new Gauge({ name, help, labelNames, registers: [registry] });
    for (const [labels, value] of values) made.set({ ...labels }, value);
  };
  gauge("referral_database_up", "1 when the database answered this scrape.", single(facts ? 1 : 0));
  if (!facts) return registry;

  gauge("referral_referrals", "Referrals by status.", byLabel("status", facts.referrals));
  gauge("referral_rewards", "Free months by status.", byLabel("status", facts.rewards));
  gauge(
    "referral_refused_codes_24h",
    "Uses of a code that were refused in the last 24 hours, by reason.",
    byLabel("reason", facts.refused_24h),
  );
  gauge(
    "referral_recent_referrals_24h",
    "Referrals of the last 24 hours.",
    single(facts.referrals_24h),
  );
  gauge(
    "referral_recent_flagged_24h",
    "Referrals of the last 24 hours with a fraud flag.",
    single(facts.flagged_24h),
  );
  gauge(
    "referral_open_flags",
    "Fraud flags that wait for a review.",
    byLabel("severity", facts.flags_open),
  );

  const { queued, failed, oldest_due_seconds: oldestDue, outage_seconds: outage } = facts.mails;
  gauge("referral_mails_queued", "Mails in the outbox.", single(queued));
  gauge("referral_mails_failed", "Mails that were given up and wait for a person.", single(failed));
  gauge(
    "referral_mail_oldest_due_seconds",
    "For how long the mail that waits longest has been due.",
    single(oldestDue),
  );
  gauge(
    "referral_mail_outage_seconds",
    "For how long the mail provider has failed as a whole. 0: it works.",
    single(outage),
  );

  // Prometheus has a label `job` of its own.
  const jobs = (value: (job: OperationalMetrics["jobs"][number]) => number): Values =>
    facts.jobs.map((job) => [{ name: job.job }, value(job)] as const);
  gauge(
    "referral_job_last_run_timestamp_seconds",
    "When a job ended last. 0: never.",
    jobs((job) => job.last_run),
  );
  gauge(
    "referral_job_last_success_timestamp_seconds",
    "When a job succeeded last. 0: never.",
    jobs((job) => job.last_success),
  );
  gauge(
    "referral_job_last_duration_seconds",
    "How long the last run of a job took.",
    jobs((job) => job.last_duration_ms / 1000),
  );
  gauge(
    "referral_job_late_after_seconds",
    "A job is late when its last success is older.",
    jobs((job) => job.late_after_seconds),
  );
  gauge(
    "referral_job_runs",
    "Runs of a job since the installation.",
    jobs((job) => job.runs),
  );
  gauge(
    "referral_job_failures",
    "Failed runs of a job since the installation.",
    jobs((job) => job.failures),
  );

  gauge(
    "referral_unbilled_service_months",
    "Months of services that are not billed.",
    single(facts.unbilled),
  );
  gauge(
    "referral_billing_run_errors",
    "Services that the last billing run could not bill.",
    single(facts.billing.errors),
  );
  gauge(
    "referral_billing_runs_interrupted",
    "Billing runs that stopped before their end.",
    single(facts.billing.interrupted),
  );
  gauge(
    "referral_invariant_violations",
    "Violations that the last check of the invariants found.",
    single(facts.verification.violations),
  );
  gauge(
    "referral_invariant_violations_by_invariant",
    "The same by the number of the invariant; absent where there are none.",
    byLabel("invariant", facts.verification.by_invariant),
  );
  gauge(
    "referral_verification_timestamp_seconds",
    "When the invariants were checked last. 0: never.",
    single(facts.verification.at),
  );

  const { rewards, mail, paused } = facts.switches;
  gauge("referral_rewards_on", "1 while rewards are switched on.", single(rewards ? 1 : 0));
  gauge("referral_mail_on", "1 while mails are switched on.", single(mail ? 1 : 0));
  gauge("referral_programme_paused", "1 while the programme is paused.", single(paused ? 1 : 0));
  return registry;
}
