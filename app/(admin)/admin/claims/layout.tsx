import { guarded } from "../guarded";

export default guarded("/admin/claims");
