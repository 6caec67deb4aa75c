// The processes that transports-process.test.ts starts: a role and a transport are their arguments.

import { openTransport, type SocketTransportName, send, TestHost } from './transports-host.ts';

/** What the child processes do. They print their port when they listen, and have no timer but where they say so. */
const ROLES: Record<string, (name: SocketTransportName) => Promise<void>> = {
  async 'closes at once'(name) {
    const transport = openTransport(name, new TestHost());
    await transport.listenTcp('127.0.0.1', 0, 511);
    transport.close();
  },
  async 'closes its listening sockets'(name) {
    const transport = openTransport(name, new TestHost());
    for (let i = 0; i < 3; i++) (await transport.listenTcp('127.0.0.1', 0, 511)).close();
  },
  async 'never listens'(name) {
    openTransport(name, new TestHost());
  },
  async 'does not keep the process'(name) {
    const transport = openTransport(name, new TestHost(), { keepsProcessAlive: false });
    await transport.listenTcp('127.0.0.1', 0, 511);
  },
  async 'keeps the process until a client says so'(name) {
    const host = new TestHost();
    const transport = openTransport(name, host);
    host.reply = () => transport.close();
    await listen(transport);
  },
  async 'exits inside received'(name) {
    const host = new TestHost();
    const transport = openTransport(name, host);
    host.reply = () => process.exit(7);
    await listen(transport);
  },
  async 'throws in soon'(name) {
    const host = new TestHost();
    host.fatal = (error) => {
      process.stdout.write(`fatal ${String(error)}\n`, () => process.exit(8));
    };
    const transport = openTransport(name, host);
    host.reply = () =>
      transport.soon(() => {
        throw new Error('in soon');
      });
    await listen(transport);
  },
  async 'answers from soon'(name) {
    const host = new TestHost();
    const transport = openTransport(name, host);
    host.reply = (receiver, text) =>
      transport.soon(async () => {
        await Promise.resolve();
        await new Promise((resolve) => process.nextTick(resolve));
        send(receiver.link, text);
      });
    await listen(transport);
  },
  async 'collects garbage'(name) {
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    const host = new TestHost();
    host.reply = (receiver, text) => {
      gc();
      send(receiver.link, text);
    };
    await listen(openTransport(name, host));
    gc();
  },
  async echoes(name) {
    const host = new TestHost();
    host.acceptFailed = (failure) => {
      process.stdout.write(`${failure}\n`);
    };
    await listen(openTransport(name, host));
  },
};

async function listen(transport: ReturnType<typeof openTransport>): Promise<void> {
  const { port } = await transport.listenTcp('127.0.0.1', 0, 511);
  process.stdout.write(`${port}\n`);
}

const role = ROLES[process.argv[2] ?? ''];
if (role === undefined) throw new Error('the first argument is a role');
await role(process.argv[3] === 'native' ? 'native' : 'node');
