// From a typed call to a command's words: `set('k', 'v', { expiration: { EX: 60 } })` becomes SET k v EX 60.
//
// The rule is the definition's argument grammar. Arguments that must be given are parameters, in order; those that may
// be left out are fields of one object, which comes last, named as the argument is:
//
//   NX, GET, PERSIST …                     true
//   EX seconds                             60
//   one of several                         a field of the choice: { EX: 60 }; a word: 'NX'
//   block of several                       an object with the parts' names
//   several of them                        an array
//
// A trailing argument of which there may be several takes an array. The count of keys is worked out.

import type { ArgumentDefinition, CommandDefinition } from '../engine/command.ts';

/** What an argument may be: bytes as they are, text as UTF-8, numbers in decimal. */
export type Argument = string | number | bigint | Uint8Array;

/** A value given for an argument, as far as types are known here. */
export type ArgumentValue =
  | Argument
  | boolean
  | undefined
  | null
  | readonly ArgumentValue[]
  | { readonly [name: string]: ArgumentValue };

/** The name of an argument as a parameter or field: 'unix-time-seconds' as 'unixTimeSeconds'. */
export function camelCase(name: string): string {
  return name.replace(/[-|_ ]+([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
}

/** The method that calls a command: 'OBJECT|ENCODING' as 'objectEncoding'. */
export function methodName(definition: CommandDefinition): string {
  return camelCase(definition.name.toLowerCase());
}

/** The words of a call. Throws TypeError when an argument is missing or of no use. */
export function commandWords(definition: CommandDefinition, given: readonly ArgumentValue[]): Argument[] {
  const words: Argument[] = definition.name.split('|');
  const args = definition.args ?? [];
  const required = args.filter((argument) => argument.optional !== true && argument.countsKeys !== true);
  const options = given[required.length] as { readonly [name: string]: ArgumentValue } | undefined;
  let place = 0;
  let counts = false;
  for (const argument of args) {
    if (argument.countsKeys === true) {
      counts = true;
      continue;
    }
    const name = camelCase(argument.name);
    const value = argument.optional === true ? options?.[name] : given[place++];
    if (value === undefined || value === null || value === false) {
      if (argument.optional === true) continue;
      throw new TypeError(`${definition.name}: the argument '${name}' is missing`);
    }
    if (counts) words.push(Array.isArray(value) ? value.length : 1);
    counts = false;
    addArgument(words, argument, value);
  }
  return words;
}

function addArgument(words: Argument[], argument: ArgumentDefinition, value: ArgumentValue): void {
  if (argument.multiple !== true) {
    addOne(words, argument, value, true);
    return;
  }
  const values = Array.isArray(value) ? (value as readonly ArgumentValue[]) : [value];
  if (values.length === 0) throw new TypeError(`the argument '${camelCase(argument.name)}' needs at least one value`);
  for (const [index, each] of values.entries())
    addOne(words, argument, each, index === 0 || argument.multipleToken === true);
}

function addOne(words: Argument[], argument: ArgumentDefinition, value: ArgumentValue, withToken: boolean): void {
  if (argument.type === 'pure-token') {
    words.push(argument.token!);
    return;
  }
  if (withToken && argument.token !== undefined) words.push(argument.token);
  if (argument.type === 'oneof') {
    addChoice(words, argument, value);
    return;
  }
  if (argument.type === 'block') {
    const parts = value as { readonly [name: string]: ArgumentValue };
    for (const part of argument.args!) {
      const partValue = parts[fieldName(part)];
      if (partValue === undefined || partValue === false) {
        if (part.optional === true) continue;
        throw new TypeError(`the argument '${fieldName(part)}' is missing`);
      }
      addArgument(words, part, partValue);
    }
    return;
  }
  if (typeof value === 'object' && !(value instanceof Uint8Array)) {
    throw new TypeError(`the argument '${camelCase(argument.name)}' takes one value`);
  }
  words.push(value as Argument);
}

/** What a choice is called: by its word where it has one. */
export function fieldName(argument: ArgumentDefinition): string {
  return argument.token ?? camelCase(argument.name);
}

function addChoice(words: Argument[], argument: ArgumentDefinition, value: ArgumentValue): void {
  const choices = argument.args!;
  if (typeof value === 'string') {
    const word = choices.find((choice) => choice.type === 'pure-token' && choice.token === value.toUpperCase());
    if (word !== undefined) {
      words.push(word.token!);
      return;
    }
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)) {
    const fields = value as { readonly [name: string]: ArgumentValue };
    for (const choice of choices) {
      const chosen = fields[fieldName(choice)];
      if (chosen === undefined || chosen === false) continue;
      addArgument(words, choice, chosen);
      return;
    }
  }
  const plain = choices.find((choice) => choice.token === undefined && choice.type !== 'block');
  if (plain === undefined) {
    throw new TypeError(`the argument '${camelCase(argument.name)}' is one of ${choices.map(fieldName).join(', ')}`);
  }
  addArgument(words, plain, value);
}
