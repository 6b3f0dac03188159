import { DashboardSkeleton } from "@/components/account/dashboard/dashboard-skeleton";

/**
 * Without scripts nothing puts the content in the place of the skeleton: the content, which the
 * server sends at the end of the page, is shown there, and the skeleton is not. What is hidden is so in
 * the layer "base", so the exception stands there too.
 */
const WITHOUT_SCRIPTS = `
#dashboard-loading { display: none }
.app-root > div { min-height: 0 }
@layer base { body > div[hidden][id^="S:"] { display: block !important } }
body > div[id^="S:"] { max-width: 72rem; margin: 0 auto; padding: 0 1rem 2rem }
`;

export default function DashboardLoading() {
  return (
    <div id="dashboard-loading">
      <noscript>
        <style>{WITHOUT_SCRIPTS}</style>
      </noscript>
      <DashboardSkeleton />
    </div>
  );
}
