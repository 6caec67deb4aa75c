// Addresses: as people and configuration files write them, as sockets of Linux hold them (sockaddr), and as Redis prints
// them in CLIENT LIST.
//
//   sockaddr_in   family u16 | port u16, big-endian | address 4 bytes
//   sockaddr_in6  family u16 | port u16, big-endian | flow u32 | address 16 bytes | scope u32
//   sockaddr_un   family u16 | path, up to 108 bytes, ended by a zero byte
//
// The family is in the byte order of the machine: little-endian, on x64 and arm64 alike.

import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { fromUtf8, utf8 } from '../../lib/bytes.ts';
import { fromNodeError } from './socket-errors.ts';
import type { TransportError } from './transport.ts';

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Room for every kind of sockaddr: sockaddr_storage. */
export const SOCKADDR_BYTES_MAX = 128;

/** The longest path of a unix socket, without the zero byte. */
export const UNIX_PATH_BYTES_MAX = 107;

/** How Redis prints an address that can't be known (any more). */
export const UNKNOWN_ADDRESS = '?:0';

export interface IpAddress {
  readonly family: typeof AF_INET | typeof AF_INET6;
  /** Without brackets and zone: "127.0.0.1", "::1". */
  readonly text: string;
  /** The interface that a link-local IPv6 address belongs to, else 0. */
  readonly scope: number;
}

/** What a link says of its two ends. */
export interface LinkAddresses {
  readonly remote: string;
  readonly local: string;
  readonly remoteIsLocal: boolean;
}

/** Of a link of a unix socket: clients have no address of their own, so both ends show the path, as in Redis. */
export function unixAddresses(path: string): LinkAddresses {
  return { remote: `${path}:0`, local: `${path}:0`, remoteIsLocal: true };
}

/**
 * What a host of the configuration stands for: an address, "*", "::*", or a name to be looked up, which may have several
 * addresses. Exactly one argument of `done` is not null; it may be called before this returns.
 */
export function resolveHost(
  host: string,
  done: (addresses: readonly IpAddress[] | null, error: TransportError | null) => void,
): void {
  const address = parseHost(host);
  if (address !== null) {
    done([address], null);
    return;
  }
  lookup(host, { all: true }, (error, found) => {
    if (error !== null) done(null, fromNodeError('getaddrinfo', error));
    else
      done(
        found.map((each) => parseHost(each.address)).filter((each) => each !== null),
        null,
      );
  });
}

/** The address that needs no looking up, or null. */
export function parseHost(host: string): IpAddress | null {
  if (host === '' || host === '*') return { family: AF_INET, text: '0.0.0.0', scope: 0 };
  if (host === '::*') return { family: AF_INET6, text: '::', scope: 0 };
  const kind = isIP(host);
  if (kind === 4) return { family: AF_INET, text: host, scope: 0 };
  if (kind !== 6) return null;
  const [text = host, zone = ''] = host.split('%');
  return { family: AF_INET6, text, scope: scopeOf(zone) };
}

function scopeOf(zone: string): number {
  if (zone === '') return 0;
  if (/^\d+$/.test(zone)) return Number(zone);
  for (const found of networkInterfaces()[zone] ?? []) if (found.family === 'IPv6') return found.scopeid;
  return 0;
}

/** Whether the address text is of this machine only. */
export function isLoopback(text: string): boolean {
  return text.startsWith('127.') || text === '::1' || text.startsWith('::ffff:127.');
}

/** "127.0.0.1:6379", "[::1]:6379". */
export function formatAddress(text: string, port: number): string {
  return text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`;
}

/** Writes sockaddr_in or sockaddr_in6 and returns its length. */
export function writeIpSockaddr(address: IpAddress, port: number, to: Uint8Array): number {
  to.fill(0);
  to[0] = address.family;
  to[2] = port >> 8;
  to[3] = port & 255;
  if (address.family === AF_INET) {
    to.set(address.text.split('.').map(Number), 4);
    return 16;
  }
  to.set(parseIpv6(address.text), 8);
  new DataView(to.buffer, to.byteOffset).setUint32(24, address.scope, true);
  return 28;
}

/** Writes sockaddr_un and returns its length; 0 when the path does not fit. */
export function writeUnixSockaddr(path: string, to: Uint8Array): number {
  const bytes = utf8(path);
  if (bytes.length === 0 || bytes.length > UNIX_PATH_BYTES_MAX) return 0;
  to.fill(0);
  to[0] = AF_UNIX;
  to.set(bytes, 2);
  return 2 + bytes.length + 1;
}

/** The address in a sockaddr without its port: "127.0.0.1", "::1", "/tmp/x.sock"; '' for a unix socket without a path. */
export function sockaddrHost(sockaddr: Uint8Array): string {
  const family = sockaddr[0]! | (sockaddr[1]! << 8);
  if (family === AF_INET) return `${sockaddr[4]}.${sockaddr[5]}.${sockaddr[6]}.${sockaddr[7]}`;
  if (family === AF_INET6) return formatIpv6(sockaddr.subarray(8, 24));
  const end = sockaddr.indexOf(0, 2);
  return fromUtf8(sockaddr, 2, end < 0 ? sockaddr.length : end);
}

export function sockaddrPort(sockaddr: Uint8Array): number {
  const family = sockaddr[0]! | (sockaddr[1]! << 8);
  return family === AF_INET || family === AF_INET6 ? (sockaddr[2]! << 8) | sockaddr[3]! : 0;
}

/** "127.0.0.1:6379", "[::1]:6379"; "?:0" for none. */
export function formatSockaddr(sockaddr: Uint8Array | null): string {
  return sockaddr === null ? UNKNOWN_ADDRESS : formatAddress(sockaddrHost(sockaddr), sockaddrPort(sockaddr));
}

/** Whether a sockaddr is of this machine only: 127.0.0.0/8, ::1, ::ffff:127.0.0.0/104, or a unix socket. */
export function sockaddrIsLocal(sockaddr: Uint8Array): boolean {
  const family = sockaddr[0]! | (sockaddr[1]! << 8);
  if (family === AF_INET) return sockaddr[4] === 127;
  return family === AF_INET6 ? isLoopback(formatIpv6(sockaddr.subarray(8, 24))) : family === AF_UNIX;
}

/** The 16 bytes of an IPv6 address that net.isIP has approved, without a zone. */
export function parseIpv6(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const gap = text.indexOf('::');
  const head = groupsOf(gap < 0 ? text : text.slice(0, gap));
  const tail = gap < 0 ? [] : groupsOf(text.slice(gap + 2));
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** The bytes of colon-separated groups, the last of which may be a dotted IPv4 address. */
function groupsOf(text: string): number[] {
  if (text === '') return [];
  const bytes: number[] = [];
  for (const group of text.split(':')) {
    if (group.includes('.')) bytes.push(...group.split('.').map(Number));
    else bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255);
  }
  return bytes;
}

/** As inet_ntop prints it (RFC 5952): the longest run of zero groups shortened, the first of equals, never a lone one. */
export function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${bytes.subarray(12, 16).join('.')}`;
  let gapAt = -1;
  let gapLength = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > gapLength) {
      gapAt = i;
      gapLength = end - i;
    }
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return gapAt < 0 ? text(0, 8) : `${text(0, gapAt)}::${text(gapAt + gapLength, 8)}`;
}
