/** The newest migration that this code was written for. `npm run db:migration` keeps it up to date. */
export const SCHEMA_VERSION = "20261130000000";
