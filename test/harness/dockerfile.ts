import { readFileSync } from 'node:fs';
import { DockerfileParser, type ModifiableInstruction } from 'dockerfile-ast';

/** One instruction, its arguments and flags as written, continued lines joined. */
export interface Instruction {
  keyword: string;
  args: string[];
  /** `--from=build` as `from: build`. */
  flags: Record<string, string>;
  /** Everything after the keyword and its flags. */
  text: string;
}

/** A stage, from its `FROM` to the next. */
export interface Stage {
  name: string;
  base: string;
  instructions: Instruction[];
}

/** What an image runs, and how. */
export interface ImageSettings {
  env: Record<string, string>;
  user: string;
  folder: string;
  entrypoint: string[];
  command: string[];
}

/** The repository's Dockerfile, read. */
export class Dockerfile {
  readonly text = readFileSync('Dockerfile', 'utf8');
  readonly stages: Stage[] = [];

  constructor() {
    for (const parsed of DockerfileParser.parse(this.text).getInstructions()) {
      const [keyword, args] = [parsed.getKeyword(), parsed.getArguments().map((arg) => arg.getValue())];
      if (keyword === 'FROM') {
        this.stages.push({ base: args[0] ?? '', name: args[2] ?? '', instructions: [] });
        continue;
      }
      const listed = 'getFlags' in parsed ? (parsed as ModifiableInstruction).getFlags() : [];
      const flags = Object.fromEntries(listed.map((flag) => [flag.getName(), flag.getValue() ?? '']));
      const text = (parsed.getArgumentsContent() ?? '').replaceAll(/\\\s*\n\s*/g, ' ');
      this.stages.at(-1)?.instructions.push({ keyword, args, flags, text });
    }
  }

  /** A stage by its name. @throws Error when there is none */
  stage(name: string): Stage {
    const found = this.stages.find((stage) => stage.name === name);
    if (found === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
    return found;
  }

  /** What an image of one stage runs; the stage builds on nothing. */
  settings(name: string): ImageSettings {
    const last = (keyword: string): string[] =>
      this.stage(name).instructions.findLast((instruction) => instruction.keyword === keyword)?.args ?? [];
    const pairs = this.stage(name).instructions.filter(({ keyword }) => keyword === 'ENV');
    const env = pairs.flatMap(({ args }) => args.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
    return {
      env: Object.fromEntries(env) as Record<string, string>,
      user: last('USER')[0] ?? '',
      folder: last('WORKDIR')[0] ?? '/',
      entrypoint: words(last('ENTRYPOINT')),
      command: words(last('CMD')),
    };
  }
}

/** The words of an instruction in JSON form. */
const words = (args: string[]): string[] => JSON.parse(args.join(' ')) as string[];
