/**
 * Runs one command on behalf of the launcher and outlives it just long enough to stop it.
 *
 * The launcher holds the other end of an IPC channel. When the launcher goes away, however it
 * goes (Ctrl-C, crash, kill -9), the channel closes and the command is stopped: nothing is left
 * running. Plain JavaScript, so that it starts without a loader.
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
  // What the command itself started must not outlive it either.
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
