import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Dockerfile, type Instruction } from './dockerfile.js';

/** On the file system of the repository: whole folders are linked, not copied. */
const TREES = resolve('.cache', 'images');
/** Packages may lie where no user's PATH looks. */
const PATH = [dirname(process.execPath), process.env['PATH'], '/usr/sbin', '/sbin'].join(':');

/** What npm notes of a package that it has installed. */
interface Installed {
  dev?: boolean;
  devOptional?: boolean;
}

/**
 * Makes the file trees of images by the lines of the Dockerfile, without an engine. Two things stand in for what only
 * an engine has: this machine for the base images (Debian and Node), and what is built here already for the stage
 * `build`. Every COPY and every other RUN is done as written.
 */
export class ImageTrees {
  readonly file = new Dockerfile();
  private readonly done = new Set<string>();

  /** Starts from nothing. */
  constructor() {
    this.remove();
  }

  /** Folder that holds the root of a stage's file system, made if need be. */
  root(stage: string): string {
    const root = join(TREES, stage);
    if (this.done.has(stage)) return root;
    mkdirSync(root, { recursive: true });
    if (stage === 'build') standIn(root);
    else this.follow(stage, root);
    this.done.add(stage);
    return root;
  }

  /** Removes all trees. */
  remove(): void {
    rmSync(TREES, { recursive: true, force: true });
  }

  private follow(name: string, root: string): void {
    const stage = this.file.stage(name);
    if (this.file.stages.some((other) => other.name === stage.base)) link(`${this.root(stage.base)}/.`, root);
    // As the stage that it builds on.
    let folder = stage.base === 'build' ? '/app' : '/';
    for (const instruction of stage.instructions) {
      if (instruction.keyword === 'WORKDIR') folder = resolve(folder, instruction.args[0] ?? '');
      mkdirSync(join(root, folder), { recursive: true });
      if (instruction.keyword === 'COPY') this.copy(instruction, join(root, folder), root);
      if (instruction.keyword === 'RUN') run(instruction.text, join(root, folder));
    }
  }

  private copy({ args, flags }: Instruction, folder: string, root: string): void {
    const from = flags['from'] === undefined ? resolve('.') : this.root(flags['from']);
    const named = args.at(-1) ?? '';
    // A trailing slash stays: it says that the place is a folder.
    const place = named.startsWith('/') ? join(root, named) : join(folder, named);
    for (const source of args.slice(0, -1)) {
      const whole = join(from, source);
      if (!existsSync(whole)) throw new Error(`COPY ${source}: not there`);
      const isFolder = execFileSync('stat', ['-c', '%F', whole], { encoding: 'utf8' }).startsWith(
        'directory',
      );
      const target = isFolder || !place.endsWith('/') ? place : join(place, basename(source));
      mkdirSync(isFolder ? target : dirname(target), { recursive: true });
      link(isFolder ? `${whole}/.` : whole, target);
    }
  }
}

/** Hard links in place of copies: a tree of 300 MB is there in a moment, and nothing in it is changed in place. */
const link = (source: string, target: string): void =>
  void execFileSync('cp', ['-al', '--no-target-directory', source, target]);

/** What the stage `build` ends with, from what is built here: packages for production, compiled code, models. */
function standIn(root: string): void {
  const app = join(root, 'app');
  mkdirSync(join(app, '.cache'), { recursive: true });
  for (const path of ['package.json', 'dist', 'models', '.cache/models'])
    link(resolve(path), join(app, path));
  const noted = JSON.parse(readFileSync('node_modules/.package-lock.json', 'utf8')) as {
    packages: Record<string, Installed>;
  };
  for (const [path, { dev, devOptional }] of Object.entries(noted.packages)) {
    const isTop = path.lastIndexOf('node_modules/') === 0;
    if (!isTop || dev === true || devOptional === true) continue;
    mkdirSync(dirname(join(app, path)), { recursive: true });
    link(resolve(path), join(app, path));
  }
}

/** Does a RUN in its folder. One that installs what this machine has already is the base image's business. */
function run(text: string, folder: string): void {
  if (text.startsWith('apt-get')) return;
  if (/(^|\s)\/(?!tmp\b)/.test(text)) throw new Error(`RUN ${text}: names a place outside its folder`);
  execFileSync('sh', ['-ec', text], { cwd: folder, env: { PATH } });
}
