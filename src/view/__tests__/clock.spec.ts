import { Clock } from '../clock';

describe('Clock', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('has one timer, and only while somebody listens', () => {
    const clock = new Clock();
    expect(jest.getTimerCount()).toBe(0);
    const ticks: string[] = [];
    const a = clock.onTick(() => ticks.push('a'));
    const b = clock.onTick(() => ticks.push('b'));
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1000);
    a.dispose();
    jest.advanceTimersByTime(1000);
    b.dispose();
    expect(ticks).toEqual(['a', 'b', 'b']);
    expect(clock.ticks).toBe(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('rests while it is not active, and ticks at once afterwards', () => {
    const clock = new Clock();
    clock.isActive = false;
    const onTick = jest.fn();
    const listening = clock.onTick(onTick);
    jest.advanceTimersByTime(5000);
    expect(onTick).not.toHaveBeenCalled();
    clock.isActive = true;
    expect(onTick).toHaveBeenCalledTimes(1);
    listening.dispose();
  });
});
