"use client";

import dynamic from "next/dynamic";

/** The place where toasts appear. It stands once, in the root layout, and loads after the page. */
export const LazyToaster = dynamic(() => import("./toaster").then((loaded) => loaded.Toaster), {
  ssr: false,
});
