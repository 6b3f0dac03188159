import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { SurveyCard } from "@/components/account/survey/survey-card";
import { LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { PageHeader } from "@/components/ui/page-header";
import { DOCUMENT_NUMBER } from "@/lib/billing/invoice-document";
import { pageTexts } from "@/lib/composition/page-language";
import { requireCustomerPage } from "@/lib/composition/page-session";
import { AppError } from "@/lib/errors";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("account"))("survey.title") };
}

/** Where the link in the mail about a used free month leads. */
export default async function SurveyPage({ params }: { params: Promise<{ number: string }> }) {
  const t = await pageTexts("account");
  const { number } = await params;
  if (!DOCUMENT_NUMBER.test(number)) notFound();
  const { services } = await requireCustomerPage(`/survey/${number}`);
  const survey = await services.survey.get(number).catch((error: unknown) => {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  });
  return (
    <div className="mx-auto flex max-w-2xl flex-col gap-4">
      <PageHeader title={t("survey.pageTitle")} />
      {survey.score === null ? (
        <SurveyCard survey={survey} t={t} />
      ) : (
        <Notice tone="positive" title={t("survey.thanks")}>
          {t("survey.answered", { score: String(survey.score) })}
        </Notice>
      )}
      <div>
        <LinkButton href="/dashboard">{t("survey.toDashboard")}</LinkButton>
      </div>
    </div>
  );
}
