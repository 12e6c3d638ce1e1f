/** What is counted of each server, backend and frontend. */

export interface Counters {
  /** Under way, and the most there ever were. */
  current: number;
  most: number;
  /** Connections (of a server: tried ones), and times it was chosen. */
  sessions: number;
  chosen: number;
  bytesIn: number;
  bytesOut: number;
  connectionErrors: number;
  answerErrors: number;
  requestErrors: number;
  retries: number;
  redispatches: number;
  requests: number;
  /** Answered here, without a server. */
  intercepted: number;
  clientAborts: number;
  serverAborts: number;
  /** Answers by the first digit of their status; the last is for all others. */
  answers: [number, number, number, number, number, number];
  /** Milliseconds: to the answer's head, and in all. */
  responseTime: Mean;
  totalTime: Mean;
}

/** haproxy takes the mean of about this many last values. */
const window = 1024;

/** A mean that forgets. */
export class Mean {
  value = 0;
  private count = 0;

  add(value: number): void {
    this.count = Math.min(this.count + 1, window);
    this.value += (value - this.value) / this.count;
  }
}

export function newCounters(): Counters {
  return {
    current: 0,
    most: 0,
    sessions: 0,
    chosen: 0,
    bytesIn: 0,
    bytesOut: 0,
    connectionErrors: 0,
    answerErrors: 0,
    requestErrors: 0,
    retries: 0,
    redispatches: 0,
    requests: 0,
    intercepted: 0,
    clientAborts: 0,
    serverAborts: 0,
    answers: [0, 0, 0, 0, 0, 0],
    responseTime: new Mean(),
    totalTime: new Mean(),
  };
}

export function begin(counters: Counters): void {
  counters.current += 1;
  counters.most = Math.max(counters.most, counters.current);
}

export function countAnswer(counters: Counters, status: number): void {
  const digit = Math.floor(status / 100);
  const index = digit >= 1 && digit <= 5 ? digit - 1 : 5;
  counters.answers[index] = (counters.answers[index] ?? 0) + 1;
}
