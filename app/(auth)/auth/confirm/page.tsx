import type { Metadata } from "next";
import type { ReactNode } from "react";
import { z } from "zod";
import { AuthCard } from "@/components/account/sign-in/auth-card";
import { EmailLinkForm } from "@/components/account/sign-in/email-link-form";
import { Button, LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { homeOf } from "@/lib/access/home";
import { type LinkType, linkTypeSchema } from "@/lib/access/schemas";
import { getPageSession } from "@/lib/composition/page-session";
import { sendConfirmationLink } from "../../actions";

export const metadata: Metadata = {
  title: "Your link",
  // The address holds a secret until the button is pressed, so no other site gets it. With
  // "no-referrer", browsers would hide from us that the press comes from our own page.
  referrer: "same-origin",
};

const WORDS: Readonly<Record<LinkType, { title: string; text: string; button: string }>> = {
  signup: {
    title: "Confirm your e-mail address",
    text: "Press the button, and your address is confirmed and you are signed in.",
    button: "Confirm my address",
  },
  recovery: {
    title: "Choose a new password",
    text: "Press the button, and you can choose a new password.",
    button: "Go on",
  },
  email_change: {
    title: "Confirm your new e-mail address",
    text: "Press the button to confirm the change of your e-mail address.",
    button: "Confirm the change",
  },
  invite: {
    title: "Accept the invitation",
    text: "Press the button, and you can choose your password.",
    button: "Accept",
  },
};

const querySchema = z.object({
  token_hash: z.string().min(1).max(500).optional().catch(undefined),
  type: linkTypeSchema.optional().catch(undefined),
  next: z.string().max(500).optional().catch(undefined),
  problem: z.enum(["expired", "busy", "unavailable", "other_link"]).optional().catch(undefined),
});

/** What helps with a link that was used already or is too old. */
const REMEDIES: Readonly<Record<LinkType, ReactNode>> = {
  signup: (
    <>
      <p className="text-text-muted">
        If you pressed the button before, your address is confirmed: sign in. Otherwise let us send
        you a new link.
      </p>
      <LinkButton href="/sign-in" className="my-6">
        Sign in
      </LinkButton>
      <EmailLinkForm kind="confirmation" action={sendConfirmationLink} />
    </>
  ),
  recovery: (
    <LinkButton href="/forgot-password" variant="primary">
      Send me a new link
    </LinkButton>
  ),
  email_change: (
    <>
      <p className="mb-6 text-text-muted">
        Sign in to see which address your account has, and ask for the change again.
      </p>
      <LinkButton href="/sign-in" variant="primary">
        Sign in
      </LinkButton>
    </>
  ),
  invite: (
    <>
      <p className="mb-6 text-text-muted">
        If you accepted before, sign in. Otherwise ask the person who invited you for another
        invitation.
      </p>
      <LinkButton href="/sign-in" variant="primary">
        Sign in
      </LinkButton>
    </>
  ),
};

type ConfirmPageProps = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/**
 * Where the links of account mails lead. Opening it changes nothing, because mail scanners open
 * links too: what the link is for happens when a person presses the button.
 */
export default async function ConfirmPage({ searchParams }: ConfirmPageProps) {
  const { token_hash, type, next, problem } = querySchema.parse(await searchParams);

  if (problem === "other_link") {
    return (
      <AuthCard
        title="One more link"
        description="This address is confirmed. Now open the link in the mail to the other address, and the change is done."
      >
        <LinkButton href="/">Back to the start page</LinkButton>
      </AuthCard>
    );
  }
  if (problem === "expired") {
    const page = await getPageSession();
    return (
      <AuthCard
        title="This link no longer works"
        description="Each link works once and for one hour. This one was used already, is older, or was replaced by a newer one."
      >
        {page ? (
          <LinkButton href={homeOf(page.session)} variant="primary">
            You are signed in: go on
          </LinkButton>
        ) : (
          REMEDIES[type ?? "signup"]
        )}
      </AuthCard>
    );
  }
  if (!token_hash || !type) {
    return (
      <AuthCard
        title="This link is not complete"
        description="Open the link in the mail again, or copy the whole address into your browser."
      >
        <LinkButton href="/sign-in">Go to sign in</LinkButton>
      </AuthCard>
    );
  }

  const words = WORDS[type];
  return (
    <AuthCard title={words.title} description={words.text}>
      {problem ? (
        <Notice tone="negative" role="alert" className="mb-6">
          {problem === "busy"
            ? "That was a lot of requests. Please wait a minute and press the button again."
            : "We could not check the link just now. It still works: please press the button again in a minute."}
        </Notice>
      ) : null}
      <form method="post" action="/auth/confirm/open">
        <input type="hidden" name="token_hash" value={token_hash} />
        <input type="hidden" name="type" value={type} />
        {next ? <input type="hidden" name="next" value={next} /> : null}
        <Button type="submit" variant="primary" size="lg" block>
          {words.button}
        </Button>
      </form>
    </AuthCard>
  );
}
