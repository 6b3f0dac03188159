import { permanentRedirect } from "next/navigation";

/** The other spelling of the same page. */
export default function ProgramPage() {
  permanentRedirect("/admin/programme");
}
