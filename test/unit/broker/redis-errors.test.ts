import { brokerProblem } from '#broker/redis/redis-errors.js';

const FULL = "OOM command not allowed when used memory > 'maxmemory'.";
const DISCARDED = 'EXECABORT Transaction discarded because of previous errors.';

test('given a full Redis, when a command or a transaction with it is refused, then there is no room', () => {
  const discarded = Object.assign(new Error(DISCARDED), { previousErrors: [new Error(FULL)] });
  for (const error of [new Error(FULL), discarded])
    expect(brokerProblem(error)).toMatchObject({ code: 'capacity-exhausted', facts: { retryAfterS: 5 } });
});

test('given any other error, when it is mapped, then the broker is unavailable, and the text is dropped', () => {
  for (const error of [new Error(DISCARDED), new Error('Connection is closed.'), 'text', undefined]) {
    const problem = brokerProblem(error);
    expect(problem.code).toBe('broker-unavailable');
    expect(JSON.stringify(problem)).not.toContain('Connection');
  }
});
