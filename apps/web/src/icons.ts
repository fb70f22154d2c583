/** Names of the icons, which are those of Lucide. The build writes them into one file. */
export const ICONS = [
  'arrow-left',
  'arrow-right',
  'badge-check',
  'brush',
  'camera',
  'check',
  'chevron-down',
  'circle-alert',
  'copy',
  'crop',
  'download',
  'eraser',
  'file-image',
  'folder-open',
  'hand',
  'image',
  'image-plus',
  'keyboard',
  'layers',
  'maximize',
  'menu',
  'minus',
  'palette',
  'pencil',
  'plus',
  'redo-2',
  'refresh-cw',
  'rotate-ccw',
  'search',
  'share-2',
  'shield-check',
  'sliders-horizontal',
  'square-split-horizontal',
  'sun-dim',
  'trash-2',
  'triangle-alert',
  'undo-2',
  'x',
  'zap',
  'zoom-in',
  'zoom-out',
] as const;

/** Name of an icon. */
export type IconName = (typeof ICONS)[number];

const SVG = 'http://www.w3.org/2000/svg';

/** An icon in the color of the text beside it. Screen readers skip it. */
export function icon(name: IconName): SVGSVGElement {
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('class', 'icon');
  picture.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `/assets/icons.svg#${name}`);
  picture.append(use);
  return picture;
}
