import Link from "next/link";
import { Notice } from "@/components/ui/notice";
import type { Switches } from "@/lib/switches";

const SWITCHES_PATH = "/admin/programme";

function SwitchLink() {
  return (
    <Link href={SWITCHES_PATH} className="underline">
      Programme
    </Link>
  );
}

/** What everybody on the team should know on every page: a demo, and what is switched off. */
export function InstallationNotices({ isDemo, switches }: { isDemo: boolean; switches: Switches }) {
  return (
    <>
      {isDemo ? (
        <p className="mb-4 text-sm text-text-muted">
          Demo: the customers are made up, and the passwords are public.
        </p>
      ) : null}
      {switches.mail ? null : (
        <Notice tone="warning" title="Mails are held" className="mb-4">
          No mail leaves until an owner switches mails on under <SwitchLink />.
        </Notice>
      )}
      {switches.rewards ? null : (
        <Notice tone="warning" title="Rewards are off" className="mb-4">
          No free month is granted or used. See <SwitchLink />.
        </Notice>
      )}
    </>
  );
}
