// Lines of words as a person types them: inline requests, redis.conf, redis-cli. Words are parted by white space; in
// "double quotes" \n \r \t \b \a and \xHH are escapes and \ keeps the next character; in 'single quotes' only \' is one.
// Quotes may open inside a word, but after they close white space or the end must follow, as in Redis (sdssplitargs).

const WORD_ENDS = ' \n\r\t';

/** The characters of C's isspace: they may stand between words, though only those of WORD_ENDS end one. */
function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** The words of a line, as latin1 text; null when quotes are not balanced. A NUL ends the line. */
export function splitQuotedWords(line: string): string[] | null {
  const nul = line.indexOf('\0');
  const end = nul < 0 ? line.length : nul;
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < end && isSpace(line.charCodeAt(at))) at++;
    if (at >= end) return words;
    let word = '';
    while (at < end && !WORD_ENDS.includes(line[at]!)) {
      const character = line[at]!;
      at++;
      if (character !== '"' && character !== "'") {
        word += character;
        continue;
      }
      const close = character === '"' ? closeDouble(line, at, end) : closeSingle(line, at, end);
      if (close < 0) return null;
      word += character === '"' ? unescapeDouble(line, at, close) : line.slice(at, close).replaceAll("\\'", "'");
      at = close + 1;
      if (at < end && !isSpace(line.charCodeAt(at))) return null;
      // A vertical tab or form feed ends a quoted word, though not a bare one.
      break;
    }
    words.push(word);
  }
}

/** Where the double quotes that opened before `start` close, or -1. */
function closeDouble(line: string, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (line[at] === '"') return at;
    if (line[at] === '\\' && at + 1 < end) at++;
  }
  return -1;
}

function closeSingle(line: string, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (line[at] === "'") return at;
    if (line[at] === '\\' && at + 1 < end && line[at + 1] === "'") at++;
  }
  return -1;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['a', '\x07'],
]);

function unescapeDouble(line: string, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) {
    const character = line[at]!;
    if (character !== '\\') {
      text += character;
      continue;
    }
    const hex = line.slice(at + 2, at + 4);
    if (line[at + 1] === 'x' && /^[0-9a-fA-F]{2}$/.test(hex)) {
      text += String.fromCharCode(Number.parseInt(hex, 16));
      at += 3;
    } else {
      at++;
      text += ESCAPES.get(line[at]!) ?? line[at]!;
    }
  }
  return text;
}

/**
 * Bytes as a double-quoted word that splitQuotedWords reads back: what is not printable ASCII is escaped. MONITOR,
 * the slow log and CONFIG REWRITE show arguments this way (Redis: sdscatrepr).
 */
export function quoteWord(text: string): string {
  let quoted = '"';
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (character === '"' || character === '\\') quoted += `\\${character}`;
    else if (code >= 32 && code < 127) quoted += character;
    else quoted += SHOWN.get(character) ?? `\\x${code.toString(16).padStart(2, '0')}`;
  }
  return `${quoted}"`;
}

const SHOWN: ReadonlyMap<string, string> = new Map(
  [...ESCAPES].map(([letter, character]) => [character, `\\${letter}`]),
);
