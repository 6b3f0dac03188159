"use client";

import { useEffect, useRef, useState } from "react";
import { useTexts } from "@/components/ui/texts";

export type CaptchaFieldProps = {
  /** The check that the deployment asks for; null shows nothing. */
  settings: { provider: "turnstile" | "hcaptcha"; siteKey: string } | null;
  /** A token counts once: a new value here asks for the next one. */
  attempt: unknown;
};

interface Widget {
  render(
    element: HTMLElement,
    options: { sitekey: string; callback: (token: string) => void },
  ): unknown;
}

const SCRIPTS = {
  turnstile: "https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit",
  hcaptcha: "https://js.hcaptcha.com/1/api.js?render=explicit",
} as const;

const loads = new Map<string, Promise<void>>();

/** Loads the provider's script once. It is allowed because our own script asks for it. */
function load(address: string): Promise<void> {
  const known = loads.get(address);
  if (known) return known;
  const loading = new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.async = true;
    script.onload = () => resolve();
    script.onerror = () => {
      loads.delete(address);
      reject(new Error("the check could not be loaded"));
    };
    document.head.append(script);
  });
  loads.set(address, loading);
  return loading;
}

/** The check that somebody is a person; its token is the form's field `captcha_token`. */
export function CaptchaField({ settings, attempt }: CaptchaFieldProps) {
  const ui = useTexts("ui");
  const place = useRef<HTMLDivElement>(null);
  const [token, setToken] = useState("");
  const [isBroken, setIsBroken] = useState(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt needs a widget of its own
  useEffect(() => {
    const element = place.current;
    if (!settings || !element) return;
    setToken("");
    setIsBroken(false);
    const box = document.createElement("div");
    element.replaceChildren(box);
    let isGone = false;
    load(SCRIPTS[settings.provider])
      .then(() => {
        if (isGone) return;
        const widget = (window as unknown as Record<string, Widget | undefined>)[settings.provider];
        widget?.render(box, { sitekey: settings.siteKey, callback: setToken });
      })
      .catch(() => setIsBroken(true));
    return () => {
      isGone = true;
    };
  }, [settings, attempt]);

  if (!settings) return null;
  return (
    <div>
      <div ref={place} />
      {isBroken ? (
        <p className="text-negative text-sm" role="alert">
          {ui("captchaBroken")}
        </p>
      ) : null}
      <input type="hidden" name="captcha_token" value={token} readOnly />
    </div>
  );
}
