import { resetEnv } from "@/lib/env";

/** Changes the environment of this process. Returns what puts everything back. */
export function enterEnvironment(wanted: Record<string, string>): () => void {
  const before = Object.keys(wanted).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, wanted);
  resetEnv();
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    resetEnv();
  };
}
