import type { ReactNode } from "react";

export type AuthCardProps = {
  title: string;
  description?: ReactNode;
  children: ReactNode;
};

/** The content of a page about signing in: title, description, form. */
export function AuthCard({ title, description, children }: AuthCardProps) {
  return (
    <div className="w-full max-w-sm">
      <h1 className="font-semibold text-2xl tracking-tight sm:text-3xl">{title}</h1>
      {description ? <div className="mt-2 text-text-muted">{description}</div> : null}
      <div className="mt-8">{children}</div>
    </div>
  );
}
