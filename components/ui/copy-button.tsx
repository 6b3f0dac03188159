"use client";

import { Check, Copy } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button, type ButtonProps } from "./button";
import { cn } from "./cn";
import { useTexts } from "./texts";

const ICON = "transition duration-100 motion-reduce:transition-none";

export type CopyButtonProps = Pick<ButtonProps, "variant" | "size" | "block" | "className"> & {
  value: string;
  /** The words on the button, e.g. "Copy link". */
  label: string;
  /** Shows the icon only. Screen readers still read the label. */
  iconOnly?: boolean;
};

/** Copies from a hidden text box, for pages without permission to use the clipboard. */
function copyBySelection(value: string): boolean {
  const box = document.createElement("textarea");
  box.value = value;
  box.readOnly = true;
  box.className = "fixed top-0 left-0 size-px opacity-0";
  document.body.append(box);
  const before = document.activeElement;
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}

async function copy(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return copyBySelection(value);
  }
}

/** Copies a text. The button shows it, and screen readers say it. */
export function CopyButton({ value, label, iconOnly = false, ...look }: CopyButtonProps) {
  const ui = useTexts("ui");
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  async function onClick() {
    const copied = await copy(value);
    setState(copied ? "copied" : "failed");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setState("idle"), 2500);
  }

  const spoken = {
    idle: "",
    copied: ui("copied"),
    failed: ui("copyBlocked"),
  }[state];
  const words = { idle: label, copied: ui("copied"), failed: ui("selectAndCopy") }[state];
  return (
    <>
      <Button {...look} onClick={onClick} aria-label={iconOnly ? label : undefined}>
        {/* Both icons share one place, and one fades into the other. */}
        <span aria-hidden="true" className="grid [&>*]:col-start-1 [&>*]:row-start-1">
          <Copy className={cn(ICON, state === "copied" && "scale-60 opacity-0")} />
          <Check className={cn(ICON, state !== "copied" && "scale-60 opacity-0")} />
        </span>
        {iconOnly ? null : (
          // Both labels share one grid cell, so the button keeps its width when the label changes.
          <span className="grid">
            <span className="col-start-1 row-start-1">{words}</span>
            <span aria-hidden="true" className="invisible col-start-1 row-start-1">
              {label}
            </span>
          </span>
        )}
      </Button>
      <span role="status" className="sr-only">
        {spoken}
      </span>
    </>
  );
}
