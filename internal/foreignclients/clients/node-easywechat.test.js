// npm node-easywechat 3.6.2: a client for any path that looks after tokens, and a callback server.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { OfficialAccount, FormData, ServerRequest } = require('node-easywechat');
const { fakes, control, journal, picture } = require('./fakes');

const mine = fakes.wechat;
const kept = new Map(); // its own cache writes files where it is run
const cache = {
  get: async (key) => kept.get(key),
  has: async (key) => kept.has(key),
  set: async (key, data) => Boolean(kept.set(key, data)),
  delete: async (key) => kept.delete(key),
};

function account(secret = mine.secret) {
  const app = new OfficialAccount({
    app_id: mine.appid, secret, token: mine.token, aes_key: mine.encoding_aes_key, use_stable_access_token: true,
    http: { baseURL: `${fakes.base_url}/` },
  });
  return app.setCache(cache);
}

const app = account();
const client = app.getClient();

// own returns what the platform holds of this script's account.
const own = async (kind) => (await journal('wechat'))[kind].filter((it) => it.appid === mine.appid);

test('stable_token', async () => {
  const before = (await journal('wechat')).calls;
  const token = await app.getAccessToken().getToken();
  assert.equal(token, mine.access_token); // the same for everybody until it is about to end
  assert.equal(await app.getAccessToken().getToken(), token);
  const { calls } = await journal('wechat');
  assert.equal(calls.stable_token, (before.stable_token || 0) + 1);
  assert.equal(calls.token, before.token);
});

test('uploadimg', async () => {
  const form = new FormData();
  form.append('media', picture, { filename: 'map.png', contentType: 'image/png' });
  const answer = (await client.post('cgi-bin/media/uploadimg', { formData: form })).toObject();
  const held = (await own('materials')).at(-1);
  assert.equal(answer.url, held.url);
  assert.equal(held.type, 'uploadimg');
  assert.equal(held.size, picture.length);
});

test('draft/add', async () => {
  const form = new FormData();
  form.append('media', picture, { filename: 'cover.png', contentType: 'image/png' });
  const cover = (await client.post('cgi-bin/material/add_material', { formData: form, params: { type: 'image' } })).toObject();
  const image = (await own('materials')).find((it) => it.type === 'uploadimg').url;
  const content = `<p>今晚停水 &amp; 检修。</p><img src="${image}"><img src="http://elsewhere.example/1.png">`;
  const answer = (await client.postJson('cgi-bin/draft/add', {
    articles: [{ title: '示例市停水通知', author: '示例', content, thumb_media_id: cover.media_id, need_open_comment: 1 }],
  })).toObject();
  const held = (await own('drafts')).at(-1);
  assert.equal(answer.media_id, held.media_id);
  assert.equal(held.state, 'box');
  assert.equal(held.articles[0].title, '示例市停水通知');
  assert.equal(held.articles[0].content, content);
  assert.ok(held.articles[0].shown.includes(image));
  assert.ok(!held.articles[0].shown.includes('elsewhere'));
  assert.equal(held.articles[0].comments_open, true);
});

test('error', async () => {
  const before = (await own('drafts')).length;
  const answer = (await client.postJson('cgi-bin/draft/add', {
    articles: [{ title: '通知', content: '停水', thumb_media_id: 'none' }],
  })).toObject();
  assert.equal(answer.errcode, 40007); // it leaves the judgement to its user
  assert.equal((await own('drafts')).length, before);
  await assert.rejects(account('wrong').getAccessToken().getToken(), /"errcode":40125/);
});

test('callback', async () => {
  await control('wechat', 'messages', { appid: mine.appid, openid: mine.openid, text: '几点恢复供水？' });
  const [push] = await control('wechat', 'pushes', { action: 'take', target: 'http://callback.example/wechat' });
  assert.ok(!push.body.includes('供水')); // encrypted
  app.setRequest(new ServerRequest('POST', push.url, { 'content-type': push.content_type }, Buffer.from(push.body)));
  let seen;
  const server = app.getServer();
  server.with(async (message, next) => {
    seen = message;
    return next(message);
  });
  const response = await server.serve();
  assert.equal(response.getBody().toString(), 'success');
  assert.equal(seen.Content, '几点恢复供水？');
  assert.equal(seen.FromUserName, mine.openid);
});
