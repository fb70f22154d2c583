import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { readArguments } from '../../../apps/cli/src/argument-reader.js';
import { completionScript } from '../../../apps/cli/src/completion-scripts.js';
import { CommandError } from '../../../apps/cli/src/exit-codes.js';
import { FLAGS } from '../../../apps/cli/src/flag-table.js';
import { baseFolder, isPattern, patternToRegExp } from '../../../apps/cli/src/glob-pattern.js';
import { helpText } from '../../../apps/cli/src/help-text.js';
import { nearestName } from '#contracts/nearest-name.js';
import { ProgressDisplay, durationText } from '../../../apps/cli/src/progress-display.js';
import { reasonOf } from '../../../apps/cli/src/run-report.js';
import { runSettings } from '../../../apps/cli/src/run-settings.js';
import { VERSION } from '#contracts/version.js';
import { RemoveBgError } from '#sdk/removebg-error.js';

const read = (...argv: string[]) => readArguments(argv, FLAGS);
const valuesOf = (...argv: string[]): object => Object.fromEntries(read(...argv).values);
const settingsOf = (argv: string[], env: NodeJS.ProcessEnv = {}) => runSettings(read(...argv), env);

describe('given the options of the command line', () => {
  it('when they are compared with the schema of the API, then each image option has a flag', () => {
    const options = FLAGS.flatMap(({ option }) => option ?? []);
    expect(options.sort()).toEqual(Object.keys(jobOptionsSchema.shape).sort());
    for (const { option, name, about } of FLAGS) {
      if (option !== undefined) expect(name).toBe(option.replaceAll('_', '-'));
      expect(about.length).toBeGreaterThan(5);
    }
    expect(new Set(FLAGS.map(({ name }) => name)).size).toBe(FLAGS.length);
  });

  it('when they are written in different ways, then they have the same values', () => {
    expect(valuesOf('--format', 'webp', '--crop')).toEqual({ format: 'webp', crop: true });
    expect(valuesOf('--format=webp', '--crop=true')).toEqual({ format: 'webp', crop: true });
    expect(valuesOf('-f', 'webp', '--crop=off')).toEqual({ format: 'webp', crop: false });
    expect(valuesOf('--no-semitransparency', '--bg_color', 'fff')).toEqual({
      ...{ semitransparency: false, 'bg-color': 'fff' },
    });
    expect(valuesOf('-qo', 'out/')).toEqual({ quiet: true, out: 'out/' });
    expect(valuesOf('-oout/', '-o', '-')).toEqual({ out: '-' });
    expect(read('a.jpg', '--', '--crop', '-').words).toEqual(['a.jpg', '--crop', '-']);
  });

  it.each([
    [['--formt', 'png'], 'Did you mean --format?'],
    [['--cropp'], 'Did you mean --crop?'],
    [['--no-semitransparancy'], 'Did you mean --no-semitransparency?'],
    [['--format'], '--format needs a value'],
    [['--out', '--crop'], '--out needs a value'],
    [['--crop=maybe'], 'Use --crop or --no-crop'],
    [['-z'], 'Unknown option -z'],
    [['-o'], '--out needs a value'],
  ])('when it is %j, then the error says what to do', (argv, text) => {
    expect(() => read(...argv)).toThrow(CommandError);
    expect(() => read(...argv)).toThrow(text);
  });

  it('when an unknown option has a value, then the error does not repeat the value', () => {
    expect(() => read('--kye=rb_secret')).toThrow(/^Unknown option --kye\. Did you mean --key\?/);
  });

  it('when values are checked, then the schema of the API is used, before anything is sent', async () => {
    const { options } = await settingsOf(['--crop-margin', '5%', '--crop', '--bg-color', 'tomato']);
    expect(options).toEqual({ crop_margin: '5%', crop: true, bg_color: 'tomato' });
    await expect(settingsOf(['--bg-color', 'tomatoo'])).rejects.toThrow(
      '--bg-color must be 3, 4, 6 or 8 hex',
    );
    await expect(settingsOf(['--channels', 'alpha', '--bg-color', 'red'])).rejects.toThrow(
      '--bg-color requires only=cutout',
    );
    await expect(settingsOf(['--crop-margin', '5%'])).rejects.toThrow('--crop-margin requires crop=true.');
    expect((await settingsOf(['--format', 'JPEG', '--size', 'HD'])).options).toEqual({
      format: 'jpg',
      size: 'hd',
    });
    expect((await settingsOf(['--channels', 'alpha', '--add-shadow=off'])).options).toEqual({
      ...{ only: 'alpha', shadow: 'none' },
    });
    expect((await settingsOf(['--quality', '80', '--out', 'x.JPG'])).options).toMatchObject({ quality: 80 });
    expect((await settingsOf(['--preset', 'amazon', '--padding', '5%'])).options).toEqual({
      ...{ preset: 'amazon', padding: '5%' },
    });
    await expect(settingsOf(['--format', 'wepb'])).rejects.toThrow(
      /^--format must be one of png, .* mean webp\?$/,
    );
    expect((await settingsOf(['--channels', 'alpha'])).options).toEqual({ only: 'alpha' });
    expect((await settingsOf(['--add-shadow'])).options).toEqual({ shadow: 'soft' });
    await expect(settingsOf(['--concurrency', '0'])).rejects.toThrow('from 1 to 256');
    expect((await settingsOf([])).minConfidence).toBe(0.8);
    expect((await settingsOf(['--min-confidence', '.95'])).minConfidence).toBe(0.95);
    for (const wrong of ['1.1', '-1', '90%', '', 'high']) {
      await expect(settingsOf([`--min-confidence=${wrong}`])).rejects.toThrow('a number from 0 to 1');
    }
    await expect(settingsOf(['--local', '--server', 'x'])).rejects.toThrow(
      '--local starts a service of its own',
    );
  });

  it('when server and key are in the environment, then the command line overrides them', async () => {
    const env = { REMOVEBG_SERVER: 'https://a.example/', REMOVEBG_KEY: 'rb_env' };
    expect(await settingsOf([], env)).toMatchObject({ server: 'https://a.example', key: 'rb_env' });
    const named = ['--server', 'b.example:8080/below/', '--key', 'rb_named'];
    expect(await settingsOf(named, env)).toMatchObject({
      server: 'http://b.example:8080/below',
      key: 'rb_named',
    });
    await expect(settingsOf(['--server', 'http://me:secret@x'])).rejects.toThrow(
      'must not contain a user name or password',
    );
    for (const address of ['ftp://x', 'http://', 'file:///etc/passwd']) {
      await expect(settingsOf(['--server', address])).rejects.toThrow(
        `--server ${address} is not an http or https address`,
      );
      await expect(settingsOf([], { REMOVEBG_SERVER: address })).rejects.toThrow(/^REMOVEBG_SERVER/);
    }
    await expect(settingsOf(['--key', 'a\nb'])).rejects.toThrow(
      /^The API key contains invalid characters\.$/,
    );
  });
});

