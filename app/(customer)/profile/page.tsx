import type { Metadata } from "next";
import { OwnDataCard, SignInCard } from "@/components/account/profile/own-data";
import { ProfileForm } from "@/components/account/profile/profile-form";
import { MailChoicesForm } from "@/components/public/mail/mail-choices-form";
import { PageHeader } from "@/components/ui/page-header";
import { pageTexts } from "@/lib/composition/page-language";
import { requireCustomerPage } from "@/lib/composition/page-session";
import { askForErasure, saveProfile } from "../actions";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await pageTexts("profile"))("title") };
}

export default async function ProfilePage() {
  const [t, shell] = await Promise.all([pageTexts("profile"), pageTexts("shell")]);
  const { services, session } = await requireCustomerPage("/profile");
  const [profile, choices] = await Promise.all([
    services.profile.get(),
    services.mailChoices.get(),
  ]);
  return (
    <div className="mx-auto max-w-2xl">
      <PageHeader
        title={t("title")}
        description={t("text")}
        back={{ href: "/dashboard", label: shell("dashboard") }}
      />
      <ProfileForm profile={profile} action={saveProfile} />
      <div className="mt-8 flex flex-col gap-4 sm:gap-6">
        <MailChoicesForm token={null} choices={choices} />
        <SignInCard />
        <OwnDataCard
          erasureAskedAt={profile.erasure_asked_at ?? null}
          askForErasure={askForErasure}
          timeZone={session.time_zone}
        />
      </div>
    </div>
  );
}
