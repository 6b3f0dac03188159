import { LinkButton } from "@/components/ui/button";
import { MessagePage } from "@/components/ui/message-page";

export default function AdminNotFound() {
  return (
    <MessagePage
      eyebrow="404"
      title="We cannot find that"
      actions={
        <>
          <LinkButton href="/admin/customers" variant="primary">
            Search customers
          </LinkButton>
          <LinkButton href="/admin">Go to the overview</LinkButton>
        </>
      }
    >
      There is nothing at this address. The link may be incomplete.
    </MessagePage>
  );
}
