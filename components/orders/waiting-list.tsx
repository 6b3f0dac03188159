import { Field, Input } from "@/components/forms/field";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";

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
  const t = useTexts("order");
  const name = () => <bdi className="wrap-anywhere">{friendName}</bdi>;
  if (isWaiting) {
    return (
      <Notice tone="positive" role="status" title={t("waiting.onList")}>
        <p>{friendName ? t.rich("waiting.onListFriend", { name }) : t("waiting.onListText")}</p>
      </Notice>
    );
  }
  return (
    <Card aria-labelledby="order-waiting" className="bg-surface-sunken">
      <CardHeader
        title={t("waiting.title")}
        titleId="order-waiting"
        description={
          friendName ? <span>{t.rich("waiting.textFriend", { name })}</span> : t("waiting.text")
        }
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <Field label={t("waiting.firstName")} required error={errorOf("wait.first_name")}>
          <Input
            name="wait.first_name"
            autoComplete="given-name"
            defaultValue={values["wait.first_name"]}
            onInput={() => onEdit("wait.first_name")}
          />
        </Field>
        <Field label={t("waiting.email")} required error={errorOf("wait.email")}>
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
        loadingLabel={t("waiting.sending")}
      >
        {t("waiting.tellMe")}
      </Button>
    </Card>
  );
}
