import { LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import type { Dashboard } from "@/lib/account/schemas";
import type { Texts } from "@/lib/language/translator";

export type MailProblemNoticeProps = {
  problem: NonNullable<Dashboard["mail_problem"]>;
  email: string;
  supportEmail: string;
  t: Texts<"account">;
};

/** Our mails do not reach the customer, and what to do. */
export function MailProblemNotice({ problem, email, supportEmail, t }: MailProblemNoticeProps) {
  if (problem.cause === "complained") {
    return (
      <Notice tone="warning" title={t("mail.complained")}>
        <p className="wrap-anywhere">
          {t("mail.complainedText", { email, support: supportEmail })}
        </p>
      </Notice>
    );
  }
  return (
    <Notice
      tone="warning"
      title={t("mail.bounced")}
      action={
        <LinkButton href="/profile#profile-contact" size="sm">
          {t("mail.correct")}
        </LinkButton>
      }
    >
      <p className="wrap-anywhere">{t("mail.bouncedText", { email })}</p>
    </Notice>
  );
}
