// What the tests of this folder share: the line of JSON that examples/fakeplatforms printed, and its control calls.
'use strict';

const fakes = JSON.parse(process.env.GOVMEDIA_FAKES || 'null');
if (!fakes) {
  throw new Error('GOVMEDIA_FAKES is not set; run GOVMEDIA_FOREIGN_CLIENTS=1 go test ./internal/foreignclients');
}

// control makes a control call of one platform and returns the answer.
async function control(platform, path, body, method = 'POST') {
  const answer = await fetch(`${fakes[platform].control}/${path}`, body && { method, body: JSON.stringify(body) });
  const text = await answer.text();
  if (answer.status !== 200) {
    throw new Error(`${path}: ${answer.status} ${text}`);
  }
  return JSON.parse(text);
}

// journal returns what one platform really holds.
const journal = (platform) => control(platform, 'journal');

// The smallest PNG picture.
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

module.exports = { fakes, control, journal, picture };
