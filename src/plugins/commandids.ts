/**
 * The ids of the commands.
 */
export namespace CommandIDs {
  export const openPanel = 'jobs:open-panel';
  export const kill = 'jobs:kill';
  export const runCell = 'jobs:run-cell';
  export const rerun = 'jobs:rerun';
  export const startNow = 'jobs:start-now';
  export const killAll = 'jobs:kill-all';
  export const clear = 'jobs:clear';
  export const goToCell = 'jobs:go-to-cell';
  export const goToLine = 'jobs:go-to-line';
  export const saveOutput = 'jobs:save-output';
  export const remove = 'jobs:remove';
  export const land = 'jobs:land';
  export const copyTraceback = 'jobs:copy-traceback';
}
