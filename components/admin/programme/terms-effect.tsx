import type { Program, TermsEffect } from "@/lib/admin/programme-schemas";
import { countOf, formatCount } from "@/lib/words";
import { TermsChangeList } from "./terms-change-list";
import { termsChanges } from "./terms-changes";
import { type EditableTerms, termsOf } from "./terms-form-fields";

export type TermsEffectProps = {
  effect: TermsEffect;
  versions: Program["versions"];
  terms: EditableTerms;
  /** ISO 4217. */
  currency: string;
};

/** What new terms leave as it is: open referrals keep the terms under which they were made. */
export function TermsEffectView({ effect, versions, terms, currency }: TermsEffectProps) {
  const open = effect.open.reduce((sum, { pending, active }) => sum + pending + active, 0);
  return (
    <section
      aria-label="Effect on what is open"
      className="flex flex-col gap-3 rounded-card bg-surface-sunken p-4 text-sm"
    >
      <h3 className="font-medium">Effect on what is open</h3>
      <p>
        {open === 0
          ? "No referral is open, so none keeps earlier terms."
          : `${countOf(open, "open referral keeps", "open referrals keep")} the terms of the day on which ${open === 1 ? "it was" : "they were"} made.`}{" "}
        {countOf(effect.waiting_rewards, "waiting free month keeps", "waiting free months keep")}{" "}
        its last day and its limit.
      </p>
      {effect.open.map(({ version, pending, active }) => {
        const kept = versions.find((one) => one.version === version);
        const differences = kept ? termsChanges(termsOf(kept), terms, currency) : [];
        return (
          <details key={version} className="border-t pt-3">
            <summary className="cursor-pointer">
              Version {version}: {formatCount(pending)} waiting for a service, {formatCount(active)}{" "}
              active
            </summary>
            <div className="pt-2">
              {differences.length > 0 ? (
                <>
                  <p className="mb-1 text-text-muted">Theirs, and the new ones:</p>
                  <TermsChangeList changes={differences} />
                </>
              ) : (
                <p className="text-text-muted">
                  {kept ? "The same as the new terms." : "An early version, no longer in the list."}
                </p>
              )}
            </div>
          </details>
        );
      })}
      <p className="text-text-muted">
        {countOf(effect.recorded_30_days, "referral was", "referrals were")} recorded in the last 30
        days: so many a month come under the new terms.
      </p>
    </section>
  );
}
