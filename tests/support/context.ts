import { inject } from "vitest";
import type { TestStack } from "@/supabase/local/test-stack";

export type { TestStack };

declare module "vitest" {
  interface ProvidedContext {
    stack: TestStack;
  }
}

/** How to reach the system under test, for integration and race tests. */
export function testStack(): TestStack {
  return inject("stack");
}
