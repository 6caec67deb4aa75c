import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ENGINE_COMMANDS } from '../all-commands.ts';
import { CATEGORIES } from '../command-categories.ts';
import { CommandTable } from '../command-table.ts';
import { joinSelectors, RuleBook } from './rule-book.ts';
import type { User } from './user.ts';

const book = new RuleBook(new CommandTable(ENGINE_COMMANDS));

/** A new user after rules; or the reason why one was refused. */
function make(...rules: string[]): User | string {
  const user = book.newUser('ann');
  const joined = joinSelectors(rules);
  if ('unmatched' in joined) return `unmatched ${joined.unmatched}`;
  return book.applyAll(user, joined.rules)?.reason ?? user;
}

function textOf(...rules: string[]): string {
  const made = make(...rules);
  return typeof made === 'string' ? made : made.rulesText();
}

const NOTHING = 'off sanitize-payload resetchannels -@all';
const SECRET = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b';

describe('rules of users', () => {
  it('make of a new user what they say, in the order in which it is shown', () => {
    const cases: [string[], string][] = [
      [[], NOTHING],
      [[''], NOTHING],
      [['on', 'nopass'], 'on nopass sanitize-payload resetchannels -@all'],
      [['ON', 'off', 'Skip-Sanitize-Payload'], 'off skip-sanitize-payload resetchannels -@all'],
      [['>secret'], `off sanitize-payload #${SECRET} resetchannels -@all`],
      [['>secret', `#${SECRET}`], `off sanitize-payload #${SECRET} resetchannels -@all`],
      [['>secret', 'nopass'], 'off nopass sanitize-payload resetchannels -@all'],
      [['nopass', '>secret', '<secret'], NOTHING],
      [['>secret', `!${SECRET}`], NOTHING],
      [['~a', '%R~b', '%W~c'], 'off sanitize-payload ~a %R~b %W~c resetchannels -@all'],
      [['%R~a', '~b', '%w~a', '%wR~c'], 'off sanitize-payload ~a ~b ~c resetchannels -@all'],
      [['~a', 'allkeys'], 'off sanitize-payload ~* resetchannels -@all'],
      [['%RW~*', '~a'], 'off sanitize-payload %RW~* ~a resetchannels -@all'],
      [['&a', '&b*'], 'off sanitize-payload resetchannels &a &b* -@all'],
      [['&a', 'allchannels'], 'off sanitize-payload &* -@all'],
      [
        ['(~a', '+get', ')', '(', '&b', ')', '()'],
        `${NOTHING} (~a resetchannels -@all +get) (resetchannels &b -@all) (resetchannels -@all)`,
      ],
      [['(~a)', 'clearselectors'], NOTHING],
      [['on', 'nopass', '+@all', '~*', '(~a)', 'reset'], NOTHING],
      [['+select|0', '+SELECT|1'], `${NOTHING} +select|0 +select|1`],
    ];
    for (const [rules, expected] of cases) assert.equal(textOf(...rules), expected, rules.join(' '));
  });

  it('about commands stay in their order; what a later one covers is left out', () => {
    const cases: [string, string][] = [
      ['+@all -@hash -@slow +hget', '+@all -@hash -@slow +hget'],
      ['+@all -@hash -@slow +hget -@hash', '+@all -@slow +hget -@hash'],
      ['+get -@all', '-@all'],
      ['-@string +@all', '+@all'],
      ['+@HASH +@hash', '-@all +@hash'],
      ['+hget -hset +hset -hget', '-@all +hset -hget'],
      ['+client|list +client|list +object|freq +object +acl|list -acl', '-@all +client|list +object -acl'],
      ['+select|0 +select|0 +echo|a +echo', '-@all +select|0 +echo'],
      ['+object +object|freq -object|help +object', '-@all +object'],
      ['-@dangerous', '-@all -@dangerous'],
      ['+@all +client|id', '+@all +client|id'],
    ];
    for (const [rules, expected] of cases) {
      const made = make(...rules.split(' '));
      assert.ok(typeof made !== 'string', rules);
      assert.equal(made.root().commandsText(), expected, rules);
    }
    for (const category of CATEGORIES) {
      assert.match(textOf('+@all', `-@${category}`), new RegExp(`\\+@all -@${category}$`));
    }
  });

  it('are refused with a reason', () => {
    const cases: [string, string | RegExp][] = [
      ['foo', 'Syntax error'],
      [')', 'Syntax error'],
      [' ()', 'Syntax error'],
      ['(on)', 'Syntax error'],
      ['(>a)', 'Syntax error'],
      ['(reset)', 'Syntax error'],
      ['((+get))', 'Syntax error'],
      ['(+get (~a)', 'Syntax error'],
      ['+nope', /^Unknown command or category/],
      ['+@nope', /^Unknown command or category/],
      ['+', /^Unknown command or category/],
      ['-select|0', /^Unknown command or category/],
      ['+object|nope', /^Unknown command or category/],
      ['+get|a|b', /^Unknown command or category/],
      ['+object|freq|a', /^Allowing first-arg of a subcommand/],
      ['+select|', 'Syntax error'],
      ['+select|0\nuser eve on nopass ~* &* +@all', 'Syntax error'],
      ['#abc', /^The password hash must be exactly 64/],
      [`#${SECRET.toUpperCase()}`, /^The password hash must be exactly 64/],
      [`#${SECRET}\n`, /^The password hash must be exactly 64/],
      ['<secret', /^The password you are trying to remove/],
      ['~a b', 'Syntax error'],
      ['~a\0', 'Syntax error'],
      ['&a\tb', 'Syntax error'],
    ];
    for (const [rule, expected] of cases) {
      const reason = make(rule);
      assert.ok(typeof reason === 'string', rule);
      if (typeof expected === 'string') assert.equal(reason, expected, rule);
      else assert.match(reason, expected, rule);
    }
    assert.match(textOf('~*', '~a'), /^Adding a pattern after the \* pattern .*'resetkeys'/);
    assert.match(textOf('allchannels', '&a'), /^Adding a pattern after the \* pattern .*'resetchannels'/);
  });

  it('CVE-2024-31227, CVE-2024-51741: selectors and permissions that are cut off', () => {
    for (const rule of ['%', '%R', '%RW', '%W', '%~', '%~a', '%RRW~a', '%X~a', '%Ra', '%R *', '(%)', '(%R)', '(%RW)']) {
      assert.equal(make(rule), 'Syntax error', rule);
    }
    assert.equal(make('('), 'unmatched (');
    assert.equal(make('on', '(+get', '(~a'), 'unmatched (+get');
    assert.equal(make('(+get)x'), 'unmatched (+get)x');
    assert.equal(make('(+get', '(~a', ')'), 'Syntax error');
  });

  it('read names of properties as any other', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      assert.match(String(make(`+${name}`)), /^Unknown/);
      assert.match(String(make(`+@${name}`)), /^Unknown/);
      assert.equal(make(name), 'Syntax error');
    }
  });

  it('of new users and selectors follow acl-pubsub-default', () => {
    book.allChannelsAtFirst = true;
    try {
      assert.equal(textOf(), 'off sanitize-payload &* -@all');
      assert.equal(textOf('resetchannels', '(+get)'), `${NOTHING} (&* -@all +get)`);
      assert.equal(textOf('resetchannels', 'reset'), 'off sanitize-payload &* -@all');
    } finally {
      book.allChannelsAtFirst = false;
    }
  });
});
