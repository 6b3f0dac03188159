import localFont from "next/font/local";

// The fallback with the same measures is in globals.css: the one that is made here needs Arial.

/** The font of all texts. */
export const sans = localFont({
  src: "./geist-sans.woff2",
  variable: "--font-geist-sans",
  weight: "100 900",
  adjustFontFallback: false,
});

/** The font of codes. It loads only where one stands. */
export const mono = localFont({
  src: "./geist-mono.woff2",
  variable: "--font-geist-mono",
  weight: "100 900",
  preload: false,
  adjustFontFallback: false,
});
