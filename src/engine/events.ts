// What happens to keys, as keyspace notifications name it: the class that notify-keyspace-events selects, and the name.

/** Classes by their letter in notify-keyspace-events. */
export const EVENT_KEYSPACE = 1 << 0; // K
export const EVENT_KEYEVENT = 1 << 1; // E
export const EVENT_GENERIC = 1 << 2; // g
export const EVENT_STRING = 1 << 3; // $
export const EVENT_LIST = 1 << 4; // l
export const EVENT_SET = 1 << 5; // s
export const EVENT_HASH = 1 << 6; // h
export const EVENT_SORTED_SET = 1 << 7; // z
export const EVENT_EXPIRED = 1 << 8; // x
export const EVENT_EVICTED = 1 << 9; // e
export const EVENT_STREAM = 1 << 10; // t
export const EVENT_KEY_MISS = 1 << 11; // m
export const EVENT_MODULE = 1 << 13; // d
export const EVENT_NEW = 1 << 14; // n
export const EVENT_OVERWRITTEN = 1 << 15; // o
export const EVENT_TYPE_CHANGED = 1 << 16; // c

/** 'A': all classes but those that would flood. */
export const EVENT_ALL =
  EVENT_GENERIC |
  EVENT_STRING |
  EVENT_LIST |
  EVENT_SET |
  EVENT_HASH |
  EVENT_SORTED_SET |
  EVENT_EXPIRED |
  EVENT_EVICTED |
  EVENT_STREAM |
  EVENT_MODULE;

/** A kind of change. */
export interface KeyEvent {
  readonly class: number;
  readonly name: string;
}

function event(eventClass: number, name: string): KeyEvent {
  return { class: eventClass, name };
}

export const SET_EVENT = event(EVENT_STRING, 'set');
export const APPEND_EVENT = event(EVENT_STRING, 'append');
export const SETRANGE_EVENT = event(EVENT_STRING, 'setrange');
export const INCRBY_EVENT = event(EVENT_STRING, 'incrby');
export const INCRBYFLOAT_EVENT = event(EVENT_STRING, 'incrbyfloat');
export const DEL_EVENT = event(EVENT_GENERIC, 'del');
export const EXPIRE_EVENT = event(EVENT_GENERIC, 'expire');
export const PERSIST_EVENT = event(EVENT_GENERIC, 'persist');
export const RENAME_FROM_EVENT = event(EVENT_GENERIC, 'rename_from');
export const RENAME_TO_EVENT = event(EVENT_GENERIC, 'rename_to');
export const MOVE_FROM_EVENT = event(EVENT_GENERIC, 'move_from');
export const MOVE_TO_EVENT = event(EVENT_GENERIC, 'move_to');
export const COPY_TO_EVENT = event(EVENT_GENERIC, 'copy_to');
export const EXPIRED_EVENT = event(EVENT_EXPIRED, 'expired');
export const KEY_MISS_EVENT = event(EVENT_KEY_MISS, 'keymiss');
export const NEW_EVENT = event(EVENT_NEW, 'new');
export const OVERWRITTEN_EVENT = event(EVENT_OVERWRITTEN, 'overwritten');
export const TYPE_CHANGED_EVENT = event(EVENT_TYPE_CHANGED, 'type_changed');
