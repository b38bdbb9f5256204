import {Flags} from '@oclif/core';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Schema extends StageCommand {
  static override summary = 'Print the JSON Schema of workflow files, or of campaign files, for editors.';
  static override examples = [
    '<%= config.bin %> schema > stage-workflow.schema.json',
    '<%= config.bin %> schema --campaign > stage-campaign.schema.json',
  ];
  static override flags = {campaign: Flags.boolean({description: 'that of campaign files'})};

  async run(): Promise<Record<string, unknown>> {
    const {flags} = await this.parse(Schema);
    const schema = flags.campaign
      ? (await import('../src/campaign/file/json-schema.ts')).campaignJsonSchema()
      : (await import('../src/workflow/file/json-schema.ts')).workflowJsonSchema();
    this.print(schema, (document) => JSON.stringify(document, null, 2));
    return schema;
  }
}
