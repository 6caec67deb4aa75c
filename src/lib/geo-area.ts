// A circle, a box or a polygon on the globe: which cells of the geohash grid may hold places in it, and whether one does.
//
// The cells are at most nine: the one of the centre at a step where a cell is about as large as the area, and those
// around it. Those that lie outside of the area's bounding box are left out. Cells come in a fixed order, which shows in
// the order of unsorted replies.

import {
  columnOf,
  decodePlace,
  GEOHASH_STEPS,
  interleave,
  LATITUDE_MAX,
  LONGITUDE_MAX,
  rowOf,
  southOf,
  westOf,
} from './geohash.ts';

/** In metres, as Redis has it. */
const EARTH_RADIUS = 6372797.560856;
/** Half of the Mercator map's width in metres. */
const MERCATOR_MAX = 20037726.37;
const RADIANS = Math.PI / 180;

/** The cells by their columns and rows beside the centre's: centre, north, south, east, west, and the corners. */
const COLUMNS = [0, 0, 0, 1, -1, 1, -1, 1, -1] as const;
const ROWS = [0, 1, -1, 0, 0, 1, 1, -1, -1] as const;
const CELLS_MAX = 9;

/** Metres between two places, along a great circle: the haversine formula. */
export function metresBetween(longitude1: number, latitude1: number, longitude2: number, latitude2: number): number {
  const v = Math.sin((longitude2 * RADIANS - longitude1 * RADIANS) / 2);
  if (v === 0) return metresBetweenLatitudes(latitude1, latitude2);
  const radians1 = latitude1 * RADIANS;
  const radians2 = latitude2 * RADIANS;
  const u = Math.sin((radians2 - radians1) / 2);
  const a = u * u + Math.cos(radians1) * Math.cos(radians2) * v * v;
  // Rounding may lead beyond 1 at the other end of the world.
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(a)));
}

function metresBetweenLatitudes(latitude1: number, latitude2: number): number {
  return EARTH_RADIUS * Math.abs(latitude2 * RADIANS - latitude1 * RADIANS);
}

export const CIRCLE = 0;
export const BOX = 1;
export const POLYGON = 2;

/** One area. Reused: it is filled before each use. Doubles are in arrays, lest they be boxed. */
export class GeoArea {
  shape = CIRCLE;
  /** Longitude and latitude of the centre; a polygon's is the mean of its corners. */
  readonly centre = new Float64Array(2);
  /** Width and height of a box; a circle's radius in both. In the area's unit, of so many metres. */
  readonly size = new Float64Array(2);
  readonly metresPerUnit = new Float64Array(1);
  /** A polygon's corners: longitude and latitude of each. The last one is joined to the first. */
  corners: Float64Array = new Float64Array(0);
  /** West, south, east and north of what `cover` covers. */
  private readonly bounds = new Float64Array(4);
  /** Cells that `cover` found: scores from `least` to below `beyond`. */
  cells = 0;
  readonly least = new Float64Array(CELLS_MAX);
  readonly beyond = new Float64Array(CELLS_MAX);
  /** The place that `holds` looked at last, and its metres from the centre if the area holds it. */
  readonly place = new Float64Array(2);
  readonly metres = new Float64Array(1);

  /** Whether the place of a score lies in the area. */
  holds(score: number): boolean {
    const { place, centre, size, metres } = this;
    decodePlace(score, place);
    const unit = this.metresPerUnit[0]!;
    if (this.shape === POLYGON && !this.surrounds(place[0]!, place[1]!)) return false;
    if (this.shape === BOX) {
      if (metresBetweenLatitudes(place[1]!, centre[1]!) > (size[1]! * unit) / 2) return false;
      if (metresBetween(place[0]!, place[1]!, centre[0]!, place[1]!) > (size[0]! * unit) / 2) return false;
    }
    metres[0] = metresBetween(centre[0]!, centre[1]!, place[0]!, place[1]!);
    return this.shape !== CIRCLE || metres[0]! <= size[0]! * unit;
  }

  /** Makes the area the polygon of these corners. */
  setPolygon(corners: Float64Array): void {
    const { centre } = this;
    this.shape = POLYGON;
    this.corners = corners;
    this.metresPerUnit[0] = 1;
    centre.fill(0);
    for (let at = 0; at < corners.length; at++) centre[at & 1]! += corners[at]! / (corners.length / 2);
  }

  /** Whether a polygon surrounds a place: a line from there to the east crosses an odd number of its sides. */
  private surrounds(longitude: number, latitude: number): boolean {
    const { corners } = this;
    let isInside = false;
    for (let at = 0, before = corners.length - 2; at < corners.length; before = at, at += 2) {
      const [west, south] = [corners[at]!, corners[at + 1]!];
      const [east, north] = [corners[before]!, corners[before + 1]!];
      if (south > latitude === north > latitude) continue;
      if (longitude < west + ((latitude - south) / (north - south)) * (east - west)) isInside = !isInside;
    }
    return isInside;
  }

