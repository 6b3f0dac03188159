/** The variable in which the launcher tells the site that it brought the database itself. */
export const EMBEDDED_MODE_VARIABLE = "EMBEDDED_DATABASE";

/**
 * How the database of this site came about: `demo` with public passwords and made-up customers,
 * `installation` with its own password and backups, null for a Supabase project.
 */
export function embeddedMode(): "demo" | "installation" | null {
  const mode = process.env[EMBEDDED_MODE_VARIABLE];
  return mode === "demo" || mode === "installation" ? mode : null;
}
