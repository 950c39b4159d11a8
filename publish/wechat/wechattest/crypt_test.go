package wechattest

import (
	"strings"
	"testing"
)

// The vector of this project's notes; silenceper's util and npm wechat-crypto agree with it.
const (
	vectorAppID  = "wx1234567890abcdef"
	vectorToken  = "testtoken"
	vectorKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	vectorRandom = "0123456789abcdef"
	vectorXML    = `<xml><ToUserName><![CDATA[gh_test]]></ToUserName><FromUserName><![CDATA[oUser1]]></FromUserName><CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content><MsgId>1234567890123456</MsgId></xml>`
	vectorCipher = "Q3stYC6hdFzMh9T8HCvyDF1H9kwak3335s7+/WV9wmdX5ofcJd783dVlvX34gwFRWDKzaXNadfCYPYHeAUUadO2R9t0ipROnuvTzGDPtjmD+ca1sr1aaKDPD63q6TB3JMq8yW4RIIpVZ7GKWtbf87aZOyTS1DFaQBixM7CZ0Y9e123us2WEfBkVpI/J7s1BNOQK9AdPphOkVBdk0vH4+NW2fUwBVRnl85lFV34U3gDu/ngntvZWCJ0Cu1U9soX3umqz2k1cj10KVNeOZ9I62I63FrKQNboxuXjsmZocaKAMJBMwR6vJOq4Ic/m9345xxXr9cfXnf7coqdpaLPVFmty/S2UriBPbP92afQrA/ofGJNUO3tBmEm2PGCZTMvgM3"
)

func TestVectorEncrypts(t *testing.T) {
	got, err := Encrypt(vectorKey, vectorAppID, vectorXML, vectorRandom)
	if err != nil || got != vectorCipher {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestVectorDecrypts(t *testing.T) {
	text, id, err := Decrypt(vectorKey, vectorCipher)
	if err != nil || text != vectorXML || id != vectorAppID {
		t.Errorf("got %s of %s, %v", text, id, err)
	}
}

func TestVectorSignatures(t *testing.T) {
	if got := Signature(vectorToken, "1700000000", "nonce123", vectorCipher); got != "edd9e256bf2c2fda43670827a40ee41590e9d277" {
		t.Errorf("msg_signature %s", got)
	}
	if got := Signature("nonce123", vectorToken, "1700000000"); got != "ee0843455eb31b87dbf6d6890273a3ab976bd56e" {
		t.Errorf("signature %s", got)
	}
}

func TestBadKeysAndRandoms(t *testing.T) {
	for _, key := range []string{"", "short", strings.Repeat("!", 43), strings.Repeat("A", 44)} {
		if _, err := Encrypt(key, "wx", "x", vectorRandom); err == nil {
			t.Errorf("key %q encrypts", key)
		}
		if _, _, err := Decrypt(key, vectorCipher); err == nil {
			t.Errorf("key %q decrypts", key)
		}
	}
	if _, err := Encrypt(vectorKey, "wx", "x", "short"); err == nil {
		t.Error("a short random encrypts")
	}
}

func TestOpenReply(t *testing.T) {
	app := App{ID: vectorAppID, Token: vectorToken, AESKey: vectorKey, PushMode: PushSafe}
	reply := `<xml><MsgType><![CDATA[text]]></MsgType><Content>好</Content></xml>`
	seal := func(id string) string {
		e, err := Encrypt(vectorKey, id, reply, vectorRandom)
		if err != nil {
			t.Fatal(err)
		}
		return "<xml><Encrypt>" + e + "</Encrypt><MsgSignature>" + Signature(vectorToken, "1", "n", e) +
			"</MsgSignature><TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>"
	}
	tests := []struct {
		name, body string
		mode       PushMode
		want       string
		sense      bool
	}{
		{"nothing", "", PushSafe, "", true},
		{"success", "success", PushSafe, "success", true},
		{"a word", "ok", PushPlain, "ok", false},
		{"clear in plain mode", reply, PushPlain, reply, true},
		{"clear in compatible mode", reply, PushCompatible, reply, true},
		{"clear in safe mode", reply, PushSafe, reply, false},
		{"encrypted", seal(vectorAppID), PushSafe, reply, true},
		{"for another account", seal("wx0"), PushSafe, seal("wx0"), false},
		{"badly signed", strings.Replace(seal(vectorAppID), "<Nonce>n", "<Nonce>m", 1), PushSafe, strings.Replace(seal(vectorAppID), "<Nonce>n", "<Nonce>m", 1), false},
		{"no reply in it", "<xml></xml>", PushPlain, "<xml></xml>", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			app.PushMode = tt.mode
			if got, sense := openReply(&app, tt.body); got != tt.want || sense != tt.sense {
				t.Errorf("got %q %v, want %q %v", got, sense, tt.want, tt.sense)
			}
		})
	}
}

func FuzzDecrypt(f *testing.F) {
	f.Add(vectorCipher)
	f.Add("")
	f.Add(strings.Repeat("A", 64))
	f.Fuzz(func(t *testing.T, encrypted string) {
		text, id, err := Decrypt(vectorKey, encrypted)
		if err == nil && len(text)+len(id) > len(encrypted) {
			t.Errorf("%q decrypts to more than it holds", encrypted)
		}
	})
}

func FuzzEncrypt(f *testing.F) {
	f.Add(vectorXML, vectorAppID)
	f.Add("", "")
	f.Fuzz(func(t *testing.T, text, id string) {
		encrypted, err := Encrypt(vectorKey, id, text, vectorRandom)
		if err != nil {
			t.Fatal(err)
		}
		gotText, gotID, err := Decrypt(vectorKey, encrypted)
		if err != nil || gotText != text || gotID != id {
			t.Errorf("%q of %q became %q of %q, %v", text, id, gotText, gotID, err)
		}
	})
}

func FuzzOpenReply(f *testing.F) {
	f.Add("success")
	f.Add("<xml><Encrypt>" + vectorCipher + "</Encrypt></xml>")
	f.Add("<xml><MsgType>text</MsgType></xml>")
	f.Fuzz(func(t *testing.T, body string) {
		app := App{ID: vectorAppID, Token: vectorToken, AESKey: vectorKey, PushMode: PushSafe}
		if text, sense := openReply(&app, body); sense && text != "" && text != "success" {
			t.Errorf("%q makes sense as %q without the token", body, text)
		}
	})
}

func FuzzUnicodeEscapes(f *testing.F) {
	f.Add([]byte(`{"a":"\u901a\\u901a"}`))
	f.Add([]byte(`\`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, i := range unicodeEscapes(body) {
			if body[i] != '\\' || body[i+1] != 'u' {
				t.Errorf("no escape at %d of %q", i, body)
			}
		}
	})
}

func FuzzShown(f *testing.F) {
	f.Add(`<p>一<script>x</script><img src="http://a/b.png"></p>`)
	f.Add(`<scr<script></script>ipt>`)
	f.Fuzz(func(t *testing.T, content string) {
		s := New(nil)
		for _, kind := range []string{newsType, picType} {
			a := &article{Article: Article{Type: kind, Content: content}}
			if out := s.shown(a); kind == newsType && len(out) > len(content) {
				t.Errorf("%q grew to %q", content, out)
			}
		}
	})
}
