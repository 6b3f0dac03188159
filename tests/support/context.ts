import { inject } from "vitest";
import type { TestStack } from "@/supabase/local/commands/test-stack";

export type { TestStack };

declare module "vitest" {
  interface ProvidedContext {
    stack: TestStack;
  }
}

let own: TestStack | null = null;

/** From here on the helpers of this test file reach a system of its own. */
export function useStack(stack: TestStack): void {
  own = stack;
}

/** How to reach the system under test, for integration and race tests. */
export function testStack(): TestStack {
  return own ?? inject("stack");
}
