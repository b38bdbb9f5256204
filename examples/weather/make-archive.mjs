// Lays out NOAA's Seattle weather (public domain) as an archive would hold it: one table, one file for each day,
// one for each six hours of the climate normals. Usage: node make-archive.mjs SOURCE_DIRECTORY ARCHIVE_DIRECTORY
import {copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

const [source, archive] = process.argv.slice(2);
if (!source || !archive) throw new Error('usage: node make-archive.mjs SOURCE_DIRECTORY ARCHIVE_DIRECTORY');
const table = 'seattle-weather.csv';
const done = join(archive, '.complete');
if (existsSync(done)) process.exit(0);

function put(path, lines) {
  const file = join(archive, path);
  mkdirSync(dirname(file), {recursive: true});
  writeFileSync(file, `${lines.join('\n')}\n`);
}

const rows = (name) => readFileSync(join(source, name), 'utf8').trim().split('\n');
const [head, ...days] = rows(table);
for (const day of days) {
  const [year, month, date] = day.slice(0, 10).split('-');
  put(`daily/${year}/${month}/${date}.csv`, [head, day]);
}
const [normalsHead, ...hours] = rows('seattle-weather-hourly-normals.csv');
for (let start = 0; start < hours.length; start += 6) {
  put(`normals/${hours[start].slice(5, 10)}-${hours[start].slice(11, 13)}.csv`, [
    normalsHead,
    ...hours.slice(start, start + 6),
  ]);
}
copyFileSync(join(source, table), join(archive, table));
writeFileSync(done, '');
