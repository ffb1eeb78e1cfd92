import { LabIcon } from '@jupyterlab/ui-components';

import failedSvg from '../../style/icons/failed.svg';
import finishedSvg from '../../style/icons/finished.svg';
import jobsSvg from '../../style/icons/jobs.svg';
import killedSvg from '../../style/icons/killed.svg';
import listSvg from '../../style/icons/list.svg';
import lostSvg from '../../style/icons/lost.svg';
import queuedSvg from '../../style/icons/queued.svg';
import timelineSvg from '../../style/icons/timeline.svg';

/** The icon of the panel. */
export const jobsIcon = new LabIcon({
  name: 'jupyterlab-jobs:jobs',
  svgstr: jobsSvg
});

export const queuedIcon = new LabIcon({
  name: 'jupyterlab-jobs:queued',
  svgstr: queuedSvg
});

export const finishedIcon = new LabIcon({
  name: 'jupyterlab-jobs:finished',
  svgstr: finishedSvg
});

export const failedIcon = new LabIcon({
  name: 'jupyterlab-jobs:failed',
  svgstr: failedSvg
});

export const killedIcon = new LabIcon({
  name: 'jupyterlab-jobs:killed',
  svgstr: killedSvg
});

export const lostIcon = new LabIcon({
  name: 'jupyterlab-jobs:lost',
  svgstr: lostSvg
});

export const listIcon = new LabIcon({
  name: 'jupyterlab-jobs:list',
  svgstr: listSvg
});

export const timelineIcon = new LabIcon({
  name: 'jupyterlab-jobs:timeline',
  svgstr: timelineSvg
});
