import { classifyCell } from '../parse';

describe('classifyCell', () => {
  it.each([
    // Nothing but job lines.
    ['%job download(urls)'],
    ['  %job download(urls)'],
    ['%job'],
    ['%job\tf()'],
    ['\n\n%job f()\n\n'],
    ['%job f()\n%job g()'],
    ['# two jobs\n%job f()\n\n# and\n%job g()'],
    ['j = %job f(x)'],
    ['j=%job f(x)'],
    ['a, b = %job f(x)'],
    ['jobs["a"] = %job f(x)'],
    ['jobs["it\'s = it"] = %job f(x)'],
    ["jobs['a long name'] = %job f(x)"],
    ['%job f(1, \\\n       2)'],
    ['%job f()\r\n%job g()'],
    ['%job !ls -l'],
    ['%job --name "two words" f()'],
    // A cell magic.
    ['%%job\nx = 1\nprint(x)'],
    ['%%job --name x\nfor i in range(3):\n    print(i)'],
    ['\n  \n%%job\nx = 1'],
    ['%%job'],
    // A heading and a body.
    ['%job\nx = 1\nprint(x)'],
    ['%job --name x\nx = 1'],
    ['%job --name=x\nx = 1'],
    ['%job --name "two words" --quiet\nx = 1'],
    ["%job --name='two words'\nx = 1"],
    ['%job -p --timeout 1h30m --now --shared --notify\nx = 1'],
    ['%job --on process --after 1,2 --\nx = 1'],
    ['%job --name x  # why\nx = 1'],
    ['%job --name x \\\n  --timeout 5\nx = 1'],
    ['%job\n%job f()\nx = 1'],
    // A line that goes on, and a comment, which never does.
    ['%job\\\nf()'],
    ['  # why \\\n%job f()'],
    ['%job f() \\']
  ])('takes %j for jobs', source => {
    expect(classifyCell(source)).toBe('jobs');
  });

  it.each([
    ['x = 1\n%job f(x)'],
    ['%job f(x)\nx = 1'],
    ['for chunk in chunks:\n    %job fetch(chunk)'],
    ['%job --name x f()\ny = 2'],
    ['%job -- f()\ny = 2'],
    ['%job --name\ny = 2'],
    ['%job --unknown\ny = 2'],
    ['%job "open\ny = 2'],
    ['j = %job\ny = 2'],
    ['%time\n%job f()']
  ])('takes %j for a mixture', source => {
    expect(classifyCell(source)).toBe('mixed');
  });

  it.each([
    [''],
    ['   \n\n'],
    ['x = 1'],
    ['# %job f()'],
    [' %%job\nx = 1'],
    ['f(1)\nx = 1'],
    ['x %job\ny = 1'],
    ['%jobs'],
    ['%jobs kill all'],
    ['%jobsomething'],
    ['%%jobs\nx'],
    ['x = %jobs'],
    ['x = 10 %job'],
    ['print("%job f()")'],
    ['x = "a" # = %job f()'],
    ['%time f()\n%%job'],
    ['x = 1 # \\\n# %job f()']
  ])('finds no job in %j', source => {
    expect(classifyCell(source)).toBe('none');
  });
});
