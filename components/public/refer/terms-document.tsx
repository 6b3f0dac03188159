import { MailLink, TextLink } from "@/components/ui/button";
import { PageHeader } from "@/components/ui/page-header";
import { DateText } from "@/components/ui/text";
import type { Texts } from "@/lib/language/translator";
import type { PublicSite, TermsVersions } from "@/lib/programme/public-site";
import { describeTerms, type PublicTerms } from "@/lib/programme/terms";

export type TermsDocumentProps = {
  site: PublicSite;
  /** The version that is shown. */
  terms: PublicTerms;
  /** All versions, newest first. */
  versions: TermsVersions["versions"];
  currentVersion: number;
  t: Texts<"terms">;
};

/** One version of the programme's terms in plain words, and the way to the others. */
export function TermsDocument({ site, terms, versions, currentVersion, t }: TermsDocumentProps) {
  const { brandName, currency, timeZone, supportEmail } = site;
  const isCurrent = terms.version === currentVersion;
  const sections = describeTerms(terms, { brandName, currency }, t);
  const from = versions.find(({ version }) => version === terms.version)?.inForceFrom;
  const until = versions.findLast(({ version }) => version > terms.version)?.inForceFrom;
  const number = String(terms.version);
  const date = (value: string) => <DateText texts={t} value={value} timeZone={timeZone} />;
  return (
    <div className="mx-auto max-w-6xl px-4 py-10 sm:px-6 sm:py-16">
      <PageHeader
        title={t("title")}
        back={isCurrent ? undefined : { href: "/terms", label: t("inForce") }}
        description={
          <p>
            {isCurrent
              ? from
                ? t.rich("currentSince", {
                    brand: brandName,
                    version: number,
                    from: () => date(from),
                  })
                : t("current", { brand: brandName, version: number })
              : from && until
                ? t.rich("earlierFromTo", {
                    version: number,
                    from: () => date(from),
                    until: () => date(until),
                  })
                : t("earlier", { version: number })}
          </p>
        }
      />
      <div className="divide-y divide-border border-y">
        {sections.map((section) => (
          <section
            key={section.title}
            className="grid gap-x-16 gap-y-2 py-6 lg:grid-cols-[1fr_1.6fr]"
          >
            <h2 className="font-semibold">{section.title}</h2>
            <p className="max-w-2xl text-text-muted leading-7">{section.body}</p>
          </section>
        ))}
      </div>
      {versions.length > 1 ? (
        <section aria-labelledby="versions-title" className="mt-12">
          <h2 id="versions-title" className="font-semibold text-lg">
            {t("allVersions")}
          </h2>
          <p className="mt-1 max-w-2xl text-sm text-text-muted">{t("allVersionsText")}</p>
          <ul className="mt-4 grid gap-x-8 sm:grid-cols-2 lg:grid-cols-3">
            {versions.map(({ version, inForceFrom }) => (
              <li
                key={version}
                className="flex min-h-11 items-center justify-between gap-4 border-b text-sm"
              >
                {version === terms.version ? (
                  <span aria-current="page" className="font-medium">
                    {t("version", { version: String(version) })}
                  </span>
                ) : (
                  <TextLink href={version === currentVersion ? "/terms" : `/terms/${version}`}>
                    {t("version", { version: String(version) })}
                  </TextLink>
                )}
                <span className="text-text-muted">
                  {t.rich(version === currentVersion ? "inForceSince" : "from", {
                    from: () => date(inForceFrom),
                  })}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <p className="mt-8 text-sm text-text-muted">
        {t.rich("unclear", {
          email: () => <MailLink address={supportEmail} />,
        })}
      </p>
    </div>
  );
}
