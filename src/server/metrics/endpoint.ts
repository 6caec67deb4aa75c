// A small HTTP server beside the real one: GET /metrics for Prometheus, GET /healthz for whoever restarts what is ill. Off
// unless `metrics-port` names a port; on loopback unless `metrics-bind` says otherwise.
//
// It knows no users and tells no keys or values. What others could do to it is bounded: connections, the size and the
// duration of a request, how often the text is made anew. On loopback it answers only to names of loopback, so that a page
// in a browser on this machine, whose own name an attacker lets point here, reads nothing.

import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsBind, metricsPort } from '../config/monitoring.ts';
import type { Server } from '../server.ts';
import { TransportError } from '../transports/transport.ts';
import { collectMetrics } from './collect.ts';
import { CONTENT_TYPE } from './exposition.ts';

const CONNECTIONS_MAX = 32;
const HEADER_BYTES_MAX = 4096;
const HEADERS_MAX = 64;
const REQUEST_MS_MAX = 5000;
const IDLE_MS_MAX = 15_000;
const REQUESTS_OF_CONNECTION_MAX = 1000;
/** The text is made anew no more often than this: it takes a millisecond or more where there are many clients. */
const TEXT_KEPT_MS = 200;

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
const PLAIN = 'text/plain; charset=utf-8';

/** The port for metrics cannot be had. */
export class MetricsError extends TransportError {}

export class MetricsEndpoint {
  private readonly server: Server;
  private http: HttpServer | null = null;
  private text = '';
  private textAt = Number.NEGATIVE_INFINITY;

  constructor(server: Server) {
    this.server = server;
  }

  /** Listens, if a port is configured, and moves with the settings. Rejects with a MetricsError when it cannot be had. */
  async open(): Promise<void> {
    const { config } = this.server;
    this.http = await this.listen(config.get(metricsPort), config.get(metricsBind));
    config.watch([metricsPort, metricsBind], () => this.move(config.get(metricsPort), config.get(metricsBind)));
  }

  /** Null, or why it stays where it is. */
  private async move(port: number, host: string): Promise<string | null> {
    const before = addressOf(this.http);
    // The same port on another address can only be had when the old socket is closed.
    this.close();
    try {
      this.http = await this.listen(port, host);
      return null;
    } catch (error) {
      if (!(error instanceof MetricsError)) throw error;
      this.server.log.warning(error.message);
      if (before !== null) this.http = await this.listen(before.port, before.address);
      return 'Unable to listen on this port. Check server logs.';
    }
  }

  /** Null when the port is 0. */
  private async listen(port: number, host: string): Promise<HttpServer | null> {
    if (port === 0) return null;
    const { log } = this.server;
    const http = await this.newServer();
    await new Promise<void>((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) =>
        reject(new MetricsError(error.code ?? '', `Failed opening metrics-port ${port}: ${error.message}`));
      http.once('error', fail);
      http.listen({ port, host }, () => {
        http.removeListener('error', fail);
        http.on('error', (error) => log.warning(`Metrics: ${error.message}`));
        resolve();
      });
    });
    log.notice(`Metrics at http://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`);
    return http;
  }

  private async newServer(): Promise<HttpServer> {
    // Two megabytes that a server without metrics does not load.
    const { createServer } = await import('node:http');
    const http = createServer(
      {
        maxHeaderSize: HEADER_BYTES_MAX,
        requestTimeout: REQUEST_MS_MAX,
        headersTimeout: REQUEST_MS_MAX,
        keepAliveTimeout: IDLE_MS_MAX,
        connectionsCheckingInterval: REQUEST_MS_MAX,
      },
      (request, response) => this.answer(request, response),
    );
    http.maxConnections = CONNECTIONS_MAX;
    http.maxHeadersCount = HEADERS_MAX;
    http.maxRequestsPerSocket = REQUESTS_OF_CONNECTION_MAX;
    http.setTimeout(IDLE_MS_MAX);
    // Upgrades and CONNECT are not spoken: without listeners Node ends such connections.
    http.on('clientError', (_error, socket) => socket.destroy());
    return http;
  }

  /** Ends it, with the connections that are open. */
  close(): void {
    this.http?.close();
    this.http?.closeAllConnections();
    this.http = null;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const isHead = request.method === 'HEAD';
    if (!isHead && request.method !== 'GET') {
      // What else is in the request is not read.
      response.setHeader('Allow', 'GET, HEAD');
      response.setHeader('Connection', 'close');
      send(response, 405, PLAIN, 'method not allowed\n', isHead);
      return;
    }
    if (!isMeant(request)) {
      send(response, 403, PLAIN, 'this address answers to localhost only\n', isHead);
      return;
    }
    const path = (request.url ?? '').split('?', 1)[0];
    if (path === '/metrics') send(response, 200, CONTENT_TYPE, this.metrics(), isHead);
    else if (path === '/healthz') this.answerHealth(response, isHead);
    else send(response, 404, PLAIN, 'only /metrics and /healthz\n', isHead);
  }

  private answerHealth(response: ServerResponse, isHead: boolean): void {
    const illness = this.server.illness();
    send(response, illness === null ? 200 : 503, PLAIN, `${illness ?? 'ok'}\n`, isHead);
  }

  private metrics(): string {
    const now = this.server.clock.elapsed();
    if (now - this.textAt < TEXT_KEPT_MS) return this.text;
    this.text = collectMetrics(this.server);
    this.textAt = now;
    return this.text;
  }
}

function addressOf(http: HttpServer | null): AddressInfo | null {
  const address = http?.address() ?? null;
  return typeof address === 'string' ? null : address;
}

/** Whether a request that came over loopback names loopback. */
function isMeant(request: IncomingMessage): boolean {
  const address = request.socket.localAddress ?? '';
  const isLoopback = address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
  return !isLoopback || LOOPBACK_NAME.test(request.headers.host ?? 'localhost');
}

function send(response: ServerResponse, status: number, type: string, text: string, isHead: boolean): void {
  const body = Buffer.from(text, 'utf8');
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(isHead ? undefined : body);
}
