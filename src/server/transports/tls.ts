// Encryption between node:net and the server: a connection that was accepted goes through a handshake, and what comes out
// of it is a socket like any other.
//
// The settings may change at any time. Each set of them makes a tls.Server of its own, which never listens: accepted
// sockets are handed to the newest one. Connections that are there go on as they are.
//
// A peer that connects and does not finish its handshake costs little and not for long: so many may wait at a time, the
// one that waits longest makes room, and all end after HANDSHAKE_MS.

import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import type { SecureContext, SecureContextOptions, Server, TLSSocket } from 'node:tls';
import { assert } from '../../lib/assert.ts';
import { formatAddress } from './socket-address.ts';

const HANDSHAKE_MS = 10_000;
const HANDSHAKES_MAX = 1000;

/** What encrypted connections are made with. */
export interface TlsSettings {
  readonly context: SecureContextOptions;
  /** The same for connections that this server opens. */
  readonly outgoing: SecureContextOptions;
  /** Whether clients must, may or need not show a certificate. One that is shown must be valid. */
  readonly clients: 'no' | 'yes' | 'optional';
  /** Let clients resume a session: how many are remembered (0: any number), and for how many seconds. */
  readonly cachesSessions: boolean;
  readonly sessionsMax: number;
  readonly sessionSeconds: number;
}

/** What a transport knows of encryption. */
export interface Security {
  /** Takes an accepted socket over that was not read yet; it comes back by `secured`. */
  accept(socket: Socket): void;
  /** To be set: gets sockets whose handshake is done. */
  secured: (socket: Socket) => void;
  /** Ends the handshakes that are under way. */
  close(): void;
}

export class TlsSecurity implements Security {
  secured: (socket: Socket) => void = () => {};
  #server: Server | null = null;
  #outgoing: SecureContext | null = null;
  /** Sockets in their handshake, by address and port of the peer; who waits longest comes first. */
  readonly #handshakes = new Map<string, Socket>();
  readonly #failed: (reason: string) => void;

  /** `failed` is told why a handshake failed. */
  constructor(failed: (reason: string) => void) {
    this.#failed = failed;
  }

  /** Uses these settings for connections from now on. Throws what OpenSSL has against them; then all stays as it was. */
  configure(settings: TlsSettings): void {
    const { clients, cachesSessions, sessionSeconds } = settings;
    // Loaded here: it takes some milliseconds, which a server without such a port need not spend at its start.
    const tls = process.getBuiltinModule('node:tls');
    const outgoing = tls.createSecureContext(settings.outgoing);
    const server = tls.createServer({
      ...settings.context,
      secureOptions: (settings.context.secureOptions ?? 0) | (cachesSessions ? 0 : constants.SSL_OP_NO_TICKET),
      requestCert: clients !== 'no',
      rejectUnauthorized: clients === 'yes',
      handshakeTimeout: HANDSHAKE_MS,
      ...(sessionSeconds > 0 ? { sessionTimeout: sessionSeconds } : {}),
      pauseOnConnect: false,
    });
    if (cachesSessions) rememberSessions(server, settings.sessionsMax);
    server.on('secureConnection', (socket) => this.#established(socket, clients));
    server.on('tlsClientError', (error, socket) => {
      this.#failed(`${error.message} (addr=${peerOf(socket)})`);
      socket.destroy();
    });
    this.#server = server;
    this.#outgoing = outgoing;
  }

  /**
   * Begins to encrypt a connection that this server has opened. The other end must show a certificate that an authority
   * vouches for; which name is in it does not matter, as in Redis.
   */
  encrypt(socket: Socket): TLSSocket {
    assert(this.#outgoing !== null, 'there are settings');
    return process.getBuiltinModule('node:tls').connect({
      socket,
      secureContext: this.#outgoing,
      rejectUnauthorized: true,
      checkServerIdentity: () => undefined,
    });
  }

  accept(socket: Socket): void {
    const server = this.#server;
    if (server === null) {
      socket.destroy();
      return;
    }
    if (this.#handshakes.size >= HANDSHAKES_MAX) {
      const [longest] = this.#handshakes.values();
      longest?.destroy();
    }
    const peer = peerOf(socket);
    this.#handshakes.set(peer, socket);
    socket.once('close', () => {
      if (this.#handshakes.get(peer) === socket) this.#handshakes.delete(peer);
    });
    socket.on('error', () => {});
    server.emit('connection', socket);
  }

  /** Handshakes under way. */
  pending(): number {
    return this.#handshakes.size;
  }

  close(): void {
    for (const socket of this.#handshakes.values()) socket.destroy();
    this.#handshakes.clear();
  }

  #established(socket: TLSSocket, clients: TlsSettings['clients']): void {
    this.#handshakes.delete(peerOf(socket));
    // Node lets a certificate pass that nobody vouches for, where none is needed.
    const isForged = clients === 'optional' && !socket.authorized && certificateShown(socket);
    if (!isForged) {
      this.secured(socket);
      return;
    }
    this.#failed(`certificate verify failed (addr=${peerOf(socket)})`);
    socket.destroy();
  }
}

/** The common name of the valid certificate that a peer showed, '' without one. */
export function certifiedName(socket: Socket): string {
  if (!isEncrypted(socket) || !socket.authorized || !certificateShown(socket)) return '';
  const { CN } = socket.getPeerCertificate().subject;
  return typeof CN === 'string' ? CN : '';
}

function isEncrypted(socket: Socket): socket is TLSSocket {
  return 'encrypted' in socket;
}

function certificateShown(socket: TLSSocket): boolean {
  // An empty object stands for none.
  return Object.keys(socket.getPeerCertificate()).length > 0;
}

function peerOf(socket: Socket): string {
  return formatAddress(socket.remoteAddress ?? '?', socket.remotePort ?? 0);
}

/** Lets clients without tickets come back by the number of their session. */
function rememberSessions(server: Server, sessionsMax: number): void {
  const sessions = new Map<string, Buffer>();
  server.on('newSession', (id, session, done) => {
    const [oldest] = sessions.keys();
    if (sessionsMax > 0 && sessions.size >= sessionsMax && oldest !== undefined) sessions.delete(oldest);
    sessions.set(id.toString('latin1'), session);
    done();
  });
  server.on('resumeSession', (id, done) => done(null, sessions.get(id.toString('latin1'))));
}
