import {StageCommand} from '../src/cli/stage-command.ts';

export default class Schema extends StageCommand {
  static override summary = 'Print the JSON Schema of workflow files, for editors.';
  static override examples = ['<%= config.bin %> schema > stage-workflow.schema.json'];

  async run(): Promise<Record<string, unknown>> {
    await this.parse(Schema);
    const {workflowJsonSchema} = await import('../src/workflow/file/json-schema.ts');
    const schema = workflowJsonSchema();
    this.print(schema, (document) => JSON.stringify(document, null, 2));
    return schema;
  }
}
