import { Card, CardHeader } from "@/components/ui/card";
import { DocumentNumber } from "@/components/ui/text";
import type { Survey } from "@/lib/account/schemas";
import type { Texts } from "@/lib/language/translator";
import { SurveyForm } from "./survey-form";

/** The one question about a free month that was used. */
export function SurveyCard({ survey, t }: { survey: Survey; t: Texts<"account"> }) {
  return (
    <Card aria-labelledby="survey-title">
      <CardHeader
        title={t("survey.title")}
        titleId="survey-title"
        description={t.rich("survey.used", {
          number: () => <DocumentNumber>{survey.invoice_number}</DocumentNumber>,
        })}
      />
      <SurveyForm invoiceNumber={survey.invoice_number} />
    </Card>
  );
}
