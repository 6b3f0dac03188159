import { LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import type { Dashboard } from "@/lib/account/schemas";

export type MailProblemNoticeProps = {
  problem: NonNullable<Dashboard["mail_problem"]>;
  email: string;
  supportEmail: string;
};

/** Our mails do not reach the customer, and what to do. */
export function MailProblemNotice({ problem, email, supportEmail }: MailProblemNoticeProps) {
  if (problem.cause === "complained") {
    return (
      <Notice tone="warning" title="We no longer send you mails">
        <p className="wrap-anywhere">
          A mail to {email} was reported as spam. To get our mails again, your invoices among them,
          write to {supportEmail}.
        </p>
      </Notice>
    );
  }
  return (
    <Notice
      tone="warning"
      title="Our mails do not reach you"
      action={
        <LinkButton href="/profile#profile-contact" size="sm">
          Correct your address
        </LinkButton>
      }
    >
      <p className="wrap-anywhere">
        Mails to {email} come back to us. Please check whether the address is right.
      </p>
    </Notice>
  );
}
