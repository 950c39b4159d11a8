// npm co-wechat-api 3.11.0. It has neither drafts nor publications nor comments.
'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const API = require('co-wechat-api');
const { fakes, control, journal, picture } = require('./fakes');

const appid = 'wxcowechatapi0001';
const secret = 'co-wechat-api';
const openid = 'oCoWechatApi1';
let api;

// own returns what the platform holds of this script's account.
const own = async (kind) => (await journal('wechat'))[kind].filter((it) => it.appid === appid);

test.before(async () => {
  await control('wechat', 'apps', { appid, secret });
  await control('wechat', 'fans', { appid, openid, remark: '示例' });
  api = new API(appid, secret);
  api.prefix = `${fakes.base_url}/cgi-bin/`;
});

test('token', async () => {
  const before = (await journal('wechat')).tokens;
  const first = await api.ensureAccessToken();
  assert.ok(first.accessToken.length > 100);
  assert.ok(first.isValid());
  assert.equal((await api.ensureAccessToken()).accessToken, first.accessToken);
  assert.equal((await journal('wechat')).tokens, before + 1);

  // Somebody else fetched one: 40001, upon which it fetches another and calls again.
  await control('wechat', 'tokens', { access_token: first.accessToken }, 'DELETE');
  assert.equal((await api.getUser(openid)).openid, openid);
  assert.notEqual((await api.ensureAccessToken()).accessToken, first.accessToken);
  assert.equal((await journal('wechat')).tokens, before + 2);
});

let mediaID;

test('add_material', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'co-wechat-api-'));
  try {
    const file = path.join(dir, 'map.png');
    fs.writeFileSync(file, picture);
    const answer = await api.uploadImageMaterial(file);
    const held = (await own('materials')).at(-1);
    assert.equal(answer.media_id, held.media_id);
    assert.equal(answer.url, held.url);
    assert.equal(held.type, 'image');
    assert.equal(held.file_name, 'map.png');
    assert.equal(held.sha256, createHash('sha256').update(picture).digest('hex'));
    mediaID = answer.media_id;

    await assert.rejects(api.uploadThumbMaterial(file), (err) => err.code === 40005); // a thumb is a JPEG
  } finally {
    fs.rmSync(dir, { recursive: true });
  }
});

test('preview', async () => {
  const answer = await api.previewText(openid, '示例市今日停水');
  assert.ok(answer.msg_id);
  await api.previewImage(openid, mediaID);
  const held = await own('previews');
  assert.deepEqual(held.map((it) => it.msgtype), ['text', 'image']);
  assert.equal(held[0].text, '示例市今日停水');
  assert.equal(held[0].openid, openid);
  assert.deepEqual(await own('masses'), []); // nobody else got it
});

test('mass/sendall', async () => {
  const answer = await api.massSendText('示例市今日停水', true, 'n-1');
  assert.equal(answer.errmsg, 'send job submission success');
  const [held] = await own('masses');
  assert.equal(String(answer.msg_id), held.msg_id);
  assert.equal(held.text, '示例市今日停水');
  assert.equal(held.is_to_all, true);
  assert.equal(held.clientmsgid, 'n-1');
  assert.deepEqual(held.to, [openid]);

  await assert.rejects(api.massSendText('示例市今日停水', true, 'n-1'), (err) => [45065, 45066].includes(err.code));
  await assert.rejects(api.massSendText('又一条', true, 'n-2'), (err) => err.code === 45028);
  assert.equal((await own('masses')).length, 1);
});

test('user/info', async () => {
  const answer = await api.getUser({ openid, lang: 'zh_CN' });
  const [held] = await own('fans');
  assert.equal(answer.subscribe, 1);
  assert.equal(answer.openid, openid);
  assert.equal(answer.remark, '示例');
  assert.equal(answer.nickname, ''); // since 2021
  assert.equal(answer.subscribe_time, Math.floor(Date.parse(held.subscribed_at) / 1000));
  assert.deepEqual((await api.batchGetUsers([openid])).user_info_list.map((it) => it.openid), [openid]);
  assert.deepEqual((await api.getFollowers()).data.openid, [openid]);
});

test('error', async () => {
  const refused = (code) => (err) => {
    assert.equal(err.name, 'WeChatAPIError');
    assert.equal(err.code, code);
    return true;
  };
  await assert.rejects(api.getUser('oNobody'), refused(40003));
  await assert.rejects(api.previewText('oNobody', '停水'), refused(40003));
  const stranger = new API(appid, 'wrong');
  stranger.prefix = api.prefix;
  await assert.rejects(stranger.getAccessToken(), refused(40125));
});
