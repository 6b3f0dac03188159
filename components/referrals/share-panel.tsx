"use client";

import { Mail, MessageCircle, MessageSquareText, Share2 } from "lucide-react";
import type { ReactNode } from "react";
import { useSyncExternalStore } from "react";
import { Field, Input } from "@/components/forms/field";
import { Button } from "@/components/ui/button";
import { buttonClasses } from "@/components/ui/button-classes";
import { CopyButton } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/notice";
import { toast } from "@/components/ui/toaster";
import { QrDialog } from "./qr-dialog";

export type SharePanelProps = {
  code: string;
  link: string;
  brandName: string;
  obstacle: ReferralObstacle | null;
};

/** Why friends cannot use the code now: no active service, or an overdue invoice. */
export type ReferralObstacle = "inactive" | "overdue";

const OBSTACLES: Readonly<Record<ReferralObstacle, string>> = {
  inactive:
    "Friends can use your code once your own service is active. Until then an order with it goes through, but is not linked to you.",
  overdue:
    "Friends can use your code again once your overdue invoice is paid. Until then an order with it goes through, but is not linked to you.",
};

const subscribe = () => () => {};

function useDeviceShare(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => typeof navigator.share === "function",
    () => false,
  );
}

/** The text that is sent with the link. The customer can change it before sending. */
function invitationText(brandName: string): string {
  return `I get my internet from ${brandName}. If you would like it too, order through my link:`;
}

function ShareLink({
  href,
  icon,
  external = false,
  children,
}: {
  href: string;
  icon: ReactNode;
  external?: boolean;
  children: ReactNode;
}) {
  return (
    <a
      href={href}
      className={buttonClasses({ variant: "secondary", size: "md" })}
      {...(external ? { target: "_blank", rel: "noopener noreferrer" } : {})}
    >
      {icon}
      {children}
      {external ? <span className="sr-only"> (opens a new tab)</span> : null}
    </a>
  );
}

function ShareButtons({ code, link, brandName }: Omit<SharePanelProps, "obstacle">) {
  const canUseDevice = useDeviceShare();
  const text = invitationText(brandName);
  const message = encodeURIComponent(`${text} ${link}`);
  const subject = encodeURIComponent(`Internet from ${brandName}`);

  async function shareByDevice() {
    try {
      await navigator.share({ title: `Internet from ${brandName}`, text, url: link });
    } catch (error) {
      // The customer closed the share sheet. That is not a failure.
      if (error instanceof DOMException && error.name === "AbortError") return;
      toast.error("Sharing did not open.", { description: "Please copy the link instead." });
    }
  }

  return (
    <ul className="grid grid-cols-2 gap-2 sm:flex sm:flex-wrap [&_a]:w-full [&_button]:w-full sm:[&_a]:w-auto sm:[&_button]:w-auto">
      <li>
        <ShareLink
          href={`https://wa.me/?text=${message}`}
          icon={<MessageCircle aria-hidden="true" />}
          external
        >
          WhatsApp
        </ShareLink>
      </li>
      <li>
        <ShareLink
          href={`mailto:?subject=${subject}&body=${message}`}
          icon={<Mail aria-hidden="true" />}
        >
          E-mail
        </ShareLink>
      </li>
      <li>
        <ShareLink href={`sms:?&body=${message}`} icon={<MessageSquareText aria-hidden="true" />}>
          SMS
        </ShareLink>
      </li>
      <li>
        <QrDialog code={code} link={link} />
      </li>
      {canUseDevice ? (
        <li className="col-span-2">
          <Button icon={<Share2 aria-hidden="true" />} onClick={shareByDevice}>
            More ways
          </Button>
        </li>
      ) : null}
    </ul>
  );
}

/** The code and the link, to copy and to send. */
export function SharePanel({ code, link, brandName, obstacle }: SharePanelProps) {
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <div>
        <p id="referral-code-label" className="font-medium text-sm">
          Your code
        </p>
        <div className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-2">
          <output
            aria-labelledby="referral-code-label"
            className="whitespace-nowrap font-medium font-mono text-3xl tracking-tight sm:text-4xl"
          >
            {code}
          </output>
          <CopyButton value={code} label="Copy code" size="sm" />
        </div>
      </div>

      <div className="flex flex-col gap-2 sm:flex-row sm:items-end">
        <Field label="Your link" className="flex-1">
          <Input
            readOnly
            value={link}
            onFocus={(event) => event.currentTarget.select()}
            className="text-ellipsis"
          />
        </Field>
        <CopyButton
          value={link}
          label="Copy link"
          variant={obstacle ? "secondary" : "primary"}
          className="shrink-0"
        />
      </div>

      {obstacle ? (
        <Notice>{OBSTACLES[obstacle]}</Notice>
      ) : (
        <div>
          <h3 className="mb-2 font-medium text-sm">Send it</h3>
          <ShareButtons code={code} link={link} brandName={brandName} />
        </div>
      )}
    </div>
  );
}
