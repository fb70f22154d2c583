/** Second bytes of JPEG markers (ITU-T T.81, table B.1). */
export const RST0 = 0xd0;
export const SOI = 0xd8;
export const EOI = 0xd9;
export const SOS = 0xda;
export const DHT = 0xc4;
export const DQT = 0xdb;
export const DRI = 0xdd;
export const APP0 = 0xe0;
export const APP1 = 0xe1;
export const APP2 = 0xe2;
export const APP14 = 0xee;
const TEM = 0x01;
const JPG = 0xc8;
const DAC = 0xcc;

/** Tables and intervals that the scans are read with. */
export const isTable = (marker: number): boolean => [DHT, DAC, DQT, DRI].includes(marker);

/** SOF0 to SOF15 without DHT, JPG and DAC, which share the range. */
export const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![DHT, JPG, DAC].includes(marker);

/** Lossless and hierarchical coding, which no browser and no camera knows: SOF3, 5 to 7, 11, 13 to 15. */
export const isUnusualFrame = (marker: number): boolean =>
  [0xc3, 0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf].includes(marker);

/** SOF2, SOF6, SOF10 and SOF14: the image comes in several scans over all of it. */
export const isProgressive = (marker: number): boolean => (marker & 3) === 2;

/** SOF0 and SOF1: each block is coded once, by Huffman codes. */
export const isSequentialHuffman = (marker: number): boolean => marker === 0xc0 || marker === 0xc1;

/** SOF9 and above: arithmetic coding. */
export const isArithmetic = (marker: number): boolean => isFrameHeader(marker) && marker >= 0xc9;

/** RST0 to RST7. */
export const isRestart = (marker: number): boolean => marker >= RST0 && marker <= RST0 + 7;

/** TEM and SOI have no length. */
export const isStandalone = (marker: number): boolean => marker === TEM || marker === SOI;
