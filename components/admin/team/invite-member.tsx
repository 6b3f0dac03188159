"use client";

import { UserPlus } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useId, useRef, useState } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import { Field, Input } from "@/components/forms/field";
import { Select } from "@/components/forms/select";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { FailureMessage } from "@/components/ui/failure-message";
import { toast } from "@/components/ui/toaster";
import { ROLE_OPTIONS } from "./team-words";

/** Invites a person by mail. Their role counts once they open the link in it. */
export function InviteMember() {
  const router = useRouter();
  const formId = useId();
  const form = useRef<HTMLFormElement>(null);
  const { errorOf, show, clear } = useFormErrors(form);
  const [open, setOpen] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);

  async function invite(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending) return;
    const data = new FormData(event.currentTarget);
    const email = String(data.get("email") ?? "").trim();
    const name = String(data.get("name") ?? "").trim();
    const role = String(data.get("role") ?? "");
    const missing = {
      ...(name === "" ? { name: "Enter a name." } : {}),
      ...(email === "" ? { email: "Enter an e-mail address." } : {}),
    };
    setFailure(null);
    show(missing);
    if (Object.keys(missing).length > 0) return;
    setSending(true);
    const answer = await sendJson("/api/admin/team", { body: { email, name, role } });
    setSending(false);
    if (!answer.ok) {
      show(answer.fields);
      if (Object.keys(answer.fields).length === 0) setFailure(sentenceOf(answer));
      return;
    }
    setOpen(false);
    toast.success("Invitation sent", { description: email });
    router.refresh();
  }

  return (
    <Dialog
      trigger={
        <Button variant="primary" icon={<UserPlus aria-hidden="true" />}>
          Invite somebody
        </Button>
      }
      open={open}
      onOpenChange={setOpen}
      locked={sending}
      title="Invite somebody to the team"
      description="They get a mail with a link, on which they choose their password."
      footer={
        <>
          <Button onClick={() => setOpen(false)} disabled={sending}>
            Cancel
          </Button>
          <Button
            type="submit"
            form={formId}
            variant="primary"
            loading={sending}
            loadingLabel="Inviting"
          >
            Send the invitation
          </Button>
        </>
      }
    >
      <form
        ref={form}
        id={formId}
        onSubmit={invite}
        noValidate
        className="flex flex-col gap-4"
        autoComplete="off"
      >
        <Field label="Name" error={errorOf("name")} required>
          <Input name="name" maxLength={120} onInput={() => clear("name")} />
        </Field>
        <Field label="E-mail address" error={errorOf("email")} required>
          <Input
            name="email"
            type="email"
            inputMode="email"
            autoCapitalize="none"
            spellCheck={false}
            onInput={() => clear("email")}
          />
        </Field>
        <Field label="Role" error={errorOf("role")} required>
          <Select name="role" defaultValue="support" options={ROLE_OPTIONS} />
        </Field>
        <FailureMessage message={failure} />
      </form>
    </Dialog>
  );
}
