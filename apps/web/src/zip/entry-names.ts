/** Names within one archive, or one folder of downloads: no two alike, none that leads out of it. */
export class EntryNames {
  private readonly taken = new Set<string>();

  /** A name for a file of that path; one that is taken gets a number. */
  take(path: string): string {
    const parts = path.split(/[/\\]+/).filter((part) => part !== '' && part !== '.' && part !== '..');
    const wanted = parts.map((part) => part.replaceAll(/[<>:"|?*\p{Cc}]/gu, '_')).join('/') || 'photo';
    const dot = wanted.lastIndexOf('.');
    const [stem, extension] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, ''];
    let name = wanted;
    for (let copy = 2; this.taken.has(name.toLowerCase()); copy++) name = `${stem} (${copy})${extension}`;
    this.taken.add(name.toLowerCase());
    return name;
  }
}
