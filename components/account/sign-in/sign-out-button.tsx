"use client";

import { LogOut } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useState, useTransition } from "react";
import { Button, type ButtonProps } from "@/components/ui/button";
import { toast } from "@/components/ui/toaster";

export type SignOutButtonProps = Pick<ButtonProps, "variant" | "size" | "block" | "className">;

/** Ends the session and leads to the home page. */
export function SignOutButton({ variant = "ghost", size = "sm", ...look }: SignOutButtonProps) {
  const router = useRouter();
  const [sending, setSending] = useState(false);
  const [leaving, startLeaving] = useTransition();

  async function signOut(event: FormEvent) {
    event.preventDefault();
    setSending(true);
    try {
      const response = await fetch("/api/auth/sign-out", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      if (!response.ok) throw new Error(`sign-out answered ${response.status}`);
      startLeaving(() => {
        router.replace("/");
        router.refresh();
      });
    } catch {
      toast.error("We could not sign you out.", {
        description: "Please check your connection and try again.",
      });
    } finally {
      setSending(false);
    }
  }

  return (
    <form onSubmit={signOut}>
      <Button
        {...look}
        type="submit"
        variant={variant}
        size={size}
        loading={sending || leaving}
        loadingLabel="Signing out"
        icon={<LogOut aria-hidden="true" />}
      >
        Sign out
      </Button>
    </form>
  );
}
