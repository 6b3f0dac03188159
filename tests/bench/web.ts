/**
 * What a page costs a phone: JavaScript and fonts of the first load as they travel, how far things
 * jump, and when it can be used on a slow phone and a slow line. On the production build and demo
 * data of its own. Fails above the budgets.
 */
import { type Browser, chromium } from "@playwright/test";
import { findChromium } from "@/supabase/local/commands/chromium";
import {
  BUDGETED_PAGES,
  type BudgetedPage,
  measureScripts,
  SCRIPT_BUDGETS,
} from "@/supabase/local/commands/script-sizes";
import { startTestStack } from "@/supabase/local/commands/test-stack";
import { LaunchError } from "@/supabase/local/process/fail";
import { beforeExit } from "@/supabase/local/process/run-main";

/** In kB as they travel (1 kB = 1000 bytes). */
const FONTS_BUDGET_KB = 80;
const SHIFT_BUDGET = 0.02;
const USABLE_BUDGET_MS = 2_000;

/** A slow phone on a slow line. */
const SLOW = { cpu: 4, bytesPerSecond: (1.6 * 1_000_000) / 8, latencyMs: 150 };

const PAGES = [
  { name: "/", control: "main a" },
  { name: "order", control: "main form input[name$=line1]" },
  { name: "sign-in", control: "main form input[name=email]" },
  { name: "dashboard", control: "#referrals button" },
] as const;

interface Figures {
  page: BudgetedPage;
  scripts_kb: number;
  fonts_kb: number;
  /** Cumulative layout shift. */
  shift: number;
  /** Milliseconds until the main control stands on the page, in its place. */
  usable_ms: number;
}

/** Watches layout shifts, and when the main control stands on the page. Text: the page knows no compiler. */
const watchScript = (selector: string): string => `
  window.seen = { shift: 0, usable: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  (function look() {
    const element = document.querySelector(${JSON.stringify(selector)});
    if (element && element.getBoundingClientRect().height > 0) seen.usable = performance.now();
    else requestAnimationFrame(look);
  })();
`;

async function measure(
  browser: Browser,
  siteUrl: string,
  { name, control }: (typeof PAGES)[number],
  scripts: number,
): Promise<Figures> {
  const path = BUDGETED_PAGES[name];
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    reducedMotion: "no-preference",
    extraHTTPHeaders: { "x-forwarded-for": "203.0.113.7" },
  });
  try {
    if (name === "dashboard") {
      const data = { email: "referrer@demo.test", password: "referral-demo" };
      const answer = await context.request.post(`${siteUrl}/api/auth/sign-in`, { data });
      if (!answer.ok()) throw new Error(`the demo account cannot sign in: ${answer.status()}`);
    }
    const page = await context.newPage();
    // The server compiles nothing, but it reads its files the first time.
    await page.goto(siteUrl + path, { waitUntil: "networkidle" });

    const slow = await context.newPage();
    const devtools = await context.newCDPSession(slow);
    await devtools.send("Network.enable");
    await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
    await devtools.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: SLOW.latencyMs,
      downloadThroughput: SLOW.bytesPerSecond,
      uploadThroughput: SLOW.bytesPerSecond,
    });
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOW.cpu });
    const fonts = new Map<string, number>();
    const isFont = new Set<string>();
    devtools.on("Network.responseReceived", ({ requestId, type }) => {
      if (type === "Font") isFont.add(requestId);
    });
    devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (isFont.has(requestId)) fonts.set(requestId, encodedDataLength);
    });
    await slow.addInitScript({ content: watchScript(control) });
    await slow.goto(siteUrl + path, { waitUntil: "networkidle" });
    await slow.waitForTimeout(500);
    const seen = await slow.evaluate(
      () => (window as unknown as { seen: { shift: number; usable: number } }).seen,
    );
    const fontBytes = [...fonts.values()].reduce((sum, bytes) => sum + bytes, 0);
    return {
      page: name,
      scripts_kb: Math.round(scripts * 10) / 10,
      fonts_kb: Math.round(fontBytes / 1_000),
      shift: Math.round(seen.shift * 1_000) / 1_000,
      usable_ms: Math.round(seen.usable),
    };
  } finally {
    await context.close();
  }
}

/** What is above its budget, in words. */
function overruns(figures: readonly Figures[]): string[] {
  return figures.flatMap(({ page, scripts_kb, fonts_kb, shift, usable_ms }) => {
    const scripts = SCRIPT_BUDGETS[page];
    return [
      scripts_kb > scripts ? `${page}: ${scripts_kb} kB of scripts, allowed ${scripts}` : "",
      fonts_kb > FONTS_BUDGET_KB
        ? `${page}: ${fonts_kb} kB of fonts, allowed ${FONTS_BUDGET_KB}`
        : "",
      shift >= SHIFT_BUDGET ? `${page}: layout shift ${shift}, allowed below ${SHIFT_BUDGET}` : "",
      usable_ms >= USABLE_BUDGET_MS
        ? `${page}: usable after ${usable_ms} ms, allowed below ${USABLE_BUDGET_MS}`
        : "",
    ].filter(Boolean);
  });
}

/** @throws LaunchError when a page is above a budget; the figures are printed all the same. */
export async function benchWeb(): Promise<object> {
  const executablePath = findChromium();
  if (!executablePath) throw new LaunchError("No Chromium was found: set PLAYWRIGHT_CHROMIUM.");
  const stack = await startTestStack({ seeded: true, log: (line) => console.error(line) });
  beforeExit(stack.stop);
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const figures: Figures[] = [];
    const { siteUrl } = stack.info;
    const scripts = await measureScripts(siteUrl);
    for (const page of PAGES) {
      figures.push(await measure(browser, siteUrl, page, scripts[page.name]));
    }
    console.table(figures);
    const above = overruns(figures);
    const result = { bench: "web", slow: SLOW, figures, above };
    if (above.length === 0) return result;
    console.log(JSON.stringify(result));
    throw new LaunchError(`Above the budgets:\n${above.join("\n")}`);
  } finally {
    await browser.close();
    await stack.stop();
  }
}
