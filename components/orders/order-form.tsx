"use client";

import { MapPin, UserRoundCheck } from "lucide-react";
import { useRouter } from "next/navigation";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { CaptchaField, type CaptchaFieldProps } from "@/components/forms/captcha-field";
import { type FormAction, usePostedForm } from "@/components/forms/use-posted-form";
import { leaveInvitation } from "@/components/public/invitation/referral-capture";
import { Button, TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";
import { NO_CODE_FIELD, type OrderFormState } from "@/lib/orders/order-form";
import { DetailsStep, type OrderingCustomer } from "./details-step";
import { HomeFields } from "./home-fields";
import { keepDraft, restoreDraft } from "./order-draft";
import { orderKey, renewOrderKey } from "./order-key";
import { OrderProgress } from "./order-progress";
import { ReferralCodeField } from "./referral-code-field";
import { WaitingList } from "./waiting-list";

export type OrderFormProps = {
  packageSlug: string;
  /** Answers the form on the server. */
  action: FormAction<OrderFormState>;
  /** The form before anything was sent. */
  empty: OrderFormState;
  /** The invitation that this browser remembers. */
  invitation: { code: string; firstName: string } | null;
  /** Why no friend's invitation applies to the person who is signed in; null when one may. */
  noInvitation: "own_code" | "customer" | null;
  /** Who is signed in, and the billing address by the names of the fields. */
  account: (OrderingCustomer & { home: Readonly<Record<string, string>> }) | null;
  /** The check that somebody is a person; null when none is asked for. */
  captcha: CaptchaFieldProps["settings"];
  /** What is ordered and what it costs. */
  summary: ReactNode;
  /** The same in one line; stays in view on phones. */
  priceLine: ReactNode;
};

const HOME_PARTS = ["line1", "line2", "suburb", "city", "postal_code"] as const;
const STEP_PARAMETER = "step";

/** The home in one line, as it stands in the form. */
function homeLine(values: { get(name: string): unknown }): string {
  return HOME_PARTS.map((part) => String(values.get(`account.address.${part}`) ?? "").trim())
    .filter(Boolean)
    .join(", ");
}

function isDetailsAddress(): boolean {
  return new URLSearchParams(location.search).get(STEP_PARAMETER) === "details";
}

/** Puts the step into the address, so that "back" leads to the step before. */
function noteStep(step: OrderFormState["step"]): void {
  const url = new URL(location.href);
  if (isDetailsAddress() === (step === "details")) return;
  if (step === "details") url.searchParams.set(STEP_PARAMETER, step);
  else url.searchParams.delete(STEP_PARAMETER);
  history.pushState(null, "", url);
}

/** The order in two steps: the home with its coverage, and the person. */
export function OrderForm({
  packageSlug,
  action,
  empty,
  invitation,
  noInvitation,
  account,
  captcha,
  summary,
  priceLine,
}: OrderFormProps) {
  const t = useTexts("order");
  const connecting = useTexts("connecting");
  const router = useRouter();
  const heading = useRef<HTMLHeadingElement>(null);
  const [friendName, setFriendName] = useState(invitation?.firstName || null);
  const keepFriendName = useCallback((name: string | null) => setFriendName(name), []);
  const [isLeaving, setLeaving] = useState(false);
  /** The verdict holds for the home that was checked, until it is edited. */
  const [isHomeEdited, setHomeEdited] = useState(false);

  const { form, state, pending, formProps, errorOf, clear, show } = usePostedForm(action, empty, {
    prepare: (data) => data.set("order_key", orderKey()),
    onAnswer(next, intent) {
      setHomeEdited(false);
      if (next.code === "idempotency_key_reused") renewOrderKey();
      if (next.goTo !== null) {
        leaveInvitation();
        setLeaving(true);
        router.replace(next.goTo);
        router.refresh();
        return;
      }
      noteStep(next.step);
      // The page now knows who is signed in.
      if (intent === "sign_in" && next.failure === null) router.refresh();
    },
  });
  const { step } = state;
  const [home, setHome] = useState(() => homeLine(new Map(Object.entries(state.values))));

  const shownStep = useRef(step);
  useEffect(() => {
    if (shownStep.current === step) return;
    shownStep.current = step;
    if (Object.keys(state.errors).length === 0) heading.current?.focus();
  }, [step, state.errors]);

  // Once: what was typed in this tab comes back, and with it the step.
  const isRestored = useRef(false);
  useEffect(() => {
    const element = form.current;
    if (!element || isRestored.current) return;
    isRestored.current = true;
    restoreDraft(element);
    const given = new FormData(element);
    setHome(homeLine(given));
    const isComplete = ["line1", "city", "postal_code"].every(
      (part) => String(given.get(`account.address.${part}`) ?? "").trim() !== "",
    );
    if (isDetailsAddress() && isComplete) show({ step: "details" });
    else if (state.step === "home") noteStep("home");
  }, [form, show, state.step]);

  useEffect(() => {
    const follow = () => show({ step: isDetailsAddress() ? "details" : "home", errors: {} });
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, [show]);

  function edit(name: string) {
    clear(name);
    if (!form.current) return;
    keepDraft(form.current);
    if (name.startsWith("account.address.")) {
      setHomeEdited(true);
      setHome(homeLine(new FormData(form.current)));
    }
  }

  function goBack() {
    show({ step: "home", errors: {}, failure: null });
    noteStep("home");
  }

  const values: Readonly<Record<string, string | undefined>> = {
    ...account?.home,
    ...state.values,
  };
  const isHome = step === "home";
  const isUncovered = state.coverage === "uncovered" && !isHomeEdited;
  const isBusy = (intent: string) => pending === intent;

  return (
    <form
      {...formProps}
      className="grid items-start gap-x-6 gap-y-4 [&_input]:scroll-mt-32 lg:grid-cols-[minmax(0,1fr)_20rem] lg:gap-x-8"
    >
      {/* Enter presses the first button of a form. */}
      <button
        type="submit"
        name="intent"
        value={isHome ? "continue" : "place"}
        tabIndex={-1}
        aria-hidden="true"
        className="sr-only"
      />
      <input type="hidden" name="package_slug" value={packageSlug} />
      <input type="hidden" name="order_key" value={state.orderKey} />

      <div className="sticky top-0 z-10 -mx-4 border-b bg-surface px-4 py-3 sm:-mx-6 sm:px-6 lg:hidden">
        {priceLine}
      </div>

      <div className="flex min-w-0 flex-col gap-4 sm:gap-6">
        <OrderProgress step={step} />
        <h2
          ref={heading}
          tabIndex={-1}
          className="scroll-mt-24 font-semibold text-lg outline-none sm:text-xl"
        >
          {t(isHome ? "where" : "who")}
        </h2>
        {state.failure ? (
          <Notice tone="negative" role="alert">
            <p>{state.failure}</p>
            {state.code === "idempotency_key_reused" ? (
              <p className="mt-2">
                <TextLink href="/sign-in?next=/dashboard">{t("toSignIn")}</TextLink>
              </p>
            ) : null}
          </Notice>
        ) : null}

        <div hidden={!isHome} className="flex flex-col gap-4 sm:gap-6">
          <Card aria-labelledby="order-address">
            <CardHeader
              title={t("address.title")}
              titleId="order-address"
              description={
                account ? (
                  <span>
                    {t.rich("address.fromAccount", {
                      profile: (text) => <TextLink href="/profile">{text}</TextLink>,
                    })}
                  </span>
                ) : (
                  t("address.text")
                )
              }
            />
            <HomeFields values={values} errorOf={errorOf} onEdit={edit} />
          </Card>

          <Card aria-labelledby="order-code">
            {noInvitation ? (
              <>
                <CardHeader title={t("code.noneTitle")} titleId="order-code" />
                <p className="text-sm text-text-muted">
                  <span>{t(noInvitation === "own_code" ? "code.own" : "code.customer")}</span>{" "}
                  <TextLink href="/dashboard">{t("code.inviteYourself")}</TextLink>
                </p>
                <input type="hidden" name={NO_CODE_FIELD} value="1" />
              </>
            ) : (
              <>
                <CardHeader
                  title={t("code.title")}
                  titleId="order-code"
                  description={t("code.text", { sees: connecting("inviterSees") })}
                />
                <div onInput={() => form.current && keepDraft(form.current)}>
                  <ReferralCodeField
                    invitation={invitation}
                    posted={
                      state.values.referral_code === undefined
                        ? null
                        : { text: state.values.referral_code, check: state.checkedCode }
                    }
                    onChecked={keepFriendName}
                  />
                </div>
              </>
            )}
          </Card>

          {isUncovered ? (
            <WaitingList
              values={{
                "wait.email": account?.email,
                "wait.first_name": account?.firstName,
                ...state.values,
              }}
              errorOf={errorOf}
              onEdit={edit}
              friendName={noInvitation ? null : friendName}
              isWaiting={state.isWaiting}
              isSending={isBusy("wait")}
            />
          ) : null}
          <Button
            type="submit"
            name="intent"
            value="continue"
            variant={isUncovered ? "secondary" : "primary"}
            size="lg"
            className="sm:self-start"
            loading={isHome && isBusy("continue")}
            loadingLabel={t("address.checking")}
          >
            {t(isUncovered ? "address.another" : "address.continue")}
          </Button>
        </div>

        <div hidden={isHome} className="flex flex-col gap-4 sm:gap-6">
          <Card aria-label={t("address.told")} className="text-sm sm:py-4">
            <div className="flex items-center gap-3">
              <MapPin aria-hidden="true" className="size-4 shrink-0 text-text-muted" />
              <p className="wrap-anywhere min-w-0 flex-1">
                <bdi>{home}</bdi>
                {state.coverage === "covered" ? (
                  <span className="block text-positive">{t("address.covered")}</span>
                ) : null}
              </p>
              <Button
                type="submit"
                name="intent"
                value="back"
                size="sm"
                onClick={(event) => {
                  event.preventDefault();
                  goBack();
                }}
              >
                {t.rich("address.change", {
                  more: (text) => <span className="sr-only">{text}</span>,
                })}
              </Button>
            </div>
            {friendName && !noInvitation ? (
              <div className="mt-3 flex items-start gap-3 border-t pt-3">
                <UserRoundCheck
                  aria-hidden="true"
                  className="mt-0.5 size-4 shrink-0 text-accent-strong"
                />
                <p className="wrap-anywhere min-w-0">
                  {t.rich("code.withInvitation", {
                    name: () => <bdi className="font-medium">{friendName}</bdi>,
                  })}
                </p>
              </div>
            ) : null}
          </Card>
          <DetailsStep
            account={account}
            values={values}
            errorOf={errorOf}
            onEdit={edit}
            isSigningIn={isBusy("sign_in")}
          />
          <CaptchaField settings={captcha} attempt={state} />
          <div className="flex flex-col gap-3">
            <Button
              type="submit"
              name="intent"
              value="place"
              variant="primary"
              size="lg"
              block
              loading={isBusy("place") || isLeaving}
              loadingLabel={t("placing")}
            >
              {t("place")}
            </Button>
            <p className="text-sm text-text-muted">{t("payNothing")}</p>
          </div>
        </div>
      </div>

      <div className="flex min-w-0 flex-col gap-4 lg:sticky lg:top-6">{summary}</div>
    </form>
  );
}
