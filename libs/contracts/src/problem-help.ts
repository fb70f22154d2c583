/** What a person needs to know about a problem. Plain text; `name` in backticks is code. */
export interface ProblemHelp {
  what_happened: string;
  why: string;
  what_to_do: string;
  /** Lines to paste: a command, or a few lines of code. */
  example: string;
}
