import { parseSubject, type Point } from '#contracts/option-values.js';
import { failure } from '#contracts/failure-facts.js';
import type { Problem } from '#contracts/problem-catalog.js';
import { MAX_SUBJECTS } from '#contracts/result-hints.js';
import { pixelsOf } from '../compose/result-geometry.js';
import {
  fullRect,
  coveringRect,
  intersectionOf,
  rectOf,
  type Rect,
  type Size,
} from '../raster/pixel-rect.js';
import type { Mask, Raster } from '../raster/raster.js';
import { Subjects, type MaskSubject } from './subjects.js';
import { visibleBox } from './visible-box.js';

/** A subject of an image. */
export interface ImageSubject {
  /** Box of its visible pixels. */
  box: Rect;
  /** Its part of the opacity of all kept subjects, 0 to 1, with three decimals. */
  share: number;
}

/** What the mask covers. */
export interface MaskView {
  /** Size of the upright image. */
  image: Size;
  /** Part of it that the mask covers; the whole image when undefined. */
  region: Rect | undefined;
}

/** Which subjects to keep. */
export interface SelectionRules {
  /** Value of the option. */
  subject: string;
  /** Small loose parts are subjects like the others. */
  keepScraps: boolean;
}

/** Largest distance of a point from its subject, in shares of the longer side. */
const POINT_REACH = 0.02;

/** The subjects of a mask that a job asks for. The owner wipes it. */
export class SubjectSelection {
  /** Nothing in the mask could be a subject. Then nothing is removed. */
  readonly isEmpty: boolean;
  private readonly subjects: Subjects;
  private readonly kept: readonly number[];
  private readonly found: readonly MaskSubject[];
  private readonly grid: Size;

  /**
   * @param opacity is not changed
   * @throws Problem `subject-not-found`
   */
  constructor(opacity: Mask, view: MaskView, rules: SelectionRules) {
    const { width, height } = opacity;
    this.grid = { width, height };
    this.subjects = new Subjects(opacity, view.region ?? view.image, rules);
    try {
      this.isEmpty = this.subjects.count === 0;
      this.kept = chosenOf(this.subjects, rules.subject, view);
      this.found = this.subjects.measure(opacity, this.kept).slice(0, MAX_SUBJECTS);
    } catch (error) {
      this.subjects.wipe();
      throw error;
    }
  }

  /** Sets the opacity of all other subjects, and of scraps, to 0, in place. */
  applyTo(mask: Mask): void {
    if (!this.isEmpty) this.subjects.clearOthers(mask, this.kept);
  }

  /**
   * The same for the mask of a part of the picture, which may show a subject where the first mask has scraps: only other
   * subjects are removed.
   * @param rect the part, in pixels of an image of any size
   * @param region what the first mask covers, in pixels of the same image
   */
  applyToPart(mask: Mask, rect: Rect, region: Rect): void {
    if (this.isEmpty) return;
    const part = {
      left: (rect.left - region.left) / region.width,
      top: (rect.top - region.top) / region.height,
      width: rect.width / region.width,
      height: rect.height / region.height,
    };
    this.subjects.clearOthers(mask, [...this.kept, ...this.subjects.scraps], part);
  }

  /**
   * The kept subjects, in the order of size, in pixels of the image.
   * @param image with the matte applied
   * @param region part of the image that the mask covers; the whole image when undefined
   */
  subjectsIn(image: Raster, region: Rect = fullRect(image)): ImageSubject[] {
    return this.found.flatMap(({ box, share }) => {
      const visible = visibleBox(image, this.pixelsOf(box, region, image));
      return visible === undefined ? [] : [{ box: visible, share: Math.round(1000 * share) / 1000 }];
    });
  }

  /** Overwrites shapes of the image. */
  wipe(): void {
    this.subjects.wipe();
  }

  /** Pixels that cells, and the softness around them, may cover. */
  private pixelsOf({ left, top, width, height }: Rect, region: Rect, image: Size): Rect {
    const wider = rectOf(left - 1, top - 1, left + width + 1, top + height + 1);
    const box = coveringRect(wider, this.grid, region);
    const placed = { ...box, left: box.left + region.left, top: box.top + region.top };
    return intersectionOf(placed, rectOf(0, 0, image.width, image.height)) ?? rectOf(0, 0, 0, 0);
  }
}

/** Indexes of the subjects that a choice names, in the order of size. @throws Problem `subject-not-found` */
function chosenOf(subjects: Subjects, text: string, view: MaskView): number[] {
  const all = Array.from({ length: subjects.count }, (_, index) => index);
  const choice = parseSubject(text) ?? 'all';
  if (choice === 'all') return all;
  if (choice === 'largest') return all.slice(0, 1);
  if ('x' in choice) return [subjectAt(subjects, choice, view)];
  if (choice.some((number) => number > subjects.count)) throw notFound(subjects.count);
  return choice.map((number) => number - 1).sort((a, b) => a - b);
}

function subjectAt(subjects: Subjects, point: Point, { image, region = fullRect(image) }: MaskView): number {
  const x = (pixelsOf(point.x, image.width) - region.left) / region.width;
  const y = (pixelsOf(point.y, image.height) - region.top) / region.height;
  const isInside = x >= 0 && x <= 1 && y >= 0 && y <= 1;
  const found = isInside && subjects.count > 0 ? subjects.at(x, y, POINT_REACH) : undefined;
  if (found === undefined) throw notFound(subjects.count);
  return found;
}

const notFound = (count: number): Problem => failure('subject-not-found', { subjects: count });
