import { LinkButton } from "@/components/ui/button";
import { MessagePage } from "@/components/ui/message-page";
import { getPageSession } from "@/lib/composition/page-session";
import { ROLE_LABELS } from "@/lib/permissions";

/** Shown in place of a page of the admin area that the role of the reader may not open. */
export default async function AdminForbidden() {
  const admin = (await getPageSession())?.session.admin;
  return (
    <MessagePage
      eyebrow="403"
      title="Your role may not open this page"
      actions={
        <LinkButton href="/admin" variant="primary">
          Go to the overview
        </LinkButton>
      }
    >
      {admin ? (
        <p>
          You are signed in as {admin.email}, with the role {ROLE_LABELS[admin.role]}. An owner can
          give you another role under Team.
        </p>
      ) : (
        <p>An owner can give you another role under Team.</p>
      )}
    </MessagePage>
  );
}
