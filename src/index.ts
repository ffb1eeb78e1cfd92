import badge from './plugins/badge';
import cellOutputs from './plugins/celloutputs';
import commands from './plugins/commands';
import defaults from './plugins/defaults';
import editor from './plugins/editor';
import executor from './plugins/executor';
import history from './plugins/history';
import lostRecords from './plugins/lostrecords';
import manager from './plugins/manager';
import marks from './plugins/marks';
import notebooks from './plugins/notebooks';
import notify from './plugins/notify';
import panel from './plugins/panel';
import panelSide from './plugins/panelside';
import rerun from './plugins/rerun';
import runCell from './plugins/runcell';
import running from './plugins/running';
import settings from './plugins/settings';
import statusBar from './plugins/statusbar';

export * from './tokens';

export default [
  settings,
  manager,
  executor,
  notebooks,
  cellOutputs,
  history,
  lostRecords,
  panel,
  panelSide,
  badge,
  commands,
  defaults,
  editor,
  marks,
  notify,
  rerun,
  runCell,
  running,
  statusBar
];
