"use client";

import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { cn } from "@/components/ui/cn";
import { useTexts } from "@/components/ui/texts";
import { Input, type InputProps } from "./field";

/** A password field with a button that shows the characters. */
export function PasswordInput({ className, ...rest }: Omit<InputProps, "type">) {
  const ui = useTexts("ui");
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <div className="relative">
      <Input
        {...rest}
        type={shown ? "text" : "password"}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        className={cn("pr-12", className)}
      />
      <button
        type="button"
        onClick={() => setShown((before) => !before)}
        aria-pressed={shown}
        aria-label={ui("showCharacters")}
        className={cn(
          "absolute inset-y-0 right-0 flex w-11 items-center justify-center rounded-control",
          "-outline-offset-4 text-text-muted hover:text-text",
        )}
      >
        <Icon aria-hidden="true" className="size-4" />
      </button>
    </div>
  );
}
