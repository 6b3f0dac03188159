import { Field, Input } from "@/components/forms/field";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";

export type WaitingListProps = {
  /** What the fields hold at first, by their names. */
  values: Readonly<Record<string, string | undefined>>;
  errorOf: (name: string) => string | null;
  onEdit: (name: string) => void;
  /** First name of who invited the person; null without an invitation. */
  friendName: string | null;
  isWaiting: boolean;
  isSending: boolean;
};

/** For a home that cannot be connected yet: the person can leave an address for the day it can. */
export function WaitingList({
  values,
  errorOf,
  onEdit,
  friendName,
  isWaiting,
  isSending,
}: WaitingListProps) {
  const friend = friendName ? <bdi className="wrap-anywhere">{friendName}</bdi> : null;
  if (isWaiting) {
    return (
      <Notice tone="positive" role="status" title="You are on the list">
        <p>
          We write to you once, when your area can be connected. The mail brings you back here
          {friend ? <span> with the invitation by {friend}, who gets a mail as well</span> : null}.
        </p>
      </Notice>
    );
  }
  return (
    <Card aria-labelledby="order-waiting" className="bg-surface-sunken">
      <CardHeader
        title="We do not reach this address yet"
        titleId="order-waiting"
        description={
          friend ? (
            <span>
              Leave your e-mail address, and we write to you once, when we do. The invitation by{" "}
              {friend} is kept; they are told that somebody they invited can be connected, not who.
            </span>
          ) : (
            "Leave your e-mail address, and we write to you once, when we do."
          )
        }
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <Field label="Your first name" required error={errorOf("wait.first_name")}>
          <Input
            name="wait.first_name"
            autoComplete="given-name"
            defaultValue={values["wait.first_name"]}
            onInput={() => onEdit("wait.first_name")}
          />
        </Field>
        <Field label="Your e-mail address" required error={errorOf("wait.email")}>
          <Input
            name="wait.email"
            type="email"
            inputMode="email"
            autoComplete="email"
            autoCapitalize="none"
            spellCheck={false}
            defaultValue={values["wait.email"]}
            onInput={() => onEdit("wait.email")}
          />
        </Field>
      </div>
      <Button
        type="submit"
        name="intent"
        value="wait"
        variant="primary"
        size="lg"
        className="mt-5"
        loading={isSending}
        loadingLabel="Sending"
      >
        Tell me when it opens
      </Button>
    </Card>
  );
}
