import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "@playwright/test";
import { LaunchError } from "../process/fail";
import { binOf, runNode } from "../process/project";
import type { Log } from "../process/run-main";
import { supervise } from "../process/supervised";

const SYSTEM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const SYSTEM_PATHS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A Chromium on this machine: the one PLAYWRIGHT_CHROMIUM names, Playwright's own, or the
 * system's. Null when there is none.
 *
 * @throws LaunchError when PLAYWRIGHT_CHROMIUM names no program.
 */
export function findChromium(): string | null {
  const named = process.env.PLAYWRIGHT_CHROMIUM;
  if (named) {
    if (isExecutable(named)) return named;
    throw new LaunchError(`PLAYWRIGHT_CHROMIUM: there is no program at ${named}`);
  }
  const own = chromium.executablePath();
  if (own && existsSync(own)) return own;
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const candidates = folders.flatMap((folder) => SYSTEM_NAMES.map((name) => join(folder, name)));
  return [...candidates, ...SYSTEM_PATHS].find(isExecutable) ?? null;
}

async function aptInstall(): Promise<void> {
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", "chromium"]]) {
    const apt = await supervise({
      command: "apt-get",
      args,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      group: true,
      stop: [["SIGTERM", 5_000]],
      stdio: "inherit",
    });
    await apt.exited;
  }
}

/** Finds a Chromium, or installs one. @throws LaunchError when neither works. */
export async function ensureChromium(log: Log): Promise<string> {
  const found = findChromium();
  if (found) return found;
  log("No Chromium found: installing Playwright's");
  await runNode(binOf("@playwright/test", "playwright"), ["install", "chromium"]);
  const installed = findChromium();
  if (installed) return installed;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    log("That did not work: installing the system's");
    await aptInstall();
    const fromSystem = findChromium();
    if (fromSystem) return fromSystem;
  }
  throw new LaunchError(
    "No Chromium was found or could be installed. Install one, or set PLAYWRIGHT_CHROMIUM to it.",
  );
}
