import { guarded } from "../guarded";

export default guarded("/admin/team", "admins:manage");
