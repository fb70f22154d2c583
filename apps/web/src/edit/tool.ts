/** What a pointer does on the stage. */
export type Tool = 'move' | 'keep' | 'erase';
