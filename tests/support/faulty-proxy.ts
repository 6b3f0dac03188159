import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of a call: answered, lost on its way, or carried out with its answer lost. */
export type Fate = "answered" | "lost before" | "lost after";

interface PassingCall {
  /** Counted from 1. */
  n: number;
  /** The function that is called, or the path of anything else. */
  name: string;
  /** Method and path, such as `POST /rest/v1/rpc/place_order`. */
  request: string;
}

export interface FaultyProxy {
  url: string;
  /** Names of the calls since the start or the last `decide`, in the order in which they came. */
  readonly seen: string[];
  /** Who decides from now on; every call is answered before that. Counting starts anew. */
  decide(fate: (call: PassingCall) => Fate | Promise<Fate>): void;
  /** Settles when no call is under way. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Stands between a client and the data API, and loses requests or answers as it is told. */
export async function faultyProxy(target: string): Promise<FaultyProxy> {
  const upstream = new URL(target);
  const seen: string[] = [];
  const underWay = new Set<Promise<unknown>>();
  let judge: (call: PassingCall) => Fate | Promise<Fate> = () => "answered";

  const forward = (incoming: IncomingMessage, body: Buffer) =>
    new Promise<{ answer: IncomingMessage; body: Buffer }>((resolve, reject) => {
      const outgoing = httpRequest(
        {
          host: upstream.hostname,
          port: upstream.port,
          path: incoming.url,
          method: incoming.method,
          headers: incoming.headers,
        },
        (answer) => {
          bodyOf(answer).then((text) => resolve({ answer, body: text }), reject);
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });

  const server = createServer((request, response) => {
    const serve = async () => {
      const sent = await bodyOf(request);
      const path = request.url ?? "";
      const name = /\/rpc\/(\w+)/.exec(path)?.[1] ?? path;
      const fate = await judge({
        n: seen.push(name),
        name,
        request: `${request.method} ${path}`,
      });
      if (fate === "lost before") return response.destroy();
      const { answer, body } = await forward(request, sent);
      if (fate === "lost after") return response.destroy();
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      return response.end(body);
    };
    const passing: Promise<unknown> = serve()
      .catch(() => response.destroy())
      .finally(() => underWay.delete(passing));
    underWay.add(passing);
  });
  // A busy client must not find the connection closed that it sends on: the faults are those decided.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    decide(fate) {
      seen.length = 0;
      judge = fate;
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface CountingProxy {
  url: string;
  /** Method and path of each request since the last time this was asked. */
  taken(): string[];
  stop(): Promise<void>;
}

/** Stands in front of the data API and counts requests: what a page or route costs. */
export async function countingProxy(target: string): Promise<CountingProxy> {
  const { url, decide, stop } = await faultyProxy(target);
  let requests: string[] = [];
  decide(({ request }) => {
    requests.push(request);
    return "answered";
  });
  return {
    url,
    taken() {
      const taken = requests;
      requests = [];
      return taken;
    },
    stop,
  };
}
