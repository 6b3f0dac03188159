"use client";

import { KeyRound } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useId, useRef, useState } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import { Checkbox } from "@/components/forms/checkbox";
import { Field, Input } from "@/components/forms/field";
import { Select } from "@/components/forms/select";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { FailureMessage } from "@/components/ui/failure-message";
import { Notice } from "@/components/ui/notice";
import type { NewApiKey } from "@/lib/access/api-key-schemas";
import { DAY_MS } from "@/lib/day-length";
import { API_SCOPES, type ApiScope } from "@/lib/permissions";
import { LIFETIMES, SCOPE_LABELS } from "./api-key-words";

/** The end of a key that lives for some days from now; null without an end. */
const endOf = (days: string): string | null =>
  days === "0" ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();

function Secret({ made }: { made: NewApiKey }) {
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warning" title="This is the only time you see this key">
        We keep a fingerprint of it alone. Copy it now, to where the other system reads its secrets.
      </Notice>
      <p className="wrap-anywhere select-all rounded-card bg-surface-sunken p-4 font-mono text-sm">
        {made.secret}
      </p>
      <CopyButton value={made.secret} label="Copy the key" variant="primary" block />
    </div>
  );
}

/** Makes an API key, and shows its secret once. */
export function CreateApiKey() {
  const router = useRouter();
  const formId = useId();
  const form = useRef<HTMLFormElement>(null);
  const { errorOf, show, clear } = useFormErrors(form);
  const [open, setOpen] = useState(false);
  const [scopes, setScopes] = useState<readonly ApiScope[]>(["referrals:write"]);
  const [made, setMade] = useState<NewApiKey | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);

  function changeOpen(next: boolean) {
    setOpen(next);
    if (next) setMade(null);
    setFailure(null);
  }

  async function create(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending) return;
    const data = new FormData(event.currentTarget);
    const name = String(data.get("name") ?? "").trim();
    setFailure(null);
    show(name === "" ? { name: "Enter a name." } : {});
    if (name === "") return;
    if (scopes.length === 0) {
      setFailure("Choose what the key may do.");
      return;
    }
    setSending(true);
    const answer = await sendJson<NewApiKey>("/api/admin/team/api-keys", {
      body: { name, scopes, expires_at: endOf(String(data.get("lifetime") ?? "0")) },
    });
    setSending(false);
    if (!answer.ok) {
      show(answer.fields);
      if (Object.keys(answer.fields).length === 0) setFailure(sentenceOf(answer));
      return;
    }
    setMade(answer.data);
    router.refresh();
  }

  return (
    <Dialog
      trigger={
        <Button variant="primary" icon={<KeyRound aria-hidden="true" />}>
          Create a key
        </Button>
      }
      open={open}
      onOpenChange={changeOpen}
      locked={sending}
      title={made ? `The key “${made.name}”` : "Create an API key"}
      description={made ? undefined : "For one system, so that it can be revoked by itself."}
      footer={
        made ? (
          <Button onClick={() => changeOpen(false)}>Done</Button>
        ) : (
          <>
            <Button onClick={() => changeOpen(false)} disabled={sending}>
              Cancel
            </Button>
            <Button
              type="submit"
              form={formId}
              variant="primary"
              loading={sending}
              loadingLabel="Creating"
            >
              Create the key
            </Button>
          </>
        )
      }
    >
      {made ? (
        <Secret made={made} />
      ) : (
        <form
          ref={form}
          id={formId}
          onSubmit={create}
          noValidate
          className="flex flex-col gap-4"
          autoComplete="off"
        >
          <Field
            label="Name"
            hint="The system that uses it, e.g. Order desk."
            error={errorOf("name")}
            required
          >
            <Input name="name" maxLength={80} onInput={() => clear("name")} />
          </Field>
          <fieldset className="flex flex-col gap-3">
            <legend className="mb-2 font-medium text-sm">What it may do</legend>
            {API_SCOPES.map((scope) => (
              <Checkbox
                key={scope}
                label={SCOPE_LABELS[scope]}
                checked={scopes.includes(scope)}
                onCheckedChange={(checked) =>
                  setScopes(checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))
                }
              />
            ))}
          </fieldset>
          <Field label="It ends" error={errorOf("expires_at")} required>
            <Select name="lifetime" defaultValue="0" options={LIFETIMES} />
          </Field>
          <FailureMessage message={failure} />
        </form>
      )}
    </Dialog>
  );
}
