// Play simulated worlds of a pure model, many more than the suite does: npm run simulate -- MODEL [WORLDS] [SEED]
// Each world depends on its seed alone, which is printed where something goes wrong.
const MODELS = {
  campaign: '../test/campaign/world.ts',
  limits: '../test/limits/worlds.ts',
};

const [model = '', worlds = '10000', seed = '1'] = process.argv.slice(2);
const path = MODELS[model];
if (!path) {
  console.error(`usage: npm run simulate -- ${Object.keys(MODELS).join('|')} [WORLDS] [SEED]`);
  process.exit(2);
}
const {explore} = await import(path);
const began = Date.now();
const STEP = 500;
for (let played = 0; played < Number(worlds); played += STEP) {
  const many = Math.min(STEP, Number(worlds) - played);
  const wrong = await explore(many, Number(seed) + played);
  if (wrong) {
    console.error(`${model}: world ${wrong.seed}: ${wrong.wrong}`);
    process.exit(1);
  }
  const seconds = Math.round((Date.now() - began) / 1000);
  console.error(`${played + many} worlds, nothing wrong, ${seconds} s`);
}