  /** Finds the cells. */
  cover(): void {
    const { centre, bounds } = this;
    const reach = this.shape === POLYGON ? this.boundPolygon() : this.boundRound();
    let step = stepFor(reach, centre[1]!);
    // Of a circle and a box one step less is enough; a polygon may reach far to one side of its centre.
    while (step > 1 && isTooFine(centre, step, bounds)) {
      step--;
      if (this.shape !== POLYGON) break;
    }
    this.addCells(step);
  }

  /** Sets the bounds of a polygon; returns how many metres its centre is from the farthest corner of these. */
  private boundPolygon(): number {
    const { bounds, corners, centre } = this;
    bounds.set([LONGITUDE_MAX, LATITUDE_MAX, -LONGITUDE_MAX, -LATITUDE_MAX]);
    for (let at = 0; at < corners.length; at++) {
      const axis = at & 1;
      bounds[axis] = Math.min(bounds[axis]!, corners[at]!);
      bounds[axis + 2] = Math.max(bounds[axis + 2]!, corners[at]!);
    }
    let reach = 0;
    for (let corner = 0; corner < 4; corner++) {
      const longitude = bounds[(corner & 1) * 2]!;
      const latitude = bounds[(corner & 2) + 1]!;
      reach = Math.max(reach, metresBetween(centre[0]!, centre[1]!, longitude, latitude));
    }
    return reach;
  }

  /** Sets the bounds of a circle or a box; returns its reach from the centre in metres. */
  private boundRound(): number {
    const { bounds } = this;
    const unit = this.metresPerUnit[0]!;
    const isBox = this.shape === BOX;
    const share = isBox ? 2 : 1;
    const toEast = unit * (this.size[0]! / share);
    const toNorth = unit * (this.size[1]! / share);
    const [longitude, latitude] = [this.centre[0]!, this.centre[1]!];
    const latitudes = toNorth / EARTH_RADIUS / RADIANS;
    const poleward = latitude < 0 ? latitude - latitudes : latitude + latitudes;
    const longitudes = toEast / EARTH_RADIUS / Math.cos(poleward * RADIANS) / RADIANS;
    bounds[0] = longitude - longitudes;
    bounds[1] = latitude - latitudes;
    bounds[2] = longitude + longitudes;
    bounds[3] = latitude + latitudes;
    return isBox ? Math.sqrt(toEast * toEast + toNorth * toNorth) : toEast;
  }

  private addCells(step: number): void {
    const [west, south, east, north] = [this.bounds[0]!, this.bounds[1]!, this.bounds[2]!, this.bounds[3]!];
    const column = columnOf(this.centre[0]!, step);
    const row = rowOf(this.centre[1]!, step);
    // Coarse grids wrap around: nothing is left out of them.
    const leavesOut = step >= 2;
    const skipsSouth = leavesOut && southOf(row, step) < south;
    const skipsNorth = leavesOut && southOf(row + 1, step) > north;
    const skipsWest = leavesOut && westOf(column, step) < west;
    const skipsEast = leavesOut && westOf(column + 1, step) > east;
    const scale = 2 ** (2 * (GEOHASH_STEPS - step));
    this.cells = 0;
    for (let index = 0; index < CELLS_MAX; index++) {
      const byColumns = COLUMNS[index]!;
      const byRows = ROWS[index]!;
      if ((byRows < 0 && skipsSouth) || (byRows > 0 && skipsNorth)) continue;
      if ((byColumns < 0 && skipsWest) || (byColumns > 0 && skipsEast)) continue;
      const cell = interleave(neighbour(column, byColumns, step), neighbour(row, byRows, step));
      const least = cell * scale;
      // In the coarsest grid both neighbours are the same.
      if (this.cells > 1 && this.least[this.cells - 1] === least) continue;
      this.least[this.cells] = least;
      this.beyond[this.cells] = (cell + 1) * scale;
      this.cells++;
    }
  }
}

/** A column or row beside another, around the world. The very last place's own lies beyond the grid, and stays. */
function neighbour(index: number, by: number, step: number): number {
  return by === 0 ? index : (index + by) & (2 ** step - 1);
}

/** The step at which nine cells hold all within so many metres. */
function stepFor(metres: number, latitude: number): number {
  if (metres === 0) return GEOHASH_STEPS;
  let step = 1;
  for (let range = metres; range < MERCATOR_MAX; range *= 2) step++;
  // So that the range is included in most of the base case.
  step -= 2;
  // Towards the poles columns are narrow.
  if (Math.abs(latitude) > 66) step -= Math.abs(latitude) > 80 ? 2 : 1;
  return Math.max(1, Math.min(GEOHASH_STEPS, step));
}

/** Whether the nine cells do not reach a side of the bounding box: near borders of cells the estimate falls short. */
function isTooFine(centre: Float64Array, step: number, bounds: Float64Array): boolean {
  const column = columnOf(centre[0]!, step);
  const row = rowOf(centre[1]!, step);
  return (
    southOf(neighbour(row, 1, step) + 1, step) < bounds[3]! ||
    southOf(neighbour(row, -1, step), step) > bounds[1]! ||
    westOf(neighbour(column, 1, step) + 1, step) < bounds[2]! ||
    westOf(neighbour(column, -1, step), step) > bounds[0]!
  );
}
