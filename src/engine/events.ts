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
export const EVENT_ARRAY = 1 << 17; // a
/** Channels that also name the fields of hashes. */
export const EVENT_SUBKEYSPACE = 1 << 18; // S
export const EVENT_SUBKEYEVENT = 1 << 19; // T
export const EVENT_SUBKEYSPACEITEM = 1 << 20; // I
export const EVENT_SUBKEYSPACEEVENT = 1 << 21; // V

export const EVENT_ANY_SUBKEY = EVENT_SUBKEYSPACE | EVENT_SUBKEYEVENT | EVENT_SUBKEYSPACEITEM | EVENT_SUBKEYSPACEEVENT;

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
  EVENT_MODULE |
  EVENT_ARRAY;

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
export const SETBIT_EVENT = event(EVENT_STRING, 'setbit');
export const PFADD_EVENT = event(EVENT_STRING, 'pfadd');
export const INCRBY_EVENT = event(EVENT_STRING, 'incrby');
export const INCRBYFLOAT_EVENT = event(EVENT_STRING, 'incrbyfloat');
export const HSET_EVENT = event(EVENT_HASH, 'hset');
export const HDEL_EVENT = event(EVENT_HASH, 'hdel');
export const HINCRBY_EVENT = event(EVENT_HASH, 'hincrby');
export const HINCRBYFLOAT_EVENT = event(EVENT_HASH, 'hincrbyfloat');
export const HEXPIRE_EVENT = event(EVENT_HASH, 'hexpire');
export const HPERSIST_EVENT = event(EVENT_HASH, 'hpersist');
export const HEXPIRED_EVENT = event(EVENT_HASH, 'hexpired');
export const SADD_EVENT = event(EVENT_SET, 'sadd');
export const SREM_EVENT = event(EVENT_SET, 'srem');
export const SPOP_EVENT = event(EVENT_SET, 'spop');
export const SINTERSTORE_EVENT = event(EVENT_SET, 'sinterstore');
export const SUNIONSTORE_EVENT = event(EVENT_SET, 'sunionstore');
export const SDIFFSTORE_EVENT = event(EVENT_SET, 'sdiffstore');
export const ZADD_EVENT = event(EVENT_SORTED_SET, 'zadd');
export const ZINCR_EVENT = event(EVENT_SORTED_SET, 'zincr');
export const ZREM_EVENT = event(EVENT_SORTED_SET, 'zrem');
export const ZREMRANGEBYRANK_EVENT = event(EVENT_SORTED_SET, 'zremrangebyrank');
export const ZREMRANGEBYSCORE_EVENT = event(EVENT_SORTED_SET, 'zremrangebyscore');
export const ZREMRANGEBYLEX_EVENT = event(EVENT_SORTED_SET, 'zremrangebylex');
export const ZPOPMIN_EVENT = event(EVENT_SORTED_SET, 'zpopmin');
export const ZPOPMAX_EVENT = event(EVENT_SORTED_SET, 'zpopmax');
export const ZRANGESTORE_EVENT = event(EVENT_SORTED_SET, 'zrangestore');
export const ZUNIONSTORE_EVENT = event(EVENT_SORTED_SET, 'zunionstore');
export const ZINTERSTORE_EVENT = event(EVENT_SORTED_SET, 'zinterstore');
export const ZDIFFSTORE_EVENT = event(EVENT_SORTED_SET, 'zdiffstore');
export const GEOSEARCHSTORE_EVENT = event(EVENT_SORTED_SET, 'geosearchstore');
export const GEORADIUSSTORE_EVENT = event(EVENT_SORTED_SET, 'georadiusstore');
export const SORTSTORE_EVENT = event(EVENT_LIST, 'sortstore');
export const LPUSH_EVENT = event(EVENT_LIST, 'lpush');
export const RPUSH_EVENT = event(EVENT_LIST, 'rpush');
export const LPOP_EVENT = event(EVENT_LIST, 'lpop');
export const RPOP_EVENT = event(EVENT_LIST, 'rpop');
export const LINSERT_EVENT = event(EVENT_LIST, 'linsert');
export const LSET_EVENT = event(EVENT_LIST, 'lset');
export const LREM_EVENT = event(EVENT_LIST, 'lrem');
export const LTRIM_EVENT = event(EVENT_LIST, 'ltrim');
export const XADD_EVENT = event(EVENT_STREAM, 'xadd');
export const XTRIM_EVENT = event(EVENT_STREAM, 'xtrim');
export const XDEL_EVENT = event(EVENT_STREAM, 'xdel');
export const XSETID_EVENT = event(EVENT_STREAM, 'xsetid');
export const XGROUP_CREATE_EVENT = event(EVENT_STREAM, 'xgroup-create');
export const XGROUP_SETID_EVENT = event(EVENT_STREAM, 'xgroup-setid');
export const XGROUP_DESTROY_EVENT = event(EVENT_STREAM, 'xgroup-destroy');
export const XGROUP_CREATECONSUMER_EVENT = event(EVENT_STREAM, 'xgroup-createconsumer');
export const XGROUP_DELCONSUMER_EVENT = event(EVENT_STREAM, 'xgroup-delconsumer');
export const DEL_EVENT = event(EVENT_GENERIC, 'del');
export const EXPIRE_EVENT = event(EVENT_GENERIC, 'expire');
export const PERSIST_EVENT = event(EVENT_GENERIC, 'persist');
export const RENAME_FROM_EVENT = event(EVENT_GENERIC, 'rename_from');
export const RENAME_TO_EVENT = event(EVENT_GENERIC, 'rename_to');
export const MOVE_FROM_EVENT = event(EVENT_GENERIC, 'move_from');
export const MOVE_TO_EVENT = event(EVENT_GENERIC, 'move_to');
export const COPY_TO_EVENT = event(EVENT_GENERIC, 'copy_to');
export const RESTORE_EVENT = event(EVENT_GENERIC, 'restore');
export const EXPIRED_EVENT = event(EVENT_EXPIRED, 'expired');
export const EVICTED_EVENT = event(EVENT_EVICTED, 'evicted');
export const KEY_MISS_EVENT = event(EVENT_KEY_MISS, 'keymiss');
export const NEW_EVENT = event(EVENT_NEW, 'new');
export const OVERWRITTEN_EVENT = event(EVENT_OVERWRITTEN, 'overwritten');
export const TYPE_CHANGED_EVENT = event(EVENT_TYPE_CHANGED, 'type_changed');
