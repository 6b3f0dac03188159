import { Card, CardHeader } from "@/components/ui/card";
import { DocumentNumber } from "@/components/ui/text";
import type { Survey } from "@/lib/account/schemas";
import { SurveyForm } from "./survey-form";

/** The one question about a free month that was used. */
export function SurveyCard({ survey }: { survey: Survey }) {
  return (
    <Card aria-labelledby="survey-title">
      <CardHeader
        title="One question"
        titleId="survey-title"
        description={
          <>
            Your free month was used on invoice{" "}
            <DocumentNumber>{survey.invoice_number}</DocumentNumber>.
          </>
        }
      />
      <SurveyForm invoiceNumber={survey.invoice_number} />
    </Card>
  );
}
