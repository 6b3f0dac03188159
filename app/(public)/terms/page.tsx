import type { Metadata } from "next";
import { PageHeader } from "@/components/ui/page-header";
import { getPublicSite } from "@/lib/composition/public-site";
import { describeTerms } from "@/lib/programme/terms";

export async function generateMetadata(): Promise<Metadata> {
  const { brandName } = await getPublicSite();
  return {
    title: "Referral terms",
    description: `The rules of the ${brandName} referral programme, in plain words.`,
  };
}

export default async function TermsPage() {
  const { brandName, currency, terms, supportEmail } = await getPublicSite();
  const sections = describeTerms(terms, { brandName, currency });
  return (
    <div className="mx-auto max-w-6xl px-4 py-10 sm:px-6 sm:py-16">
      <PageHeader
        title="Referral terms"
        description={`How referring friends to ${brandName} works, in plain words. These are the terms in force today (version ${terms.version}).`}
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
      <p className="mt-8 text-sm text-text-muted">
        Something is unclear? Write to{" "}
        <a
          href={`mailto:${supportEmail}`}
          className="rounded-sm font-medium text-accent-strong underline underline-offset-4"
        >
          {supportEmail}
        </a>
        .
      </p>
    </div>
  );
}
