import "server-only";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageResponse } from "next/og";
import { systemClock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { clientAddress } from "@/lib/http/client-address";
import { addressSubject, enforceRateLimit, RATE_LIMITS } from "@/lib/http/rate-limit";
import { shorten } from "@/lib/identity/names";
import { log } from "@/lib/log";
import { readPublicSite } from "@/lib/programme/public-site";
import { findReferralCode } from "@/lib/referrals/referral-code";
import { createServerClient } from "@/lib/supabase/clients";
import { charactersOf } from "./font-characters";
import { serverServices } from "./services";
import { SHARE_PICTURE } from "./share-metadata";

const LONGEST_BRAND = 40;
/** Pictures that are kept: names repeat, and so do the requests of messengers. */
const MOST_KEPT = 200;

const loadFont = async () => {
  const file = await readFile(
    join(process.cwd(), "node_modules/geist/dist/fonts/geist-sans/Geist-SemiBold.ttf"),
  );
  return { file, characters: charactersOf(file) };
};
let font: ReturnType<typeof loadFont> | undefined;

/**
 * A text as the picture can draw it; null when the font lacks one of its characters. Scripts that
 * need shaping or run from right to left are not drawn: the title of the link names the person.
 */
async function drawable(text: string): Promise<string | null> {
  font ??= loadFont();
  const { characters } = await font;
  const composed = text.normalize("NFC");
  if (/\p{M}|[\u0590-\u08ff]/u.test(composed)) return null;
  return Array.from(composed).every((one) => characters.has(one.codePointAt(0) ?? 0))
    ? composed
    : null;
}

function fontSize(text: string): number {
  if (text.length <= 34) return 104;
  if (text.length <= 45) return 88;
  return text.length <= 60 ? 72 : 60;
}

function Mark({ size }: { size: number }) {
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: it is drawn into a picture
    <svg viewBox="0 0 32 32" width={size} height={size}>
      <rect width="32" height="32" rx="8" fill="#f26a0a" />
      <path
        d="M16 7.5a8.5 8.5 0 1 1-8.5 8.5"
        fill="none"
        stroke="#1d0d00"
        strokeWidth="3.5"
        strokeLinecap="round"
      />
      <circle cx="9.6" cy="9.6" r="2.1" fill="#1d0d00" />
    </svg>
  );
}

interface PictureProps {
  /** Null where the font cannot draw the brand. */
  headline: string | null;
  brand: string | null;
  isInvitation: boolean;
}

function Picture({ headline, brand, isInvitation }: PictureProps) {
  return (
    <div
      style={{
        width: "100%",
        height: "100%",
        display: "flex",
        flexDirection: "column",
        justifyContent: "space-between",
        padding: "72px 80px",
        background: "#fff8f2",
        color: "#191715",
        fontFamily: "Geist",
      }}
    >
      <div style={{ display: "flex", alignItems: "center" }}>
        <Mark size={headline === null ? 160 : 72} />
        {headline === null || brand === null ? null : (
          <div style={{ marginLeft: 24, fontSize: 40, letterSpacing: "-0.02em" }}>{brand}</div>
        )}
      </div>
      {headline === null ? null : (
        <div
          style={{
            display: "flex",
            fontSize: fontSize(headline),
            lineHeight: 1.08,
            letterSpacing: "-0.03em",
            wordBreak: "break-word",
          }}
        >
          {headline}
        </div>
      )}
      <div style={{ display: "flex", fontSize: 34, color: "#66615b" }}>
        {isInvitation ? "Home internet" : ""}
      </div>
    </div>
  );
}

async function draw(firstName: string | null, brandName: string): Promise<Uint8Array> {
  // Empty while the database does not answer: then the mark stands alone.
  const brand = brandName === "" ? null : await drawable(shorten(brandName, LONGEST_BRAND));
  const name = firstName === null ? null : ((await drawable(firstName)) ?? "A friend");
  const headline =
    brand === null
      ? null
      : name === null
        ? `Home internet from ${brand}`
        : `${name} invites you to ${brand}`;
  font ??= loadFont();
  const { file } = await font;
  const image = new ImageResponse(
    <Picture headline={headline} brand={brand} isInvitation={name !== null && brand !== null} />,
    {
      ...SHARE_PICTURE,
      fonts: [{ name: "Geist", data: file, weight: 600, style: "normal" }],
    },
  );
  return new Uint8Array(await image.arrayBuffer());
}

const kept = new Map<string, Promise<Uint8Array>>();

/** The picture of an invitation by somebody, or the brand's own for nobody; drawn once. */
function pictureOf(firstName: string | null, brandName: string): Promise<Uint8Array> {
  const key = JSON.stringify([firstName, brandName]);
  const known = kept.get(key);
  // The one that was asked for last is kept longest.
  kept.delete(key);
  const picture = known ?? draw(firstName, brandName);
  kept.set(key, picture);
  picture.catch(() => kept.delete(key));
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
  return picture;
}

/** Who invites with a code; null for a code that cannot be used. @throws AppError */
async function inviterWith(code: string, headers: Headers): Promise<string | null> {
  const server = createServerClient();
  const address = clientAddress(headers, getEnv().TRUSTED_PROXY_HOPS);
  await enforceRateLimit(server, RATE_LIMITS.sharePicture, addressSubject(address));
  const check = await serverServices(server, systemClock).referrals.validateReferralCode(code);
  return check.valid ? check.referrer_first_name : null;
}

/**
 * The picture of a link as messengers show it: `CODE.png`, and the brand's own for every other name,
 * for a code that cannot be used whatever the reason, and beyond the limit of requests.
 */
export async function answerSharePicture(name: string, headers: Headers): Promise<Response> {
  const code = findReferralCode(name.replace(/\.png$/i, ""));
  let isFinal = true;
  let firstName: string | null = null;
  let brandName = "";
  try {
    brandName = (await readPublicSite(createServerClient())).brandName;
    firstName = code === null ? null : await inviterWith(code, headers);
  } catch (error) {
    log().warn({ err: error }, "the picture of a link was made without its invitation");
    isFinal = false;
  }
  const picture = await pictureOf(firstName, brandName);
  const etag = `"${createHash("sha256").update(picture).digest("base64url").slice(0, 27)}"`;
  const answered = {
    // A code can stop being usable, so nobody keeps its picture for long.
    "cache-control": isFinal ? "public, max-age=3600" : "no-store",
    etag,
  };
  if (headers.get("if-none-match") === etag) {
    return new Response(null, { status: 304, headers: answered });
  }
  return new Response(new Uint8Array(picture), {
    headers: { ...answered, "content-type": "image/png", "content-length": String(picture.length) },
  });
}
