import {describe, expect, test} from 'vitest';
import {quoteJson, renderDocument, showNumber, valueNode} from '../../../src/stand-ins/pbs/show/render-json.ts';
import {renderDsv, renderLong} from '../../../src/stand-ins/pbs/show/render-long.ts';

// Measured on OpenPBS 23.06: the stored text of a variable, and what qstat's JSON shows.
describe('values in JSON', () => {
  test.each([
    ['007', '7'],
    ['00', '0'],
    ['0.5', '0.5'],
    ['1.0', '1'],
    ['1e5', '100000'],
    ['1e400', 'null'],
    ['-0', '-0'],
    ['+5', '"+5"'],
    ['.5', '".5"'],
    ['5.', '5'],
    ['0x10', '"0x10"'],
    ['12345678901234567890', '1.2345678901234567e+19'],
    ['9007199254740993', '9.00719925474099e+15'],
    ['1.10', '1.1'],
    ['true', 'true'],
    ['True', '"True"'],
    ['null', 'null'],
    ['nan', '"nan"'],
    ['[1]', '[1]'],
    ['[1,2]', '[1, 2]'],
    ['[1', '"[1"'],
    ['{}', '{\n\t\t\t\t}'],
    ['01:02:03', '"01:02:03"'],
    ['1-2', '"1-2"'],
    ['', '""'],
  ])('%j becomes %s', (text, raw) => expect(valueNode(text, 4)).toEqual({raw}));
  test('large whole numbers are printed whole where that is exact', () => {
    expect(showNumber(1_795_243_503_062_863)).toBe('1795243503062863');
  });
  test('strings are escaped as cJSON does', () => {
    expect(quoteJson('a"b\\c\n\u0001é/')).toBe('"a\\"b\\\\c\\n\\u0001é/"');
  });
  test('a document without records has no key for them, and tabs', () => {
    expect(renderDocument({now: 1_795_243_510_999, server: 'pbs-sn1'}, 'Jobs', [])).toBe(
      '{\n\t"timestamp":\t1795243510,\n\t"pbs_version":\t"23.06.06",\n\t"pbs_server":\t"pbs-sn1"\n}\n',
    );
  });
});

const variables =
  'PBS_O_HOME=/home/alice,PBS_O_LOGNAME=alice,PBS_O_PATH=/opt/pbs/bin:/usr/local/bin:/usr/bin:/bin,PBS_O_SHELL=/bin/bash,PBS_O_INTERACTIVE_AUTH_METHOD=resvport,PBS_O_INTERACTIVE_ENCRYPT_METHOD=,PBS_O_WORKDIR=/home/alice,PBS_O_SYSTEM=Linux,PBS_O_QUEUE=workq,PBS_O_HOST=pbs-sn1';

test('long values are folded where qstat folds them', () => {
  expect(renderLong('Job Id: 1.pbs-sn1', [['Variable_List', variables]], false)).toBe(
    `Job Id: 1.pbs-sn1
    Variable_List = PBS_O_HOME=/home/alice,PBS_O_LOGNAME=alice,
	PBS_O_PATH=/opt/pbs/bin:/usr/local/bin:/usr/bin:/bin,
	PBS_O_SHELL=/bin/bash,PBS_O_INTERACTIVE_AUTH_METHOD=resvport,
	PBS_O_INTERACTIVE_ENCRYPT_METHOD=,PBS_O_WORKDIR=/home/alice,
	PBS_O_SYSTEM=Linux,PBS_O_QUEUE=workq,PBS_O_HOST=pbs-sn1

`,
  );
  const count = 'Transit:0 Queued:1 Held:2 Waiting:1 Running:1 Exiting:0 Begun:0 ';
  expect(renderLong('Queue: workq', [['state_count', count]], false)).toBe(
    'Queue: workq\n    state_count = Transit:0 Queued:1 Held:2 Waiting:1 Running:1 Exiting:0 Begun\n\t:0 \n\n',
  );
});

test('wide lines are not folded, and control characters are made visible', () => {
  expect(renderLong('Job Id: 1', [['comment', 'a\nb\tc\rd']], true)).toBe('Job Id: 1\n    comment = a\\nb\tc^Md\n\n');
});

test('dsv doubles backslashes, but not those that escape a comma or a quote', () => {
  // B and A of a recorded `qsub -V`, whose values are `trail\\` and `x,"y'\\z`
  const stored = 'B=trail\\\\,A=x\\,\\"y\\\'\\\\z';
  expect(renderDsv('Job Id: 1', [['Variable_List', stored]], '|')).toBe(
    'Job Id: 1|Variable_List=B=trail\\\\\\,A=x\\,\\"y\\\'\\\\\\\\z\n',
  );
});
