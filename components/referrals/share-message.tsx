"use client";

import { ChevronDown, Mail, MessageCircle, MessageSquareText, Share2 } from "lucide-react";
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { Field, Textarea } from "@/components/forms/field";
import { Button } from "@/components/ui/button";
import { type ButtonLook, buttonClasses } from "@/components/ui/button-classes";
import { cn } from "@/components/ui/cn";
import { useTexts } from "@/components/ui/texts";
import { toast } from "@/components/ui/toaster";
import { linkVia } from "@/lib/referrals/share-channel";
import { LONGEST_SHARE_TEXT, shareTargets } from "./share-text";

export type ShareMessageProps = { code: string; link: string; brandName: string };

const subscribe = () => () => {};

function useDeviceShare(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => typeof navigator.share === "function",
    () => false,
  );
}

const keyOf = (code: string) => `share-text-${code}`;

/** The customer's own words, kept in this browser. Storage can be switched off or full. */
function useShareText(code: string, suggestion: string) {
  const [own, setOwn] = useState<string | null>(null);
  useEffect(() => {
    try {
      setOwn(localStorage.getItem(keyOf(code))?.slice(0, LONGEST_SHARE_TEXT) ?? null);
    } catch {
      // The suggestion stands.
    }
  }, [code]);
  function write(text: string | null) {
    setOwn(text);
    try {
      if (text === null) localStorage.removeItem(keyOf(code));
      else localStorage.setItem(keyOf(code), text);
    } catch {
      // It lasts until the page is left.
    }
  }
  return { text: own ?? suggestion, isOwn: own !== null && own !== suggestion, write };
}

type ShareLinkProps = {
  href: string;
  icon: ReactNode;
  variant?: ButtonLook["variant"];
  external?: boolean;
  children: ReactNode;
};

function ShareLink({ href, icon, variant, external = false, children }: ShareLinkProps) {
  const t = useTexts("friends");
  return (
    <a
      href={href}
      className={cn(buttonClasses({ variant }), "w-full sm:w-auto")}
      {...(external ? { target: "_blank", rel: "noopener noreferrer" } : {})}
    >
      {icon}
      {children}
      {external ? <span className="sr-only"> {t("share.newTab")}</span> : null}
    </a>
  );
}

/** The message to a friend, to change and to send: first the ways that most people use. */
export function ShareMessage({ code, link, brandName }: ShareMessageProps) {
  const t = useTexts("friends");
  const canUseDevice = useDeviceShare();
  const { text, isOwn, write } = useShareText(
    code,
    // It promises the friend nothing: only the customer is told what referring earns.
    t("share.suggestion", { brand: brandName }),
  );
  const targets = shareTargets(text, link, t("share.subject", { brand: brandName }));

  async function shareByDevice() {
    try {
      const url = linkVia(link, "share");
      await navigator.share({ title: t("share.subject", { brand: brandName }), text, url });
    } catch (error) {
      // The customer closed the share sheet. That is not a failure.
      if (error instanceof DOMException && error.name === "AbortError") return;
      toast.error(t("share.notOpened"), { description: t("share.copyInstead") });
    }
  }

  return (
    <div className="flex flex-col gap-3">
      <Field
        label={t("share.message")}
        hint={
          isOwn ? (
            <button
              type="button"
              onClick={() => write(null)}
              className="inline-flex min-h-6 items-center pointer-coarse:min-h-11 rounded-sm font-medium text-accent-strong underline underline-offset-4"
            >
              {t("share.suggestionAgain")}
            </button>
          ) : (
            t("share.own")
          )
        }
      >
        <Textarea
          value={text}
          maxLength={LONGEST_SHARE_TEXT}
          onChange={(event) => write(event.target.value)}
        />
      </Field>
      <ul className="flex flex-col gap-2 sm:flex-row sm:flex-wrap">
        <li>
          <ShareLink
            href={targets.whatsapp}
            icon={<MessageCircle aria-hidden="true" />}
            variant="primary"
            external
          >
            WhatsApp
          </ShareLink>
        </li>
        {canUseDevice ? (
          <li>
            <Button
              icon={<Share2 aria-hidden="true" />}
              onClick={shareByDevice}
              className="w-full sm:w-auto"
            >
              {t("share.device")}
            </Button>
          </li>
        ) : null}
      </ul>
      <details className="group">
        <summary className="inline-flex min-h-11 list-none items-center gap-2 rounded-sm font-medium text-sm text-text-muted hover:text-text [&::-webkit-details-marker]:hidden">
          {t("share.moreWays")}
          <ChevronDown
            aria-hidden="true"
            className="size-4 transition-transform duration-150 group-open:rotate-180"
          />
        </summary>
        <ul className="mt-1 grid grid-cols-2 gap-2 sm:flex sm:flex-wrap">
          <li>
            <ShareLink href={targets.email} icon={<Mail aria-hidden="true" />}>
              {t("share.email")}
            </ShareLink>
          </li>
          <li>
            <ShareLink href={targets.sms} icon={<MessageSquareText aria-hidden="true" />}>
              SMS
            </ShareLink>
          </li>
        </ul>
      </details>
    </div>
  );
}
