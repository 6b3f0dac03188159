import { LinkButton } from "@/components/ui/button";
import { MessagePage } from "@/components/ui/message-page";

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
