"use client";

import { Download, Printer, QrCode } from "lucide-react";
import dynamic from "next/dynamic";
import { useRef } from "react";
import { Button, LinkButton } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useTexts } from "@/components/ui/texts";
import { toast } from "@/components/ui/toaster";
import type { Texts } from "@/lib/language/translator";
import { referralShortLink } from "@/lib/referrals/referral-code";
import { linkVia } from "@/lib/referrals/share-channel";

/** What draws the code loads when somebody asks for it; its place is kept. */
const QRCode = dynamic(() => import("react-qr-code"), {
  ssr: false,
  loading: () => <span className="block aspect-square w-56 max-w-full" />,
});

/** Side of the downloaded picture and its white margin, which readers need, in pixels. */
const PICTURE = { side: 1024, margin: 128 } as const;

/** The drawn code as a picture that every app opens. Null where the browser cannot make one. */
async function pictureOf(drawn: SVGSVGElement): Promise<Blob | null> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(drawn))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = PICTURE.side;
  canvas.height = PICTURE.side;
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, PICTURE.side, PICTURE.side);
  context.imageSmoothingEnabled = false;
  const inner = PICTURE.side - 2 * PICTURE.margin;
  context.drawImage(image, PICTURE.margin, PICTURE.margin, inner, inner);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

async function download(
  drawn: SVGSVGElement | null,
  name: string,
  t: Texts<"friends">,
): Promise<void> {
  const picture = drawn && (await pictureOf(drawn).catch(() => null));
  if (!picture) {
    toast.error(t("qr.failed"), { description: t("qr.screenshot") });
    return;
  }
  const address = URL.createObjectURL(picture);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** The QR code of the short link, to show in person or to keep as a picture. */
export function QrDialog({ code, link }: { code: string; link: string }) {
  const t = useTexts("friends");
  const site = link.replace(/\/\?ref=.*$/, "");
  const shortLink = referralShortLink(site, code);
  const box = useRef<HTMLDivElement>(null);
  return (
    <Dialog
      trigger={<Button icon={<QrCode aria-hidden="true" />}>{t("qr.button")}</Button>}
      title={t("qr.title")}
      description={t("qr.text")}
    >
      <div className="flex flex-col items-center gap-4 pb-2">
        {/* Black on white also in dark mode, because cameras need it. */}
        <div ref={box} className="rounded-card border border-border bg-[#fff] p-4">
          <QRCode
            value={linkVia(shortLink, "qr")}
            size={224}
            level="M"
            bgColor="#ffffff"
            fgColor="#000000"
            role="img"
            aria-label={t("qr.picture", { link: shortLink })}
            className="h-auto w-full max-w-56"
          />
        </div>
        <p className="font-medium font-mono text-xl">{code}</p>
        <p className="wrap-anywhere text-center text-sm text-text-muted">{shortLink}</p>
        <div className="flex flex-wrap justify-center gap-3">
          <Button
            icon={<Download aria-hidden="true" />}
            onClick={() => download(box.current?.querySelector("svg") ?? null, `${code}.png`, t)}
          >
            {t("qr.download")}
          </Button>
          <LinkButton href="/invitation-card" icon={<Printer aria-hidden="true" />}>
            {t("qr.print")}
          </LinkButton>
        </div>
      </div>
    </Dialog>
  );
}
