import "server-only";
import { ApiKeyService } from "@/lib/access/api-key-service";
import { SecondFactorService } from "@/lib/access/second-factor-service";
import { readSession } from "@/lib/access/session-service";
import { SignInService } from "@/lib/access/sign-in-service";
import { TeamAdminService, TeamInvitations } from "@/lib/access/team-admin-service";
import { AccountService } from "@/lib/account/account-service";
import { AppealService } from "@/lib/account/appeal-service";
import { ErasureRequestService } from "@/lib/account/erasure-request-service";
import { ProfileService } from "@/lib/account/profile-service";
import { SurveyService } from "@/lib/account/survey-service";
import { ActPreviewService } from "@/lib/admin/act-preview-service";
import { ApprovalService } from "@/lib/admin/approval-service";
import { AttentionService } from "@/lib/admin/attention-service";
import { AuditAdminService } from "@/lib/admin/audit-admin-service";
import { BulkService } from "@/lib/admin/bulk-service";
import { CustomerAdminService } from "@/lib/admin/customer-admin-service";
import { CustomerRecordService } from "@/lib/admin/customer-record-service";
import { FraudSettingsService } from "@/lib/admin/fraud-settings-service";
import { LaunchService } from "@/lib/admin/launch-service";
import { ListService } from "@/lib/admin/list-service";
import { MailboxAdminService } from "@/lib/admin/mailbox-admin-service";
import { MetricsService } from "@/lib/admin/metrics-service";
import { OrderAdminService } from "@/lib/admin/order-admin-service";
import { ProgrammeAdminService } from "@/lib/admin/programme-admin-service";
import { ReferralAdminService } from "@/lib/admin/referral-admin-service";
import { ReviewService } from "@/lib/admin/review-service";
import { SearchService } from "@/lib/admin/search-service";
import { BillingOperator, BillingReader } from "@/lib/billing/billing-admin-service";
import { CompliantBillingService } from "@/lib/billing/compliant-billing-service";
import { CreditNoteService } from "@/lib/billing/credit-note-service";
import { InvoiceService } from "@/lib/billing/invoice-service";
import { PaymentService } from "@/lib/billing/payment-service";
import { BillingReports } from "@/lib/billing/report-service";
import { type Clock, systemClock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import type { PageLanguage } from "@/lib/language/languages";
import { log } from "@/lib/log";
import { MailChoiceService } from "@/lib/notifications/choice-service";
import { CoverageService } from "@/lib/orders/coverage-service";
import { ExternalReferralService } from "@/lib/orders/external-referral-service";
import { PlacedOrderService } from "@/lib/orders/placed-order-service";
import { ClaimService } from "@/lib/referrals/claim-service";
import { ReferralService } from "@/lib/referrals/referral-service";
import { FreeMonthCalculator } from "@/lib/rewards/free-month-calculator";
import type { AuthClient, CallerClient, ServerClient } from "@/lib/supabase/clients";

/** What this deployment decides about all services: the site's address and the kill switch. */
function deployment() {
  const env = getEnv();
  return { siteUrl: env.SITE_URL, rewardsEnabled: env.ENABLE_REFERRAL_REWARDS };
}

/**
 * What one person may do: every service works with the rights of the given client.
 *
 * @param language of what a customer is told in sentences; programs and the team read English.
 */
export function callerServices(
  client: CallerClient,
  clock: Clock = systemClock,
  language: PageLanguage = "en",
) {
  const deps = { client, clock, language, ...deployment() };
  return {
    readSession: () => readSession(client),
    account: new AccountService(deps),
    profile: new ProfileService({ client }),
    mailChoices: new MailChoiceService({ client }),
    referrals: new ReferralService(deps),
    claims: new ClaimService({ client }),
    appeals: new AppealService({ client }),
    survey: new SurveyService({ client }),
    orders: new PlacedOrderService({ client }),
    invoices: new InvoiceService({ client }),
    creditNotes: new CreditNoteService({ client }),
    payments: new PaymentService({ client }),
    admin: {
      customers: new CustomerAdminService({ client, clock }),
      records: new CustomerRecordService(deps),
      orders: new OrderAdminService({ client }),
      referrals: new ReferralAdminService({ client, clock }),
      billing: new BillingReader({ client }),
      reports: new BillingReports({ client }),
      mailbox: new MailboxAdminService({ client }),
      programme: new ProgrammeAdminService({ client }),
      metrics: new MetricsService({ client }),
      search: new SearchService({ client }),
      team: new TeamAdminService({ client }),
      apiKeys: new ApiKeyService({ client }),
      audit: new AuditAdminService({ client }),
      approvals: new ApprovalService({ client }),
      acts: new ActPreviewService(deps),
      bulk: new BulkService({ client }),
      launch: new LaunchService({ client }),
      lists: new ListService({ client }),
      attention: new AttentionService({ client }),
    },
  };
}
export type CallerServices = ReturnType<typeof callerServices>;

/** What the server does by itself. Who may ask for it is checked before, or by the service. */
export function serverServices(client: ServerClient, clock: Clock = systemClock) {
  const deps = { client, clock, ...deployment() };
  const alertEmail = getEnv().ALERT_EMAIL;
  return {
    referrals: new ReferralService(deps),
    freeMonths: new FreeMonthCalculator(deps),
    billing: new CompliantBillingService({ ...deps, alertEmail, log: log() }),
    reviews: new ReviewService({ ...deps, server: client }),
    fraudSettings: new FraudSettingsService({ server: client, clock }),
  };
}

/**
 * Signing in and out; `auth` holds the cookies in which sessions are kept, if there are any.
 *
 * @param passwordCheck keeps no session; needed where a password is asked for once more.
 */
export function signInService(
  server: ServerClient,
  auth: AuthClient,
  passwordCheck?: AuthClient,
): SignInService {
  return new SignInService({ auth, server, passwordCheck });
}

/** Customers who ask that their details are erased. */
export function erasureRequests(server: ServerClient, clock: Clock) {
  return new ErasureRequestService({ server, clock });
}

/** Friends whose orders live in another system. */
export function externalReferrals(server: ServerClient, clock: Clock) {
  const { ALERT_EMAIL, ENABLE_REFERRAL_REWARDS } = getEnv();
  return new ExternalReferralService({
    client: server,
    clock,
    rewardsEnabled: ENABLE_REFERRAL_REWARDS,
    alertEmail: ALERT_EMAIL,
  });
}

/** Where homes can be connected. */
export function coverageService(server: ServerClient, clock: Clock = systemClock) {
  return new CoverageService({ server, clock });
}

/** The second factor of the signed-in person; `auth` holds the cookies of their session. */
export function secondFactorService(server: ServerClient, auth: AuthClient): SecondFactorService {
  return new SecondFactorService({ auth, server });
}

/** Invitations to the team; `auth` mails the links. */
export function teamInvitations(server: ServerClient, client: CallerClient, auth: AuthClient) {
  return new TeamInvitations({ client, server, auth });
}

/** What an admin may do with billing. */
export function billingOperator(server: ServerClient, caller: CallerClient, clock: Clock) {
  const { billing } = serverServices(server, clock);
  return new BillingOperator({ client: caller, server, billing, clock });
}
