import { LinkButton } from "@/components/ui/button";
import { MessagePage } from "@/components/ui/message-page";

export default function CreditNoteNotFound() {
  return (
    <MessagePage
      eyebrow="404"
      title="We cannot find that credit note"
      actions={
        <LinkButton href="/dashboard" variant="primary">
          Go to your dashboard
        </LinkButton>
      }
    >
      There is no credit note with this number in your account. You find each credit note on the
      invoice that it corrects. Your recent invoices are on your dashboard.
    </MessagePage>
  );
}
