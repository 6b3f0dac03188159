import { answerSharePicture } from "@/lib/composition/share-picture";

/** The picture that messengers show for a shared link: `/share-picture/CODE.png`. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ name: string }> },
): Promise<Response> {
  return answerSharePicture((await params).name, request.headers);
}
