// A simulated disk for unit tests of rooms that know no host.

import { SimulatedDisk } from '../../src/host/simulated-disk.ts';

export type TestDisk = SimulatedDisk;

export function testDisk(seed = 1): TestDisk {
  return new SimulatedDisk(seed);
}
