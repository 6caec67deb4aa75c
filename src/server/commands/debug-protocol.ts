// DEBUG PROTOCOL: one reply of each type, for tests of clients.

import type { Call } from '../../engine/call.ts';
import { error } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';

const NEEDS_RESP3 = error('ERR RESP2 is not supported by this command');
const WRONG_TYPE_NAME = error(
  'ERR Wrong protocol type name. Please use one of the following: ' +
    'string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false',
);

function threeIntegers(out: Reply): void {
  for (let number = 0; number < 3; number++) out.integer(number);
}

const WRITERS: Readonly<Record<string, (out: Reply) => void>> = {
  string: (out) => out.bulkText('Hello World'),
  integer: (out) => out.integer(12345),
  double: (out) => out.doubleText('3.141'),
  bignum: (out) => out.bigNumber('1234567999999999999999999999999999999'),
  null: (out) => out.nil(),
  array(out) {
    out.array(3);
    threeIntegers(out);
  },
  set(out) {
    out.set(3);
    threeIntegers(out);
  },
  map(out) {
    out.map(3);
    for (let number = 0; number < 3; number++) {
      out.integer(number);
      out.boolean(number === 1);
    }
  },
  attrib(out) {
    if (out.resp === 3) {
      out.attribute(1);
      out.bulkText('key-popularity');
      out.array(2);
      out.bulkText('key:123');
      out.integer(90);
    }
    out.bulkText('Some real reply following the attribute');
  },
  push(out) {
    if (out.resp === 2) {
      out.error(NEEDS_RESP3);
      return;
    }
    out.push(2);
    out.bulkText('server-cpu-usage');
    out.integer(42);
    out.bulkText('Some real reply following the push reply');
  },
  verbatim: (out) => out.verbatim('txt', 'This is a verbatim\nstring'),
  true: (out) => out.boolean(true),
  false: (out) => out.boolean(false),
};

export function debugProtocol(call: Call): void {
  const name = call.text(2).toLowerCase();
  const write = Object.hasOwn(WRITERS, name) ? WRITERS[name] : undefined;
  if (write === undefined) call.reply.error(WRONG_TYPE_NAME);
  else write(call.reply);
}
