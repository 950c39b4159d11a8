// npm wpapi 1.2.2.
'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const test = require('node:test');
const WPAPI = require('wpapi');
const { fakes, journal, picture } = require('./fakes');

const mine = fakes.wordpress;
const endpoint = `${mine.site}/wp-json`;
const site = new WPAPI({ endpoint, username: mine.login, password: mine.password, auth: true });

let post;

test('post', async () => {
  const answer = await site.posts().create({ title: '停水通知', content: '<p>今晚停水 & 检修。</p>', status: 'publish', slug: 'n-1' });
  const held = (await journal('wordpress')).posts.at(-1);
  assert.equal(String(answer.id), held.id);
  assert.equal(answer.status, 'publish');
  assert.equal(answer.slug, 'n-1');
  assert.equal(held.title, '停水通知');
  assert.equal(held.author, mine.login);
  assert.equal(held.status, 'publish');
  post = answer.id;

  const read = await site.posts().id(post);
  assert.equal(read.title.rendered, '停水通知');
  assert.equal(`${read.date_gmt}Z`.slice(0, 19), new Date(held.date).toISOString().slice(0, 19));

  const again = await site.posts().create({ title: '停水通知', content: '又一次', status: 'publish', slug: 'n-1' });
  assert.equal(again.slug, 'n-1-2'); // there is no idempotency
  const list = await site.posts().slug('n-1');
  assert.deepEqual(list.map((it) => it.id), [post]);
  assert.equal(Number(list._paging.total), 1);

  const trashed = await site.posts().id(again.id).delete();
  assert.equal(trashed.status, 'trash');
  assert.equal((await journal('wordpress')).posts.at(-1).status, 'trash');
});

test('media', async () => {
  const answer = await site.media().file(picture, 'map.png').create({ title: '区域图', alt_text: '停水区域' });
  const held = (await journal('wordpress')).media.at(-1);
  assert.equal(String(answer.id), held.id);
  assert.equal(answer.media_type, 'image');
  assert.equal(answer.mime_type, 'image/png');
  assert.equal(held.size, picture.length);
  assert.equal(held.sha256, createHash('sha256').update(picture).digest('hex'));
  assert.equal(held.alt_text, '停水区域');

  await site.posts().id(post).update({ featured_media: answer.id });
  const read = await site.posts().id(post);
  assert.equal(read.featured_media, answer.id);
});

test('comment', async () => {
  const answer = await site.comments().create({ post, content: '几点恢复？' });
  assert.equal(answer.status, 'approved');
  const reply = await site.comments().create({ post, parent: answer.id, content: '今晚八点。' });
  const { comments } = await journal('wordpress');
  const held = comments.at(-1);
  assert.equal(String(reply.id), held.id);
  assert.equal(held.parent_id, String(answer.id));
  assert.equal(held.post_id, String(post));
  assert.equal(held.author, mine.login);

  const list = await site.comments().forPost(post);
  assert.deepEqual(list.map((it) => it.id).sort(), [answer.id, reply.id].sort());
});

test('error', async () => {
  const before = await journal('wordpress');
  const refused = (code, status) => (err) => {
    assert.equal(err.code, code);
    assert.equal(err.data.status, status);
    return true;
  };
  // Its requests are not promises, they can only be waited for.
  const rejects = (request, how) => assert.rejects(async () => await request, how);
  const stranger = new WPAPI({ endpoint, username: mine.login, password: 'wrong', auth: true });
  await rejects(stranger.posts().create({ title: 'a', status: 'publish' }), refused('rest_cannot_create', 401));
  await rejects(stranger.users().me(), refused('rest_not_logged_in', 401));
  await rejects(site.posts().create({ status: 'publish' }), (err) => err.code === 'empty_content');
  await rejects(site.posts().create({ title: 'a', status: 'no such status' }), refused('rest_invalid_param', 400));
  await rejects(site.posts().id(999999), refused('rest_post_invalid_id', 404));
  await rejects(site.comments().create({ post, content: '几点恢复？' }), refused('comment_duplicate', 409));
  const after = await journal('wordpress');
  assert.equal(after.posts.length, before.posts.length);
  assert.equal(after.comments.length, before.comments.length);
});
