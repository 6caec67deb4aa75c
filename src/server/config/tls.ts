// Directives of encrypted connections. The files are read again whenever one is set, even to the same path.

import { bool, enumeration, INT_MAX, integer, text } from '../../lib/directive.ts';

export const tlsPort = integer('tls-port', {
  summary: 'The port for TLS connections. 0: none.',
  default: 0,
  min: 0,
  max: 65_535,
});

export const tlsCertFile = text('tls-cert-file', '', {
  summary: 'The certificate of this server (PEM).',
  unsetWhenEmpty: true,
  reapplied: true,
});

export const tlsKeyFile = text('tls-key-file', '', {
  summary: 'The private key of the certificate of this server (PEM).',
  unsetWhenEmpty: true,
  reapplied: true,
});

export const tlsKeyFilePass = text('tls-key-file-pass', '', {
  summary: 'The passphrase of the private key.',
  unsetWhenEmpty: true,
  sensitive: true,
});

export const tlsClientCertFile = text('tls-client-cert-file', '', {
  summary: 'The certificate for connections that this server opens, if it is another one.',
  unsetWhenEmpty: true,
  reapplied: true,
});

export const tlsClientKeyFile = text('tls-client-key-file', '', {
  summary: 'The private key of the certificate for connections that this server opens.',
  unsetWhenEmpty: true,
  reapplied: true,
});

export const tlsClientKeyFilePass = text('tls-client-key-file-pass', '', {
  summary: 'The passphrase of the private key for connections that this server opens.',
  unsetWhenEmpty: true,
  sensitive: true,
});

export const tlsDhParamsFile = text('tls-dh-params-file', '', {
  summary: 'Diffie-Hellman parameters, for very old TLS libraries only.',
  unsetWhenEmpty: true,
  reapplied: true,
});

export const tlsCaCertFile = text('tls-ca-cert-file', '', {
  summary: 'The certificates of the authorities that peers are checked against, in one file.',
  unsetWhenEmpty: true,
  reapplied: true,
});

export const tlsCaCertDir = text('tls-ca-cert-dir', '', {
  summary: 'A directory of certificates of the authorities that peers are checked against.',
  unsetWhenEmpty: true,
  reapplied: true,
});

export const tlsAuthClients = enumeration('tls-auth-clients', 'yes', ['no', 'yes', 'optional'], {
  summary: 'Whether clients must show a certificate.',
});

export const tlsAuthClientsUser = enumeration('tls-auth-clients-user', 'off', ['off', 'CN'], {
  summary: 'With CN a client is logged in as the user whom the common name of its certificate names.',
});

export const tlsReplication = bool('tls-replication', false, {
  summary: 'Use TLS towards the primary.',
});

export const tlsCluster = bool('tls-cluster', false, {
  summary: 'Use TLS between the nodes of a cluster, and for MIGRATE.',
});

export const tlsProtocols = text('tls-protocols', '', {
  summary: 'The accepted versions, for example "TLSv1.2 TLSv1.3". Empty: what the TLS library considers safe.',
  unsetWhenEmpty: true,
});

export const tlsCiphers = text('tls-ciphers', '', {
  summary: 'The accepted ciphers up to TLS 1.2, as OpenSSL writes them.',
  unsetWhenEmpty: true,
});

export const tlsCiphersuites = text('tls-ciphersuites', '', {
  summary: 'The accepted cipher suites of TLS 1.3.',
  unsetWhenEmpty: true,
});

export const tlsPreferServerCiphers = bool('tls-prefer-server-ciphers', false, {
  summary: "Choose the cipher by the server's order of preference, not by the client's.",
});

export const tlsSessionCaching = bool('tls-session-caching', true, {
  summary: 'Let clients that come back skip most of the TLS handshake.',
});

export const tlsSessionCacheSize = integer('tls-session-cache-size', {
  summary: 'How many TLS sessions are remembered. 0: no limit.',
  default: 20_480,
  min: 0,
  max: INT_MAX,
});

export const tlsSessionCacheTimeout = integer('tls-session-cache-timeout', {
  summary: 'Seconds for which a TLS session is remembered.',
  default: 300,
  min: 0,
  max: INT_MAX,
});
