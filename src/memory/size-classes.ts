// Size classes of the flat memory: which block size serves a request, and how many blocks a slab holds.
//
// A slab is a run of SLAB_PAGES pages cut into blocks of one class. Steps are 8 bytes up to 128, then an eighth of the
// power of two below (so at most 12.5 % is lost to rounding), and near the top the sizes that divide a slab evenly.

/** Bytes of a granule: the unit that a handle counts. */
export const GRANULE_BYTES = 8;
/** Bytes of a page: the unit in which segments are shared out. 4 KiB keeps the rounding of large values below 20 %. */
export const PAGE_BYTES = 4096;
/** Pages of a slab: 64 KiB, large enough that taking a slab is rare, small enough that an idle server touches little. */
export const SLAB_PAGES = 16;
export const SLAB_BYTES = SLAB_PAGES * PAGE_BYTES;
/** The largest block cut from a slab; larger requests take runs of pages. */
export const SLAB_BLOCK_BYTES_MAX = 16384;

function sizes(): number[] {
  const list: number[] = [];
  for (let bytes = 8; bytes <= 128; bytes += 8) list.push(bytes);
  for (let step = 16; step <= 256; step *= 2) {
    for (let bytes = step * 8 + step; bytes <= step * 16; bytes += step) list.push(bytes);
  }
  for (let blocks = 14; blocks >= 4; blocks--) {
    list.push(Math.floor(SLAB_BYTES / blocks / GRANULE_BYTES) * GRANULE_BYTES);
  }
  return list;
}

const SIZES = sizes();

/** Bytes of a block by class; class 0 is "no class". */
export const CLASS_BYTES = Int32Array.from([0, ...SIZES]);
/** Blocks in a slab by class. */
export const CLASS_BLOCKS = CLASS_BYTES.map((bytes) => (bytes === 0 ? 0 : Math.floor(SLAB_BYTES / bytes)));
export const CLASS_COUNT = CLASS_BYTES.length;

/** Class by size in granules, rounded up: `CLASS_OF_GRANULES[(bytes + 7) >>> 3]`. */
export const CLASS_OF_GRANULES = new Uint8Array(SLAB_BLOCK_BYTES_MAX / GRANULE_BYTES + 1);
{
  let sizeClass = 1;
  for (let granules = 0; granules < CLASS_OF_GRANULES.length; granules++) {
    while (CLASS_BYTES[sizeClass]! < granules * GRANULE_BYTES) sizeClass++;
    CLASS_OF_GRANULES[granules] = sizeClass;
  }
}
