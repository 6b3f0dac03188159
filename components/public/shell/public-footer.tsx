import Link from "next/link";
import type { Texts } from "@/lib/language/translator";
import { LanguageChoice } from "./language-choice";

export type PublicFooterProps = {
  t: Texts<"shell">;
  brandName: string;
  supportEmail: string;
  /** Whether the reader may be told about the referral programme. */
  promotes: boolean;
};

const linkClass =
  "inline-flex min-h-6 items-center pointer-coarse:min-h-11 rounded-sm hover:text-text";

/** The bottom of every public page. */
export function PublicFooter({ t, brandName, supportEmail, promotes }: PublicFooterProps) {
  return (
    <footer className="border-t text-sm text-text-muted" data-print="hidden">
      <div className="mx-auto flex max-w-6xl flex-col gap-4 px-4 py-8 sm:flex-row sm:flex-wrap sm:items-center sm:justify-between sm:px-6">
        <p>{brandName}</p>
        <nav aria-label={t("more")}>
          <ul className="flex flex-wrap gap-x-6 gap-y-3">
            <li>
              <Link href="/packages" className={linkClass}>
                {t("packages")}
              </Link>
            </li>
            {promotes ? (
              <li>
                <Link href="/terms" className={linkClass}>
                  {t("referralTerms")}
                </Link>
              </li>
            ) : null}
            <li>
              <a href={`mailto:${supportEmail}`} className={linkClass}>
                {supportEmail}
              </a>
            </li>
          </ul>
        </nav>
        <LanguageChoice t={t} />
      </div>
    </footer>
  );
}
