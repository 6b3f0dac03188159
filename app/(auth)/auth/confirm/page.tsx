import type { Metadata } from "next";
import { z } from "zod";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { EmailLinkForm } from "@/components/account/sign-in/email-link-form";
import { Button, LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { homeOf } from "@/lib/access/home";
import { type LinkType, linkTypeSchema } from "@/lib/access/schemas";
import { pageTexts } from "@/lib/composition/page-language";
import { getPageSession } from "@/lib/composition/page-session";
import type { Texts } from "@/lib/language/translator";
import { sendConfirmationLink } from "../../actions";

export async function generateMetadata(): Promise<Metadata> {
  return {
    title: (await pageTexts("auth"))("link.title"),
    // The address holds a secret until the button is pressed, so no other site gets it. With
    // "no-referrer", browsers would hide from us that the press comes from our own page.
    referrer: "same-origin",
  };
}

const querySchema = z.object({
  token_hash: z.string().min(1).max(500).optional().catch(undefined),
  type: linkTypeSchema.optional().catch(undefined),
  next: z.string().max(500).optional().catch(undefined),
  problem: z.enum(["expired", "busy", "unavailable", "other_link"]).optional().catch(undefined),
});

/** What helps with a link that was used already or is too old. */
function Remedy({ type, t }: { type: LinkType; t: Texts<"auth"> }) {
  if (type === "recovery") {
    return (
      <LinkButton href="/forgot-password" variant="primary">
        {t("newPassword.sendLink")}
      </LinkButton>
    );
  }
  if (type === "signup") {
    return (
      <>
        <p className="text-text-muted">{t("link.signupAgain")}</p>
        <LinkButton href="/sign-in" className="my-6">
          {t("signIn.title")}
        </LinkButton>
        <EmailLinkForm kind="confirmation" action={sendConfirmationLink} />
      </>
    );
  }
  return (
    <>
      <p className="mb-6 text-text-muted">
        {t(type === "invite" ? "link.inviteAgain" : "link.emailChangeAgain")}
      </p>
      <LinkButton href="/sign-in" variant="primary">
        {t("signIn.title")}
      </LinkButton>
    </>
  );
}

type ConfirmPageProps = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/**
 * Where the links of account mails lead. Opening it changes nothing, because mail scanners open
 * links too: what the link is for happens when a person presses the button.
 */
export default async function ConfirmPage({ searchParams }: ConfirmPageProps) {
  const { token_hash, type, next, problem } = querySchema.parse(await searchParams);
  const t = await pageTexts("auth");

  if (problem === "other_link") {
    return (
      <AuthCard title={t("link.oneMore")} description={t("link.oneMoreText")}>
        <LinkButton href="/">{t("link.toStart")}</LinkButton>
      </AuthCard>
    );
  }
  if (problem === "expired") {
    const page = await getPageSession();
    return (
      <AuthCard title={t("newPassword.linkGone")} description={t("link.expired")}>
        {page ? (
          <LinkButton href={homeOf(page.session)} variant="primary">
            {t("link.signedIn")}
          </LinkButton>
        ) : (
          <Remedy type={type ?? "signup"} t={t} />
        )}
      </AuthCard>
    );
  }
  if (!token_hash || !type) {
    return (
      <AuthCard title={t("link.incomplete")} description={t("link.incompleteText")}>
        <LinkButton href="/sign-in">{t("link.toSignIn")}</LinkButton>
      </AuthCard>
    );
  }

  return (
    <AuthCard title={t(`link.${type}.title`)} description={t(`link.${type}.text`)}>
      {problem ? (
        <Notice tone="negative" role="alert" className="mb-6">
          {t(problem === "busy" ? "link.busy" : "link.unavailable")}
        </Notice>
      ) : null}
      <form method="post" action="/auth/confirm/open">
        <input type="hidden" name="token_hash" value={token_hash} />
        <input type="hidden" name="type" value={type} />
        {next ? <input type="hidden" name="next" value={next} /> : null}
        <Button type="submit" variant="primary" size="lg" block>
          {t(`link.${type}.button`)}
        </Button>
      </form>
    </AuthCard>
  );
}
