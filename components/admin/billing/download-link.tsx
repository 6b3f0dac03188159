import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { type ButtonLook, buttonClasses } from "@/components/ui/button-classes";

export type DownloadLinkProps = {
  href: string;
  size?: ButtonLook["size"];
  children: ReactNode;
};

/** A link that saves a file. */
export function DownloadLink({ href, size = "sm", children }: DownloadLinkProps) {
  return (
    <a href={href} download className={buttonClasses({ size })}>
      <Download aria-hidden="true" />
      {children}
    </a>
  );
}
