import { shortLinkTarget } from "@/lib/referrals/referral-code";
import { channelOfLink, linkVia } from "@/lib/referrals/share-channel";

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The short link on QR codes and in print, with a package or without: `/r/CODE`, `/r/CODE/package`.
 * next.config.ts leads other spellings of `/r/` here.
 */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ segments: string[] }> },
): Promise<Response> {
  const { segments } = await params;
  const target = shortLinkTarget(segments.map(decoded));
  const via = channelOfLink(new URL(request.url).search);
  return new Response(null, {
    status: 307,
    headers: {
      // A relative address stays on whatever host the visitor used.
      location: via ? linkVia(target, via) : target,
      "cache-control": "no-store",
      "x-robots-tag": "noindex",
    },
  });
}
