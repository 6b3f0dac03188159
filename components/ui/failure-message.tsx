import { CircleAlert } from "lucide-react";

/** Why the action of a dialog failed. Screen readers read it when it appears. */
export function FailureMessage({ message }: { message: string | null }) {
  return (
    <div role="alert">
      {message ? (
        <p className="flex gap-2 rounded-control bg-negative-soft p-3 text-negative text-sm">
          <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
          {message}
        </p>
      ) : null}
    </div>
  );
}
