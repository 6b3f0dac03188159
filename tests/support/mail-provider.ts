import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";

/** What the provider is sent. */
export const mailBody = z.object({
  from: z.string(),
  to: z.string(),
  reply_to: z.string(),
  subject: z.string(),
  html: z.string(),
  text: z.string(),
});

export type MailAnswer =
  | "accept"
  | "hang"
  | "accept and die"
  | "accept and hang"
  | { status: number; body: unknown; headers?: Record<string, string> };

/** A mail provider on loopback that speaks Resend's API, keys included, and can misbehave. */
export class MailProvider {
  readonly requests: { key: string; to: string; authorization: string; at: number }[] = [];
  /** What reached a person: one mail per key. */
  readonly accepted = new Map<string, { id: string; body: string }>();
  /** The behaviour of the next requests, in order; afterwards everything is accepted. */
  script: MailAnswer[] = [];
  /** The behaviour towards one recipient, whatever the script says. */
  readonly towards = new Map<string, MailAnswer>();
  url = "";

  private constructor(private readonly server: Server) {}

  static async start(): Promise<MailProvider> {
    const server = createServer((request, response) => {
      provider.handle(request, response).catch(() => response.destroy());
    });
    const provider = new MailProvider(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port was given");
    provider.url = `http://127.0.0.1:${address.port}`;
    return provider;
  }

  reset(): void {
    this.requests.length = 0;
    this.accepted.clear();
    this.script = [];
    this.towards.clear();
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks).toString("utf8");
    const reply = (status: number, value: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof value === "string" ? value : JSON.stringify(value));
    };
    if (request.method !== "POST" || request.url !== "/emails") {
      return reply(404, { statusCode: 404, name: "not_found", message: "No such endpoint" });
    }
    const mail = mailBody.parse(JSON.parse(body));
    const key = String(request.headers["idempotency-key"]);
    const authorization = String(request.headers.authorization);
    this.requests.push({ key, to: mail.to, authorization, at: performance.now() });

    const answer = this.towards.get(mail.to) ?? this.script.shift() ?? "accept";
    if (answer === "hang") return;
    if (typeof answer === "object") return reply(answer.status, answer.body, answer.headers);
    const before = this.accepted.get(key);
    if (before && before.body !== body) {
      const name = "invalid_idempotent_request";
      return reply(409, { statusCode: 409, name, message: "Same key, other payload" });
    }
    const accepted = before ?? { id: `provider-${this.accepted.size + 1}`, body };
    this.accepted.set(key, accepted);
    if (answer === "accept") reply(200, { id: accepted.id });
    if (answer === "accept and die") request.socket.destroy();
  }
}
