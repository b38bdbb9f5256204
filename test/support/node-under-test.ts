// Tests start stage, its staging jobs and the stand-ins with the Node.js that runs the tests, or with the one that
// STAGE_TEST_NODE names: the oldest that is supported cannot run the tests themselves.
if (process.env.STAGE_TEST_NODE) process.execPath = process.env.STAGE_TEST_NODE;
