"use client";

import { QrCode } from "lucide-react";
import QRCode from "react-qr-code";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { referralShortLink } from "@/lib/referrals/referral-code";

/** The QR code of the short link, to show in person. */
export function QrDialog({ code, link }: { code: string; link: string }) {
  const site = link.replace(/\/\?ref=.*$/, "");
  const shortLink = referralShortLink(site, code);
  return (
    <Dialog
      trigger={<Button icon={<QrCode aria-hidden="true" />}>QR code</Button>}
      title="Show this to a friend"
      description="When they point their camera at it, the packages open with your invitation."
    >
      <div className="flex flex-col items-center gap-4 pb-2">
        {/* Black on white also in dark mode, because cameras need it. */}
        <div className="rounded-card border border-border bg-[#fff] p-4">
          <QRCode
            value={shortLink}
            size={224}
            level="M"
            bgColor="#ffffff"
            fgColor="#000000"
            role="img"
            aria-label={`QR code of ${shortLink}`}
            className="h-auto w-full max-w-56"
          />
        </div>
        <p className="font-medium font-mono text-xl">{code}</p>
        <p className="wrap-anywhere text-center text-sm text-text-muted">{shortLink}</p>
      </div>
    </Dialog>
  );
}
