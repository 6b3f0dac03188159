import { LinkButton } from "@/components/ui/button";
import { MessagePage } from "@/components/ui/message-page";
import { pageTexts } from "@/lib/composition/page-language";

export default async function InvoiceNotFound() {
  const t = await pageTexts("statement");
  return (
    <MessagePage
      eyebrow="404"
      title={t("missing.invoice")}
      actions={
        <LinkButton href="/dashboard" variant="primary">
          {t("missing.toDashboard")}
        </LinkButton>
      }
    >
      {t("missing.invoiceText")}
    </MessagePage>
  );
}
