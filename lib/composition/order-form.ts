import "server-only";
import { z } from "zod";
import { signInSchema } from "@/lib/access/schemas";
import { AppError } from "@/lib/errors";
import { captchaToken } from "@/lib/http/captcha";
import { answerForm, type PostedForm } from "@/lib/http/form-action";
import { parseInput } from "@/lib/http/input";
import { addressSubject, enforceRateLimit, RATE_LIMITS } from "@/lib/http/rate-limit";
import { readRequestSession } from "@/lib/http/request-session";
import { normaliseEmail } from "@/lib/identity/email";
import { sentences } from "@/lib/language/messages/en/sentences";
import { sentence } from "@/lib/language/sentence";
import { homeSchema, waitSchema } from "@/lib/orders/coverage";
import {
  confirmationPath,
  givenCode,
  HOME,
  homeOf,
  ORDER_INTENTS,
  type OrderFormState,
  orderPath,
} from "@/lib/orders/order-form";
import { createOrderSchema, ownOrderSchema } from "@/lib/orders/schemas";
import { placeVisitorOrder } from "./place-order";
import { callerServices, coverageService, serverServices } from "./services";
import { signInVisitor } from "./sign-in";

type Said = Partial<OrderFormState>;

const formSchema = z.object({
  intent: z.enum(ORDER_INTENTS).catch("continue"),
  package_slug: z.string().min(1).max(80),
  order_key: z.string().regex(/^[0-9a-f]{32}$/),
});

/** Errors of a part of the form, under the names of its fields. */
async function under<T>(prefix: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || !error.fields) throw error;
    const fields = Object.entries(error.fields).map(([name, text]) => [`${prefix}${name}`, text]);
    throw new AppError(error.code, {
      message: error.message,
      fields: Object.fromEntries(fields),
      cause: error,
    });
  }
}

/** The verdict on a code, for pages without our script. */
async function checkCode({ fields, server, clock, address }: PostedForm): Promise<Said> {
  const typed = (fields.referral_code ?? "").trim();
  if (typed === "") return { checkedCode: null };
  await enforceRateLimit(server(), RATE_LIMITS.validate, addressSubject(address));
  const { referrals } = serverServices(server(), clock);
  return { checkedCode: await referrals.validateReferralCode(typed) };
}

/** Whether the home can be connected. Its problems stand beside its fields. */
async function checkHome({ fields, server, clock }: PostedForm): Promise<Said> {
  const home = await under(HOME, () => parseInput(homeSchema, homeOf(fields)));
  const { coverage, suburbs } = await coverageService(server(), clock).check(home);
  if (coverage === "uncovered") return { step: "home", coverage };
  if (coverage === "suburb_needed") {
    const some = suburbs.slice(0, 4).join(", ");
    const suburb = sentence("someSuburbs", {
      suburbs: `${some}${suburbs.length > 4 ? " …" : ""}`,
    });
    throw new AppError("invalid_request", { fields: { [`${HOME}suburb`]: suburb } });
  }
  return { step: "details", coverage };
}

async function waitForCoverage(form: PostedForm, slug: string): Promise<Said> {
  const { fields, server, clock, address } = form;
  await enforceRateLimit(server(), RATE_LIMITS.coverageWait, addressSubject(address));
  const { suburb, postal_code } = homeOf(fields);
  const wait = await under("wait.", () =>
    parseInput(waitSchema, {
      first_name: fields["wait.first_name"],
      email: fields["wait.email"],
      suburb,
      postal_code,
    }),
  );
  const mailbox = normaliseEmail(wait.email) ?? wait.email;
  await enforceRateLimit(server(), RATE_LIMITS.coverageWaitMail, mailbox);
  const { waiting } = await coverageService(server(), clock).wait(
    wait,
    slug,
    givenCode(fields) ?? null,
  );
  return waiting
    ? { step: "home", coverage: "uncovered", isWaiting: true }
    : { step: "details", coverage: "covered" };
}

