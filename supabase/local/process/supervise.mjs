/**
 * Runs one command for the launcher, and stops it when the launcher ends.
 *
 * The launcher holds the other end of an IPC channel. When the launcher ends in any way (Ctrl-C,
 * crash, kill -9), the channel closes and the command is stopped. This file is plain JavaScript, so
 * that it starts without a loader.
 *
 * Configuration: one JSON argument, see `SuperviseOptions` in supervised.ts.
 */
import { spawn } from "node:child_process";

const options = JSON.parse(process.argv[2] ?? "{}");
const isWindows = process.platform === "win32";

for (const signal of ["SIGINT", "SIGHUP", "SIGQUIT"]) process.on(signal, () => {});
process.on("SIGTERM", () => stop());
process.on("disconnect", () => stop());
process.on("message", (message) => {
  if (message === "stop") stop();
});

function tell(message) {
  return new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send(message, () => resolve());
  });
}

const child = spawn(options.command, options.args, {
  cwd: options.cwd,
  env: process.env,
  uid: options.uid,
  gid: options.gid,
  stdio: ["ignore", "inherit", "inherit"],
  detached: options.group && !isWindows,
  windowsHide: true,
});

child.on("error", async (error) => {
  await tell({ type: "error", message: error.message });
  process.exit(1);
});
child.on("spawn", () => tell({ type: "started", pid: child.pid }));
child.on("exit", async (code, signal) => {
  // The processes that the command started end with it.
  if (options.group) signalChild("SIGKILL");
  await tell({ type: "exited", code, signal });
  process.exit(code ?? 1);
});

function signalChild(signal) {
  if (child.pid === undefined) return;
  try {
    if (options.group && !isWindows) process.kill(-child.pid, signal);
    else process.kill(child.pid, signal);
  } catch {
    // Already gone.
  }
}

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  if (isWindows) {
    spawn("taskkill", ["/pid", String(child.pid), "/t", "/f"], { stdio: "ignore" });
    return;
  }
  let delay = 0;
  for (const [signal, patience] of options.stop) {
    setTimeout(() => signalChild(signal), delay);
    delay += patience;
  }
}
