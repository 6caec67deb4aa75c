// What a command's declared complexity promises, as a number: how much more work it may be when what it is about is
// GROWTH times as large. "O(log(N)+M), N being the members …" is read from the definition, so that what COMMAND DOCS
// says is what is held.

/** How much larger the larger of two measured collections is. */
export const GROWTH = 8;

/** What stands for the variables that do not grow. */
const FIXED = 4;

/** What a form of the declaration says when some of its variables have certain values. */
class Formula {
  private readonly words: readonly string[];
  private readonly valueOfVariable: (variable: string) => number;
  private at = 0;

  constructor(text: string, valueOfVariable: (variable: string) => number) {
    this.words = text.match(/log|[A-Z]|\d+|[()+*]/g) ?? [];
    this.valueOfVariable = valueOfVariable;
  }

  sum(): number {
    let value = this.product();
    while (this.words[this.at] === '+') {
      this.at++;
      value += this.product();
    }
    return value;
  }

  /** Factors with a * between them, or with nothing. */
  private product(): number {
    let value = this.factor();
    for (;;) {
      const next = this.words[this.at];
      if (next === '*') this.at++;
      else if (next === undefined || next === ')' || next === '+') return value;
      value *= this.factor();
    }
  }

  private factor(): number {
    const word = this.words[this.at++];
    if (word === undefined) throw new Error('a formula ends where something must follow');
    if (word === 'log') return Math.log2(this.factor() + 1);
    if (word === '(') {
      const value = this.sum();
      if (this.words[this.at++] !== ')') throw new Error('a bracket is not closed');
      return value;
    }
    return /\d/.test(word) ? Number(word) : this.valueOfVariable(word);
  }
}

/** The texts in the brackets of each O(…). */
function formulas(text: string): string[] {
  const found: string[] = [];
  for (let at = text.indexOf('O('); at >= 0; at = text.indexOf('O(', at + 1)) {
    let depth = 1;
    let end = at + 2;
    while (depth > 0 && end < text.length) {
      if (text[end] === '(') depth++;
      else if (text[end] === ')') depth--;
      end++;
    }
    found.push(text.slice(at + 2, end - 1));
  }
  return found;
}

/**
 * The exponent e so that the declared work grows with size^e when the variables in `grown` grow from `size` on. A
 * declaration has forms, separated by semicolons: `form` chooses one (0 is the first). In "for each member" the members
 * grow where `grown` has an '@'.
 */
export function declaredExponent(complexity: string, grown: string, size: number, form = 0): number {
  const text = complexity.split(';')[form];
  if (text === undefined) throw new Error(`no form ${form} in: ${complexity}`);
  const found = formulas(text);
  if (found.length === 0) throw new Error(`no O(…) in: ${text}`);
  for (const variable of grown.replace('@', '')) {
    if (!found.some((formula) => formula.includes(variable))) throw new Error(`no ${variable} in: ${text}`);
  }
  if (grown.includes('@') && !text.includes('for each')) throw new Error(`nothing is "for each" in: ${text}`);
  const workAt = (scale: number): number => {
    const valueOfVariable = (variable: string): number => (grown.includes(variable) ? size * scale : FIXED);
    const work = found.reduce((sum, formula) => sum + new Formula(formula, valueOfVariable).sum(), 0);
    return grown.includes('@') ? work * size * scale : work;
  };
  return Math.log(workAt(GROWTH) / workAt(1)) / Math.log(GROWTH);
}
