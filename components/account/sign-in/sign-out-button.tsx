"use client";

import { LogOut } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useState, useTransition } from "react";
import { sendJson } from "@/components/api-client";
import { forgetTyped } from "@/components/forms/typed-draft";
import { Button, type ButtonProps } from "@/components/ui/button";
import { useTexts } from "@/components/ui/texts";
import { toast } from "@/components/ui/toaster";

export type SignOutButtonProps = Pick<ButtonProps, "variant" | "size" | "block" | "className">;

/** Ends the session and goes to the home page; before scripts run the browser posts the form itself. */
export function SignOutButton({ variant = "ghost", size = "sm", ...look }: SignOutButtonProps) {
  const t = useTexts("shell");
  const router = useRouter();
  const [sending, setSending] = useState(false);
  const [leaving, startLeaving] = useTransition();

  async function signOut(event: FormEvent) {
    event.preventDefault();
    setSending(true);
    const answer = await sendJson("/api/auth/sign-out");
    setSending(false);
    if (!answer.ok) {
      toast.error(t("notSignedOut"), { description: answer.message });
      return;
    }
    forgetTyped();
    startLeaving(() => {
      router.replace("/");
      router.refresh();
    });
  }

  return (
    <form method="post" action="/sign-out" onSubmit={signOut}>
      <Button
        {...look}
        type="submit"
        variant={variant}
        size={size}
        loading={sending || leaving}
        loadingLabel={t("signingOut")}
        icon={<LogOut aria-hidden="true" />}
      >
        {t("signOut")}
      </Button>
    </form>
  );
}
