/**
 * Who may import whom. `npm run check` runs it.
 *
 * A folder of `lib` imports from the floors below its own. Folders of one floor do not import each
 * other. The files directly in `lib`, `lib/supabase` and `lib/language` are the ground floor.
 */
import { readdirSync } from "node:fs";

const FLOORS = [
  ["programme", "invoicing", "identity"],
  ["fraud", "rewards"],
  ["referrals", "billing"],
  ["orders", "account", "access", "admin", "notifications"],
  ["http", "jobs"],
  ["composition"],
];

/** Folders of the ground floor, beside the files directly in `lib`. */
const GROUND = ["supabase", "language"];

const root = new URL("./", import.meta.url);
for (const entry of readdirSync(new URL("lib", root), { withFileTypes: true })) {
  if (entry.isDirectory() && !GROUND.includes(entry.name) && !FLOORS.flat().includes(entry.name)) {
    throw new Error(`lib/${entry.name} has no floor: name it in .dependency-cruiser.mjs`);
  }
}

const inLib = (folders) => `^lib/(${folders.join("|")})/`;
const product = "^(app|components|lib)/|^(proxy|instrumentation|instrumentation-client)\\.ts$";

/**
 * Files of `lib` that talk to the database, the network, Next.js or the process. Every other file
 * is pure: it computes from its arguments, and a browser may load it.
 */
const impure = [
  "^lib/(supabase|http|jobs|composition)/",
  "^lib/(env|log|request-context)\\.ts$",
  "^lib/.+/([a-z-]+-(service|calculator|detection|database)|delivery|senders|render)\\.tsx?$",
  "^lib/billing/billing-run\\.ts$",
  "^lib/programme/public-site\\.ts$",
  "^lib/orders/referral-cookies\\.ts$",
];

const floorRules = FLOORS.flatMap((floor, index) =>
  floor.map((folder) => ({
    name: `floor-${index + 1}-${folder}`,
    comment: `lib/${folder} stands on floor ${index + 1}: it imports from the floors below only.`,
    severity: "error",
    from: { path: inLib([folder]) },
    to: { path: inLib(FLOORS.slice(index).flat()), pathNot: inLib([folder]) },
  })),
);

export default {
  forbidden: [
    ...floorRules,
    {
      name: "floor-0",
      comment: "The ground floor of lib imports nothing from the floors above it.",
      severity: "error",
      from: { path: `^lib/([a-z-]+\\.tsx?$|(${GROUND.join("|")})/)` },
      to: { path: inLib(FLOORS.flat()) },
    },
    {
      name: "no-cycle",
      comment: "Two files that import each other are one file, or miss a third.",
      severity: "error",
      from: { path: product },
      to: { circular: true },
    },
    {
      name: "lib-knows-no-page",
      comment: "lib is used by pages and components, and imports neither.",
      severity: "error",
      from: { path: "^lib/" },
      to: { path: "^(app|components)/" },
    },
    {
      name: "component-knows-no-page",
      severity: "error",
      from: { path: "^components/" },
      to: { path: "^app/" },
    },
    {
      name: "component-is-pure",
      comment:
        "Components import types and pure functions of lib: no client, service or environment.",
      severity: "error",
      from: { path: "^components/" },
      to: { path: impure, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "component-uses-no-client",
      comment: "Components reach neither Supabase nor the request.",
      severity: "error",
      from: { path: "^components/" },
      to: { path: "^node_modules/(@supabase/|postgres/|next/headers)" },
    },
    {
      name: "pure-imports-pure",
      comment: "A pure file of lib imports values from pure files only.",
      severity: "error",
      from: { path: "^lib/", pathNot: impure },
      to: { path: impure, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "pure-uses-no-machine",
      comment:
        "A pure file of lib uses no Supabase client, nothing of Next.js and nothing of Node.",
      severity: "error",
      from: { path: "^lib/", pathNot: impure },
      to: {
        path: "^node_modules/(@supabase|next|server-only|pino|prom-client|resend|@opentelemetry)/",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "pure-uses-no-node-module",
      severity: "error",
      from: { path: "^lib/", pathNot: impure },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "product-knows-no-tools",
      comment: "Nothing of the product uses tests, the embedded stack or a development package.",
      severity: "error",
      from: { path: product },
      to: { path: "^(tests|supabase)/" },
    },
    {
      name: "product-needs-no-development-package",
      severity: "error",
      from: { path: product },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "unresolved",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // Version 7 of TypeScript has no API that the cruiser could parse with.
    parser: "swc",
    // Our own sources are ES modules; a function of ours named "require" is none.
    moduleSystems: ["es6"],
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      conditionNames: ["import", "require", "node", "default", "types"],
      exportsFields: ["exports"],
    },
  },
};
