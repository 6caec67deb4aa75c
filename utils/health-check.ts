// Whether the server answers: `node health-check.ts`, as the health check of the container. 0 when it does, also when it
// wants a password first, loads its data or runs a script; 1 when it does not within two seconds.

import { connect } from 'node:net';

const ALIVE = /^(\+PONG|-NOAUTH|-LOADING|-NOPERM|-BUSY|-MASTERDOWN)/;
const PATIENCE_MS = 2000;

const socket = connect(Number(process.env['CINNABAR_PORT'] || 6379), '127.0.0.1', () => socket.write('PING\r\n'));
socket.setTimeout(PATIENCE_MS, () => process.exit(1));
socket.once('error', () => process.exit(1));
socket.once('close', () => process.exit(1));
socket.once('data', (reply) => process.exit(ALIVE.test(reply.toString('latin1')) ? 0 : 1));
