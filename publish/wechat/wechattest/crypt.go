package wechattest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the platform signs with SHA-1
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"slices"
	"strings"
)

// Signature returns what the platform signs with: the SHA-1 of the parts, sorted and
// joined, in lower-case hexadecimal. Three parts, token, timestamp and nonce, make
// signature; with the ciphertext as the fourth they make msg_signature.
func Signature(parts ...string) string {
	sorted := slices.Sorted(slices.Values(parts))
	sum := sha1.Sum([]byte(strings.Join(sorted, ""))) //nolint:gosec // the platform signs with SHA-1
	return hex.EncodeToString(sum[:])
}

const (
	randomBytes = 16
	padBlock    = 32 // more than the cipher's 16
)

var (
	errKey    = errors.New("wechattest: EncodingAESKey is not the base64 of 32 bytes without padding")
	errCipher = errors.New("wechattest: ciphertext does not decrypt")
)

// keyOf decodes an EncodingAESKey. Its last character carries two bits too many, which
// the platform does not mind.
func keyOf(aesKey string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil || len(key) != 32 {
		return nil, errKey
	}
	return key, nil
}

// Encrypt returns the Encrypt element of a message: AES-256-CBC over random, length,
// text and appid. random is 16 bytes; the platform draws them, a test may fix them.
func Encrypt(aesKey, appID, text, random string) (string, error) {
	key, err := keyOf(aesKey)
	if err != nil {
		return "", err
	}
	if len(random) != randomBytes {
		return "", errors.New("wechattest: random is not 16 bytes long")
	}
	plain := []byte(random)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(text)))
	plain = append(plain, text+appID...)
	pad := padBlock - len(plain)%padBlock
	for range pad {
		plain = append(plain, byte(pad))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain), nil
}

// Decrypt undoes [Encrypt] and returns the text and the appid behind it, which the
// caller has to compare.
func Decrypt(aesKey, encrypted string) (text, appID string, err error) {
	key, err := keyOf(aesKey)
	if err != nil {
		return "", "", err
	}
	data, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return "", "", errCipher
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", "", err
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > padBlock || pad > len(data)-randomBytes-4 {
		return "", "", errCipher
	}
	for _, b := range data[len(data)-pad:] {
		if int(b) != pad {
			return "", "", errCipher
		}
	}
	data = data[randomBytes : len(data)-pad]
	size, data := binary.BigEndian.Uint32(data), data[4:]
	if uint64(size) > uint64(len(data)) {
		return "", "", errCipher
	}
	return string(data[:size]), string(data[size:]), nil
}

// openReply returns the clear text of an answer to a push, and whether the platform
// makes sense of it. What is no XML, or in safe mode not encrypted and signed, makes
// none. In compatible mode either form will do.
func openReply(app *App, body string) (string, bool) {
	text := strings.TrimSpace(body)
	if text == "" || text == "success" {
		return text, true
	}
	var in struct {
		XMLName xml.Name `xml:"xml"`
		Encrypt string
		Sign    string `xml:"MsgSignature"`
		Stamp   string `xml:"TimeStamp"`
		Nonce   string
		MsgType string
	}
	if xml.Unmarshal([]byte(text), &in) != nil {
		return text, false
	}
	if in.Encrypt == "" {
		return text, in.MsgType != "" && app.PushMode != PushSafe
	}
	if in.Sign != Signature(app.Token, in.Stamp, in.Nonce, in.Encrypt) {
		return text, false
	}
	inner, id, err := Decrypt(app.AESKey, in.Encrypt)
	if err != nil || id != app.ID {
		return text, false
	}
	return inner, true
}
