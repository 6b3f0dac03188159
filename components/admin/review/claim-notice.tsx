import { Notice } from "@/components/ui/notice";

/** Says that a colleague has the case. */
export function ClaimNotice({ holder }: { holder: string | null }) {
  if (holder === null) return null;
  return (
    <Notice tone="warning" title={`${holder} is looking at this case`}>
      You can read along. A decision is possible once the case is free again, ten minutes later at
      the latest.
    </Notice>
  );
}
