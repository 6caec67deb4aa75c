// What commands that deliver pending entries share: finding or making the consumer, and how a delivery is propagated.

import { NONE } from '../../../memory/flat-memory.ts';
import { StreamId } from '../../../structures/stream-id.ts';
import type { WriteCall } from '../../call.ts';
import { XGROUP_CREATECONSUMER_EVENT } from '../../events.ts';
import { textOfHalves } from './ids.ts';

const delivered = new StreamId();

/** Bytes that a pending entry may take: an entry of each tree, and its part of their nodes. */
export const PENDING_BYTES = 256;
/** Nodes that the first of many may need. */
export const PENDING_NODES_BYTES = 16384;

/** The consumer in an argument, made when there is none; it was seen now. */
export function consumerOrNew(call: WriteCall, group: number, key: number, name: number): number {
  const { groups } = call.streams;
  const start = call.starts[name]!;
  const end = call.ends[name]!;
  const found = groups.findConsumer(group, call.bytes, start, end);
  if (found !== NONE) {
    groups.setSeen(found, call.now());
    return found;
  }
  const made = groups.createConsumer(group, call.bytes, start, end, call.now());
  call.engine.dirty++;
  call.notify(key, XGROUP_CREATECONSUMER_EVENT);
  return made;
}

/** Propagates how the pending entry at hand stands now. */
export function propagateClaim(call: WriteCall, key: number, name: number, group: number, id: StreamId): void {
  if (!call.propagates()) return;
  const { bytes, starts, ends } = call;
  const { groups, text } = call.streams;
  const { found } = groups.pending;
  const owner = groups.owner(found);
  if (owner === NONE) {
    propagateAcknowledged(call, key, name, id);
    return;
  }
  const propagation = call.propagateAs(14).text('XCLAIM').bytes(bytes, starts[key]!, ends[key]!);
  propagation.bytes(bytes, starts[name]!, ends[name]!);
  groups.consumerNames.readName(owner);
  propagation.bytes(groups.consumerNames.bytes, groups.consumerNames.start, groups.consumerNames.end);
  propagation.text('0').bytes(text, 0, id.write(text, 0));
  propagation.text('TIME').integer(groups.deliveredAt(found)).text('RETRYCOUNT');
  const high = groups.deliveriesHigh(found);
  const low = groups.deliveriesLow(found);
  if (high === 0) propagation.integer(low >>> 0);
  else propagation.text(textOfHalves(high, low));
  groups.readDelivered(group, delivered);
  propagation.text('FORCE').text('JUSTID').text('LASTID').bytes(text, 0, delivered.write(text, 0));
}

function propagateAcknowledged(call: WriteCall, key: number, name: number, id: StreamId): void {
  const { bytes, starts, ends } = call;
  const { text } = call.streams;
  const propagation = call.propagateAs(4).text('XACK').bytes(bytes, starts[key]!, ends[key]!);
  propagation.bytes(bytes, starts[name]!, ends[name]!).bytes(text, 0, id.write(text, 0));
}

/** Propagates up to where a group has read. */
export function propagateDelivered(call: WriteCall, key: number, name: number, group: number): void {
  if (!call.propagates()) return;
  const { bytes, starts, ends } = call;
  const { groups, text } = call.streams;
  groups.readDelivered(group, delivered);
  const propagation = call.propagateAs(7).text('XGROUP').text('SETID').bytes(bytes, starts[key]!, ends[key]!);
  propagation.bytes(bytes, starts[name]!, ends[name]!).bytes(text, 0, delivered.write(text, 0));
  propagation.text('ENTRIESREAD').text(textOfHalves(groups.readHigh(group), groups.readLow(group)));
}

/** Propagates that a consumer was made. */
export function propagateConsumer(call: WriteCall, key: number, name: number, consumer: number): void {
  if (!call.propagates()) return;
  const { bytes, starts, ends } = call;
  const propagation = call.propagateAs(5).text('XGROUP').text('CREATECONSUMER').bytes(bytes, starts[key]!, ends[key]!);
  propagation.bytes(bytes, starts[name]!, ends[name]!).bytes(bytes, starts[consumer]!, ends[consumer]!);
}
