// npm weibo 0.6.11. It knows the hosts of 2012 and the writes that were closed in 2017, and is repointed.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { promisify } = require('node:util');
const tapi = require('weibo');
const { fakes, journal, picture } = require('./fakes');

const mine = fakes.weibo;
tapi.init('weibo', mine.app_key, mine.app_secret, mine.redirect_uri);
const config = tapi.enables.weibo.config;
config.host = `${fakes.base_url}/2`;
config.oauth_host = `${fakes.base_url}/oauth2`;
config.update = config.upload = '/statuses/share';

const call = (name) => promisify(tapi[name]).bind(tapi);
const link = `https://${mine.safe_domain}/n`;
const user = { blogtype: 'weibo' };

test('token', async () => {
  const info = await call('get_authorization_url')(user);
  const asked = await fetch(`${info.auth_url}&fake_uid=${mine.uid}`, { redirect: 'manual' });
  assert.equal(asked.status, 302);
  const back = new URL(asked.headers.get('location'));
  assert.equal(back.origin + back.pathname, mine.redirect_uri);

  const token = await call('get_access_token')({ ...user, code: back.searchParams.get('code') });
  assert.equal(token.uid, mine.uid);
  assert.equal(typeof token.expires_in, 'number');
  assert.match(token.access_token, /^2\.00/);
  user.access_token = token.access_token;

  await assert.rejects(call('get_access_token')({ ...user, code: 'no such code' }), /invalid_grant|21325/);
});

let post;

test('share', async () => {
  const text = `示例市今日停水，详见 ${link}?a=1&b=2`;
  const answer = await call('update')(user, { status: text, rip: '127.0.0.1' });
  const held = (await journal('weibo')).posts.at(-1);
  assert.equal(held.text, text);
  assert.equal(held.uid, mine.uid);
  assert.equal(held.app, mine.app_key);
  assert.equal(answer.id, held.id); // its ids are those of idstr
  assert.equal(answer.user.id, mine.uid);
  assert.equal(answer.created_at.getTime(), Math.floor(Date.parse(held.created) / 1000) * 1000);
  // It computes an address from the mid, and its arithmetic agrees except that it does not pad.
  const [, first, rest] = /^(.{1,4}?)((?:.{4})*)$/.exec(held.mid);
  assert.equal(answer.t_url, `http://weibo.com/${mine.uid}/${first}${rest.replace(/.{4}/g, (group) => group.replace(/^0+(?=.)/, ''))}`);
  post = held.id;

  const shown = await call('show')(user, post);
  assert.equal(shown.id, post);
  assert.equal(shown.text, answer.text);
});

test('share with a picture', async () => {
  const text = `示例市停水区域图 ${link}/2`;
  const answer = await call('upload')(user, { status: text }, { data: picture, name: 'map.png', content_type: 'image/png' });
  const held = (await journal('weibo')).posts.at(-1);
  assert.equal(answer.id, held.id);
  assert.equal(held.text, text); // it encodes the text once too often
  assert.equal(held.picture.size, picture.length);
  assert.equal(held.picture.media_type, 'image/png');
});

test('comment', async () => {
  const answer = await call('comment_create')(user, post, { comment: '今晚八点恢复。', rip: '127.0.0.1' });
  const held = (await journal('weibo')).comments.at(-1);
  assert.equal(answer.id, held.id);
  assert.equal(held.text, '今晚八点恢复。');
  assert.equal(held.post_id, post);

  const reply = await call('comment_reply')(user, held.id, post, { comment: '已恢复。' });
  const last = (await journal('weibo')).comments.at(-1);
  assert.equal(reply.id, last.id);
  assert.equal(last.parent_id, held.id);

  const list = await call('comments')(user, post, {});
  assert.deepEqual(list.items.map((it) => it.id), [last.id, held.id]);
});

test('error', async () => {
  const before = (await journal('weibo')).posts.length;
  const refused = async (status, token, code) => {
    const as = { ...user, access_token: token };
    await assert.rejects(call('update')(as, { status }), (err) => {
      assert.equal(err.data.error_code, code);
      assert.equal(err.message, err.data.error);
      assert.equal(err.data.request, '/2/statuses/share.json');
      return true;
    });
  };
  await refused(`示例市今日停水，详见 ${link}?a=1&b=2`, user.access_token, 20019);
  await refused('示例市今日停水', user.access_token, 10017);
  await refused('示例市今日停水', 'no such token', 21332);
  assert.equal((await journal('weibo')).posts.length, before);
});