describe('given help, version and completion', () => {
  it('when the help is printed, then it has every option and no overlong line', () => {
    const help = helpText(80);
    for (const { name } of FLAGS) expect(help).toMatch(new RegExp(`--(no-)?${name}\\b`));
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(115);
  });

  it('when the version is read, then it equals the version of the packages', () => {
    for (const file of ['package.json', 'libs/sdk/package/package.json']) {
      expect((JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version).toBe(VERSION);
    }
  });

  it('when bash runs its completion script, then options and choices are completed', () => {
    const script = completionScript('bash');
    execFileSync('bash', ['-n'], { input: script });
    const complete = (words: string): string[] =>
      execFileSync('bash', {
        input: `${script}\nCOMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _removebg; printf '%s\\n' "\${COMPREPLY[@]}"`,
        encoding: 'utf8',
      }).split('\n');
    expect(complete('removebg --form')).toContain('--format');
    expect(complete('removebg a.jpg --format we')).toContain('webp');
    expect(complete('removebg completion z')).toContain('zsh');
  });

  it('when another shell is named, then its script has every option; an unknown shell is an error', () => {
    for (const shell of ['zsh', 'fish']) {
      const script = completionScript(shell);
      for (const { name } of FLAGS) expect(script).toContain(name);
    }
    expect(() => completionScript('tcsh')).toThrow('bash|zsh|fish');
  });
});

describe('given the helpers of the command line', () => {
  it.each([
    ['in/**/*.jpg', 'in/a.jpg', true],
    ['in/**/*.jpg', 'in/deep/er/a.jpg', true],
    ['in/**/*.jpg', 'in/.hidden/a.jpg', false],
    ['in/*.jpg', 'in/deep/a.jpg', false],
    ['in/**', 'in/deep/a.jpg', true],
    ['in/?.{jpg,png}', 'in/b.png', true],
    ['in/[!a]*.jpg', 'in/abc.jpg', false],
    ['in/[a-c]x.jpg', 'in/bx.jpg', true],
    ['*.jpg', '.a.jpg', false],
    ['./a+(1)*.jpg', 'a+(1)b.jpg', true],
  ])('when the pattern is %s and the path %s, then the match is %s', (pattern, path, isMatch) => {
    expect(isPattern(pattern)).toBe(true);
    expect(patternToRegExp(pattern).test(path)).toBe(isMatch);
  });

  it('when a pattern has a fixed part, then that is its base folder', () => {
    expect(baseFolder('in/deep/**/*.jpg')).toBe('in/deep');
    expect(baseFolder('*.jpg')).toBe('.');
    expect(baseFolder('/*.jpg')).toBe('/');
  });

  it('when a name is close to a known one, then that is suggested, otherwise nothing', () => {
    expect(nearestName('--xyzzy', ['--crop', '--out'])).toBeUndefined();
    expect(nearestName('--cpro', ['--crop', '--out'])).toBe('--crop');
  });

  it('when progress is shown, then a terminal has one redrawn line and other outputs have plain lines', () => {
    const shown = (isTTY: boolean, env: NodeJS.ProcessEnv): string => {
      let text = '';
      const screen = { isTTY, columns: 60, write: (piece: string) => (text += piece) };
      const display = new ProgressDisplay(screen, { isQuiet: false, env });
      display.advance({ total: 4, done: 1, skipped: 0, failed: 0 }, 'done    a.jpg');
      display.error('failed  b.jpg');
      display.stop();
      return text;
    };
    expect(shown(false, {})).toBe('done    a.jpg\nfailed  b.jpg\n');
    expect(shown(true, { NO_COLOR: '1' })).toMatch(
      /^\r\u001b\[2K█{5}░{15} 1\/4 {2}0 s\r\u001b\[2Kfailed {2}b\.jpg\n/,
    );
    expect(shown(true, {})).toContain('\u001b[31mfailed  b.jpg\u001b[0m');
    expect(shown(true, { TERM: 'dumb' })).toBe('done    a.jpg\nfailed  b.jpg\n');
    expect([500, 61_000, 7_260_000].map(durationText)).toEqual(['0.5 s', '1 min 1 s', '2 h 1 min']);
  });

  it('when a run of many photos starts, then a terminal shows the progress bar at once', () => {
    let text = '';
    const screen = { isTTY: true, columns: 60, write: (piece: string) => (text += piece) };
    const display = new ProgressDisplay(screen, { isQuiet: false, env: {} });
    display.start({ total: 11, done: 0, skipped: 0, failed: 0 });
    display.stop();
    expect(text).toBe(`\r\u001b[2K${'░'.repeat(20)} 0/11  0 s\r\u001b[2K`);
  });

  it('when an error is shown, then it is a sentence with its code', () => {
    const problem = new RemoveBgError('image-corrupt', { title: 'The image is damaged', status: 422 });
    expect(reasonOf(problem)).toBe('The image is damaged (image-corrupt)');
    expect(reasonOf(Object.assign(new Error('ENOENT: /home/x'), { code: 'ENOENT' }))).toBe('no such file');
  });
});
