import { revokeLater } from './blob-image.js';

/** The full-size edited result of one card: encoded on demand, released when another card needs its own. */
export class FullSize {
  /** The one that is encoded. Encoded and decoded results are large: there is one at a time. */
  private static holder: FullSize | undefined;
  /** The file once it is encoded. */
  file: File | undefined;
  private encoding: Promise<File> | undefined;
  private address: string | undefined;

  /**
   * @param encode encodes the result
   * @param onRelease called before the object URL is revoked
   */
  constructor(
    private readonly encode: () => Promise<File>,
    private readonly onRelease: () => void,
  ) {}

  /** Encodes the result, once for each edit. @throws PixelProblem */
  async get(): Promise<File> {
    if (FullSize.holder !== this) {
      FullSize.holder?.release();
      FullSize.holder = this;
    }
    const encoding = (this.encoding ??= this.encode());
    try {
      const file = await encoding;
      if (this.encoding === encoding) this.file = file;
      return file;
    } catch (error) {
      if (this.encoding === encoding) this.encoding = undefined;
      throw error;
    }
  }

  /** Object URL of the encoded result; undefined before it is encoded. */
  get url(): string | undefined {
    if (this.file !== undefined) this.address ??= URL.createObjectURL(this.file);
    return this.address;
  }

  /** Releases the result, also after an edit. */
  release(): void {
    this.onRelease();
    if (this.address !== undefined) revokeLater(this.address);
    this.file = this.encoding = this.address = undefined;
    if (FullSize.holder === this) FullSize.holder = undefined;
  }
}
