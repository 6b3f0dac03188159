import type { Metadata } from "next";
import { OwnDataCard, SignInCard } from "@/components/account/profile/own-data";
import { ProfileForm } from "@/components/account/profile/profile-form";
import { MailChoicesForm } from "@/components/public/mail/mail-choices-form";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { PageHeader } from "@/components/ui/page-header";
import { requireCustomerPage } from "@/lib/composition/page-session";
import { askForErasure, saveProfile } from "../actions";

export const metadata: Metadata = { title: "Your details" };

export default async function ProfilePage() {
  const { services, session } = await requireCustomerPage("/profile");
  const [profile, choices] = await Promise.all([
    services.profile.get(),
    services.mailChoices.get(),
  ]);
  return (
    <div className="mx-auto max-w-2xl">
      <PageHeader
        title="Your details"
        description="What your invoices name. Invoices and credit notes that were issued stay as they are."
        back={{ href: "/dashboard", label: "Dashboard" }}
      />
      <ProfileForm profile={profile} action={saveProfile} />
      <Card aria-labelledby="profile-contact" className="mt-8">
        <CardHeader
          title="Contact"
          titleId="profile-contact"
          description="To change these, please write to us from this e-mail address."
        />
        <DescriptionList
          items={[
            { label: "E-mail address", value: profile.email },
            { label: "Phone number", value: profile.phone ?? "None" },
          ]}
        />
      </Card>
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
