import {expect, test} from 'vitest';
import {NOT_KNOWN, Owners, ownerOfTag} from '../../src/submission/owners.ts';

test('a tag tells the run, the step and the record that its job was made for', () => {
  expect(ownerOfTag('s-climate.2.compute.1.job.w1')).toEqual({key: 'compute.1.job', run: 'climate.2', step: 'compute'});
  expect(ownerOfTag('s-job.single.3.w1')).toEqual({key: 'job', run: 'single.3'});
  expect(ownerOfTag('s-monitor.4.w1')).toEqual({key: 'monitor'});
  expect(ownerOfTag('s-doctor.w1')).toBe(NOT_KNOWN);
});

test('facts of a run tell what its jobs, tasks and submissions were made for', () => {
  const owners = new Owners();
  const facts = {
    'stage-in.1.transfer.intent': {submissionId: 'sub-1'},
    'stage-in.1.transfer.confirmed': {task: 'task-1'},
    'compute.1.job.confirmed': {job: '7.pbs'},
    'compute.1.start.1': {job: '8.pbs'},
  };
  owners.addRun({id: 'climate.2', facts: new Map(Object.entries(facts))});
  expect(['sub-1', 'task-1', '7.pbs', '8.pbs'].map((id) => owners.of(id))).toEqual([
    {key: 'stage-in.1', run: 'climate.2', step: 'stage-in'},
    {key: 'stage-in.1', run: 'climate.2', step: 'stage-in'},
    {key: 'compute.1.job', run: 'climate.2', step: 'compute'},
    NOT_KNOWN,
  ]);
});
