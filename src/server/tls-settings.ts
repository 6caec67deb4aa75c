// What the tls-* directives come to: files are read, names of OpenSSL put together. Every refusal has Redis's words, for the
// log; the client of CONFIG SET is only told that there was one.

import { constants } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import type { ServerConfig } from './config/server-config.ts';
import {
  tlsAuthClients,
  tlsCaCertDir,
  tlsCaCertFile,
  tlsCertFile,
  tlsCiphers,
  tlsCiphersuites,
  tlsClientCertFile,
  tlsClientKeyFile,
  tlsClientKeyFilePass,
  tlsCluster,
  tlsDhParamsFile,
  tlsKeyFile,
  tlsKeyFilePass,
  tlsPort,
  tlsPreferServerCiphers,
  tlsProtocols,
  tlsReplication,
  tlsSessionCacheSize,
  tlsSessionCacheTimeout,
  tlsSessionCaching,
} from './config/tls.ts';
import type { TlsSettings } from './transports/tls.ts';

/** The directives that encrypted connections depend on. */
export const TLS_DIRECTIVES = [
  tlsAuthClients,
  tlsCaCertDir,
  tlsCaCertFile,
  tlsCertFile,
  tlsCiphers,
  tlsCiphersuites,
  tlsClientCertFile,
  tlsClientKeyFile,
  tlsClientKeyFilePass,
  tlsCluster,
  tlsDhParamsFile,
  tlsKeyFile,
  tlsKeyFilePass,
  tlsPort,
  tlsPreferServerCiphers,
  tlsProtocols,
  tlsReplication,
  tlsSessionCacheSize,
  tlsSessionCacheTimeout,
  tlsSessionCaching,
];

/** Versions by name, with the option that switches each off. */
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['tlsv1', constants.SSL_OP_NO_TLSv1],
  ['tlsv1.1', constants.SSL_OP_NO_TLSv1_1],
  ['tlsv1.2', constants.SSL_OP_NO_TLSv1_2],
  ['tlsv1.3', constants.SSL_OP_NO_TLSv1_3],
]);
const SAFE_PROTOCOLS = 'TLSv1.2 TLSv1.3';

/** OpenSSL's own, which Node leaves out as soon as other ciphers are named. */
const SUITES_OF_TLS13 = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

/** The settings cannot be used. */
export class TlsRefusal extends Error {
  override readonly name = 'TlsRefusal';
}

/** Whether any connections are to be encrypted. Where none are, the other directives may be set in any order. */
export function usesTls(config: ServerConfig): boolean {
  return config.get(tlsPort) !== 0 || opensEncrypted(config);
}

/** Whether such are that this server opens. */
function opensEncrypted(config: ServerConfig): boolean {
  return config.get(tlsCluster) || config.get(tlsReplication);
}

/** Reads the settings and the files that they name. Throws TlsRefusal. */
export function readTlsSettings(config: ServerConfig): TlsSettings {
  const clients = config.get(tlsAuthClients);
  const authorities = readAuthorities(config);
  if ((clients !== 'no' || opensEncrypted(config)) && authorities.length === 0) {
    throw new TlsRefusal(
      'Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, tls-replication or ' +
        'tls-auth-clients are enabled!',
    );
  }
  const cert = config.get(tlsCertFile);
  const key = config.get(tlsKeyFile);
  if (cert === '') throw new TlsRefusal('No tls-cert-file configured!');
  if (key === '') throw new TlsRefusal('No tls-key-file configured!');
  const passphrase = config.get(tlsKeyFilePass);
  const dhParams = config.get(tlsDhParamsFile);
  const shared: SecureContextOptions = {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.3',
    secureOptions: protocolOptions(config.get(tlsProtocols)),
    ciphers: `${config.get(tlsCiphersuites) || SUITES_OF_TLS13}:${config.get(tlsCiphers) || 'DEFAULT'}`,
    ...(authorities.length > 0 ? { ca: authorities } : {}),
  };
  const own: SecureContextOptions = {
    cert: read('certificate', cert),
    key: read('private key', key),
    ...(passphrase === '' ? {} : { passphrase }),
  };
  return {
    context: {
      ...shared,
      ...own,
      honorCipherOrder: config.get(tlsPreferServerCiphers),
      ...(dhParams === '' ? {} : { dhparam: read('DH params', dhParams) }),
    },
    outgoing: { ...shared, ...(clientCertificate(config) ?? own) },
    clients,
    cachesSessions: config.get(tlsSessionCaching),
    sessionsMax: config.get(tlsSessionCacheSize),
    sessionSeconds: config.get(tlsSessionCacheTimeout),
  };
}

/** What this server shows where it is the client, if that is something else. */
function clientCertificate(config: ServerConfig): SecureContextOptions | null {
  const cert = config.get(tlsClientCertFile);
  const key = config.get(tlsClientKeyFile);
  if (cert === '' || key === '') return null;
  const passphrase = config.get(tlsClientKeyFilePass);
  return {
    cert: read('certificate', cert),
    key: read('private key', key),
    ...(passphrase === '' ? {} : { passphrase }),
  };
}

function readAuthorities(config: ServerConfig): Buffer[] {
  const file = config.get(tlsCaCertFile);
  const directory = config.get(tlsCaCertDir);
  const authorities = file === '' ? [] : [read('CA certificate(s)', file)];
  if (directory === '') return authorities;
  try {
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      if (!statSync(path).isFile()) continue;
      const bytes = readFileSync(path);
      if (bytes.includes('-----BEGIN CERTIFICATE-----')) authorities.push(bytes);
    }
  } catch (error) {
    throw new TlsRefusal(`Failed to load CA certificates from ${directory}: ${reasonOf(error)}`);
  }
  return authorities;
}

function read(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TlsRefusal(`Failed to load ${what}: ${path}: ${reasonOf(error)}`);
  }
}

/** What switches off the versions that are not in the list. */
function protocolOptions(list: string): number {
  const wanted = new Set((list.trim() || SAFE_PROTOCOLS).toLowerCase().split(/\s+/));
  let options = 0;
  for (const [name, off] of PROTOCOLS) if (!wanted.delete(name)) options |= off;
  if (wanted.size === 0) return options;
  throw new TlsRefusal(
    "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'.",
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
