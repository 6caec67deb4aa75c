import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';
import { fromLatin1, fromUtf8 } from '../../lib/bytes.ts';

const NOT_AN_INTEGER = '-ERR value is not an integer or out of range\r\n';

/** The lines of a reply without its header. */
function draw(server: EngineHarness, ...args: string[]): string[] {
  const raw = server.run('LOLWUT', ...args);
  const header = raw.indexOf('\r\n');
  assert.equal(Number(raw.slice(1, header)), raw.length - header - 4, 'the length is that of the text');
  return fromUtf8(fromLatin1(raw.slice(header + 2, -2))).split('\n');
}

describe('LOLWUT', () => {
  it('draws what the version asks for, in the size asked for', () => {
    const server = new EngineHarness();
    const crystals = draw(server, 'VERSION', '5', '20', '2', '3');
    assert.equal(crystals.indexOf(''), 15);
    assert.ok(crystals.slice(0, 15).every((line) => /^[\u2800-\u28ff]{20}$/.test(line)));
    assert.match(crystals[0]!, /[\u2801-\u28ff]/);
    assert.match(crystals.at(-2)!, /Redis ver\. 7\.4\.1$/);
    const coast = draw(server, 'version', '6', '10', '4');
    assert.equal(coast[3]!.split('\x1b[0m').length, 11);
    assert.equal(coast[4], '');
    assert.equal(draw(server, 'VERSION', '8').length, 7);
  });

  it('tells only the version where there is no picture', () => {
    const server = new EngineHarness();
    for (const args of [[], ['foo'], ['VERSION'], ['VERSION', '7'], ['VERSION', '-1', 'x']]) {
      assert.deepEqual(draw(server, ...args), ['Redis ver. 7.4.1', '']);
    }
    server.engine.identity.version = '6.2.0';
    assert.match(draw(server, '3', '2').at(-2)!, /^A coast.*Redis ver\. 6\.2\.0$/);
  });

  it('keeps sizes within bounds, and refuses what is none', () => {
    const server = new EngineHarness();
    assert.equal(server.run('LOLWUT', 'VERSION', 'x'), NOT_AN_INTEGER);
    assert.equal(server.run('LOLWUT', 'VERSION', '5', '10', 'x'), NOT_AN_INTEGER);
    assert.equal(server.run('LOLWUT', 'VERSION', '6', ''), NOT_AN_INTEGER);
    const huge = '9223372036854775807';
    assert.ok(server.run('LOLWUT', 'VERSION', '5', huge, '1', huge).length < 400_000);
    assert.ok(server.run('LOLWUT', 'VERSION', '5', huge, huge, huge).length < 400_000);
    assert.ok(server.run('LOLWUT', 'VERSION', '6', huge, huge).length < 1_500_000);
    assert.equal(draw(server, 'VERSION', '6', '-5', '-5')[0]!.split('\x1b[0m').length, 2);
    assert.equal(draw(server, 'VERSION', '5', '-5', '-5', '-5')[0]!.length, 1);
  });
});
