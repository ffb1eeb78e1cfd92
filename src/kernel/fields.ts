// What arrives is `unknown`: these functions find out what it is.

/**
 * A message that does not keep to the protocol.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** The fields of an object that has arrived. */
export type Fields = Readonly<Record<string, unknown>>;

// One reader for each kind of field: it returns the value, or throws a `ProtocolError` in
// which `where` names the field.

type Reader<T> = (value: unknown, where: string) => T;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function object(value: unknown, where: string): Fields {
  return isObject(value) ? value : malformed(value, 'an object', where);
}

export function string(value: unknown, where: string): string {
  return typeof value === 'string' ? value : malformed(value, 'text', where);
}

export function boolean(value: unknown, where: string): boolean {
  return typeof value === 'boolean'
    ? value
    : malformed(value, 'true or false', where);
}

export function number(value: unknown, where: string): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : malformed(value, 'a number', where);
}

export function integer(value: unknown, where: string): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : malformed(value, 'a count', where);
}

export function nullable<T>(
  value: unknown,
  read: Reader<T>,
  where: string
): T | null {
  return value === null || value === undefined ? null : read(value, where);
}

export function list<T>(value: unknown, read: Reader<T>, where: string): T[] {
  return Array.isArray(value)
    ? value.map(item => read(item, where))
    : malformed(value, 'a list', where);
}

export function literal<T extends string>(
  value: unknown,
  allowed: readonly T[],
  where: string
): T {
  const found = allowed.find(word => word === value);
  return found ?? malformed(value, allowed.join(' or '), where);
}

function malformed(value: unknown, wanted: string, where: string): never {
  const got = value === undefined ? 'nothing' : JSON.stringify(value);
  throw new ProtocolError(
    `Malformed message: "${where}" must be ${wanted}, and is ${got.slice(0, 80)}.`
  );
}
