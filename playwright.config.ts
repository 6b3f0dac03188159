import { defineConfig, devices } from "@playwright/test";
import { findChromium } from "./supabase/local/commands/chromium";

const baseURL = process.env.E2E_BASE_URL;
if (!baseURL || !process.env.E2E_STACK) {
  throw new Error(
    "The browser tests need a running system. Run `npm test -- e2e`, which starts one; or start " +
      "one with `npm start` and set E2E_BASE_URL=http://localhost:3000 and " +
      "E2E_STACK=.local/stack.json (its data will be changed).",
  );
}

const json = process.env.PLAYWRIGHT_JSON_OUTPUT_NAME;

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-results",
  forbidOnly: Boolean(process.env.CI),
  // Jobs bill and qualify everybody: files that ran at once would see each other's work.
  workers: 1,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: json ? [["list"], ["json", { outputFile: json }]] : [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    baseURL,
    locale: "en-ZA",
    timezoneId: "Africa/Johannesburg",
    // Recording takes a third of the time.
    trace: process.env.E2E_TRACE ? "retain-on-failure" : "off",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: findChromium() ?? undefined,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    },
  },
});
