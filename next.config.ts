import type { NextConfig } from "next";

/** The content security policy carries a nonce per request, so `proxy.ts` sets it. */
export const securityHeaders = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Referrer-Policy", value: "strict-origin-when-cross-origin" },
  {
    key: "Permissions-Policy",
    value: "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
  },
  { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
  { key: "X-Permitted-Cross-Domain-Policies", value: "none" },
  // Browsers ignore this over plain HTTP, so local use is not affected.
  { key: "Strict-Transport-Security", value: "max-age=63072000; includeSubDomains" },
];

/** The pictures of shared links are shown by messengers and other sites; nothing else is. */
const resourcePolicies = [
  { source: "/:path((?!share-picture/).*)", policy: "same-origin" },
  { source: "/share-picture/:path*", policy: "cross-origin" },
].map(({ source, policy }) => ({
  source,
  headers: [{ key: "Cross-Origin-Resource-Policy", value: policy }],
}));

const nextConfig: NextConfig = {
  poweredByHeader: false,
  // The front door does it, with Brotli as well.
  compress: false,
  reactStrictMode: true,
  typedRoutes: false,
  // Without the tests and the embedded stack, whose packages a production install leaves out.
  typescript: { tsconfigPath: "tsconfig.build.json" },
  devIndicators: false,
  images: { remotePatterns: [] },
  // `forbidden()` answers 403 with app/(admin)/admin/forbidden.tsx.
  experimental: { authInterrupts: true },
  turbopack: { root: import.meta.dirname },
  // Paths are matched in any case, so `/R/CODE` of a poster in capitals leads to the short link too.
  rewrites: async () => [{ source: "/r/:path*", destination: "/r/:path*" }],
  // Password managers lead people to where they change their password.
  redirects: async () => [
    { source: "/.well-known/change-password", destination: "/security", permanent: false },
  ],
  headers: async () => [{ source: "/:path*", headers: securityHeaders }, ...resourcePolicies],
  // Title and picture of a page stand in its head for everybody: many messengers read only that.
  htmlLimitedBots: /./,
};

export default nextConfig;
