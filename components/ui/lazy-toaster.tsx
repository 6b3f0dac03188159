"use client";

import { type ComponentType, useEffect, useState } from "react";

/** The place where toasts appear. It stands once, in the root layout, and loads after the page. */
export function LazyToaster() {
  const [Toaster, setToaster] = useState<ComponentType | null>(null);
  useEffect(() => {
    void import("./toaster").then((loaded) => setToaster(() => loaded.Toaster));
  }, []);
  return Toaster ? <Toaster /> : null;
}
