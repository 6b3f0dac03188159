import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";

/** What the provider is sent. */
export const mailBody = z.object({
  from: z.string(),
  to: z.string(),
  reply_to: z.string(),
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
});

export type MailAnswer =
  | "accept"
  | "hang"
  | "die"
  | "accept and die"
  | "accept and hang"
  | { status: number; body: unknown; headers?: Record<string, string> };

/** A mail provider on loopback that speaks Resend's API, keys included, and can misbehave. */
export class MailProvider {
  readonly requests: { key: string; to: string; authorization: string; at: number }[] = [];
  /** What reached a person, by the key that the provider remembers. */
  readonly accepted = new Map<string, { id: string; body: string; since: number }>();
  /** Everything that reached a person, in order. */
  readonly deliveries: {
    key: string;
    to: string;
    subject: string;
    headers: Record<string, string>;
    at: number;
  }[] = [];
  /** More requests than this within a second are answered with 429. */
  limitPerSecond = Number.POSITIVE_INFINITY;
  /** How long an answer takes, in milliseconds. */
  latencyMs = 0;
  /** How many requests were answered with 429 for the limit. */
  slowed = 0;
  /** The behaviour of the next requests, in order; afterwards everything is accepted. */
  script: MailAnswer[] = [];
  /** The behaviour of every request after the script. */
  always: MailAnswer | null = null;
  /** The behaviour towards one recipient, whatever the script says. */
  readonly towards = new Map<string, MailAnswer>();
  url = "";
  /** Seconds that have passed besides real ones. */
  private clock = 0;

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
    this.deliveries.length = 0;
    this.slowed = 0;
    this.limitPerSecond = Number.POSITIVE_INFINITY;
    this.latencyMs = 0;
    this.always = null;
    this.script = [];
    this.towards.clear();
  }

  /** Lets time pass for the provider, which remembers a key for 24 hours. */
  pass(seconds: number): void {
    this.clock += seconds;
    for (const [key, { since }] of this.accepted) {
      if (this.clock - since >= 24 * 3600) this.accepted.delete(key);
    }
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

    const now = performance.now();
    let lately = 0;
    while ((this.requests.at(-1 - lately)?.at ?? 0) > now - 1000) lately += 1;
    if (lately > this.limitPerSecond) {
      this.slowed += 1;
      const limited = {
        statusCode: 429,
        name: "rate_limit_exceeded",
        message: "Too many requests",
      };
      return reply(429, limited, { "retry-after": "1" });
    }
    if (this.latencyMs > 0) await delay(this.latencyMs);
    const answer = this.towards.get(mail.to) ?? this.script.shift() ?? this.always ?? "accept";
    if (answer === "hang") return;
    if (answer === "die") {
      request.socket.destroy();
      return;
    }
    if (typeof answer === "object") return reply(answer.status, answer.body, answer.headers);
    const before = this.accepted.get(key);
    if (before && before.body !== body) {
      const name = "invalid_idempotent_request";
      return reply(409, { statusCode: 409, name, message: "Same key, other payload" });
    }
    const accepted = before ?? {
      id: `provider-${this.deliveries.length + 1}`,
      body,
      since: this.clock,
    };
    this.accepted.set(key, accepted);
    if (!before) {
      const { to, subject, headers = {} } = mail;
      this.deliveries.push({ key, to, subject, headers, at: now });
    }
    if (answer === "accept") reply(200, { id: accepted.id });
    if (answer === "accept and die") request.socket.destroy();
  }
}
