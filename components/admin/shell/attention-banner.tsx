import { TriangleAlert } from "lucide-react";
import Link from "next/link";
import type { AttentionItem } from "@/lib/admin/attention-service";
import type { Permission } from "@/lib/permissions";
import { attentionWords } from "./attention-words";

export type AttentionBannerProps = {
  isDemo: boolean;
  items: readonly AttentionItem[];
  permissions: readonly Permission[];
  timeZone: string;
};

/** What everybody on the team should know on every page: a demo, and what needs a person. */
export function AttentionBanner({ isDemo, items, permissions, timeZone }: AttentionBannerProps) {
  return (
    <>
      {isDemo ? (
        <p className="mb-4 text-sm text-text-muted">
          Demo: the customers are made up, and the passwords are public.
        </p>
      ) : null}
      {items.length > 0 ? (
        <section
          aria-label="Needs a person"
          className="mb-4 rounded-card bg-warning-soft p-4 text-sm sm:mb-6"
          data-print="hidden"
        >
          <ul className="flex flex-col gap-2">
            {items.map((item) => {
              const { title, text, link } = attentionWords(item, timeZone);
              return (
                <li key={`${item.kind} ${item.job}`} className="flex items-start gap-3">
                  <TriangleAlert
                    aria-hidden="true"
                    className="mt-0.5 size-4 shrink-0 text-warning"
                  />
                  <p className="min-w-0 flex-1">
                    <strong className="font-medium">{title}.</strong> <span>{text}</span>
                    {item.reason ? (
                      <>
                        {" "}
                        <q className="wrap-anywhere">
                          <bdi>{item.reason}</bdi>
                        </q>
                      </>
                    ) : null}
                    {link && permissions.includes(link.permission) ? (
                      <>
                        {" "}
                        <Link href={link.href} className="whitespace-nowrap underline">
                          {link.label}
                        </Link>
                      </>
                    ) : null}
                  </p>
                </li>
              );
            })}
          </ul>
        </section>
      ) : null}
    </>
  );
}
