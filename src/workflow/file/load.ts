import type {PlaceNames} from '../model/places.ts';
import type {Workflow} from '../model/workflow.ts';
import {checkWorkflow} from './check.ts';
import {expandFile} from './expand-file.ts';
import {readParams} from './params.ts';
import {isMap, own, WorkflowInvalid} from './problems.ts';
import {type ReadText, readBatches} from './read-batches.ts';
import {inFileOrder, readYaml} from './yaml-source.ts';

export interface WorkflowSource {
  readonly text: string;
  /** as the user typed it: error messages name it so */
  readonly file: string;
  /** absolute directory of the file; scripts are looked for from here */
  readonly directory: string;
}

/** Of collections, those that the file names itself win. */
export interface LoadOptions extends PlaceNames {
  /** what was given with `--param` */
  readonly params: Readonly<Record<string, string>>;
  /** reads the batch files that the workflow names */
  readonly readText?: ReadText;
}

const NO_FILES: ReadText = () => ({wrong: 'batch files are not read here'});

const MAX_BYTES = 1024 * 1024;

/**
 * Read a workflow file: check all of it, and give it its normal form. No I/O but `readText`; that scripts exist is not looked at.
 *
 * @throws {WorkflowInvalid} with every mistake, in the order of the file; mistakes in `--param` come last
 */
export function loadWorkflow(source: WorkflowSource, options: LoadOptions): Workflow {
  return parseWorkflow(source)(options);
}

/**
 * The same of a file that is read with the parameters of many items: its YAML is parsed once.
 *
 * @throws {WorkflowInvalid} as {@link loadWorkflow}: what is no YAML at once
 */
export function parseWorkflow(source: WorkflowSource): (options: LoadOptions) => Workflow {
  const at = (line: number, column: number, text: string) => `${source.file}:${line}:${column}: ${text}`;
  const bytes = Buffer.byteLength(source.text);
  if (bytes > MAX_BYTES)
    throw invalid(source, [at(1, 1, `the file has ${bytes} bytes; at most ${MAX_BYTES} (1 MiB) are read`)]);
  const yaml = readYaml(source.text);
  if ('mistakes' in yaml)
    throw invalid(
      source,
      yaml.mistakes.map((mistake) => at(mistake.line, mistake.column, mistake.text)),
    );
  const {value} = yaml;
  if (!isMap(value)) {
    const {line, column} = yaml.position(yaml.offsetOf([], 'value'));
    const found = Array.isArray(value) ? 'a list' : 'no map';
    throw invalid(source, [at(line, column, `the file holds ${found}; needs a map with name and steps`)]);
  }
  return (options) => {
    const params = readParams(own(value, 'params'), options.params, yaml.written);
    const expanded = expandFile(value, params);
    const checked = checkWorkflow(expanded.value, {
      ...options,
      directory: source.directory,
      params: Object.fromEntries(params.values),
      written: yaml.written,
      numbered: expanded.numbered,
      batches: readBatches(expanded.value, source.directory, options.readText ?? NO_FILES),
    });
    const found = 'problems' in checked ? checked.problems : [];
    const problems = [...yaml.problems, ...params.problems, ...expanded.problems, ...found];
    const details = [...inFileOrder(problems, yaml, source.file, undefined), ...params.flagProblems];
    if (details.length > 0 || !('workflow' in checked)) throw invalid(source, details);
    return checked.workflow;
  };
}

function invalid(source: WorkflowSource, details: readonly string[]): WorkflowInvalid {
  return new WorkflowInvalid(source.file, details, [
    'Correct the lines named above, then run the same command again.',
    'What a workflow file may say is described in docs/workflow-file.md.',
  ]);
}