async function signIn({ fields, server, address }: PostedForm, slug: string): Promise<Said> {
  const given = await under("account.", () =>
    parseInput(signInSchema.extend({ captcha_token: captchaToken }), {
      email: fields["account.email"],
      password: fields["account.password"],
      captcha_token: fields.captcha_token || undefined,
    }),
  );
  await enforceRateLimit(server(), RATE_LIMITS.signIn, addressSubject(address));
  const session = await under("account.", () => signInVisitor(given, server(), address));
  if (!session.needs_second_factor) return { step: "details" };
  return { goTo: `/sign-in/code?next=${encodeURIComponent(orderPath(slug))}` };
}

/** Places the order of whoever is signed in as a customer, else with the account in the form. */
async function place(form: PostedForm, slug: string, orderKey: string): Promise<Said> {
  const { fields, server, clock, address, userAgent } = form;
  const at = await checkHome(form);
  if (at.step === "home") return at;
  await enforceRateLimit(server(), RATE_LIMITS.order, addressSubject(address));

  const found = await readRequestSession(null, address);
  const services = found ? callerServices(found.client, clock) : null;
  const customer = (await services?.readSession())?.customer ?? null;
  const profile = services && customer ? await services.profile.get() : null;
  const home = parseInput(homeSchema, homeOf(fields));
  const common = { package_slug: slug, referral_code: givenCode(fields) };
  const circumstances = {
    idempotencyKey: orderKey,
    captchaToken: fields.captcha_token || undefined,
    server: server(),
    clock,
    address,
    userAgent,
  };
  if (found && customer && profile) {
    const order = parseInput(ownOrderSchema, {
      ...common,
      account: {
        email: customer.email,
        first_name: customer.first_name,
        last_name: customer.last_name,
        phone: profile.phone ?? fields["account.phone"],
        address: home,
      },
    });
    const placed = await placeVisitorOrder(circumstances, {
      kind: "own",
      order,
      userId: found.userId,
    });
    return { goTo: confirmationPath(placed.order_id) };
  }
  const order = parseInput(createOrderSchema, {
    ...common,
    account: {
      email: fields["account.email"],
      password: fields["account.password"],
      first_name: fields["account.first_name"],
      last_name: fields["account.last_name"],
      phone: fields["account.phone"],
      address: home,
    },
  });
  const placed = await placeVisitorOrder(circumstances, { kind: "new", order });
  return { goTo: confirmationPath(placed.order_id) };
}

/** Says of a key that was used before what that means for the person with the form. */
function explainUsedKey(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== "idempotency_key_reused") throw error;
  throw new AppError(error.code, { message: sentences.orderReceivedBefore, cause: error });
}

/** The step in which the problems of a post are shown. */
function stepOf(state: OrderFormState, intent: string | undefined): OrderFormState["step"] {
  const names = Object.keys(state.errors);
  if (names.some((name) => name.startsWith(HOME) || name.startsWith("wait."))) return "home";
  if (state.failure === null) return state.step;
  return intent === "place" || intent === "sign_in" ? "details" : "home";
}

/**
 * Answers the order form, whichever of its buttons was pressed.
 *
 * @param newKey the idempotency key of the next order, for a form whose key was used before.
 */
export async function answerOrderForm(data: FormData, newKey: string): Promise<OrderFormState> {
  const intent = data.get("intent");
  const posted = data.get("order_key");
  const empty: OrderFormState = {
    values: {},
    errors: {},
    failure: null,
    code: null,
    goTo: null,
    step: "home",
    coverage: null,
    checkedCode: null,
    isWaiting: false,
    orderKey: typeof posted === "string" ? posted : newKey,
  };
  const rule = { route: "/order/account", rateLimit: RATE_LIMITS.orderForm, empty };
  const state = await answerForm(rule, data, async (form): Promise<Said> => {
    const { intent, package_slug: slug, order_key } = parseInput(formSchema, form.fields);
    switch (intent) {
      case "back":
        return { step: "home" };
      case "check_code":
        return checkCode(form);
      case "sign_in":
        return signIn(form, slug);
      case "wait":
        return waitForCoverage(form, slug);
      case "place":
        return place(form, slug, order_key).catch(explainUsedKey);
      default:
        return { ...(await checkCode(form)), ...(await checkHome(form)) };
    }
  });
  const isUsed = state.code === "idempotency_key_reused";
  return {
    ...state,
    step: stepOf(state, typeof intent === "string" ? intent : undefined),
    orderKey: isUsed ? newKey : state.orderKey,
    failure: state.errors.package_slug ?? state.failure,
  };
}
