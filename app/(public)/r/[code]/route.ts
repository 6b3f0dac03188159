import { normaliseReferralCode } from "@/lib/referrals/referral-code";

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The short link on QR codes and in print: leads to the packages, with the code if it is one. */
export async function GET(
  _request: Request,
  { params }: { params: Promise<{ code: string }> },
): Promise<Response> {
  const code = normaliseReferralCode(decoded((await params).code));
  // A relative address stays on whatever host the visitor used.
  const location = code ? `/packages?ref=${encodeURIComponent(code)}` : "/packages";
  return new Response(null, {
    status: 307,
    headers: { location, "cache-control": "no-store", "x-robots-tag": "noindex" },
  });
}
