import type { Sql } from "postgres";
import { AREAS } from "./people";

/** Suburbs of the demo: city, postal code, suburbs; one with a star cannot be connected yet. */
const LISTED: readonly [city: string, postalCode: string, suburbs: string][] = [
  ["Cape Town", "8001", "City Centre, Gardens, Tamboerskloof, Vredehoek, Oranjezicht, Bo-Kaap"],
  ["Cape Town", "8005", "Green Point, Sea Point, Three Anchor Bay, Mouille Point"],
  ["Cape Town", "7925", "Observatory, Woodstock, Salt River"],
  ["Cape Town", "7700", "Mowbray, Rondebosch, Newlands"],
  ["Cape Town", "7708", "Claremont, Kenilworth"],
  ["Cape Town", "7800", "Wynberg, Plumstead, Southfield*"],
  ["Cape Town", "7806", "Constantia, Hout Bay*"],
  ["Cape Town", "7945", "Muizenberg*, Lakeside*"],
  ["Cape Town", "7441", "Milnerton, Table View, Bloubergstrand*"],
  ["Cape Town", "7550", "Durbanville"],
  ["Cape Town", "7530", "Bellville"],
  ["Cape Town", "7784", "Khayelitsha*"],
  ["Cape Town", "7785", "Mitchells Plain"],
  ["Stellenbosch", "7600", "Die Boord, Mostertsdrift, Cloetesville*"],
  ["Johannesburg", "2092", "Melville, Westdene"],
  ["Johannesburg", "2193", "Parkview, Parktown North, Craighall"],
  ["Johannesburg", "2194", "Randburg, Ferndale"],
  ["Johannesburg", "2196", "Rosebank, Melrose, Illovo"],
  ["Johannesburg", "2001", "Braamfontein"],
  ["Soweto", "1804", "Orlando West, Orlando East*"],
  ["Pretoria", "0083", "Hatfield, Arcadia"],
  ["Pretoria", "0181", "Brooklyn, Waterkloof*"],
  ["Pretoria", "0157", "Centurion"],
  ["Durban", "4001", "Glenwood, Musgrave, Durban Central"],
  ["Durban", "4092", "Chatsworth"],
  ["Durban", "4319", "Umhlanga"],
  ["Gqeberha", "6070", "Walmer, Summerstrand*"],
  ["Bloemfontein", "9301", "Westdene, Willows"],
];

/** Fills the list of suburbs. Wherever the demo's customers live, homes can be connected. */
export async function listCoverage(sql: Sql): Promise<void> {
  const rows = LISTED.flatMap(([city, postal_code, suburbs]) =>
    suburbs.split(", ").map((name) => ({
      suburb: name.replace("*", ""),
      city,
      postal_code,
      is_covered: !name.endsWith("*"),
    })),
  );
  const listed = new Set(rows.filter((row) => row.is_covered).map((row) => row.suburb));
  const missing = AREAS.filter(({ suburb }) => !listed.has(suburb));
  if (missing.length > 0) throw new Error(`not listed: ${missing.map((one) => one.suburb)}`);
  await sql`insert into public.coverage_areas ${sql(rows)}`;
}
