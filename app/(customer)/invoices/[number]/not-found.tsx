import { MessagePage } from "@/components/layout/message-page";
import { LinkButton } from "@/components/ui/button";

export default function InvoiceNotFound() {
  return (
    <MessagePage
      eyebrow="404"
      title="We cannot find that invoice"
      actions={
        <LinkButton href="/dashboard" variant="primary">
          Go to your dashboard
        </LinkButton>
      }
    >
      There is no invoice with this number in your account. Your recent invoices are on your
      dashboard.
    </MessagePage>
  );
}
